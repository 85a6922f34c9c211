/**
 * Columns whose values come as codes, anywhere inside, as plain Arrow data in buffers of their own. A row is looked up
 * through dictionaries and offsets until its value is found:
 *
 *     rows        │ 0 │ 1 │ 2 │            of the column
 *     codes       │ 4 │ - │ 0 │            rows of the dictionary; -1 where null
 *     items       │ 8 │ 9 │ 2 │ 3 │        rows of the child, where those are lists
 */

import { type DataType as ArrowType, BufferType, Data } from 'apache-arrow';
import { InvalidArgument } from '../errors.ts';
import type { MemoryViews } from '../memory/linear-memory.ts';
import { toArrowType, toNestedArrowType } from './arrow-schema.ts';
import type { Column } from './column.ts';
import { isBytes, storageType } from './data-type.ts';

/** Offsets are int32. */
const MOST_BYTES = 2 ** 31 - 1;

/** The first `rowCount` rows. @throws InvalidArgument where they are more bytes or items than Arrow's offsets count */
export const decodedData = (column: Column, rowCount: number, linear: MemoryViews): Data =>
  takenData(
    column,
    Int32Array.from({ length: rowCount }, (_, row) => row),
    linear,
  );

/** Nulls alone. Arrow asks for no bitmap, but with one its slices know how many nulls they have. */
export const nullData = (rowCount: number): Data =>
  new Data(toArrowType({ kind: 'null' }), 0, rowCount, rowCount, {
    [BufferType.VALIDITY]: new Uint8Array(Math.ceil(rowCount / 8)),
  } as never);

/** The rows of these numbers; null where the number is -1. */
function takenData(column: Column, wanted: Int32Array, linear: MemoryViews): Data {
  const rows = withNulls(column, wanted, linear);
  const { dictionary, type, children } = column;
  if (dictionary !== undefined) {
    const codes = linear.u32;
    const first = column.values >>> 2;
    return takenData(
      dictionary.values,
      rows.map((row) => (row < 0 ? -1 : codes[first + row]!)),
      linear,
    );
  }
  if (type.kind === 'null') return nullData(rows.length);
  if (children !== undefined) return nestedData(column, children, rows, linear);
  if (isBytes(type)) return makeData(toArrowType(type), rows, takenBytes(column, rows, linear));
  const values = type.kind === 'bool' ? takenBits(column, rows, linear) : takenFixed(column, rows, linear);
  return makeData(toArrowType(type), rows, { values });
}

/** -1 for the rows that are null in the column. */
function withNulls({ validity }: Column, rows: Int32Array, { u8 }: MemoryViews): Int32Array {
  if (validity === 0) return rows;
  return rows.map((row) => (row >= 0 && ((u8[validity + (row >> 3)]! >> (row & 7)) & 1) === 1 ? row : -1));
}

interface Parts {
  readonly values?: Uint8Array;
  readonly offsets?: Int32Array;
  readonly children?: Data[];
}

function makeData(type: ArrowType, rows: Int32Array, { values, offsets, children = [] }: Parts): Data {
  const buffers: Record<number, ArrayBufferView> = {};
  const Type = type.ArrayType as new (buffer: ArrayBufferLike) => ArrayBufferView;
  if (values !== undefined) buffers[BufferType.DATA] = new Type(values.buffer);
  if (offsets !== undefined) buffers[BufferType.OFFSET] = offsets;
  const nullCount = rows.reduce((count, row) => count + (row < 0 ? 1 : 0), 0);
  if (nullCount > 0) {
    const bits = new Uint8Array(Math.ceil(rows.length / 8));
    for (const [index, row] of rows.entries()) if (row >= 0) bits[index >> 3]! |= 1 << (index & 7);
    buffers[BufferType.VALIDITY] = bits;
  }
  return new Data(type, 0, rows.length, nullCount, buffers as never, children);
}

function takenBits({ values }: Column, rows: Int32Array, { u8 }: MemoryViews): Uint8Array {
  const bits = new Uint8Array(Math.ceil(rows.length / 8));
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!;
    if (row >= 0) bits[index >> 3]! |= ((u8[values + (row >> 3)]! >> (row & 7)) & 1) << (index & 7);
  }
  return bits;
}

/** Zero where null; decimals in Arrow's 16 bytes. */
function takenFixed({ type, values, width }: Column, rows: Int32Array, { u8 }: MemoryViews): Uint8Array {
  const wide = type.kind === 'decimal' ? 16 : width;
  const taken = new Uint8Array(rows.length * wide);
  for (let index = 0, to = 0; index < rows.length; index += 1, to += wide) {
    const row = rows[index]!;
    if (row < 0) continue;
    const from = values + row * width;
    for (let byte = 0; byte < width; byte += 1) taken[to + byte] = u8[from + byte]!;
    if (wide > width && u8[from + width - 1]! > 127) taken.fill(255, to + width, to + wide);
  }
  return taken;
}

function takenBytes(column: Column, rows: Int32Array, { u8, i32 }: MemoryViews): Required<Omit<Parts, 'children'>> {
  const first = column.values >>> 2;
  const offsets = endsOf(rows, (row) => i32[first + row + 1]! - i32[first + row]!, 'bytes');
  const taken = new Uint8Array(offsets[rows.length]!);
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!;
    const start = offsets[index]!;
    const from = column.bytes + (row < 0 ? 0 : i32[first + row]!);
    for (let byte = offsets[index + 1]! - start - 1; byte >= 0; byte -= 1) taken[start + byte] = u8[from + byte]!;
  }
  return { values: taken, offsets };
}

/** Offsets of values of these lengths, nulls being empty. */
function endsOf(rows: Int32Array, lengthOf: (row: number) => number, what: string): Int32Array {
  const ends = new Int32Array(rows.length + 1);
  let end = 0;
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!;
    if (row >= 0) end += lengthOf(row);
    if (end > MOST_BYTES) throw new InvalidArgument(`A column of ${end} ${what} or more is too long for Arrow.`);
    ends[index + 1] = end;
  }
  return ends;
}

function nestedData(column: Column, children: readonly Column[], rows: Int32Array, linear: MemoryViews): Data {
  const stored = storageType(column.type);
  const first = column.values >>> 2;
  const { i32 } = linear;
  let [offsets, childRows]: [Int32Array | undefined, Int32Array] = [undefined, rows];
  if (stored.kind === 'fixed-size-list') {
    const { size } = stored;
    childRows = new Int32Array(rows.length * size);
    for (let at = 0; at < childRows.length; at += 1) {
      const row = rows[Math.floor(at / size)]!;
      childRows[at] = row < 0 ? -1 : row * size + (at % size);
    }
  } else if (stored.kind !== 'struct') {
    offsets = endsOf(rows, (row) => i32[first + row + 1]! - i32[first + row]!, 'items');
    childRows = new Int32Array(offsets[rows.length]!);
    for (let index = 0; index < rows.length; index += 1) {
      const [start, end] = [offsets[index]!, offsets[index + 1]!];
      const from = start === end ? 0 : i32[first + rows[index]!]!;
      for (let item = start; item < end; item += 1) childRows[item] = from + item - start;
    }
  }
  const inside = children.map((child) => takenData(child, childRows, linear));
  const type = toNestedArrowType(
    column.type,
    inside.map((child) => child.type),
  );
  return makeData(type, rows, offsets === undefined ? { children: inside } : { offsets, children: inside });
}
