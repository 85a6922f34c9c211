import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { ParquetKernels } from '../../kernels/parquet-kernels.ts';
import { zstdKernels, zstdWorkBytes } from '../../kernels/zstd-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { LinearMemory } from '../../memory/linear-memory.ts';

/** The codecs of column chunks that we decompress, by Parquet's names. */
export const CODECS: ReadonlySet<string> = new Set([
  'UNCOMPRESSED',
  'SNAPPY',
  'GZIP',
  'BROTLI',
  'ZSTD',
  'LZ4',
  'LZ4_RAW',
]);

/** What decompressing to `toBytes` takes beside input and output: of a library all that it makes, which is copied. */
export function codecBytes(codec: string, toBytes: number): number {
  if (codec === 'ZSTD') return LinearMemory.footprint(zstdWorkBytes(toBytes));
  return codec === 'GZIP' || codec === 'BROTLI' ? toBytes : 0;
}

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
  if (codec === 'LZ4') return hadoopLz4({ holding, kernels }, from, fromBytes, to, toBytes);
  if (codec === 'LZ4_RAW') return kernels.lz4Decompress(from, fromBytes, to, toBytes) !== 0;
  if (codec === 'ZSTD') return zstd(holding, from, fromBytes, to, toBytes);
  holding.grow(toBytes);
  try {
    const { u8 } = holding.linear;
    const output = inflate(codec, u8.subarray(from, from + fromBytes), toBytes);
    if (output.byteLength !== toBytes) return false;
    u8.set(output, to);
    return true;
  } catch {
    return false;
  } finally {
    holding.shrink(toBytes);
  }
}

function zstd(holding: Holding, from: number, fromBytes: number, to: number, toBytes: number): boolean {
  const work = holding.allocate(zstdWorkBytes(toBytes));
  try {
    return zstdKernels(holding.linear).zstdDecompress(from, fromBytes, to, toBytes, work.address) !== 0;
  } finally {
    holding.free(work);
  }
}

function inflate(codec: string, input: Uint8Array, toBytes: number): Uint8Array {
  const options = { maxOutputLength: Math.max(1, toBytes), chunkSize: Math.max(64, toBytes + 1) };
  if (codec === 'GZIP') return gunzipSync(input, options);
  return brotliDecompressSync(input, options);
}

/**
 * LZ4 as Hadoop frames it: blocks behind their sizes, plain and stored, big-endian. Some writers left the frame away.
 *
 *     │ plain │ stored │ block │ plain │ stored │ block │ …
 */
function hadoopLz4(
  { holding, kernels }: Workplace,
  from: number,
  fromBytes: number,
  to: number,
  toBytes: number,
): boolean {
  const { data } = holding.linear;
  let input = from;
  let output = to;
  const [inputEnd, outputEnd] = [from + fromBytes, to + toBytes];
  while (inputEnd - input >= 8) {
    const plainBytes = data.getUint32(input);
    const storedBytes = data.getUint32(input + 4);
    if (storedBytes > inputEnd - input - 8 || plainBytes > outputEnd - output) break;
    if (kernels.lz4Decompress(input + 8, storedBytes, output, plainBytes) === 0) break;
    input += 8 + storedBytes;
    output += plainBytes;
  }
  if (input === inputEnd && output === outputEnd) return true;
  return kernels.lz4Decompress(from, fromBytes, to, toBytes) !== 0;
}
