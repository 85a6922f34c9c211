/**
 * Which rows of the child belong to rows of a nested column:
 *
 *     rows      │ 2 │ 0 │                    of a list
 *     offsets   │ 0 │ 2 │ 2 │ 5 │
 *     children  │ 2 │ 3 │ 4 │ 0 │ 1 │        the items of row 2, then those of row 0
 */

import type { LinearMemory } from '../memory/linear-memory.ts';
import type { Column } from './column.ts';
import { storageType } from './data-type.ts';

/** How many rows of its child belong to the `count` rows whose uint32 numbers are at address `rows`. */
export function childRowCount({ i32, u32 }: LinearMemory, column: Column, rows: number, count: number): number {
  const stored = storageType(column.type);
  if (stored.kind === 'struct') return count;
  if (stored.kind === 'fixed-size-list') return count * stored.size;
  const offsets = column.values >>> 2;
  let total = 0;
  for (let at = rows >>> 2, end = at + count; at < end; at += 1) {
    const row = u32[at]!;
    total += i32[offsets + row + 1]! - i32[offsets + row]!;
  }
  return total;
}

/** Writes their numbers to address `to`, which has room for them. Of lists only: a struct has the same rows as its fields. */
export function listChildRows(
  { i32, u32 }: LinearMemory,
  column: Column,
  rows: number,
  count: number,
  to: number,
): void {
  const stored = storageType(column.type);
  const size = stored.kind === 'fixed-size-list' ? stored.size : 0;
  const offsets = column.values >>> 2;
  let next = to >>> 2;
  for (let at = rows >>> 2, end = at + count; at < end; at += 1) {
    const row = u32[at]!;
    const first = size > 0 ? row * size : i32[offsets + row]!;
    const behind = size > 0 ? first + size : i32[offsets + row + 1]!;
    for (let item = first; item < behind; item += 1) {
      u32[next] = item;
      next += 1;
    }
  }
}

/** Writes the offsets of the rows' lists, from `base` on, to address `to`: one more than rows. */
export function writeListOffsets(
  { i32, u32 }: LinearMemory,
  column: Column,
  rows: number,
  count: number,
  base: number,
  to: number,
): void {
  const offsets = column.values >>> 2;
  let end = base;
  i32[to >>> 2] = end;
  for (let index = 0; index < count; index += 1) {
    const row = u32[(rows >>> 2) + index]!;
    end += i32[offsets + row + 1]! - i32[offsets + row]!;
    i32[(to >>> 2) + index + 1] = end;
  }
}
