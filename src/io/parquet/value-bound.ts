import { bitLength } from '../../kernels/magnitude.ts';
import type { ParquetKernels } from '../../kernels/parquet-kernels.ts';
import type { Bound } from './value-form.ts';

/** Bits that the magnitudes of `count` values need, read from the values: no claim of the file is relied on. */
export function boundOf(
  kernels: ParquetKernels,
  { width, bound }: { readonly width: number; readonly bound: Bound },
  from: number,
  count: number,
): number {
  if (bound === 'none' || count === 0) return 0;
  if (bound === 'type') return width * 8;
  if (bound === 'unsigned') return bitLength(kernels.unsignedMagnitude(from, count, width));
  if (width === 16) return kernels.magnitudeBits16(from, count);
  return width === 8 ? bitLength(kernels.magnitude8(from, count)) : 32 - Math.clz32(kernels.magnitude4(from, count));
}

/** Whether decimals of so many digits, undefined for other numbers, rule out values of that many bits. */
export function exceedsDigits(digits: number | undefined, bits: number): boolean {
  return digits !== undefined && bits > (10n ** BigInt(digits) - 1n).toString(2).length;
}
