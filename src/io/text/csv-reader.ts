/**
 * The records of a CSV file as columns.
 *
 *     window ──one kernel──▶ where fields begin and end ──column by column, those that are wanted──▶ values
 *
 * Columns are found by the names in the file's first record, so their order may differ from file to file. Of names that come twice
 * the second is `name_1`, and of an empty one at the third place it is `column_3`.
 */

import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import type { Column } from '../../columnar/column.ts';
import { typeName } from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import { MalformedFile, SchemaMismatch, UnsupportedFile } from '../../errors.ts';
import {
  CSV_STATE_BYTES,
  type CsvCharacters,
  type CsvState,
  csvKernels,
  readCsvState,
} from '../../kernels/csv-kernels.ts';
import { LinearMemory } from '../../memory/linear-memory.ts';
import type { ByteRange, FileRequest, RecordReader } from '../record-reader.ts';
import { FileMemory, shownFile, TEXT_PADDING_BYTES, type TextOptions } from './file-memory.ts';
import { firstNull, MISFIT_ADVICE, ParsedColumn, shownText } from './parsed-column.ts';
import type { TextPart } from './text-input.ts';

export interface CsvDialect {
  /** One character of ASCII. */
  readonly delimiter: string;
  /** None where undefined. */
  readonly quote: string | undefined;
  /** What stands before a quote that is part of a text: the quote itself in most files. */
  readonly escape: string | undefined;
  /** Lines that begin with it are left out. */
  readonly comment: string | undefined;
  /** Texts that mean null where they are not in quotes. An empty one always does, but for texts. */
  readonly nullTexts: readonly string[];
  /** Whether a record may have fewer fields, which are null, or more, which are left out. */
  readonly allowVariableColumns: boolean;
}

export interface CsvReadOptions extends CsvDialect, TextOptions {
  /** The names of the file's columns; undefined where its first record has them. */
  readonly names: readonly string[] | undefined;
}

/** Without quotes a line is a record, wherever it stands. */
export const partsOfCsv = ({ quote }: CsvDialect): TextPart['of'] => (quote === undefined ? 'lines' : 'bytes');

const code = (character: string | undefined): number => character?.charCodeAt(0) ?? -1;

export class CsvReader implements RecordReader {
  readonly missing: readonly number[];
  /** The columns of the file; undefined where it has none, being empty. */
  readonly names: readonly string[] | undefined;
  readonly #uri: string;
  readonly #options: CsvReadOptions;
  readonly #memory: FileMemory;
  readonly #scanner: CsvScanner;
  /** By position of the field: undefined where it is known or missing. */
  readonly #columns: readonly (ParsedColumn | undefined)[];
  /** Which field of a record each of them is. */
  readonly #places: readonly number[];
  readonly #spans: number;
  readonly #range: ByteRange | undefined;
  #rows = 0;
  /** Rows before those that were found last. */
  #rowsBefore = 0;
  #textEnd = 0;

  /** Reads up to the first record. @throws MalformedFile, SchemaMismatch, MemoryBudgetExceeded, ObjectNotFound, ObjectChanged */
  static async open(request: FileRequest, options: CsvReadOptions): Promise<CsvReader> {
    const { range } = request;
    if (range !== undefined && options.encoding !== 'utf-8') {
      throw new UnsupportedFile(request.uri, 'only of files in UTF-8 a part can be read');
    }
    const parts = partsOfCsv(options);
    const isWithin = range !== undefined && range.start > 0 && (parts === 'lines' || range.startsRecord === true);
    const given = options.names?.filter((name) => !request.isKnown(name));
    const known = given ?? (isWithin ? await CsvReader.#headerOf(request, options) : undefined);
    const wanted = request.fields.filter(({ name }) => !request.isKnown(name));
    const nullTexts = nullTextTable(options.nullTexts);
    const columnBytes = (rows: number): number =>
      wanted.reduce((bytes, field) => bytes + ParsedColumn.footprint(field, rows), 0) +
      LinearMemory.footprint(rows * 8) +
      LinearMemory.footprint(nullTexts.byteLength + CSV_STATE_BYTES);
    const memory = await FileMemory.open(request, options, { columnBytes, texts: wanted.length, parts });
    try {
      const uri = shownFile(request, isWithin ? range : undefined);
      const scanner = new CsvScanner(uri, memory, options, nullTexts);
      const names = known ?? (isWithin ? undefined : await scanner.header());
      scanner.fields = names?.length ?? 0;
      return new CsvReader({ ...request, uri }, options, memory, scanner, names);
    } catch (error) {
      await memory[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The names in the first record, of which as little as possible is read. */
  static async #headerOf(request: FileRequest, options: CsvReadOptions): Promise<readonly string[] | undefined> {
    const beginning = { ...request, range: { start: 0, end: 1 }, fields: [], ahead: undefined };
    await using reader = await CsvReader.open(beginning, options);
    return reader.names;
  }

  private constructor(
    { uri, fields, isKnown, range }: FileRequest,
    options: CsvReadOptions,
    memory: FileMemory,
    scanner: CsvScanner,
    names: readonly string[] | undefined,
  ) {
    this.#uri = uri;
    // Lines that are none of the range are not even read.
    this.#range = options.quote === undefined ? undefined : range;
    this.#options = options;
    this.#memory = memory;
    this.names = names;
    this.#scanner = scanner;
    this.#places = fields.map((field) => (isKnown(field.name) ? -1 : placeOf(uri, field, names)));
    this.missing = [...fields.entries()].flatMap(([position, { name }]) =>
      isKnown(name) || this.#places[position] !== -1 ? [] : [position],
    );
    this.#columns = fields.map((field, position) =>
      this.#places[position] === -1 ? undefined : new ParsedColumn(field, memory.holding, memory.rows),
    );
    this.#spans = memory.holding.allocate(memory.rows * 8).address;
  }

  async next(most: number): Promise<number> {
    this.#rowsBefore += this.#rows;
    this.#rows = 0;
    this.#textEnd = this.#memory.texts;
    if (this.#scanner.fields === 0) return 0;
    while (this.#rows === 0 && !this.#scanner.isBehind(this.#range)) {
      const found = await this.#scanner.next(Math.min(most, this.#memory.rows));
      this.#rows = this.#scanner.keep(found, this.#range);
      if (found === 0) return 0;
      // What is before the range counts: lines and rows are those of the file.
      this.#rowsBefore += this.#rows === 0 ? found : this.#scanner.first;
    }
    return this.#rows;
  }

  column(position: number): Column {
    const column = this.#columns[position];
    const place = this.#places[position];
    assert.ok(column !== undefined && place !== undefined);
    const rows = this.#rows;
    const misfit = (row: number, text: string, what: string): void => this.#misfit(column.field, row, text, what);
    if (!column.isText) {
      const nulls = this.#scanner.spans(place, rows, this.#spans, column.validity);
      this.#refuseNulls(column.field, nulls, column.validity);
      return column.spans(this.#spans, rows, nulls, misfit);
    }
    const bytes = this.#textEnd;
    const nulls = this.#scanner.texts(place, rows, column.values, bytes, column.validity);
    this.#refuseNulls(column.field, nulls, column.validity);
    const length = this.#memory.holding.linear.u32[(column.values >>> 2) + rows] ?? 0;
    // Bitmaps start at a multiple of 8, and what follows texts may be read a block further.
    this.#textEnd = Math.ceil((bytes + length + TEXT_PADDING_BYTES / 2) / 64) * 64;
    return column.texts(bytes, rows, nulls, misfit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const column of this.#columns) column?.[Symbol.dispose]();
    await this.#memory[Symbol.asyncDispose]();
  }

  #misfit({ name, nullable }: Field, row: number, text: string, what: string): void {
    if (this.#options.invalidValues === 'null' && nullable) return;
    const where = `column ${name}, row ${this.#rowsBefore + row + 1} in line ${this.#scanner.lineOf(row)}`;
    throw new SchemaMismatch(this.#uri, `${where}: ${shownText(text)} ${what}${MISFIT_ADVICE}`);
  }

  #refuseNulls({ name, nullable, type }: Field, nulls: number, validity: number): void {
    if (nullable || nulls === 0) return;
    const row = firstNull(this.#memory.holding.linear, validity, this.#rows) ?? 0;
    const where = `in row ${this.#rowsBefore + row + 1} in line ${this.#scanner.lineOf(row)}`;
    throw new SchemaMismatch(
      this.#uri,
      `column ${name} (${typeName(type)}) has nulls, the first ${where}, and the schema says that no value is`,
    );
  }
}

function placeOf(uri: string, { name, nullable }: Field, names: readonly string[] | undefined): number {
  // An empty file has no columns, and no rows that could miss them.
  if (names === undefined) return -1;
  const place = names.indexOf(name);
  if (place === -1 && !nullable) throw new SchemaMismatch(uri, `it has no column ${name}, which may not be null`);
  return place;
}

/** An empty one is called by its place; one that was there before is told apart by a number that makes it unlike all others. */
function distinctNames(texts: readonly string[]): readonly string[] {
  const given = new Set(texts);
  const names = new Set<string>();
  for (const [place, text] of texts.entries()) {
    const base = text === '' ? `column_${place + 1}` : text;
    let name = base;
    for (let again = 1; names.has(name) || (name !== text && given.has(name)); again += 1) name = `${base}_${again}`;
    names.add(name);
  }
  return [...names];
}

/** As the kernels read them: each behind its length of 4 bytes, then -1. */
function nullTextTable(texts: readonly string[]): Uint8Array {
  const parts = texts.map((text) => Buffer.from(text));
  const table = Buffer.alloc(parts.reduce((bytes, part) => bytes + 4 + part.byteLength, 4));
  let at = 0;
  for (const part of parts) {
    table.writeInt32LE(part.byteLength, at);
    table.set(part, at + 4);
    at += 4 + part.byteLength;
  }
  table.writeInt32LE(-1, at);
  return table;
}

/** Where the fields of records are. */
class CsvScanner {
  /** Of each record. */
  fields = 0;
  /** Which of the records that were found is the first that counts. */
  first = 0;
  readonly #uri: string;
  readonly #memory: FileMemory;
  readonly #characters: CsvCharacters;
  readonly #isRagged: boolean;
  readonly #state: number;
  readonly #nullTexts: number;
  /** Where the starts of records are, and the ends of their fields. */
  #ends = 0;
  /** Up to where records were found that may still be looked at. */
  #taken: number | undefined;

  constructor(uri: string, memory: FileMemory, dialect: CsvDialect, nullTexts: Uint8Array) {
    this.#uri = uri;
    this.#memory = memory;
    this.#characters = {
      delimiter: code(dialect.delimiter),
      quote: code(dialect.quote),
      escape: code(dialect.escape),
      comment: code(dialect.comment),
    };
    this.#isRagged = dialect.allowVariableColumns;
    const { holding } = memory;
    this.#state = holding.allocate(CSV_STATE_BYTES + nullTexts.byteLength).address;
    this.#nullTexts = this.#state + CSV_STATE_BYTES;
    holding.linear.u8.set(nullTexts, this.#nullTexts);
  }

  /** The names in the first record, which is taken; undefined where there is none. @throws MalformedFile */
  async header(): Promise<readonly string[] | undefined> {
    const { window, holding } = this.#memory;
    const { delimiter, quote, escape: escaping, comment } = this.#characters;
    const { countCsvFields } = csvKernels(holding.linear);
    for (;;) {
      await window.fillText();
      const { start, end, isLast } = window;
      this.fields = countCsvFields(start, end, isLast, delimiter, quote, escaping, comment, this.#state);
      if (this.fields >= 0) break;
      const state = readCsvState(holding.linear, this.#state);
      if (state.problem !== 'none') throw this.#malformed(state);
      if (isLast) return undefined;
    }
    const rows = await this.next(1);
    assert.equal(rows, 1);
    return distinctNames(Array.from({ length: this.fields }, (_, place) => this.#nameAt(place)));
  }

  /** Finds up to `most` records; 0 at the end. @throws MalformedFile */
  async next(most: number): Promise<number> {
    const { window, holding, index, indexBytes } = this.#memory;
    const { delimiter, quote, escape: escaping, comment } = this.#characters;
    const records = Math.min(most, Math.floor(indexBytes / 4 / (this.fields + 1)));
    if (records === 0)
      throw new MalformedFile(this.#uri, `it has ${this.fields} columns, more than there is memory for`);
    this.#take();
    this.#ends = index + records * 4;
    for (;;) {
      const { start, end, isLast } = window;
      const kernels = csvKernels(holding.linear);
      const rows = kernels.indexCsv(
        start,
        end,
        isLast,
        delimiter,
        quote,
        escaping,
        comment,
        this.fields,
        this.#isRagged,
        records,
        index,
        this.#ends,
        this.#state,
      );
      const state = readCsvState(holding.linear, this.#state);
      if (rows === 0 && state.problem !== 'none') throw this.#malformed(state);
      this.#taken = state.position;
      if (rows > 0) return rows;
      this.#take();
      if (isLast) return 0;
      await window.fillText();
    }
  }

  /**
   * Takes of the records that were found those that begin in `range`, which are neighbours; gives how many. After the last of them
   * there are no more.
   */
  keep(found: number, range: ByteRange | undefined): number {
    this.first = 0;
    if (range === undefined || found === 0) return found;
    this.first = this.#countBefore(range.start, found);
    return this.#countBefore(range.end, found) - this.first;
  }

  /** Whether what comes next begins behind the range. */
  isBehind(range: ByteRange | undefined): boolean {
    const { window } = this.#memory;
    return range !== undefined && window.offsetOf(this.#taken ?? window.start) >= range.end;
  }

  /** How many of the `found` records begin before `offset` of the file. */
  #countBefore(offset: number, found: number): number {
    let [low, high] = [0, found];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsetOf(middle) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #offsetOf(row: number): number {
    const { window, index, holding } = this.#memory;
    return window.offsetOf(holding.linear.u32[(index >>> 2) + row] ?? window.start);
  }

  /** Writes the places of the values at `place` of each record, and their validity; gives how many are null. */
  spans(place: number, rows: number, spans: number, validity: number): number {
    const { index, holding } = this.#memory;
    const { quote } = this.#characters;
    return csvKernels(holding.linear).csvSpans(
      index + this.first * 4,
      this.#ends + this.first * this.fields * 4,
      this.fields,
      place,
      rows,
      quote,
      this.#nullTexts,
      spans,
      validity,
    );
  }

  /** Writes the values at `place` of each record as texts, and their validity; gives how many are null. */
  texts(place: number, rows: number, offsets: number, bytes: number, validity: number): number {
    const { index, holding } = this.#memory;
    const { quote, escape: escaping } = this.#characters;
    const { fields } = this;
    const starts = index + this.first * 4;
    const ends = this.#ends + this.first * fields * 4;
    const nullTexts = this.#nullTexts;
    const { csvTexts } = csvKernels(holding.linear);
    return csvTexts(starts, ends, fields, place, rows, quote, escaping, nullTexts, offsets, bytes, validity);
  }

  /** The line in which a record begins that was found last. */
  lineOf(row: number): number {
    const { window, index, holding } = this.#memory;
    return window.lineOf(holding.linear.u32[(index >>> 2) + this.first + row] ?? window.start);
  }

  #take(): void {
    if (this.#taken !== undefined) this.#memory.window.take(this.#taken);
    this.#taken = undefined;
  }

  #nameAt(place: number): string {
    const { holding, texts } = this.#memory;
    const [offsets, bytes] = [texts, texts + 64];
    this.texts(place, 1, offsets, bytes, texts + 32);
    const { u8, u32 } = holding.linear;
    const length = u32[(offsets >>> 2) + 1] ?? 0;
    const name = Buffer.from(u8.slice(bytes, bytes + length));
    if (isUtf8(name)) return name.toString('utf8');
    const shown = shownText(name.toString('latin1'));
    throw new MalformedFile(this.#uri, `the name of its column ${place + 1}, ${shown}, is no UTF-8. Say its encoding`);
  }

  #malformed({ position, problem, fields }: CsvState): MalformedFile {
    const line = this.#memory.window.lineOf(position);
    const advice = 'Check the delimiter and the quote';
    const detail =
      problem === 'ragged'
        ? `the record in line ${line} has ${fields} fields, and ${this.fields} are expected. ${advice}, or allow variable columns`
        : `in the record in line ${line} a quote is not closed, or stands before the end of its field. ${advice}`;
    return new MalformedFile(this.#uri, detail);
  }
}
