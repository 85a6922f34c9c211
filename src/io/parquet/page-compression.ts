import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { noteGarbage } from '../../memory/process-memory.ts';
import { BROTLI_QUALITY, compressedBytes, PIECE_BYTES, resultBytes, WINDOW_LOG } from './codecs.ts';
import type { EncodingMemory } from './encoding-memory.ts';
import type { ChunkProperties } from './parquet-properties.ts';

/** The first `byteLength` bytes of the page in memory, compressed: valid until the next page. @throws MemoryBudgetExceeded */
export function compressPage(
  memory: EncodingMemory,
  byteLength: number,
  { compression, level }: Pick<ChunkProperties, 'compression' | 'level'>,
): Uint8Array {
  const { page, compressed, table, kernels } = memory;
  if (compression === 'snappy') {
    compressed.ensure(compressedBytes(byteLength), 0);
    const end = kernels.snappyCompress(page.address, byteLength, compressed.address, table.address);
    return memory.linear.u8.subarray(compressed.address, end);
  }
  const bytes = memory.linear.u8.subarray(page.address, page.address + byteLength);
  if (compression === 'none') return bytes;
  memory.reserveResult(resultBytes(byteLength));
  const result = compressedBy(compression, level, bytes);
  // Once the page is written: pieces, and what joined them.
  const pieces = Math.ceil(result.byteLength / PIECE_BYTES);
  noteGarbage(pieces * PIECE_BYTES + (pieces > 1 ? result.byteLength : 0));
  return result;
}

function compressedBy(
  compression: 'gzip' | 'zstd' | 'brotli',
  level: number | undefined,
  bytes: Uint8Array,
): Uint8Array {
  const chunkSize = PIECE_BYTES;
  switch (compression) {
    case 'gzip':
      return gzipSync(bytes, level === undefined ? { chunkSize } : { chunkSize, level });
    case 'zstd': {
      const window = { [constants.ZSTD_c_windowLog]: WINDOW_LOG };
      const params = level === undefined ? window : { ...window, [constants.ZSTD_c_compressionLevel]: level };
      return zstdCompressSync(bytes, { chunkSize, params });
    }
    case 'brotli': {
      const params = {
        [constants.BROTLI_PARAM_QUALITY]: level ?? BROTLI_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: WINDOW_LOG,
      };
      return brotliCompressSync(bytes, { chunkSize, params });
    }
  }
}
