import assert from 'node:assert/strict';
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

type Decompress = (holding: Holding, from: number, fromBytes: number, to: number, toBytes: number) => boolean;

/** Those that are loaded on demand, by `load-codecs.ts`. */
export const loadedCodecs: Map<string, Decompress> = new Map();

/** The largest window that Brotli looks back into, and what its decoder has for tables, measured: up to 0.5 MiB. */
const BROTLI_WINDOW_BYTES: number = 1 << 24;
const BROTLI_TABLE_BYTES: number = 1 << 19;

/** What decompressing to `toBytes` takes beside input and output, but for little. */
export const codecBytes = (codec: string, toBytes: number): number =>
  codec === 'ZSTD' ? LinearMemory.footprint(zstdWorkBytes(toBytes)) : outsideBytes(codec, toBytes);

/** That of it which is no linear memory: what a library makes, which is copied, and what it keeps of that to repeat. */
const outsideBytes = (codec: string, toBytes: number): number =>
  codec === 'BROTLI' ? toBytes + Math.min(BROTLI_WINDOW_BYTES, 2 * toBytes) + BROTLI_TABLE_BYTES : 0;

/** Linear memory to decompress in, and what counts the bytes beside it. */
export interface Workplace {
  readonly holding: Holding;
  readonly kernels: ParquetKernels;
}

/**
 * Whether the `fromBytes` at `from` hold exactly `toBytes` bytes, compressed with `codec`, one of `CODECS` but
 * UNCOMPRESSED; they are written to `to`. Whatever the input expands to, what is behind `to` and the padding of its region stays as it is.
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
  const decompressed = loadedCodecs.get(codec);
  assert.ok(decompressed !== undefined, `${codec} is not loaded`);
  const outside = outsideBytes(codec, toBytes);
  holding.grow(outside);
  try {
    return decompressed(holding, from, fromBytes, to, toBytes);
  } finally {
    holding.shrink(outside);
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
