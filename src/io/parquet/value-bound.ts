import type { DataType } from '../../columnar/data-type.ts';
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

function bitLength(word: bigint): number {
  const unsigned = BigInt.asUintN(64, word);
  const high = Number(unsigned >> 32n);
  return high === 0 ? 32 - Math.clz32(Number(unsigned)) : 64 - Math.clz32(high);
}

/** Whether a decimal type rules out values of that many bits. */
export function exceedsPrecision(type: DataType | undefined, bits: number): boolean {
  return type?.kind === 'decimal' && bits > (10n ** BigInt(type.precision) - 1n).toString(2).length;
}
