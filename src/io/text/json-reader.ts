/**
 * The records of a JSON file as columns: objects one behind the other, on lines of their own or not, or in an array.
 *
 *     window ──one kernel──▶ places of tokens ──another, by the tree of the schema──▶ places of values ──▶ columns
 *
 * What no column asks for is passed over. Numbers are read from their digits, never by way of a float.
 */

import type { Column } from '../../columnar/column.ts';
import type { Field } from '../../columnar/schema.ts';
import { MalformedFile, SchemaMismatch } from '../../errors.ts';
import {
  JSON_CONTAINERS,
  JSON_SCRATCH_BYTES,
  JSON_STATE_BYTES,
  type JsonState,
  jsonKernels,
  readJsonState,
} from '../../kernels/json-kernels.ts';
import { LinearMemory } from '../../memory/linear-memory.ts';
import type { FileRequest, RecordReader } from '../record-reader.ts';
import { FileMemory, shownFile, TEXT_PADDING_BYTES, type TextOptions } from './file-memory.ts';
import { type JsonMisfit, JsonNode, textsIn, treeFootprint } from './json-tree.ts';
import { firstNull, MISFIT_ADVICE, shownText } from './parsed-column.ts';

export type JsonReadOptions = Omit<TextOptions, 'encoding'>;

/** Bytes of text that are shown of what could not be read. */
const SHOWN_BYTES = 40;

export class JsonReader implements RecordReader {
  /** Which fields the records have is known only when all of them are read. */
  readonly missing: readonly number[] = [];
  readonly #uri: string;
  readonly #isPart: boolean;
  readonly #options: JsonReadOptions;
  readonly #memory: FileMemory;
  readonly #fields: readonly Field[];
  readonly #tree: JsonNode;
  /** Which part of the tree a field is; -1 where it is known. */
  readonly #parts: readonly number[];
  readonly #starts: number;
  readonly #state: number;
  readonly #scratch: number;
  /** Tokens of the window, of which the first were used; undefined where it has to be looked through. */
  #tokens: { readonly count: number; used: number } | undefined;
  #container: number = JSON_CONTAINERS.unknown;
  #needsComma = false;
  /** Up to where records were found that may still be looked at. */
  #taken: number | undefined;
  #rows = 0;
  #rowsBefore = 0;
  #textEnd = 0;

  /** @throws MemoryBudgetExceeded, ObjectNotFound, ObjectChanged */
  static async open(request: FileRequest, options: JsonReadOptions): Promise<JsonReader> {
    const wanted = request.fields.filter(({ name }) => !request.isKnown(name));
    const memory = await FileMemory.open(
      request,
      { ...options, encoding: 'utf-8' },
      {
        columnBytes: (rows) =>
          treeFootprint(wanted, rows) +
          LinearMemory.footprint(rows * 4) +
          LinearMemory.footprint(JSON_STATE_BYTES + JSON_SCRATCH_BYTES),
        texts: wanted.reduce((sum, { type }) => sum + textsIn(type), 0),
        indexPerByte: 4,
        parts: 'lines',
      },
    );
    try {
      return new JsonReader(request, options, memory, wanted);
    } catch (error) {
      await memory[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(request: FileRequest, options: JsonReadOptions, memory: FileMemory, wanted: readonly Field[]) {
    const { fields, range } = request;
    this.#uri = shownFile(request, range);
    this.#isPart = range !== undefined;
    this.#options = options;
    this.#memory = memory;
    this.#fields = fields;
    const { holding, rows } = memory;
    this.#tree = JsonNode.ofFields(wanted, holding, rows);
    this.#parts = fields.map((field) => wanted.indexOf(field));
    this.#starts = holding.allocate(rows * 4).address;
    this.#state = holding.allocate(JSON_STATE_BYTES + JSON_SCRATCH_BYTES).address;
    this.#scratch = this.#state + JSON_STATE_BYTES;
  }

  async next(most: number): Promise<number> {
    this.#rowsBefore += this.#rows;
    this.#rows = 0;
    this.#textEnd = this.#memory.texts;
    const { window, holding, index } = this.#memory;
    const { linear } = holding;
    this.#take();
    for (;;) {
      this.#tokens ??= this.#index();
      const { count, used } = this.#tokens;
      const rows = jsonKernels(linear).jsonRecords(
        this.#tree.address,
        Math.min(most, this.#memory.rows),
        index,
        used,
        count,
        window.end,
        this.#container,
        this.#needsComma,
        this.#options.invalidValues === 'null',
        this.#starts,
        this.#scratch,
        this.#state,
      );
      const state = readJsonState(linear, this.#state);
      this.#container = state.container;
      this.#needsComma = state.needsComma;
      this.#tokens.used = state.token;
      this.#taken = state.position;
      this.#rows = rows;
      if (rows > 0) return rows;
      if (state.status !== 'incomplete') throw this.#failed(state);
      if (window.isLast) {
        if (state.token === count && this.#container !== JSON_CONTAINERS.array) return 0;
        const line = window.lineOf(state.position);
        const advice = this.#isPart ? '. Of a file that is read in parts each record is on a line of its own' : '';
        throw new MalformedFile(this.#uri, `it ends within what begins in line ${line}${advice}`);
      }
      // What is left is the beginning of a record, which goes on in what is read next.
      this.#take();
      await window.fillText();
      this.#tokens = undefined;
    }
  }

  column(position: number): Column {
    const field = this.#fields[position];
    const { linear } = this.#memory.holding;
    const place = {
      begin: () => this.#textEnd,
      end: (byteLength: number) => {
        // What follows texts may be read a block further.
        this.#textEnd = Math.ceil((this.#textEnd + byteLength + TEXT_PADDING_BYTES / 2) / 64) * 64;
      },
    };
    const column = this.#tree.part(this.#parts[position] ?? -1).column(place, (misfit) => this.#misfit(misfit));
    if (field?.nullable !== false || column.validity === 0) return column;
    const row = firstNull(linear, column.validity, this.#rows);
    if (row === undefined) return { ...column, validity: 0 };
    throw new SchemaMismatch(
      this.#uri,
      `column ${field.name} is null in ${this.placeOf(row)}, and the schema says that no value is`,
    );
  }

  /** What the rows that were found last are written as. */
  recordTexts(rows: number): readonly string[] {
    const { holding, window } = this.#memory;
    const { u8, u32 } = holding.linear;
    const starts = u32.subarray(this.#starts >>> 2, (this.#starts >>> 2) + rows);
    return Array.from(starts, (start, row) => {
      const text = Buffer.from(u8.slice(start, starts[row + 1] ?? this.#taken ?? window.end)).toString('utf8');
      // Behind it are line ends, or a comma.
      return text.slice(0, text.lastIndexOf('}') + 1);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tree[Symbol.dispose]();
    await this.#memory[Symbol.asyncDispose]();
  }

  /** There is room for a token of each byte of the window. */
  #index(): { count: number; used: number } {
    const { window, holding, index } = this.#memory;
    return { count: jsonKernels(holding.linear).indexJson(window.start, window.end, index), used: 0 };
  }

  #take(): void {
    if (this.#taken !== undefined) this.#memory.window.take(this.#taken);
    this.#taken = undefined;
  }

  /** Of a record that was found last, for errors. */
  placeOf(record: number): string {
    const { window, holding } = this.#memory;
    const start = holding.linear.u32[(this.#starts >>> 2) + record] ?? window.start;
    return `row ${this.#rowsBefore + record + 1} in line ${window.lineOf(start)}`;
  }

  #misfit({ path, record, text, what, isSyntax }: JsonMisfit): void {
    if (this.#options.invalidValues === 'null' && !isSyntax) return;
    const detail = `${path}, ${this.placeOf(record)}: ${shownText(text)} ${what}`;
    throw isSyntax ? new MalformedFile(this.#uri, detail) : new SchemaMismatch(this.#uri, `${detail}${MISFIT_ADVICE}`);
  }

  /** Of the record behind those that were given. */
  #failed({ status, wrongAt, node }: JsonState): MalformedFile | SchemaMismatch {
    const { window, holding } = this.#memory;
    const { u8 } = holding.linear;
    const path = this.#tree.find(node)?.path ?? '$';
    const line = window.lineOf(Math.max(window.start, wrongAt));
    const text = Buffer.from(u8.slice(wrongAt, Math.min(window.end, wrongAt + SHOWN_BYTES))).toString('utf8');
    const where = `${path} in line ${line}`;
    switch (status) {
      case 'misfit':
        return new SchemaMismatch(
          this.#uri,
          `${path}, row ${this.#rowsBefore + 1} in line ${line}: ${shownText(text)} has another form than the schema says${MISFIT_ADVICE}`,
        );
      case 'no room':
        return new MalformedFile(this.#uri, `${where} has more items in one record than there is memory for`);
      case 'too deep':
        return new MalformedFile(this.#uri, `${where} holds values too deep inside of others`);
      case 'no object':
        return new MalformedFile(this.#uri, `in line ${line} stands ${shownText(text)}, and a record is an object`);
      default:
        return new MalformedFile(this.#uri, `${where}: ${shownText(text)} is no JSON at this place`);
    }
  }
}
