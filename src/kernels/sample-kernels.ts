/**
 * The typed face of `assembly/sample-rows.ts`: which rows are in a sample. `first` is the number of the first of `count`
 * rows; addresses and counts are numbers, seeds and keys 64 bits.
 */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

export interface SampleKernels {
  /** Lists the rows that are taken; returns how many. Writes one more than it lists. */
  sampleRows(seed: bigint, first: bigint, count: number, fraction: number, list: number): number;
  /** `none` is e to the power of `-mean`. */
  sampleCounts(seed: bigint, first: bigint, count: number, mean: number, none: number, counts: number): void;
  /** Lists the rows whose keys are at most `greatest`, and these keys; returns how many. Writes one more than it lists. */
  sampleCandidates(seed: bigint, first: bigint, count: number, greatest: bigint, list: number, keys: number): number;
  /** The `n`-th key, from 1, by size; changes the order of the keys. */
  selectKey(keys: number, count: number, n: number): bigint;
  /** Lists the places of the keys that are at most `greatest`, moves them to the front; returns how many. */
  keepKeys(keys: number, count: number, greatest: bigint, list: number): number;
  /** Returns how many different rows came up, and writes how often each did. */
  drawCounts(seed: bigint, draws: number, population: number, counts: number): number;
}

/** The kernels, working on `linear`. */
export const sampleKernels = (linear: LinearMemory): SampleKernels => staticKernels(linear) as unknown as SampleKernels;
