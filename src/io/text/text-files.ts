/**
 * Files of lines: CSV and JSON.
 *
 *     batch ──▶ pieces of some thousand rows ──▶ texts of columns ──▶ lines, by one kernel ──gzip, zstd──▶ file
 *
 * A piece is compressed by itself: gzip and zstd read one frame after the other, so that no open file holds the state of a
 * compressor. What a piece takes is provided for when the format is opened, but for texts longer than most.
 */

import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import type { Schema } from '../../columnar/schema.ts';
import { SLICE_ROWS, sliceColumn } from '../../columnar/slice.ts';
import {
  JSON_FORMS,
  type RowTextKernels,
  rowTextKernels,
  TEXT_COLUMN_BYTES,
  writeTextColumn,
} from '../../kernels/row-text-kernels.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import type { FileFormat, FileWriter } from '../file-format.ts';
import type { OutputFile, PendingFile } from '../output-files.ts';
import { ColumnTexts } from './text-columns.ts';

export interface TextCompression {
  readonly codec: 'none' | 'gzip' | 'zstd';
  /** The codec's default where absent. */
  readonly level?: number | undefined;
}

export interface CsvOptions {
  readonly kind: 'csv';
  /** One character of ASCII, as `quote`. */
  readonly delimiter: string;
  readonly quote: string;
  /** Whether the names of the columns are the first line of each file. */
  readonly header: boolean;
  readonly nullText: string;
}

export interface JsonOptions {
  readonly kind: 'json';
  /** Leaves fields out that are null. */
  readonly ignoreNullFields: boolean;
}

/** Bytes of texts that become lines at once. */
const PIECE_BYTES = 512 * 1024;
/** Rows are handed over when they have about so many bytes: more would not make larger writes. */
const COLLECTED_BYTES = 1024 * 1024;
const EXTENSIONS = { none: '', gzip: '.gz', zstd: '.zst' } as const;

export class TextFiles implements FileFormat {
  readonly extension: string;
  readonly #options: CsvOptions | JsonOptions;
  readonly #compression: TextCompression;
  readonly #schema: Schema;
  readonly #holding: Holding;
  readonly #kernels: RowTextKernels;
  readonly #columns: readonly ColumnTexts[];
  /** Of columns as the kernel reads them, then names of fields or the text of null. */
  readonly #table: GrowingRegion;
  readonly #lines: GrowingRegion;
  readonly #nameLengths: readonly number[];
  /** Rows of a piece, as far as the texts of their values are bounded. */
  readonly #pieceRows: number;

  /** @throws MemoryBudgetExceeded */
  constructor(
    schema: Schema,
    options: CsvOptions | JsonOptions,
    compression: TextCompression,
    budget: MemoryBudget,
    owner: string,
  ) {
    this.extension = `${options.kind}${EXTENSIONS[compression.codec]}`;
    this.#options = options;
    this.#compression = compression;
    this.#schema = schema;
    this.#holding = budget.reserve(owner);
    this.#kernels = rowTextKernels(budget.linear);
    this.#table = new GrowingRegion(this.#holding);
    this.#lines = new GrowingRegion(this.#holding);
    this.#columns = schema.fields.map((field) => new ColumnTexts(field, this.#holding));
    const encoder = new TextEncoder();
    const words =
      options.kind === 'csv'
        ? [encoder.encode(options.nullText)]
        : schema.fields.map(({ name }) => encoder.encode(`${JSON.stringify(name)}:`));
    this.#nameLengths = words.map(({ byteLength }) => byteLength);
    const perRow = this.#columns.reduce((bytes, { mostBytes }) => bytes + mostBytes, 1);
    this.#pieceRows = Math.min(BATCH_ROWS, wholeWords(PIECE_BYTES / perRow));
    try {
      this.#lines.ensure(2 * PIECE_BYTES, 0);
      for (const column of this.#columns) column.prepare(this.#pieceRows);
      const tableBytes = schema.fields.length * TEXT_COLUMN_BYTES;
      this.#table.ensure(tableBytes + this.#nameLengths.reduce((sum, bytes) => sum + bytes, 0), 0);
      let at = this.#table.address + tableBytes;
      for (const word of words) {
        budget.linear.u8.set(word, at);
        at += word.byteLength;
      }
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  tryReserve(bytes: number): boolean {
    return bytes <= COLLECTED_BYTES;
  }

  open(file: OutputFile): FileWriter {
    return new TextFileWriter(this, file);
  }

  /** What each file begins with: a frame even where there is nothing in it, as no bytes are none. */
  get head(): Uint8Array {
    const options = this.#options;
    if (options.kind === 'json' || !options.header) return this.compressed(new Uint8Array(0));
    const { delimiter, quote, nullText } = options;
    const names = this.#schema.fields.map(({ name }) => {
      const isPlain = name !== nullText && ![delimiter, quote, '\n', '\r'].some((special) => name.includes(special));
      return isPlain ? name : `${quote}${name.replaceAll(quote, quote + quote)}${quote}`;
    });
    return this.compressed(new TextEncoder().encode(`${names.join(delimiter)}\n`));
  }

  /** The lines of the rows, in pieces: each valid until the next. */
  *pieces(batch: Batch): Generator<Uint8Array> {
    for (let start = 0; start < batch.rowCount; ) {
      const columns = batch.columns.map((column) => sliceColumn(column, start));
      const count = this.#layOut(new Batch(batch.schema, batch.rowCount - start, columns));
      yield this.#linesOf(count);
      start += count;
    }
  }

  compressed(bytes: Uint8Array): Uint8Array {
    const { codec, level } = this.#compression;
    if (codec === 'none') return bytes;
    if (codec === 'gzip') return gzipSync(bytes, level === undefined ? {} : { level });
    return zstdCompressSync(
      bytes,
      level === undefined ? {} : { params: { [constants.ZSTD_c_compressionLevel]: level } },
    );
  }

  /** Bytes beside the lines while they are compressed. */
  compressing(bytes: number): Disposable {
    const most = this.#compression.codec === 'none' ? 0 : bytes + (bytes >>> 7) + 1024;
    this.#holding.grow(most);
    return { [Symbol.dispose]: () => this.#holding.shrink(most) };
  }

  [Symbol.dispose](): void {
    for (const column of this.#columns) column.free();
    this.#holding[Symbol.dispose]();
  }

  /** Makes texts of as many rows as a piece should have; answers how many. */
  #layOut(batch: Batch): number {
    let count = Math.min(batch.rowCount, this.#pieceRows);
    for (;;) {
      const textBytes = this.#textBytes(batch, count);
      if (textBytes <= PIECE_BYTES || count <= SLICE_ROWS) return count;
      count = Math.min(count - SLICE_ROWS, wholeWords((count * PIECE_BYTES) / textBytes));
      count = Math.max(SLICE_ROWS, Math.floor(count / SLICE_ROWS) * SLICE_ROWS);
    }
  }

  /** Writes the table of the columns of `rows` rows; answers the bytes of their texts. */
  #textBytes({ columns }: Batch, rows: number): number {
    const { linear } = this.#holding;
    let name = this.#table.address + this.#columns.length * TEXT_COLUMN_BYTES;
    let bytes = 0;
    for (const [index, texts] of this.#columns.entries()) {
      const column = columns[index];
      if (column === undefined) continue;
      const at = this.#table.address + index * TEXT_COLUMN_BYTES;
      const nameLength = this.#nameLengths[index] ?? 0;
      writeTextColumn(linear, at, { ...texts.texts(column, rows), form: texts.form, name, nameLength });
      name += nameLength;
      bytes += this.#kernels.columnTextBytes(at, rows);
    }
    return bytes;
  }

  #linesOf(rows: number): Uint8Array {
    const count = this.#columns.length;
    const table = this.#table.address;
    let room = 0;
    for (const [index, { form }] of this.#columns.entries()) {
      const bytes = this.#kernels.columnTextBytes(table + index * TEXT_COLUMN_BYTES, rows);
      room += bytes * (this.#options.kind === 'csv' ? 2 : form === JSON_FORMS.text ? 6 : 1);
    }
    const words = this.#nameLengths.reduce((sum, bytes) => sum + bytes, 0);
    this.#lines.ensure(room + rows * ((this.#options.kind === 'csv' ? words * count : words) + 12 * count + 3), 0);
    const to = this.#lines.address;
    const end = this.#write(table, count, rows, to);
    return this.#holding.linear.u8.subarray(to, end);
  }

  #write(table: number, count: number, rows: number, to: number): number {
    const options = this.#options;
    if (options.kind === 'json')
      return this.#kernels.jsonLines(table, count, rows, options.ignoreNullFields ? 1 : 0, to);
    const [delimiter, quote] = [options.delimiter.charCodeAt(0), options.quote.charCodeAt(0)];
    const nullText = table + count * TEXT_COLUMN_BYTES;
    return this.#kernels.csvLines(table, count, rows, delimiter, quote, nullText, this.#nameLengths[0] ?? 0, to);
  }
}

const wholeWords = (rows: number): number => Math.max(SLICE_ROWS, Math.floor(rows / SLICE_ROWS) * SLICE_ROWS);

class TextFileWriter implements FileWriter {
  readonly #format: TextFiles;
  readonly #file: OutputFile;
  #rowCount = 0;
  #begun = false;

  constructor(format: TextFiles, file: OutputFile) {
    this.#format = format;
    this.#file = file;
  }

  prepare(): void {}

  async write(batch: Batch): Promise<void> {
    await this.#begin();
    for (const lines of this.#format.pieces(batch)) {
      using _compressed = this.#format.compressing(lines.byteLength);
      await this.#file.write(this.#format.compressed(lines));
    }
    this.#rowCount += batch.rowCount;
  }

  async close(): Promise<PendingFile> {
    await this.#begin();
    return this.#file.close(this.#rowCount);
  }

  [Symbol.dispose](): void {}

  async #begin(): Promise<void> {
    const { head } = this.#format;
    if (!this.#begun && head.byteLength > 0) await this.#file.write(head);
    this.#begun = true;
  }
}
