/** Least and greatest values, as statistics and column indexes have them. */

import type { Column } from '../../columnar/column.ts';
import { isBytes } from '../../columnar/data-type.ts';
import { ORDER, WIDTH_OF_BYTES } from '../../kernels/parquet-encode-kernels.ts';
import type { EncodingMemory } from './encoding-memory.ts';
import { MOST_BOUND_BYTES, type StoredType } from './written-schema.ts';

/** Rows of the least and the greatest value. */
export interface BoundRows {
  readonly least: number;
  readonly greatest: number;
}

/** A bound, and whether it is a value itself, and not one that is shorter and beyond. */
export interface Bound {
  readonly bytes: Uint8Array;
  readonly isExact: boolean;
}

const NONE = 0xffff_ffff_ffff_ffffn;

/** As the kernels take it. */
export const kernelWidth = ({ type, width }: Column): number => (isBytes(type) ? WIDTH_OF_BYTES : width);

/** Undefined where values have no order, or there is none but NaN. */
export function boundRows(
  { kernels }: EncodingMemory,
  { order }: StoredType,
  column: Column,
  numbers: number,
  count: number,
): BoundRows | undefined {
  if (order === undefined || count === 0) return undefined;
  const rows = BigInt.asUintN(
    64,
    kernels.boundRows(order, column.values, column.bytes, kernelWidth(column), numbers, count),
  );
  return rows === NONE ? undefined : { least: Number(rows >> 32n), greatest: Number(rows & 0xffff_ffffn) };
}

/** The bounds of several that are of the same column. */
export function joinedBounds(
  memory: EncodingMemory,
  stored: StoredType,
  column: Column,
  bounds: readonly (BoundRows | undefined)[],
): BoundRows | undefined {
  const rows = bounds.flatMap((bound) => (bound === undefined ? [] : [bound.least, bound.greatest]));
  memory.numbers.ensure(rows.length * 4, 0);
  memory.linear.u32.set(rows, memory.numbers.address / 4);
  return boundRows(memory, stored, column, memory.numbers.address, rows.length);
}

/** The value of a row as a bound; undefined where one beyond it would be as long. Overwrites the page in memory. */
export function boundOf(
  memory: EncodingMemory,
  stored: StoredType,
  column: Column,
  row: number,
  side: 'least' | 'greatest',
): Bound | undefined {
  const bytes = plainValue(memory, stored, column, row);
  if (stored.order === ORDER.float) {
    // Zeros are equal, and a reader may take either for the other.
    if (bytes.every((byte, index) => (index === bytes.length - 1 ? byte & 127 : byte) === 0)) {
      bytes[bytes.length - 1] = side === 'least' ? 128 : 0;
    }
  }
  if (stored.order !== ORDER.bytes || bytes.byteLength <= MOST_BOUND_BYTES) return { bytes, isExact: true };
  const cut = column.type.kind === 'utf8' ? cutText(bytes, side) : cutBytes(bytes, side);
  return cut === undefined ? undefined : { bytes: cut, isExact: false };
}

function plainValue(memory: EncodingMemory, stored: StoredType, column: Column, row: number): Uint8Array {
  const { kernels, numbers, page, linear } = memory;
  const width = kernelWidth(column);
  if (width === WIDTH_OF_BYTES) {
    const [start = 0, end = 0] = linear.u32.subarray(column.values / 4 + row, column.values / 4 + row + 2);
    // No more of it than tells that it is longer.
    return linear.u8.slice(column.bytes + start, column.bytes + Math.min(end, start + MOST_BOUND_BYTES + 1));
  }
  linear.u32[numbers.address / 4] = row;
  const end = kernels.encodePlain(stored.form, column.values, column.bytes, width, numbers.address, 1, page.address);
  return linear.u8.slice(page.address, end);
}

function cutText(bytes: Uint8Array, side: 'least' | 'greatest'): Uint8Array | undefined {
  let end = MOST_BOUND_BYTES;
  while (end > 0 && (Number(bytes[end]) & 0xc0) === 0x80) end -= 1;
  const cut = bytes.subarray(0, end);
  if (side === 'least') return cut;
  // The order of code points is that of their UTF-8.
  const characters = Array.from(Buffer.from(cut).toString());
  for (let last = characters.pop(); last !== undefined; last = characters.pop()) {
    const point = Number(last.codePointAt(0));
    if (point === 0x10ffff) continue;
    return Buffer.from(characters.join('') + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1));
  }
  return undefined;
}

function cutBytes(bytes: Uint8Array, side: 'least' | 'greatest'): Uint8Array | undefined {
  const cut = bytes.slice(0, MOST_BOUND_BYTES);
  if (side === 'least') return cut;
  const last = cut.findLastIndex((byte) => byte < 255);
  if (last < 0) return undefined;
  cut[last] = Number(cut[last]) + 1;
  return cut.subarray(0, last + 1);
}
