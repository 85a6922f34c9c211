/**
 * Values of a fixed width, in the widths and units in which our columns hold them:
 *
 *     decimals of 16 bytes      in 8 where the type has no more than 18 digits
 *     dates in milliseconds     in days
 *     times in s and ms         in microseconds
 *     intervals of months, of days and milliseconds    in months, days and nanoseconds
 */

import { DataType as ArrowType, DateUnit, IntervalUnit } from 'apache-arrow';
import type { Holding } from '../memory/budget.ts';
import { type DataType, fixedWidth } from './data-type.ts';
import { type Chunk, type Incoming, refuse } from './incoming-arrow.ts';

const MILLISECONDS_PER_DAY = 86_400_000;
const MICROSECONDS_PER_DAY = 86_400_000_000;
const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

/** The address of the values, zero where there is none. */
export function readFixed({ name, type, chunks, rowCount }: Incoming, holding: Holding): number {
  const width = fixedWidth(type)!;
  const { address } = holding.allocate(rowCount * width);
  const memory = holding.linear.u8;
  let to = address;
  for (const chunk of chunks) {
    const { data, isThere } = chunk;
    const source = fixedBytes(chunk, type, name);
    if (source.byteLength < data.length * width) throw refuse(name, 'has fewer values than rows');
    memory.set(source.subarray(0, data.length * width), to);
    if (isThere !== undefined) {
      for (let row = 0; row < data.length; row += 1) {
        if (!isThere(row)) memory.fill(0, to + row * width, to + (row + 1) * width);
      }
    }
    to += data.length * width;
  }
  return address;
}

/** The values of `chunk` as bytes of our width. */
function fixedBytes(chunk: Chunk, type: DataType, name: string): Uint8Array {
  const arrow = chunk.data.type;
  if (type.kind === 'decimal') return decimals(chunk, type.precision, name);
  if (ArrowType.isDate(arrow) && arrow.unit === DateUnit.MILLISECOND) return days(chunk, name);
  if (ArrowType.isTime(arrow)) return timesOfDay(chunk, arrow.unit, name);
  if (ArrowType.isInterval(arrow) && arrow.unit !== IntervalUnit.MONTH_DAY_NANO) return intervals(chunk, arrow.unit);
  return bytesOf(chunk.data.values);
}

function bytesOf(values: unknown): Uint8Array {
  if (!ArrayBuffer.isView(values)) return new Uint8Array(0);
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

const isThereAt = ({ isThere }: Chunk, row: number): boolean => isThere === undefined || isThere(row);

/** Calls `convert` for each row that is there and has its `elements` elements. Gives how many rows have. */
function eachRow(chunk: Chunk, elements: number, convert: (row: number) => void): number {
  const { values, length } = chunk.data;
  const count = Math.min(length, Math.floor(((values as ArrayLike<unknown> | undefined)?.length ?? 0) / elements));
  for (let row = 0; row < count; row += 1) if (isThereAt(chunk, row)) convert(row);
  return count;
}

/** By their 32-bit words. @throws InvalidArgument where a value has more digits than its type */
function decimals(chunk: Chunk, precision: number, name: string): Uint8Array {
  const words = chunk.data.values as Uint32Array;
  const width = precision <= 18 ? 2 : 4;
  const taken = new Uint32Array(width === 2 ? chunk.data.length * 2 : 0);
  // Nearer to the limit than this is looked at exactly.
  const limit = Number(`1e${precision}`);
  const surely = limit * (1 - 2 ** -50);
  const count = eachRow(chunk, 4, (row) => {
    const at = row * 4;
    const magnitude = Math.abs(approximately(words, at));
    if (magnitude >= surely && (magnitude > limit * 2 || !fits(words, at, precision))) {
      throw refuse(name, `holds a value in row ${row} with more digits than its precision`);
    }
    if (width === 2) {
      taken[row * 2] = words[at]!;
      taken[row * 2 + 1] = words[at + 1]!;
    }
  });
  return width === 2 ? bytesOf(taken.subarray(0, count * 2)) : bytesOf(words);
}

const approximately = (words: Uint32Array, at: number): number =>
  (words[at + 3]! | 0) * 2 ** 96 + words[at + 2]! * 2 ** 64 + words[at + 1]! * 2 ** 32 + words[at]!;

function fits(words: Uint32Array, at: number, precision: number): boolean {
  const value = [3, 2, 1, 0].reduce((high, word) => (high << 32n) | BigInt(words[at + word]!), 0n);
  const signed = BigInt.asIntN(128, value);
  const limit = 10n ** BigInt(precision);
  return signed < limit && signed > -limit;
}

/** Milliseconds, which Arrow wants to be whole days. */
function days(chunk: Chunk, name: string): Uint8Array {
  const milliseconds = chunk.data.values as BigInt64Array;
  const taken = new Int32Array(chunk.data.length);
  const count = eachRow(chunk, 1, (row) => {
    const day = Number(milliseconds[row]!) / MILLISECONDS_PER_DAY;
    taken[row] = day;
    if (taken[row] !== day) throw refuse(name, `holds a time of day, or a day out of range, in row ${row}`);
  });
  return bytesOf(taken.subarray(0, count));
}

/** Microseconds in one of each of Arrow's units of time; nanoseconds stay what they are. */
const MICROSECONDS = [1_000_000, 1_000, 1, 1];

/** @throws InvalidArgument where one is none of a day */
function timesOfDay(chunk: Chunk, unit: number, name: string): Uint8Array {
  const ticks = chunk.data.values as Int32Array | BigInt64Array;
  const factor = MICROSECONDS[unit]!;
  const perDay = (MICROSECONDS_PER_DAY / factor) * (unit === 3 ? 1_000 : 1);
  const taken = new BigInt64Array(chunk.data.length);
  const count = eachRow(chunk, 1, (row) => {
    const tick = ticks[row]!;
    if (tick < 0 || tick >= perDay) throw refuse(name, `holds a time of day of ${tick} ticks in row ${row}`);
    taken[row] = typeof tick === 'bigint' ? tick : BigInt(tick * factor);
  });
  return bytesOf(taken.subarray(0, count));
}

function intervals(chunk: Chunk, unit: IntervalUnit): Uint8Array {
  const parts = chunk.data.values as Int32Array;
  const view = new DataView(new ArrayBuffer(chunk.data.length * 16));
  const isMonths = unit === IntervalUnit.YEAR_MONTH;
  const count = eachRow(chunk, isMonths ? 1 : 2, (row) => {
    if (isMonths) {
      view.setInt32(row * 16, parts[row]!, true);
      return;
    }
    view.setInt32(row * 16 + 4, parts[row * 2]!, true);
    view.setBigInt64(row * 16 + 8, BigInt(parts[row * 2 + 1]!) * NANOSECONDS_PER_MILLISECOND, true);
  });
  return new Uint8Array(view.buffer, 0, count * 16);
}
