import assert from 'node:assert/strict';
import type { Column } from './column.ts';
import { type DataType, isBytes, storageType } from './data-type.ts';

/** Rows from `start` up to `end`. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** Bits of a slice stay aligned to 8 bytes where it starts at a multiple of this many rows. */
export const SLICE_ROWS = 64;

/** Whether the rows from `start` on can be had without moving bits. */
export function slicesAt({ type, validity, dictionary, children }: Column, start: number): boolean {
  if (start % SLICE_ROWS === 0) return true;
  if (validity !== 0) return false;
  if (dictionary !== undefined) return true;
  if (type.kind === 'bool') return false;
  return !slicesChildren(type) || (children ?? []).every((child) => slicesAt(child, start * childRowsPerRow(type)));
}

/** Whether rows of the children go with rows of the column, and not with its offsets. */
const slicesChildren = (type: DataType): boolean => ['struct', 'fixed-size-list'].includes(storageType(type).kind);

/** Of a struct 1, of a list of fixed size its size. */
function childRowsPerRow(type: DataType): number {
  const stored = storageType(type);
  return stored.kind === 'fixed-size-list' ? stored.size : 1;
}

/** The rows from `start` on, without copying. `slicesAt` says where that is possible. */
export function sliceColumn(column: Column, start: number): Column {
  assert.ok(slicesAt(column, start));
  if (start === 0) return column;
  return {
    ...column,
    validity: column.validity === 0 ? 0 : column.validity + start / 8,
    values: sliceAddress(column, start),
    ...slicedChildren(column, start),
  };
}

function slicedChildren({ type, dictionary, children }: Column, start: number): { children?: readonly Column[] } {
  if (children === undefined || dictionary !== undefined || !slicesChildren(type)) return {};
  return { children: children.map((child) => sliceColumn(child, start * childRowsPerRow(type))) };
}

/** Where the value, offset, code or (at a multiple of 64) bit of row `start` is. */
export function sliceAddress({ type, dictionary, width, values }: Column, start: number): number {
  if (dictionary !== undefined || isBytes(type) || type.kind === 'list' || type.kind === 'map')
    return values + start * 4;
  return values + (type.kind === 'bool' ? start / 8 : start * width);
}
