/** The formats in which rows can be written to the output. Each writes as rows come, and keeps at most what it shows. */

import type { KeptBatch } from '../columnar/kept-batch.ts';
import type { Schema } from '../columnar/schema.ts';
import { jsonRow, type Row, valueText } from '../dataframe/cell-text.ts';
import { textTable } from '../dataframe/text-table.ts';
import { countText } from '../stats/quantity-text.ts';
import type { Terminal } from './terminal.ts';

export type Format = 'table' | 'json' | 'csv' | 'arrow';

export interface RowWriter {
  /** Shows the rows of a batch, or as many of them as are still wanted. */
  write(batch: KeptBatch): Promise<void>;
  /** After the last batch; a result without rows has its schema still. */
  finish(schema: Schema): Promise<void>;
}

/** `limit` is the number of rows shown: of a table 40 where absent, else all. */
export function rowWriter(format: Format, terminal: Terminal, limit: number | undefined): RowWriter {
  switch (format) {
    case 'table':
      return new TableWriter(terminal, limit ?? 40);
    case 'json':
      return new TextWriter(terminal, limit, undefined, (schema, row) => `${JSON.stringify(jsonRow(schema, row))}\n`);
    case 'csv':
      return new TextWriter(terminal, limit, csvHeading, csvLine);
    case 'arrow':
      return new ArrowWriter(terminal, limit);
  }
}

/** The first rows of a result, for who shows them at its end. */
export class FirstRows {
  readonly rows: Row[] = [];
  readonly #limit: number;
  rowCount = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(batch: KeptBatch): void {
    this.rowCount += batch.rowCount;
    if (this.rows.length >= this.#limit) return;
    this.rows.push(...batch.rows().take(this.#limit - this.rows.length));
  }
}

class TableWriter implements RowWriter {
  readonly #terminal: Terminal;
  readonly #first: FirstRows;

  constructor(terminal: Terminal, limit: number) {
    this.#terminal = terminal;
    this.#first = new FirstRows(limit);
  }

  async write(batch: KeptBatch): Promise<void> {
    this.#first.add(batch);
  }

  async finish(schema: Schema): Promise<void> {
    const { rows, rowCount } = this.#first;
    const shown = rows.length < rowCount ? `, ${rows.length} shown` : '';
    await this.#terminal.write(textTable(schema, rows, this.#terminal.columns));
    await this.#terminal.write(`${countText(rowCount, 'row')}${shown}\n`);
  }
}

class TextWriter implements RowWriter {
  readonly #terminal: Terminal;
  readonly #heading: ((schema: Schema) => string) | undefined;
  readonly #line: (schema: Schema, row: Row) => string;
  #left: number;
  #begun = false;

  constructor(
    terminal: Terminal,
    limit: number | undefined,
    heading: ((schema: Schema) => string) | undefined,
    line: (schema: Schema, row: Row) => string,
  ) {
    this.#terminal = terminal;
    this.#left = limit ?? Number.POSITIVE_INFINITY;
    this.#heading = heading;
    this.#line = line;
  }

  async write(batch: KeptBatch): Promise<void> {
    const { schema } = batch;
    await this.#begin(schema);
    const taken = Math.min(this.#left, batch.rowCount);
    this.#left -= taken;
    const lines = batch
      .rows()
      .take(taken)
      .map((row) => this.#line(schema, row));
    await this.#terminal.write([...lines].join(''));
  }

  async finish(schema: Schema): Promise<void> {
    await this.#begin(schema);
  }

  async #begin(schema: Schema): Promise<void> {
    if (!this.#begun && this.#heading !== undefined) await this.#terminal.write(this.#heading(schema));
    this.#begun = true;
  }
}

/** RFC 4180. An empty field is null, an empty text has quotes. */
const csvHeading = ({ fields }: Schema): string => `${fields.map(({ name }) => csvField(name)).join(',')}\r\n`;

const csvLine = ({ fields }: Schema, row: Row): string =>
  `${fields
    .map(({ type }, index) => {
      const value = row[index] ?? null;
      return value === null ? '' : csvField(valueText(value, type));
    })
    .join(',')}\r\n`;

const csvField = (text: string): string => (/^$|[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * An Arrow IPC stream. Each batch is written as a stream of its own, of which only the message in the middle is taken:
 *
 *     │ schema │ batch │ end │        schema of the first, then batch, batch, …, end
 */
class ArrowWriter implements RowWriter {
  readonly #terminal: Terminal;
  #left: number;
  #begun = false;

  constructor(terminal: Terminal, limit: number | undefined) {
    this.#terminal = terminal;
    this.#left = limit ?? Number.POSITIVE_INFINITY;
  }

  async write(batch: KeptBatch): Promise<void> {
    const taken = Math.min(this.#left, batch.rowCount);
    this.#left -= taken;
    const [{ RecordBatchStreamWriter }, { keptToArrow }] = await Promise.all([
      import('apache-arrow'),
      import('../columnar/arrow.ts'),
    ]);
    const stream = RecordBatchStreamWriter.writeAll([keptToArrow(batch).slice(0, taken)]).toUint8Array(true);
    const schemaBytes = 8 + new DataView(stream.buffer, stream.byteOffset).getInt32(4, true);
    await this.#terminal.write(stream.subarray(this.#begun ? schemaBytes : 0, -END_BYTES));
    this.#begun = true;
  }

  async finish(schema: Schema): Promise<void> {
    if (this.#begun) {
      await this.#terminal.write(END_OF_STREAM);
      return;
    }
    const [{ RecordBatchStreamWriter }, { arrowTable }] = await Promise.all([
      import('apache-arrow'),
      import('../columnar/arrow.ts'),
    ]);
    const empty = RecordBatchStreamWriter.writeAll(arrowTable(schema, []));
    await this.#terminal.write(empty.toUint8Array(true));
  }
}

const END_BYTES = 8;
const END_OF_STREAM: Uint8Array = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);
