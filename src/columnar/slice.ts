import assert from 'node:assert/strict';
import type { Column } from './column.ts';

/** Bits of a slice stay aligned to 8 bytes where it starts at a multiple of this many rows. */
export const SLICE_ROWS = 64;

/** Whether the rows from `start` on can be had without moving bits. */
export const slicesAt = ({ type, validity, dictionary }: Column, start: number): boolean =>
  start % SLICE_ROWS === 0 || (validity === 0 && (dictionary !== undefined || type.kind !== 'bool'));

/** The rows from `start` on, without copying. `slicesAt` says where that is possible. */
export function sliceColumn(column: Column, start: number): Column {
  assert.ok(slicesAt(column, start));
  if (start === 0) return column;
  return {
    ...column,
    validity: column.validity === 0 ? 0 : column.validity + start / 8,
    values: sliceAddress(column, start),
  };
}

/** Where the value, offset, code or (at a multiple of 64) bit of row `start` is. */
export function sliceAddress({ type, dictionary, width, values }: Column, start: number): number {
  if (dictionary !== undefined || type.kind === 'utf8') return values + start * 4;
  return values + (type.kind === 'bool' ? start / 8 : start * width);
}
