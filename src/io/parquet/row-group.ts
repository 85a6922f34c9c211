/**
 * The row groups of a file, as its footer has them: where each begins is known once the footer was walked over, and only the
 * column chunks that are wanted are made something of.
 *
 *     │ schema │ row group │ chunk a │ chunk b │ chunk c │ … │ row group │ chunk a │ …
 *                ▲           passed over    ▲ read             ▲
 *
 * What the metadata says is checked before anything is made of it: counts are safe integers, chunks lie within the file.
 */

import { MalformedFile, UnsupportedFile } from '../../errors.ts';
import type { FileColumn } from './file-column.ts';
import type { MetadataWalk } from './metadata-walk.ts';
import { type Numbers, ThriftError, ThriftReader, ThriftType } from './thrift.ts';

/** One column of one row group. */
export interface ColumnChunk {
  /** Where its first page begins in the file. */
  readonly start: number;
  /** Bytes of its pages as they are stored. */
  readonly byteLength: number;
  /** Bytes of its pages once they are decompressed. A claim: an upper limit for what is worked with. */
  readonly plainBytes: number;
  /** Entries of its pages: rows, of a nested column items, nulls and empty lists. */
  readonly values: number;
  /** By Parquet's name. */
  readonly codec: string;
  /** By Parquet's names. */
  readonly encodings: readonly string[];
  readonly statistics: ChunkStatistics | undefined;
  /** Where what helps to leave out rows is said to be; see `narrow-plan.ts`. */
  readonly columnIndex: Place | undefined;
  readonly offsetIndex: Place | undefined;
  readonly bloomFilter: Place | undefined;
  /** Where its dictionary is, if all of its values are codes of it. */
  readonly dictionary: Place | undefined;
  /** Stored bytes of its dictionary, whether all values are codes of it or not; 0 where it has none. */
  readonly dictionaryBytes: number;
}

/** Bytes within the file. */
export interface Place {
  readonly start: number;
  readonly byteLength: number;
}

/** As the file has them, unverified; see `statistics.ts` for what they mean. Bounds are views of the footer. */
export interface ChunkStatistics {
  readonly min: Uint8Array | undefined;
  readonly max: Uint8Array | undefined;
  /** Of writers before 2017, in an order that is right for signed numbers only. */
  readonly oldMin: Uint8Array | undefined;
  readonly oldMax: Uint8Array | undefined;
  readonly nullCount: number | undefined;
}

/** What a chunk takes as JavaScript objects, bounds and all, measured: up to 740. */
export const CHUNK_BYTES = 1024;

/** A row group with the chunks that were asked for, in that order. */
export interface RowGroup {
  readonly index: number;
  readonly rows: number;
  readonly chunks: readonly ColumnChunk[];
}

/** All row groups of a file. */
export interface RowGroupPlaces {
  readonly count: number;
  /** Where in the metadata the list of its column chunks is. */
  readonly chunksAt: Uint32Array;
  /** A claim, which may be no count. */
  readonly rows: Float64Array;
  /** Where in the metadata the first `columns` chunks of each row group are, 0 of those that are not there; of none where that is not known. */
  readonly columns: number;
  readonly chunkAt: Uint32Array;
}

/** What row groups are read from: a footer. */
interface Metadata {
  readonly uri: string;
  readonly metadata: Uint8Array;
  /** Where in the file it begins: everything else lies before it. */
  readonly metadataStart: number;
  readonly rowGroups: RowGroupPlaces;
  readonly uncountedBytes: number;
  readonly cutsBounds: boolean;
}

/** Of a bound that was cut off; see `cutsBounds`. */
const CUT_BYTES = 16;
/** At the beginning of a file. */
export const MAGIC_BYTES = 4;
export const NO_ROW_GROUPS: RowGroupPlaces = {
  count: 0,
  chunksAt: new Uint32Array(),
  rows: new Float64Array(),
  columns: 0,
  chunkAt: new Uint32Array(),
};
/** Of the metadata: the head of a list, two numbers, three fields and the end. */
const LEAST_GROUP_BYTES = 7;
/** Of a chunk: where its metadata was to be, and the end. */
const LEAST_CHUNK_BYTES = 3;

/** What `places` takes. */
export const placesBytes = ({ chunksAt, rows, chunkAt }: RowGroupPlaces): number =>
  chunksAt.byteLength + rows.byteLength + chunkAt.byteLength;

/** Walks over the list of row groups at which `reader` stands, of a file of so many columns. @throws ThriftError */
export function readRowGroupPlaces(
  reader: ThriftReader,
  columns: number,
  walk: MetadataWalk | undefined,
): RowGroupPlaces {
  const count = reader.list(ThriftType.struct, LEAST_GROUP_BYTES) ?? 0;
  const walked = walk?.rowGroups(reader.position, count, columns);
  if (walked !== undefined) {
    reader.position = walked.end;
    return walked.found;
  }
  const chunksAt = new Uint32Array(count);
  const rows = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    const numbers = reader.numbers((id, type) => {
      if (id === 1 && type === ThriftType.list) chunksAt[index] = reader.position;
      reader.skip(type);
    });
    if (chunksAt[index] === 0) throw new ThriftError(`row group ${index} has no columns`);
    rows[index] = numbers[3] ?? -1;
  }
  return { ...NO_ROW_GROUPS, count, chunksAt, rows };
}

/** As parquet.thrift numbers them; there are no others. */
const CODECS = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW'];
const ENCODINGS = [
  'PLAIN',
  'GROUP_VAR_INT',
  'PLAIN_DICTIONARY',
  'RLE',
  'BIT_PACKED',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BYTE_ARRAY',
  'RLE_DICTIONARY',
  'BYTE_STREAM_SPLIT',
];
/** Numbers: of data pages of both versions, and of the two names for codes of a dictionary. */
const DATA_PAGES = [0, 3];
const DICTIONARY_ENCODINGS = [2, 8];

/** Of a codec or an encoding. */
const UNKNOWN = 'UNKNOWN';

/** Row group `index`, checked, with the chunks of `leaves`. @throws MalformedFile, UnsupportedFile */
export function rowGroupOf(footer: Metadata, index: number, leaves: readonly FileColumn[]): RowGroup {
  const { uri, rowGroups } = footer;
  try {
    if (!(index < rowGroups.count)) throw new ThriftError(`there are only ${rowGroups.count}`);
    const rows = countOf(rowGroups.rows[index], 'its number of rows');
    const found = readChunks(footer, index, rows, new Map(leaves.map((leaf) => [leaf.leaf, leaf])));
    const chunks = leaves.map((leaf): ColumnChunk => {
      const chunk = found.get(leaf.leaf);
      if (chunk === undefined) throw new ThriftError(`column ${leaf.name} is missing`);
      return chunk;
    });
    return { index, rows, chunks };
  } catch (cause) {
    throw cause instanceof ThriftError ? new MalformedFile(uri, `row group ${index}: ${cause.message}`) : cause;
  }
}

/** Chunks of `wanted`, by position, as far as they are there. */
function readChunks(
  footer: Metadata,
  index: number,
  rows: number,
  wanted: ReadonlyMap<number, FileColumn>,
): Map<number, ColumnChunk> {
  const { metadata, rowGroups } = footer;
  const reader = new ThriftReader(metadata, rowGroups.chunksAt[index] ?? 0, metadata.byteLength);
  const chunks = new Map<number, ColumnChunk>();
  if (rowGroups.columns > 0) {
    for (const [at, leaf] of wanted) {
      const position = at < rowGroups.columns ? rowGroups.chunkAt[index * rowGroups.columns + at] : undefined;
      if (position === undefined || position === 0) continue;
      reader.position = position;
      chunks.set(at, readChunk(reader, footer, leaf, rows));
    }
    return chunks;
  }
  const count = reader.list(ThriftType.struct, LEAST_CHUNK_BYTES) ?? 0;
  for (let at = 0; at < count && chunks.size < wanted.size; at += 1) {
    const leaf = wanted.get(at);
    if (leaf === undefined) reader.skip(ThriftType.struct);
    else chunks.set(at, readChunk(reader, footer, leaf, rows));
  }
  return chunks;
}

/** The ColumnChunk at which `reader` stands. */
function readChunk(reader: ThriftReader, footer: Metadata, leaf: FileColumn, rows: number): ColumnChunk {
  let metadata: ChunkMetadata | undefined;
  let path = 0;
  let isEncrypted = false;
  const places = reader.numbers((id, type) => {
    if (id === 1 && type === ThriftType.binary) path = reader.binary().byteLength;
    else if (id === 3 && type === ThriftType.struct) metadata = readChunkMetadata(reader);
    else {
      isEncrypted ||= id === 8;
      reader.skip(type);
    }
  });
  if (path > 0) throw new UnsupportedFile(footer.uri, 'its columns lie in other files');
  if (isEncrypted) throw new UnsupportedFile(footer.uri, `column ${leaf.name} is encrypted`);
  if (metadata === undefined) throw new ThriftError(`column ${leaf.name} has no metadata`);
  const { numbers, encodings, isWhollyCoded, statistics } = metadata;
  const { name } = leaf;
  const values = countOf(numbers[5], `the number of values of column ${name}`);
  const isPossible = leaf.repetition === 0 ? values === rows : values >= rows;
  if (!isPossible) throw new ThriftError(`column ${name} has ${values} values, and the row group ${rows} rows`);
  const dataStart = countOf(numbers[9], `the page offset of column ${name}`);
  const dictionaryStart = countOf(numbers[11] ?? 0, `the dictionary's offset of column ${name}`);
  const claimedBytes = countOf(numbers[7], `the size of column ${name}`);
  // Either is 0 where there is no such page, both where there are no values.
  const start =
    Math.min(dataStart || dictionaryStart, dictionaryStart || dataStart) || (claimedBytes === 0 ? MAGIC_BYTES : 0);
  const endOfData = footer.metadataStart;
  if (!(start >= MAGIC_BYTES && start + claimedBytes <= endOfData)) {
    throw new ThriftError(`column ${name} lies outside of the file`);
  }
  const byteLength = Math.min(claimedBytes + footer.uncountedBytes, endOfData - start);
  const codec = CODECS[numbers[4] ?? -1] ?? UNKNOWN;
  // These only save work: what cannot be is taken for not there.
  const placeOf = (at: number | undefined, bytes: number | undefined): Place | undefined => {
    if (!isCount(at) || !isCount(bytes) || at < MAGIC_BYTES || bytes === 0) return undefined;
    return at + bytes <= endOfData ? { start: at, byteLength: bytes } : undefined;
  };
  const bloomStart = numbers[14];
  return {
    start,
    byteLength,
    values,
    plainBytes: likelyPlainBytes(countOf(numbers[6], `the size of column ${name}, decompressed,`), byteLength, codec),
    codec,
    encodings,
    statistics:
      footer.cutsBounds && statistics?.max?.byteLength === CUT_BYTES ? { ...statistics, max: undefined } : statistics,
    columnIndex: footer.cutsBounds && leaf.physical === 'BYTE_ARRAY' ? undefined : placeOf(places[6], places[7]),
    offsetIndex: placeOf(places[4], places[5]),
    // Older writers do not say how long it is.
    bloomFilter: placeOf(bloomStart, numbers[15] ?? endOfData - (bloomStart ?? 0)),
    dictionary: isWhollyCoded ? placeOf(start, dataStart - start) : undefined,
    dictionaryBytes: dictionaryStart === 0 ? 0 : Math.min(Math.max(0, dataStart - start), byteLength),
  };
}

/**
 * Some writers, old versions of DuckDB among them, say 0 or the stored size. What compression seems to have brought nothing for is
 * taken to be as much larger as text may be; a page that is still larger is refused.
 */
const likelyPlainBytes = (claimed: number, byteLength: number, codec: string): number =>
  claimed > byteLength || (claimed > 0 && codec === 'UNCOMPRESSED') ? claimed : byteLength * LIKELY_RATIO;
const LIKELY_RATIO = 24;

const isCount = (value: number | undefined): value is number =>
  value !== undefined && value >= 0 && Number.isSafeInteger(value);

function countOf(value: number | undefined, what: string): number {
  if (!isCount(value)) throw new ThriftError(`${what} is not a count`);
  return value;
}

/** What a ColumnMetaData says, its numbers by the ids of their fields. */
interface ChunkMetadata {
  readonly numbers: Numbers;
  readonly encodings: readonly string[];
  readonly isWhollyCoded: boolean;
  readonly statistics: ChunkStatistics | undefined;
}

function readChunkMetadata(reader: ThriftReader): ChunkMetadata {
  let encodings: readonly string[] = [];
  let isWhollyCoded = false;
  let statistics: ChunkStatistics | undefined;
  const numbers = reader.numbers((id, type) => {
    if (id === 2 && type === ThriftType.list) encodings = readEncodings(reader);
    else if (id === 12 && type === ThriftType.struct) statistics = readStatistics(reader);
    else if (id === 13 && type === ThriftType.list) isWhollyCoded = readPageEncodings(reader);
    else reader.skip(type);
  });
  return { numbers, encodings, isWhollyCoded, statistics };
}

/** Each once. */
function readEncodings(reader: ThriftReader): string[] {
  const count = reader.list(ThriftType.int32) ?? 0;
  const encodings = new Set<string>();
  for (let at = 0; at < count; at += 1) encodings.add(ENCODINGS[reader.small()] ?? UNKNOWN);
  return [...encodings];
}

/** Whether all data pages are said to be codes of a dictionary: only some writers say what encodings pages have. */
function readPageEncodings(reader: ThriftReader): boolean {
  const count = reader.list(ThriftType.struct) ?? 0;
  let pages = 0;
  let coded = 0;
  for (let at = 0; at < count; at += 1) {
    const [, page = -1, encoding = -1] = reader.numbers();
    if (!DATA_PAGES.includes(page)) continue;
    pages += 1;
    if (DICTIONARY_ENCODINGS.includes(encoding)) coded += 1;
  }
  return pages > 0 && coded === pages;
}

function readStatistics(reader: ThriftReader): ChunkStatistics {
  const bounds: (Uint8Array | undefined)[] = [];
  const numbers = reader.numbers((id, type) => {
    if ((id === 1 || id === 2 || id === 5 || id === 6) && type === ThriftType.binary) bounds[id] = reader.binary();
    else reader.skip(type);
  });
  const [, oldMax, oldMin, , , max, min] = bounds;
  return { min, max, oldMin, oldMax, nullCount: isCount(numbers[3]) ? numbers[3] : undefined };
}
