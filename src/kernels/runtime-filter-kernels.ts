/** The typed face of `assembly/runtime-filter.ts`: arguments are addresses, counts, and widths in bytes; results are bits. */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

export interface RuntimeFilterKernels {
  /** The bit behind the last one is not set, as `testWholes` asks. */
  setWholes(values: number, width: number, rows: number, least: bigint, bits: number): void;
  testWholes(
    values: number,
    width: number,
    rows: number,
    least: bigint,
    span: bigint,
    bits: number,
    kept: number,
  ): void;
  addToBloom(hashes: number, rows: number, words: number, mask: number): void;
  testBloom(hashes: number, rows: number, words: number, mask: number, kept: number): void;
  testCodes(codes: number, rows: number, entries: number, kept: number): void;
  /** Returns how many rows are kept. */
  keepFound(found: number, validity: number, keepsNulls: 0 | 1, rows: number, kept: number): number;
  anySet(bits: number, from: number, end: number): 0 | 1;
}

/** The kernels, working on `linear`. */
export const runtimeFilterKernels = (linear: LinearMemory): RuntimeFilterKernels =>
  staticKernels(linear) as unknown as RuntimeFilterKernels;
