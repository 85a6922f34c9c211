import type { LinearMemory } from '../memory/linear-memory.ts';
import { parquetWriteKernels } from './static-kernels.ts';

/** How values of a fixed width become plain ones. */
export const PLAIN = { copy: 0, widenSigned: 1, widenUnsigned: 2, narrow: 3, bigEndian: 4, thousandfold: 5 } as const;
/** What values are compared as. */
export const ORDER = { signed: 0, unsigned: 1, float: 2, bytes: 3 } as const;

/** Of a column whose values are offsets into bytes. */
export const WIDTH_OF_BYTES = -1;
/** Of a column whose values are told apart by the numbers of their rows. */
export const WIDTH_OF_NUMBERS = -2;

/**
 * What `assembly/parquet-slots.ts`, `parquet-encode.ts` and `snappy-compress.ts` export, and say in detail; every number that
 * is not a count, bit, width or code is an address, and row numbers, codes and offsets are uint32.
 */
export interface ParquetEncodeKernels {
  beginSlots(count: number, rows: number, defs: number, reps: number): void;
  enterNullable(rows: number, defs: number, count: number, validity: number): void;
  hasNulls(rows: number, count: number, validity: number): number;
  enterDictionary(rows: number, count: number, codes: number): void;
  countItemSlots(rows: number, count: number, offsets: number, size: number): number;
  enterItems(
    rows: number,
    defs: number,
    reps: number,
    count: number,
    offsets: number,
    size: number,
    level: number,
    toRows: number,
    toDefs: number,
    toReps: number,
  ): void;
  presentRows(rows: number, count: number, to: number): number;
  presentSlots(rows: number, count: number): number;
  countRowStarts(reps: number, count: number): number;
  pageSlots(reps: number, count: number, wanted: number): number;

  sizedBytes(offsets: number, numbers: number, count: number): number;
  encodePlain(
    form: number,
    values: number,
    bytes: number,
    width: number,
    numbers: number,
    count: number,
    to: number,
  ): number;
  distinctValues(
    values: number,
    bytes: number,
    width: number,
    numbers: number,
    count: number,
    table: number,
    slots: number,
    most: number,
    codes: number,
    entries: number,
  ): number;
  usedEntries(codes: number, count: number, entries: number, size: number, marks: number, to: number): number;
  encodeHybrid(values: number, isWide: boolean, count: number, bits: number, to: number): number;
  boundRows(order: number, values: number, bytes: number, width: number, numbers: number, count: number): bigint;
  addToBloomFilter(at: number, count: number, width: number, isFloat: boolean, filter: number, blocks: number): void;
  snappyCompress(from: number, count: number, to: number, table: number): number;
}

/** The kernels, working on `linear`. */
export const parquetEncodeKernels = (linear: LinearMemory): ParquetEncodeKernels =>
  parquetWriteKernels(linear) as unknown as ParquetEncodeKernels;
