import type { ChunkProperties, ParquetCompression } from './parquet-properties.ts';

/** As parquet.thrift numbers them. */
export const CODECS: Readonly<Record<ParquetCompression, number>> = {
  none: 0,
  snappy: 1,
  gzip: 2,
  brotli: 4,
  zstd: 6,
};

/** Logarithm of the bytes that zstd and Brotli look back: a page is hardly larger, and it bounds their tables. */
export const WINDOW_LOG = 18;
/** Brotli's own default takes a second for a megabyte. */
export const BROTLI_QUALITY = 5;

const MiB = 1024 * 1024;

/** What node:zlib holds while it compresses a page, its result left out: as measured of pages of 256 KiB and of 4 MiB, rounded up. */
export function codecBytes({ compression, level }: Pick<ChunkProperties, 'compression' | 'level'>): number {
  switch (compression) {
    case 'none':
    case 'snappy':
      return 0;
    case 'gzip':
      return MiB;
    case 'zstd':
      return (level ?? 3) <= 3 ? 2 * MiB : 6 * MiB;
    case 'brotli':
      return (level ?? BROTLI_QUALITY) <= BROTLI_QUALITY ? 4 * MiB : 28 * MiB;
  }
}

/** What any codec may make of `bytes`, at most. */
export const compressedBytes = (bytes: number): number => 1024 + bytes + Math.ceil(bytes / 6);

/**
 * Results come in pieces, which are joined where they are several. One piece for all that may come would mostly be garbage: to make and
 * to collect it took an eighth of the time of a write with zstd.
 */
export const PIECE_BYTES: number = 32 * 1024;

/** What a result of node:zlib takes, at most: its pieces, and what joins them. */
export const resultBytes = (bytes: number): number => 2 * compressedBytes(bytes) + PIECE_BYTES;
