/**
 * Which rows of the child belong to rows of a nested column:
 *
 *     rows      │ 2 │ 0 │                    of a list
 *     offsets   │ 0 │ 2 │ 2 │ 5 │
 *     children  │ 2 │ 3 │ 4 │ 0 │ 1 │        the items of row 2, then those of row 0
 */

import type { LinearMemory } from '../memory/linear-memory.ts';
import type { Column } from './column.ts';
import { isNested, storageType } from './data-type.ts';

/** Rows of a child that one batch should have, if it has more than one row. */
const MOST_CHILD_ROWS = 1024 * 1024;

/** How many of the `most` rows whose uint32 numbers are at address `rows` one batch should have: fewer of long lists. */
export function rowsOfOneBatch(linear: LinearMemory, column: Column, rows: number, most: number): number {
  if (!isNested(column.type)) return most;
  let count = most;
  while (count > 1 && childRowCount(linear, column, rows, count) > MOST_CHILD_ROWS) count = Math.ceil(count / 2);
  return count;
}

/** How many rows of its child belong to the `count` rows whose uint32 numbers are at address `rows`. */
function childRowCount({ i32, u32 }: LinearMemory, column: Column, rows: number, count: number): number {
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
