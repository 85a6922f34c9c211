/** How a file is written: all columns alike, but for those that are named. */
export interface ParquetProperties {
  readonly compression: ParquetCompression;
  /** The codec's default where absent. */
  readonly level?: number | undefined;
  readonly columns?: readonly ParquetColumnProperties[] | undefined;
}

export interface ParquetColumnProperties {
  readonly name: string;
  readonly compression?: ParquetCompression | undefined;
  /** Of its own codec, or of the file's. */
  readonly level?: number | undefined;
  /** Whether values that repeat are written once: true where absent. */
  readonly dictionary?: boolean | undefined;
  /** Whether least and greatest values are written, of row groups and of pages: true where absent. */
  readonly statistics?: boolean | undefined;
  /** Whether Bloom filters are written, by which a reader can tell what is not there: false where absent. */
  readonly bloomFilter?: boolean | undefined;
}

export type ParquetCompression = 'none' | 'snappy' | 'gzip' | 'zstd' | 'brotli';

/** How one column is written. */
export interface ChunkProperties {
  readonly compression: ParquetCompression;
  readonly level: number | undefined;
  readonly dictionary: boolean;
  readonly statistics: boolean;
  readonly bloomFilter: boolean;
}

/** How the column of a name is written. The file's level is that of its codec, and of no other. */
export function chunkProperties(
  { compression, level, columns = [] }: ParquetProperties,
  name: string,
): ChunkProperties {
  const own = columns.find((column) => column.name === name);
  const codec = own?.compression ?? compression;
  return {
    compression: codec,
    level: own?.level ?? (codec === compression ? level : undefined),
    dictionary: own?.dictionary ?? true,
    statistics: own?.statistics ?? true,
    bloomFilter: own?.bloomFilter ?? false,
  };
}
