import assert from 'node:assert/strict';
import type { Column } from './column.ts';

/** Slices start at multiples of this many rows, so that bits stay aligned to 8 bytes. */
export const SLICE_ROWS = 64;

/** The rows from `start` on, a multiple of 64, without copying. */
export function sliceColumn(column: Column, start: number): Column {
  assert.equal(start % SLICE_ROWS, 0);
  if (start === 0) return column;
  return {
    ...column,
    validity: column.validity === 0 ? 0 : column.validity + start / 8,
    values: column.values + startBytes(column, start),
  };
}

function startBytes({ type, dictionary, width }: Column, start: number): number {
  if (dictionary !== undefined || type.kind === 'utf8') return start * 4;
  return type.kind === 'bool' ? start / 8 : start * width;
}
