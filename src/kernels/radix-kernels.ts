/** The typed face of `assembly/radix.ts`: every argument is an address or a count. */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

export interface RadixKernels {
  /** Returns how many rows were listed. */
  listParts(
    starts: number,
    batches: number,
    parts: number,
    endPart: number,
    state: number,
    limit: number,
    list: number,
  ): number;
  countRepeatedHashes(hashes: number, rows: number): number;
  /** Returns how many bits were set. */
  markNewHashes(ids: number, hashes: number, rows: number, bits: number, mask: number): number;
}

/** The kernels, working on `linear`. */
export const radixKernels = (linear: LinearMemory): RadixKernels => staticKernels(linear) as unknown as RadixKernels;
