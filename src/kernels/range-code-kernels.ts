/** The typed face of `assembly/range-codes.ts`: arguments are addresses, counts, and widths in bytes. */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

export interface RangeCodeKernels {
  rangeOfValues(values: number, width: number, rows: number, range: number): void;
  /** Whether all codes are below `size`: 0 or 1. */
  rangeCodes(values: number, width: number, rows: number, least: bigint, size: number, codes: number): number;
  writeRange(least: bigint, size: number, width: number, values: number): void;
}

/** The kernels, working on `linear`. */
export const rangeCodeKernels = (linear: LinearMemory): RangeCodeKernels =>
  staticKernels(linear) as unknown as RangeCodeKernels;
