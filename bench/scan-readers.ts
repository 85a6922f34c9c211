/**
 * Others who read Parquet, one thread each: pyarrow and Polars in a process of Python, which read text too, hyparquet and parquet-wasm
 * in this one. Those two only read, so that what is measured of their columns is summed up here, as they give them.
 */

import { openAsBlob } from 'node:fs';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type Data, tableFromIPC, type Vector } from 'apache-arrow';
import { asyncBufferFromFile, type ParquetReadOptions, parquetRead } from 'hyparquet';
import { ParquetFile } from 'parquet-wasm';
import type { Cell } from './duckdb.ts';
import type { PythonPeer } from './python-peer.ts';
import type { Answer } from './turns.ts';

/** What is measured of a column: the sum of its values, of their years or lengths, how many are true, or how many lists it has. */
export type Measure = 'sum' | 'year' | 'length' | 'true' | 'list';
export type ColumnMeasure = readonly [name: string, measure: Measure, scale: number];

export interface ReaderScan {
  readonly path: string;
  readonly columns: readonly ColumnMeasure[];
  /** Rows are kept whose value of the column is `from` or more, and below `to`. */
  readonly range: readonly [column: string, from: number, to: number] | undefined;
}

export interface ScanReader {
  readonly name: string;
  /** Undefined where it cannot: some have no filters, or not of all types. */
  run(scan: ReaderScan): Promise<Answer | undefined>;
}

export const scanReaders = (peer: PythonPeer): ScanReader[] => [
  inPython('pyarrow', peer),
  inPython('polars', peer),
  { name: 'hyparquet', run: byHyparquet },
  { name: 'parquet_wasm', run: byParquetWasm },
];

/** A file of text, and the types of its columns, by the words of the peer. */
export interface TextScan {
  readonly path: string;
  readonly format: 'csv' | 'json';
  readonly columns: readonly ColumnMeasure[];
  readonly types: readonly (readonly [name: string, type: string])[];
}

/** Those who read text too. */
export const textReaders = (peer: PythonPeer): { name: string; run(scan: TextScan): Promise<Answer | undefined> }[] =>
  ['pyarrow', 'polars'].map((engine) => ({
    name: engine,
    run: ({ path, format, columns, types }) => ask(peer, { engine, path, format, columns, types, range: null }),
  }));

async function ask(peer: PythonPeer, request: object): Promise<Answer | undefined> {
  const answer = (await peer.ask(request)) as Answer | { cannot: string };
  return 'cannot' in answer ? undefined : answer;
}

function inPython(engine: string, peer: PythonPeer): ScanReader {
  const run = ({ path, columns, range }: ReaderScan): Promise<Answer | undefined> =>
    ask(peer, { engine, path, format: 'parquet', columns, types: [], range: range ?? null });
  return { name: engine, run };
}

const COMPRESSORS = {
  GZIP: (input: Uint8Array): Uint8Array => gunzipSync(input),
  ZSTD: (input: Uint8Array): Uint8Array => zstdDecompressSync(input),
};

/** A sum that goes on, of whole numbers exactly. */
class Sum {
  #whole = 0n;
  #real = 0;
  #isReal = false;

  addWhole(value: bigint): void {
    this.#whole += value;
  }

  addReal(value: number, isReal: boolean): void {
    this.#real += value;
    this.#isReal ||= isReal;
  }

  /** Of `scale` digits behind the point. */
  answer(scale: number): Cell {
    if (this.#isReal) return this.#real;
    const whole = this.#whole + BigInt(this.#real);
    if (scale === 0) return String(whole);
    const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, '0');
    return `${whole < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  }
}

async function byHyparquet({ path, columns, range }: ReaderScan): Promise<Answer> {
  const start = performance.now();
  const file = await asyncBufferFromFile(path);
  const sums = columns.map(() => new Sum());
  const add = (at: number, values: ArrayLike<unknown>): void => {
    const [, measure, scale] = columns[at] ?? ['', 'sum', 0];
    addValues(sums[at] ?? new Sum(), values, measure, scale);
  };
  const names = columns.map(([name]) => name);
  const common = { file, columns: names, compressors: COMPRESSORS };
  const isFlat = range === undefined && columns.every(([, measure]) => measure !== 'list');
  let rest: Partial<ParquetReadOptions>;
  if (isFlat) rest = { onChunk: ({ columnName, columnData }) => add(names.indexOf(columnName), columnData) };
  else {
    // Filters, and what is put together of leaves, are only had as rows.
    const onComplete = (rows: Record<string, unknown>[]): void => {
      for (const [at, name] of names.entries())
        add(
          at,
          rows.map((row) => row[name]),
        );
    };
    const filter = range && { [range[0]]: { $gte: BigInt(range[1]), $lt: BigInt(range[2]) } };
    rest = { rowFormat: 'object', onComplete, usePageIndex: true, ...(filter && { filter }) };
  }
  await parquetRead({ ...common, ...rest } as ParquetReadOptions);
  const row = sums.map((sum, at) => sum.answer(columns[at]?.[2] ?? 0));
  return { ms: performance.now() - start, rows: [row] };
}

/** hyparquet gives decimals as floats, and dates as those of JavaScript. */
function addValues(sum: Sum, values: ArrayLike<unknown>, measure: Measure, scale: number): void {
  const factor = 10 ** scale;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at];
    if (value === null || value === undefined) continue;
    if (measure === 'list') sum.addReal(1, false);
    else if (measure === 'year') sum.addReal((value as Date).getUTCFullYear(), false);
    else if (measure === 'length') sum.addReal((value as string).length, false);
    else if (typeof value === 'bigint') sum.addWhole(value);
    else sum.addReal(Math.round((value as number) * factor), false);
  }
}

async function byParquetWasm({ path, columns, range }: ReaderScan): Promise<Answer | undefined> {
  if (range !== undefined) return undefined;
  const start = performance.now();
  const file = await ParquetFile.fromFile(await openAsBlob(path));
  const sums = columns.map(() => new Sum());
  try {
    const metadata = file.metadata();
    const groups = metadata.numRowGroups();
    metadata.free();
    for (let group = 0; group < groups; group += 1) {
      const read = await file.read({ rowGroups: [group], columns: columns.map(([name]) => name), batchSize: 16_384 });
      const table = tableFromIPC(read.intoIPCStream());
      for (const [at, [name, measure]] of columns.entries()) {
        const vector = table.getChild(name);
        if (vector !== null) addVector(sums[at] ?? new Sum(), vector, measure);
      }
    }
  } finally {
    file.free();
  }
  const row = sums.map((sum, at) => sum.answer(columns[at]?.[2] ?? 0));
  return { ms: performance.now() - start, rows: [row] };
}

/** What nulls lie on is zero in the bytes of all files here. */
function addVector(sum: Sum, vector: Vector, measure: Measure): void {
  if (measure === 'list') {
    sum.addReal(vector.length - vector.nullCount, false);
    return;
  }
  for (const data of vector.data as readonly Data[]) {
    const { values, length, valueOffsets } = data;
    if (measure === 'length') sum.addReal((valueOffsets[length] ?? 0) - (valueOffsets[0] ?? 0), false);
    else if (measure === 'year') {
      for (let at = 0; at < length; at += 1)
        sum.addReal(new Date((values[at] ?? 0) * 86_400_000).getUTCFullYear(), false);
    } else if (values instanceof BigInt64Array) {
      for (let at = 0; at < length; at += 1) sum.addWhole(values[at] ?? 0n);
    } else if (values.length === length) {
      for (let at = 0; at < length; at += 1) sum.addReal(values[at] ?? 0, false);
    } else {
      // Decimals, in 16 bytes, of which these need the lower 8.
      const words = new BigInt64Array(values.buffer, values.byteOffset, length * 2);
      for (let at = 0; at < length; at += 1) sum.addWhole(words[at * 2] ?? 0n);
    }
  }
}
