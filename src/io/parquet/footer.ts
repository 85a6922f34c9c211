/**
 * The footer of a Parquet file: what columns it has, and where its row groups are said to be.
 *
 *     │ PAR1 │ column chunks … │ indexes │ Thrift metadata │ its length │ PAR1 │
 *                         └── the tail, of a fixed length: one request, mostly
 *
 * What of the tail lies in front of the metadata need not be asked for again: indexes of pages, or the whole of a small file.
 *
 * The bytes are checked to be well-formed before `hyparquet` parses them, because a parser allocates what a list claims to
 * hold. What the metadata says is checked here and in `rowGroupOf` before anything is made of it: counts that are safe
 * integers, column chunks that lie within the file.
 */

import type { FileMetaData } from 'hyparquet';
import { parquetMetadata } from 'hyparquet/src/metadata.js';
import { MalformedFile, ObjectNotFound, UnsupportedFile } from '../../errors.ts';
import type { MemoryBudget } from '../../memory/budget.ts';
import type { ObjectStore } from '../object-store.ts';
import { type FileColumn, fileColumns } from './file-column.ts';
import { ThriftReader, ThriftType } from './thrift.ts';

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
}

/** Bytes within the file. */
export interface Place {
  readonly start: number;
  readonly byteLength: number;
}

/** A minimum or maximum as `hyparquet` gives it: the bytes of a text, ticks, days. */
export type RawBound = bigint | boolean | number | string | Date | Uint8Array;

/** As the file has them, unverified; see `statistics.ts` for what they mean. */
interface ChunkStatistics {
  readonly min: RawBound | undefined;
  readonly max: RawBound | undefined;
  /** Of writers before 2017, in an order that is right for signed numbers only. */
  readonly oldMin: RawBound | undefined;
  readonly oldMax: RawBound | undefined;
  readonly nullCount: number | undefined;
}

export interface ParquetFooter {
  readonly uri: string;
  readonly etag: string;
  /** Of the whole file. */
  readonly fileBytes: number;
  /** Requests and bytes it took to read. */
  readonly requests: number;
  readonly bytesRead: number;
  readonly columns: readonly FileColumn[];
  readonly rowGroupCount: number;
  readonly metadata: FileMetaData;
  readonly tail: FileTail;
  /** Bytes outside linear memory that it is reckoned to take. */
  readonly heldBytes: number;
}

/** The end of a file, as it was read. */
export interface FileTail {
  /** Where it begins in the file. */
  readonly start: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface FooterRequest {
  readonly store: ObjectStore;
  readonly memory: MemoryBudget;
  readonly uri: string;
  /** The version wanted; the one found where absent. */
  readonly etag?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const MAGIC = 0x31524150; // PAR1
const ENCRYPTED_MAGIC = 0x45524150; // PARE
/** Of the magic, in front. */
const MAGIC_BYTES = 4;
/** Metadata length and magic, at the end. */
const TRAILER_BYTES = 8;
/** Of the tail: what a network brings in a tenth of the time that a second request would take, or less of little memory. */
const TAIL_BYTES = 256 * 1024;
const MIN_TAIL_BYTES = 64 * 1024;
const TAIL_SHARE = 32;
/** What one value of the metadata takes as JavaScript objects, measured on files of DuckDB and Arrow: up to 60. */
const BYTES_PER_VALUE = 96;

/** @throws ObjectNotFound, ObjectChanged, MalformedFile, UnsupportedFile, MemoryBudgetExceeded */
export async function readFooter(request: FooterRequest): Promise<ParquetFooter> {
  const { store, memory, uri, signal } = request;
  const info = await store.head(uri, { signal });
  if (info === undefined) throw new ObjectNotFound(uri);
  const { size } = info;
  const etag = request.etag ?? info.etag;
  if (size === 0) throw new MalformedFile(uri, 'it is empty');
  if (size < TRAILER_BYTES + 4) throw new MalformedFile(uri, `${size} bytes are too few for a Parquet file`);

  const { tail: read, metadataStart, requests } = await readTail(request, size, etag);
  // What may not be needed is not kept in little memory.
  const isKept = read.bytes.byteLength <= memory.floorBytes / TAIL_SHARE;
  const tail = isKept ? read : { start: metadataStart, bytes: read.bytes.slice(metadataStart - read.start) };
  const bytes = tail.bytes.subarray(metadataStart - tail.start);
  const parsedBytes = countValues(uri, bytes) * BYTES_PER_VALUE;
  const heldBytes = tail.bytes.byteLength + parsedBytes;
  using lease = await memory.lease('Scan footer', heldBytes, signal);
  lease.grow(heldBytes);
  const metadata = parse(uri, bytes);
  return {
    uri,
    etag,
    fileBytes: size,
    requests,
    bytesRead: read.bytes.byteLength,
    columns: fileColumns(uri, metadata.schema),
    rowGroupCount: metadata.row_groups.length,
    metadata,
    tail,
    heldBytes,
  };
}

/** The end of the file with the metadata: at first as many bytes as most need, then what of it is missing. */
async function readTail(
  { store, memory, uri, signal }: FooterRequest,
  size: number,
  etag: string,
): Promise<{ tail: FileTail; metadataStart: number; requests: number }> {
  const read = async (start: number, known: Uint8Array): Promise<FileTail> => {
    using lease = await memory.lease('Scan footer', size - start, signal);
    lease.grow(size - start);
    const bytes = new Uint8Array(size - start);
    const missing = bytes.byteLength - known.byteLength;
    await store.readInto(uri, start, bytes.subarray(0, missing), { etag, ...(signal && { signal }) });
    bytes.set(known, missing);
    return { start, bytes };
  };
  const wanted = Math.max(MIN_TAIL_BYTES, Math.min(TAIL_BYTES, Math.floor(memory.floorBytes / TAIL_SHARE)));
  const first = await read(size - Math.min(size, wanted), new Uint8Array(0));
  const metadataStart = size - metadataBytes(uri, first.bytes, size) - TRAILER_BYTES;
  if (metadataStart >= first.start) return { tail: first, metadataStart, requests: 1 };
  return { tail: await read(metadataStart, first.bytes), metadataStart, requests: 2 };
}

function metadataBytes(uri: string, tail: Uint8Array, fileBytes: number): number {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const magic = view.getUint32(tail.byteLength - 4, true);
  if (magic === ENCRYPTED_MAGIC) throw new UnsupportedFile(uri, 'it is encrypted');
  if (magic !== MAGIC) throw new MalformedFile(uri, 'it does not end like a Parquet file; it may be cut off');
  const bytes = view.getUint32(tail.byteLength - TRAILER_BYTES, true);
  if (bytes === 0 || bytes > fileBytes - TRAILER_BYTES - 4) {
    throw new MalformedFile(uri, `its metadata claims ${bytes} bytes, and the file has ${fileBytes}`);
  }
  return bytes;
}

function parse(uri: string, tail: Uint8Array): FileMetaData {
  try {
    return parquetMetadata(tail, { parsers: RAW_STATISTICS, geoparquet: false });
  } catch (cause) {
    throw new MalformedFile(uri, `its metadata cannot be parsed (${(cause as Error).message})`);
  }
}

/** Walks over the metadata; a walk that ends well means that nothing in it claims more than there is. */
function countValues(uri: string, tail: Uint8Array): number {
  const reader = new ThriftReader(tail, 0, tail.byteLength - TRAILER_BYTES);
  try {
    reader.skip(ThriftType.struct);
  } catch (cause) {
    throw new MalformedFile(uri, `its metadata is not well-formed: ${(cause as Error).message}`);
  }
  return reader.values;
}

/** Leaves statistics as ticks, days and bytes. */
export const RAW_STATISTICS = {
  timestampFromMilliseconds: (ticks: bigint): bigint => ticks,
  timestampFromMicroseconds: (ticks: bigint): bigint => ticks,
  timestampFromNanoseconds: (ticks: bigint): bigint => ticks,
  dateFromDays: (days: number): number => days,
  stringFromBytes: (bytes: Uint8Array): Uint8Array => bytes,
};

/** A row group with the chunks that were asked for, in that order. */
export interface RowGroup {
  readonly index: number;
  readonly rows: number;
  readonly chunks: readonly ColumnChunk[];
}

/** Row group `index`, checked, with the chunks of `leaves`. @throws MalformedFile */
export function rowGroupOf(footer: ParquetFooter, index: number, leaves: readonly FileColumn[]): RowGroup {
  const { uri, metadata } = footer;
  const damaged = (detail: string): MalformedFile => new MalformedFile(uri, `row group ${index}: ${detail}`);
  const count = (value: unknown, what: string): number => {
    const number = Number(value);
    if ((typeof value !== 'bigint' && typeof value !== 'number') || !Number.isSafeInteger(number) || number < 0) {
      throw damaged(`${what} is not a count`);
    }
    return number;
  };
  const group = metadata.row_groups[index];
  if (group === undefined) throw damaged(`there are only ${metadata.row_groups.length}`);
  const rows = count(group.num_rows, 'its number of rows');
  const endOfData = footer.fileBytes - TRAILER_BYTES - metadata.metadata_length;
  const chunkOf = (leaf: FileColumn): ColumnChunk => {
    const column = group.columns[leaf.leaf];
    const chunk = column?.meta_data;
    if (chunk === undefined) throw damaged(`column ${leaf.name} has no metadata`);
    if (column?.file_path !== undefined && column.file_path !== '') {
      throw new UnsupportedFile(uri, 'its columns lie in other files');
    }
    if (column?.crypto_metadata !== undefined) throw new UnsupportedFile(uri, `column ${leaf.name} is encrypted`);
    const values = count(chunk.num_values, 'a number of values');
    if (leaf.repetition === 0 ? values !== rows : values < rows) throw damaged('a column has another number of rows');
    const dataStart = count(chunk.data_page_offset, 'a page offset');
    const dictionaryStart = count(chunk.dictionary_page_offset ?? 0, 'a page offset');
    const claimedBytes = count(chunk.total_compressed_size, 'a size');
    // Either is 0 where there is no such page, both where there are no values.
    const starts = [dictionaryStart, dataStart].filter((offset) => offset > 0);
    const start = claimedBytes === 0 && starts.length === 0 ? MAGIC_BYTES : Math.min(...starts);
    if (!(start >= MAGIC_BYTES && start + claimedBytes <= endOfData))
      throw damaged('a column lies outside of the file');
    const byteLength = Math.min(claimedBytes + uncountedBytes(metadata), endOfData - start);
    const { statistics } = chunk;
    // These only save work: what cannot be is taken for not there.
    const placeOf = (at: unknown, bytes: unknown): Place | undefined => {
      const [offset, byteLength] = [Number(at), Number(bytes)];
      const isThere = Number.isSafeInteger(offset) && Number.isSafeInteger(byteLength) && offset >= 4 && byteLength > 0;
      return isThere && offset + byteLength <= endOfData ? { start: offset, byteLength } : undefined;
    };
    const filterStart = Number(chunk.bloom_filter_offset);
    return {
      start,
      byteLength,
      values,
      plainBytes: likelyPlainBytes(count(chunk.total_uncompressed_size, 'a size'), byteLength, chunk.codec),
      codec: String(chunk.codec),
      encodings: Array.isArray(chunk.encodings) ? chunk.encodings.map(String) : [],
      columnIndex: placeOf(column?.column_index_offset, column?.column_index_length),
      offsetIndex: placeOf(column?.offset_index_offset, column?.offset_index_length),
      // Older writers do not say how long it is.
      bloomFilter: placeOf(filterStart, chunk.bloom_filter_length ?? endOfData - filterStart),
      dictionary: isWhollyCoded(chunk.encoding_stats) ? placeOf(start, dataStart - start) : undefined,
      statistics: statistics && {
        min: statistics.min_value,
        max: statistics.max_value,
        oldMin: statistics.min,
        oldMax: statistics.max,
        nullCount: statistics.null_count === undefined ? undefined : count(statistics.null_count, 'a null count'),
      },
    };
  };
  return { index, rows, chunks: leaves.map(chunkOf) };
}

/** The header of a dictionary, which parquet-mr did not count before version 1.2.9: Impala and Arrow take it for as much. */
const uncountedBytes = ({ created_by: writer = '' }: FileMetaData): number =>
  /^parquet-mr( version 1\.([01]\.|2\.[0-8]\b)|$)/.test(writer) ? 100 : 0;

/**
 * Some writers, old versions of DuckDB among them, say 0 or the stored size. What compression seems to have brought nothing for is
 * taken to be as much larger as text may be; a page that is still larger is refused.
 */
const likelyPlainBytes = (claimed: number, byteLength: number, codec: unknown): number =>
  claimed > byteLength || (claimed > 0 && codec === 'UNCOMPRESSED') ? claimed : byteLength * LIKELY_RATIO;
const LIKELY_RATIO = 24;

/** Only some writers say what encodings pages have, rather than chunks. */
function isWhollyCoded(pages: unknown): boolean {
  if (!Array.isArray(pages)) return false;
  const data = pages.filter((one) => one?.page_type === 'DATA_PAGE' || one?.page_type === 'DATA_PAGE_V2');
  return (
    data.length > 0 && data.every(({ encoding }) => encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY')
  );
}
