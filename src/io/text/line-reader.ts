/** The lines of a file of text, or all of it, as the one column `text`. */

import assert from 'node:assert/strict';
import type { Column } from '../../columnar/column.ts';
import type { Field } from '../../columnar/schema.ts';
import { SchemaMismatch, UnsupportedFile } from '../../errors.ts';
import { lineKernels } from '../../kernels/line-kernels.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import { LinearMemory } from '../../memory/linear-memory.ts';
import type { FileRequest, RecordReader } from '../record-reader.ts';
import { FileMemory, shownFile, type TextOptions } from './file-memory.ts';
import { ParsedColumn, shownText } from './parsed-column.ts';

/** The name of the column, utf8 or binary. */
const TEXT_COLUMN = 'text';

export interface LineReadOptions extends TextOptions {
  /** Whether what has nothing but white space is left out. */
  readonly skipBlankLines: boolean;
  /** Whether the file is one row. */
  readonly wholeText: boolean;
}

export class LineReader implements RecordReader {
  readonly missing: readonly number[];
  readonly #uri: string;
  readonly #options: LineReadOptions;
  readonly #memory: FileMemory;
  /** Undefined where the text is not wanted. */
  readonly #column: ParsedColumn | undefined;
  readonly #spans: number;
  readonly #next: number;
  #taken: number | undefined;
  #rows = 0;
  #rowsBefore = 0;
  #isDone = false;

  /** @throws MemoryBudgetExceeded, ObjectNotFound, ObjectChanged, UnsupportedFile */
  static async open(request: FileRequest, options: LineReadOptions): Promise<LineReader> {
    if (options.wholeText && request.range !== undefined) {
      throw new UnsupportedFile(request.uri, 'where a file is one row, no part of it can be read');
    }
    const wanted = request.fields.find(({ name }) => name === TEXT_COLUMN && !request.isKnown(name));
    const columnBytes = (rows: number): number =>
      (wanted === undefined ? 0 : ParsedColumn.footprint(wanted, rows)) +
      LinearMemory.footprint(rows * 8) +
      LinearMemory.footprint(4);
    const needs = { columnBytes, texts: 1, parts: 'lines' } as const;
    const memory = await FileMemory.open(request, options, needs);
    try {
      return new LineReader(request, options, memory, wanted);
    } catch (error) {
      await memory[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(request: FileRequest, options: LineReadOptions, memory: FileMemory, wanted: Field | undefined) {
    this.#uri = shownFile(request, request.range);
    this.#options = options;
    this.#memory = memory;
    this.missing = [...request.fields.keys()].filter((at) => {
      const { name } = request.fields[at] as Field;
      return name !== TEXT_COLUMN && !request.isKnown(name);
    });
    const refused = this.missing.map((at) => request.fields[at]).find((field) => field?.nullable === false);
    if (refused) throw new SchemaMismatch(this.#uri, `it has no column ${refused.name}, which may not be null`);
    this.#column = wanted && new ParsedColumn(wanted, memory.holding, memory.rows);
    this.#spans = memory.holding.allocate(memory.rows * 8).address;
    this.#next = memory.holding.allocate(4).address;
  }

  async next(most: number): Promise<number> {
    this.#rowsBefore += this.#rows;
    this.#rows = await (this.#options.wholeText ? this.#whole() : this.#lines(Math.min(most, this.#memory.rows)));
    return this.#rows;
  }

  column(): Column {
    const { holding, texts } = this.#memory;
    const column = this.#column;
    assert.ok(column !== undefined);
    const { linear } = holding;
    lineKernels(linear).moveSpans(this.#spans, this.#rows, column.values, texts);
    takeKernels(linear).fillBytes(column.validity, 0xff, Math.ceil(this.#rows / 64) * 8);
    return column.texts(texts, this.#rows, 0, (row, text) => {
      if (this.#options.invalidValues === 'null' && column.field.nullable) return;
      const advice = 'say its encoding, or read the column as binary';
      throw new SchemaMismatch(
        this.#uri,
        `row ${this.#rowsBefore + row + 1}: ${shownText(text)} is no UTF-8: ${advice}`,
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#column?.[Symbol.dispose]();
    await this.#memory[Symbol.asyncDispose]();
  }

  async #lines(most: number): Promise<number> {
    const { window, holding } = this.#memory;
    this.#take();
    for (;;) {
      const { linear } = holding;
      const { start, end, isLast } = window;
      const { skipBlankLines } = this.#options;
      const rows = lineKernels(linear).indexLines(start, end, isLast, skipBlankLines, most, this.#spans, this.#next);
      this.#taken = linear.u32[this.#next >>> 2];
      if (rows > 0) return rows;
      this.#take();
      if (isLast) return 0;
      await window.fill();
    }
  }

  async #whole(): Promise<number> {
    if (this.#isDone) return 0;
    this.#isDone = true;
    const { window, holding } = this.#memory;
    while (!window.isLast) await window.fill();
    const { linear } = holding;
    const { start, end } = window;
    linear.u32.set([start, end], this.#spans >>> 2);
    if (!this.#options.skipBlankLines) return 1;
    const found = lineKernels(linear).indexLines(start, end, true, true, 1, this.#spans, this.#next);
    linear.u32.set([start, end], this.#spans >>> 2);
    return found;
  }

  #take(): void {
    if (this.#taken !== undefined) this.#memory.window.take(this.#taken);
    this.#taken = undefined;
  }
}
