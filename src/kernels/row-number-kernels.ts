/**
 * The typed face of `assembly/row-numbers.ts`: rows that become several, or none, and numbers given to rows. Arguments are addresses and counts; row
 * numbers, positions and lengths are uint32.
 */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** The length of a list that is null, and the position of a row without an item. */
export const NONE = 0xffff_ffff;

export interface RowNumberKernels {
  /** Returns how many lists have no items. `codes` 0: row i has list i; `offsets` 0: lists have `size` items each. */
  listRanges(
    codes: number,
    validity: number,
    offsets: number,
    size: number,
    rows: number,
    starts: number,
    lengths: number,
  ): number;
  /** -1 where the numbers are the same. */
  firstDifference(a: number, b: number, count: number): number;
  /**
   * Goes on from copy `position` of row `row`; returns how many rows it has listed, at most `capacity`. May overrun them by
   * 12 bytes.
   */
  repeatRows(
    lengths: number,
    rowCount: number,
    row: number,
    position: number,
    capacity: number,
    keepsEmpty: 0 | 1,
    rows: number,
    positions: number,
  ): number;
  /** Returns how many of the rows have an item; `bitmap` says which, in whole words. */
  itemRows(starts: number, rows: number, positions: number, count: number, items: number, bitmap: number): number;
  widenPositions(positions: number, count: number, to: number): void;
  /** `first` is the number of a row of the output, of which each row of the input has `columns`. */
  interleavedRows(
    first: bigint,
    count: number,
    columns: number,
    stride: number,
    baseRow: number,
    rows: number,
    places: number,
  ): void;
  /** `to[i] = (first + i) % modulus` */
  cyclicNumbers(first: bigint, count: number, modulus: number, to: number): void;
  /** Numbers of 8 bytes. */
  countUp(first: bigint, count: number, to: number): void;
  /**
   * Lists the rows that are the first of groups from number `known` on, by their uint32 numbers at `rows`, or by their
   * positions where that is 0; returns how many. May overrun them by 4 bytes.
   */
  listFirstOfGroups(ids: number, rows: number, count: number, known: number, list: number): number;
  /** Lists rows by group; `next` has where those of each group begin in the list, and ends changed. */
  listByGroup(ids: number, count: number, next: number, list: number): void;
  /** Puts listed rows into cells of `stride` lines per column; a row of the column `NONE` into none. */
  placeCells(
    list: number,
    count: number,
    lines: number,
    columns: number,
    firstLine: number,
    stride: number,
    cells: number,
  ): void;
  /** Returns how many of the cells have a row; `bitmap` says which, in whole words. */
  cellRows(cells: number, count: number, rows: number, bitmap: number): number;
}

/** The kernels, working on `linear`. */
export const rowNumberKernels = (linear: LinearMemory): RowNumberKernels =>
  staticKernels(linear) as unknown as RowNumberKernels;
