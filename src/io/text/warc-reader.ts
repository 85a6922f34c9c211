/**
 * The records of WARC files, as crawlers write them: https://iipc.github.io/warc-specifications/
 *
 *     WARC/1.0 ↵  WARC-Type: response ↵  Content-Length: 5 ↵  … ↵ ↵  hello  ↵ ↵  WARC/1.0 ↵ …          ↵ is CR LF
 *
 * Files are mostly a gzip member for each record, which is read as any gzip of several members.
 */

import assert from 'node:assert/strict';
import type { Column } from '../../columnar/column.ts';
import { columnFromValues } from '../../columnar/column-from-values.ts';
import { timestamp, utf8 } from '../../columnar/data-type.ts';
import { uuidBytes, uuidText } from '../../columnar/uuid-text.ts';
import type { Value } from '../../columnar/value.ts';
import { MalformedFile, SchemaMismatch, UnsupportedFile } from '../../errors.ts';
import { castBetween } from '../../expressions/cast-value.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { LinearMemory } from '../../memory/linear-memory.ts';
import type { FileRequest, RecordReader } from '../record-reader.ts';
import { FileMemory } from './file-memory.ts';
import { WARC_COLUMNS } from './warc-columns.ts';

export interface WarcReadOptions {
  readonly maxRecordBytes: number | undefined;
}

/** Records of a batch: their headers are JavaScript values. */
const MOST_ROWS = 1024;
/** What a byte of headers takes as those. */
const HEADER_FACTOR = 8;

interface WarcRecord {
  readonly values: ReadonlyMap<string, Value>;
  /** Address of the content, and its bytes. */
  readonly content: number;
  readonly byteLength: number;
}

export class WarcReader implements RecordReader {
  readonly missing: readonly number[];
  readonly #uri: string;
  readonly #names: readonly string[];
  readonly #memory: FileMemory;
  readonly #offsets: number;
  /** What the headers of a batch take. */
  readonly #spelled: Holding;
  readonly #readDate = castBetween(utf8, timestamp('ns', 'UTC'))?.convert;
  #records: WarcRecord[] = [];
  #recordsBefore = 0;
  #taken: number | undefined;

  /** @throws MemoryBudgetExceeded, ObjectNotFound, ObjectChanged, UnsupportedFile */
  static async open(request: FileRequest, options: WarcReadOptions): Promise<WarcReader> {
    if (request.range !== undefined) throw new UnsupportedFile(request.uri, 'no part of a WARC file can be read');
    const memory = await FileMemory.open(
      request,
      { ...options, encoding: 'utf-8', invalidValues: 'error' },
      { columnBytes: () => LinearMemory.footprint((MOST_ROWS + 1) * 4), texts: 1, parts: 'bytes' },
    );
    try {
      return new WarcReader(request, memory);
    } catch (error) {
      await memory[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor({ uri, fields, isKnown, budget }: FileRequest, memory: FileMemory) {
    this.#uri = uri;
    this.#memory = memory;
    this.#names = fields.map(({ name }) => name);
    this.missing = [...fields.entries()].flatMap(([at, { name }]) =>
      WARC_COLUMNS.has(name) || isKnown(name) ? [] : [at],
    );
    const refused = this.missing.map((at) => fields[at]).find((field) => field?.nullable === false);
    if (refused) throw new SchemaMismatch(uri, `it has no column ${refused.name}, which may not be null`);
    this.#offsets = memory.holding.allocate((MOST_ROWS + 1) * 4).address;
    this.#spelled = budget.reserve('Scan');
  }

  async next(most: number): Promise<number> {
    const { window } = this.#memory;
    this.#recordsBefore += this.#records.length;
    this.#records = [];
    this.#spelled.release();
    for (;;) {
      if (this.#taken !== undefined) window.take(this.#taken);
      let at = window.start;
      while (this.#records.length < Math.min(most, MOST_ROWS)) {
        const end = this.#record(at);
        if (end === undefined) break;
        at = end;
      }
      this.#taken = at;
      if (this.#records.length > 0 || (window.isLast && at === window.end)) return this.#records.length;
      if (window.isLast) throw this.#refuse('ends before it is complete');
      await window.fill();
      this.#taken = undefined;
    }
  }

  column(position: number): Column {
    const name = this.#names[position] ?? '';
    const type = WARC_COLUMNS.get(name);
    assert.ok(type !== undefined);
    if (name !== 'warc_content') {
      return columnFromValues(
        this.#spelled,
        type,
        this.#records.map(({ values }) => values.get(name) ?? null),
      );
    }
    const { texts, holding } = this.#memory;
    const { linear } = holding;
    let end = 0;
    for (const [row, { content, byteLength }] of this.#records.entries()) {
      linear.u32[(this.#offsets >>> 2) + row] = end;
      takeKernels(linear).copyBytes(content, texts + end, byteLength);
      end += byteLength;
    }
    linear.u32[(this.#offsets >>> 2) + this.#records.length] = end;
    const base = { validity: 0, dictionary: undefined, width: 0, bits: undefined };
    return { ...base, type, values: this.#offsets, bytes: texts };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#spelled[Symbol.dispose]();
    await this.#memory[Symbol.asyncDispose]();
  }

  /** Takes the record at `at`; gives where it ends, undefined where not all of it is there. */
  #record(at: number): number | undefined {
    const { window, holding } = this.#memory;
    const { u8 } = holding.linear;
    const left = Buffer.from(u8.buffer as ArrayBuffer, at, window.end - at);
    const headBytes = left.indexOf('\r\n\r\n');
    if (headBytes === -1) {
      if (left.byteLength >= 5 && left.toString('latin1', 0, 5) !== 'WARC/')
        throw this.#refuse('does not begin with WARC/');
      return undefined;
    }
    const [version = '', ...lines] = left
      .toString('utf8', 0, headBytes)
      .replaceAll(/\r\n[ \t]+/g, ' ')
      .split('\r\n');
    if (!/^WARC\/\d+\.\d+$/.test(version)) throw this.#refuse('does not begin with WARC/ and a version');
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      if (colon < 1) throw this.#refuse(`has a header without a name: ${JSON.stringify(line.slice(0, 40))}`);
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    });
    const length = headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1] ?? '';
    if (!/^\d{1,15}$/.test(length)) throw this.#refuse('has no Content-Length');
    const content = headBytes + 4;
    const end = content + Number(length);
    if (left.byteLength < end + 4) return undefined;
    if (left.toString('latin1', end, end + 4) !== '\r\n\r\n')
      throw this.#refuse('does not end where its Content-Length says');
    this.#spelled.grow(headBytes * HEADER_FACTOR);
    this.#records.push({ values: this.#valuesOf(headers), content: at + content, byteLength: Number(length) });
    return at + end + 4;
  }

  /** Of the columns; headers that are none of them are one JSON object. */
  #valuesOf(headers: readonly (readonly [string, string])[]): ReadonlyMap<string, Value> {
    const values = new Map<string, Value>();
    const others: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const [given, text] of headers) {
      const name = [...WARC_COLUMNS.keys()].find((column) => column.toLowerCase() === given.toLowerCase());
      const value = name === undefined ? undefined : this.#valueOf(name, text);
      if (name === undefined || value === undefined)
        others[given] = given in others ? `${others[given]}, ${text}` : text;
      else values.set(name, value);
    }
    values.set('warc_headers', JSON.stringify(others));
    return values;
  }

  /** Undefined where it is none of the column's type: then it stays with the other headers. */
  #valueOf(name: string, text: string): Value | undefined {
    if (name === 'Content-Length') return BigInt(text);
    if (name === 'WARC-Record-ID') {
      const bytes = uuidBytes(text.replace(/^<urn:uuid:(.*)>$/i, '$1'));
      return bytes && uuidText(bytes);
    }
    if (name === 'WARC-Date') {
      const date = this.#readDate?.(text);
      if (date === undefined) throw this.#refuse(`has a WARC-Date that is none: ${JSON.stringify(text.slice(0, 40))}`);
      return date;
    }
    return name.startsWith('warc_') ? undefined : text;
  }

  #refuse(detail: string): MalformedFile {
    return new MalformedFile(this.#uri, `record ${this.#recordsBefore + this.#records.length + 1} ${detail}`);
  }
}
