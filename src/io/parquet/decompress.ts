import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { ParquetKernels } from '../../kernels/parquet-kernels.ts';
import type { Holding } from '../../memory/budget.ts';

/** The codecs of column chunks that we decompress, by Parquet's names. */
export const CODECS: ReadonlySet<string> = new Set(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD']);

/**
 * Frames that need a larger window to decompress than this, 32 MiB, are refused. No writer's default comes near: it
 * takes zstd's levels 20 to 22 and pages as large.
 */
const ZSTD_WINDOW_LOG = 25;

/** Linear memory to decompress in, and what counts the bytes beside it. */
export interface Workplace {
  readonly holding: Holding;
  readonly kernels: ParquetKernels;
}

/**
 * Whether the `fromBytes` at `from` hold exactly `toBytes` bytes, compressed with `codec`, one of `CODECS` but
 * UNCOMPRESSED; they are written to `to`. Never makes more than `toBytes`, whatever the input expands to.
 * @throws MemoryBudgetExceeded
 */
export function decompress(
  codec: string,
  { holding, kernels }: Workplace,
  from: number,
  fromBytes: number,
  to: number,
  toBytes: number,
): boolean {
  if (codec === 'SNAPPY') return kernels.snappyDecompress(from, fromBytes, to, toBytes) !== 0;
  holding.grow(toBytes);
  try {
    const { u8 } = holding.linear;
    const input = u8.subarray(from, from + fromBytes);
    const options = { maxOutputLength: Math.max(1, toBytes), chunkSize: Math.max(64, toBytes + 1) };
    const output =
      codec === 'ZSTD'
        ? zstdDecompressSync(input, { ...options, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } })
        : gunzipSync(input, options);
    if (output.byteLength !== toBytes) return false;
    u8.set(output, to);
    return true;
  } catch {
    return false;
  } finally {
    holding.shrink(toBytes);
  }
}
