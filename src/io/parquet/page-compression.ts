import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { EncodingMemory } from './encoding-memory.ts';
import { compressedBytes } from './encoding-memory.ts';

export type ParquetCompression = 'none' | 'snappy' | 'gzip' | 'zstd' | 'brotli';

/** As parquet.thrift numbers them. */
export const CODECS: Readonly<Record<ParquetCompression, number>> = {
  none: 0,
  snappy: 1,
  gzip: 2,
  brotli: 4,
  zstd: 6,
};

/** Brotli's own default takes a second for a megabyte. */
const BROTLI_QUALITY = 5;

/**
 * The first `byteLength` bytes of the page in memory, compressed: valid until the next page. `level` is the codec's own
 * default where absent. @throws MemoryBudgetExceeded
 */
export function compressPage(
  memory: EncodingMemory,
  byteLength: number,
  compression: ParquetCompression,
  level: number | undefined,
): Uint8Array {
  const { page, compressed, table, kernels } = memory;
  if (compression === 'snappy') {
    compressed.ensure(compressedBytes(byteLength), 0);
    const end = kernels.snappyCompress(page.address, byteLength, compressed.address, table.address);
    return memory.linear.u8.subarray(compressed.address, end);
  }
  const bytes = memory.linear.u8.subarray(page.address, page.address + byteLength);
  // Results come in pieces of this size, which are joined.
  const chunkSize = Math.max(64, byteLength);
  switch (compression) {
    case 'none':
      return bytes;
    case 'gzip':
      return gzipSync(bytes, level === undefined ? { chunkSize } : { chunkSize, level });
    case 'zstd':
      return zstdCompressSync(bytes, {
        chunkSize,
        params: level === undefined ? {} : { [constants.ZSTD_c_compressionLevel]: level },
      });
    case 'brotli':
      return brotliCompressSync(bytes, {
        chunkSize,
        params: { [constants.BROTLI_PARAM_QUALITY]: level ?? BROTLI_QUALITY, [constants.BROTLI_PARAM_LGWIN]: 18 },
      });
  }
}
