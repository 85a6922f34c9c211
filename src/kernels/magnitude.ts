/** How large integers are that lie in linear memory. */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { parquetKernels } from './parquet-kernels.ts';

/** Bits that the magnitudes of `count` integers of 8 bytes need, at most 64. */
export const magnitudeBits8 = (linear: LinearMemory, from: number, count: number): number =>
  bitLength(parquetKernels(linear).magnitude8(from, count));

/** Of a word, read as unsigned. */
export function bitLength(word: bigint): number {
  const unsigned = BigInt.asUintN(64, word);
  const high = Number(unsigned >> 32n);
  return high === 0 ? 32 - Math.clz32(Number(unsigned)) : 64 - Math.clz32(high);
}
