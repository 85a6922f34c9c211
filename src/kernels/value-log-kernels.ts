/**
 * The typed face of `assembly/value-log.ts`: values of groups that lie sorted by group. Arguments are addresses and
 * counts. A list of rows at address 0 stands for the rows in order.
 */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

export interface ValueLogKernels {
  /** Returns how many rows it has listed. */
  listValid(validity: number, rows: number, list: number): number;
  /** Writes `groups + 1` uint32. */
  groupStarts(ids: number, rows: number, groups: number, starts: number): void;
  /** Returns how many are not null. */
  percentiles(
    kind: number,
    values: number,
    list: number,
    starts: number,
    groups: number,
    p: number,
    scale: number,
    out: number,
    outStride: number,
    bitmap: number,
  ): number;
  /** Writes `groups + 1` offsets that count from 0. */
  listOffsets(starts: number, groups: number, offsets: number): void;
  /** Offsets of lists joined of others, whose offsets are at `items`. */
  joinedOffsets(starts: number, groups: number, items: number, offsets: number): void;
  /** Returns the bytes of the texts; copies them only where `out` is not 0. */
  joinTexts(
    offsets: number,
    bytes: number,
    codes: number,
    list: number,
    starts: number,
    groups: number,
    delimiter: number,
    delimiterBytes: number,
    outOffsets: number,
    out: number,
  ): number;
  /** Of the items of lists the numbers of their rows, and the groups of their lists. */
  listItems(offsets: number, rows: number, ids: number, itemRows: number, itemIds: number): void;
  /** Which groups have rows; returns how many. */
  groupsWithRows(starts: number, groups: number, bitmap: number): number;
}

/** The kernels, working on `linear`. */
export const valueLogKernels = (linear: LinearMemory): ValueLogKernels =>
  staticKernels(linear) as unknown as ValueLogKernels;
