/**
 * The typed face of `assembly/join.ts`: which rows of a build side have the key of a probe row. Every argument is an
 * address, a count of rows or a width in bytes; row numbers are uint32, all ones where there is none.
 */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

export interface JoinKernels {
  /** `table` is a handle as groups have; returns how many of the rows are not the first with their key. */
  placeRows(table: number, hashes: number, from: number, count: number, firsts: number): number;
  /** Writes the least and the greatest image, int64 both, to `range`; 1 where each is one more than the last. */
  rangeOfWholes(images: number, width: number, rows: number, range: number): 0 | 1;
  /** `entries` are zero, one for each number in the range; returns as `placeRows` does. */
  placeWholes(images: number, width: number, rows: number, range: number, entries: number, firsts: number): number;
  /** `entries` is 0 where the numbers are those of the rows. */
  findWholes(values: number, width: number, rows: number, range: number, entries: number, found: number): void;
  findWholeImages(images: number, width: number, rows: number, range: number, entries: number, found: number): void;
  hashWholes(images: number, width: number, rows: number, range: number, hashes: number): void;
  /** `starts` are `rows + 2` words, all zero. */
  orderRows(firsts: number, rows: number, starts: number, ordered: number): void;
  forgetNulls(found: number, validity: number, rows: number): void;
  /** Returns how many pairs there are. */
  uniquePairs(found: number, rows: number, probeRows: number, buildRows: number): number;
  /** Goes on from `state`, two words that begin as zeros; returns how many pairs were written. */
  keyPairs(
    found: number,
    rows: number,
    starts: number,
    ordered: number,
    missing: number,
    state: number,
    limit: number,
    probeRows: number,
    buildRows: number,
  ): number;
  /** Returns how many were replaced. */
  replaceMissing(found: number, rows: number, missing: number): number;
  markRows(rows: number, count: number, bits: number): void;
  uniteBits(from: number, count: number, to: number): void;
  /** Returns how many rows were listed; `next` is the address of the row to go on with. */
  listMarked(
    bits: number,
    firsts: number,
    wanted: 0 | 1,
    from: number,
    rows: number,
    limit: number,
    list: number,
    next: number,
  ): number;
  /** Returns how many rows were listed. */
  listFound(found: number, wanted: 0 | 1, rows: number, list: number): number;
}

/** The kernels, working on `linear`. */
export const joinKernels = (linear: LinearMemory): JoinKernels => staticKernels(linear) as unknown as JoinKernels;
