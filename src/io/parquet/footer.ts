/**
 * The footer of a Parquet file: what columns it has, and where its row groups are said to be.
 *
 *     │ PAR1 │ column chunks … │ indexes │ Thrift metadata │ its length │ PAR1 │
 *                         └── the tail, of a fixed length: one request, mostly
 *
 * What of the tail lies in front of the metadata need not be asked for again: indexes of pages, or the whole of a small file.
 *
 * The metadata is walked over once, to find out that it is well-formed and where in it columns and row groups are. Of both is
 * read what is asked for, when it is (`file-columns.ts`, `row-group.ts`).
 */

import { MalformedFile, ObjectNotFound, UnsupportedFile } from '../../errors.ts';
import type { MemoryBudget } from '../../memory/budget.ts';
import { noteGarbage } from '../../memory/process-memory.ts';
import type { ObjectInfo, ObjectStore } from '../object-store.ts';
import { readTail } from '../object-tail.ts';
import { FileColumns } from './file-columns.ts';
import type { MetadataWalk } from './metadata-walk.ts';
import { MAGIC_BYTES, NO_ROW_GROUPS, placesBytes, type RowGroupPlaces, readRowGroupPlaces } from './row-group.ts';
import { type ElementPlaces, elementPlacesBytes, readElementPlaces } from './schema-element.ts';
import { ThriftError, ThriftReader, ThriftType, wellFormed } from './thrift.ts';

export interface ParquetFooter {
  readonly uri: string;
  readonly etag: string;
  /** Of the whole file. */
  readonly fileBytes: number;
  /** Requests and bytes it took to read. */
  readonly requests: number;
  readonly bytesRead: number;
  readonly columns: FileColumns;
  readonly rowGroupCount: number;
  readonly rowGroups: RowGroupPlaces;
  /** Of each chunk, that its writer did not count. */
  readonly uncountedBytes: number;
  /** Whether texts of 16 bytes are no upper bounds, and column indexes of texts none that can be relied on. */
  readonly cutsBounds: boolean;
  /** As the file has it: a view of the tail. */
  readonly metadata: Uint8Array;
  readonly metadataStart: number;
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
  /** Kernels to walk over the metadata with; none for who has none. */
  readonly walkOver?: ((metadata: Uint8Array, memory: MemoryBudget) => MetadataWalk | undefined) | undefined;
}

const MAGIC = 0x31524150; // PAR1
const ENCRYPTED_MAGIC = 0x45524150; // PARE
/** Metadata length and magic, at the end. */
const TRAILER_BYTES = 8;
/** Of the tail: what a network brings in a tenth of the time that a second request would take, or less of little memory. */
const TAIL_BYTES = 256 * 1024;
const MIN_TAIL_BYTES = 64 * 1024;
const TAIL_SHARE = 32;
/** What an element of the schema and the column that it becomes take as JavaScript objects beside names, measured: up to 380. */
const ELEMENT_BYTES = 512;

/** Writers of the headers of dictionaries, which parquet-mr did not count before version 1.2.9: Impala and Arrow take them for as much. */
const COUNTS_NO_HEADER = /^parquet-mr( version 1\.([01]\.|2\.[0-8]\b)|$)/;
const HEADER_BYTES = 100;
/** Their writers cut off the greatest of texts after 16 bytes, here or in column indexes, and left it below what it stood for. */
const CUTS_BOUNDS = /^(hyparquet\b|github\.com\/segmentio\/parquet-go\b)/;

/** The end of a file, and what was found out about it with the same request. */
export interface FileEnd {
  readonly info: ObjectInfo;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Bytes that are read of the end of any file. */
export const endBytes = ({ floorBytes }: MemoryBudget): number =>
  Math.max(MIN_TAIL_BYTES, Math.min(TAIL_BYTES, Math.floor(floorBytes / TAIL_SHARE)));

/**
 * Reads `endBytes` of the end of a file, or all of it; the caller has memory for them.
 * @throws ObjectNotFound, ObjectChanged
 */
export async function readFileEnd({ store, memory, uri, etag, signal }: FooterRequest): Promise<FileEnd> {
  const bytes = new Uint8Array(endBytes(memory));
  const info = await readTail(store, uri, bytes, { signal, ...(etag !== undefined && { etag }) });
  if (info === undefined) throw new ObjectNotFound(uri);
  if (info.size >= bytes.byteLength) return { info, bytes };
  noteGarbage(bytes.byteLength);
  return { info, bytes: bytes.slice(0, info.size) };
}

/**
 * `end` is what was read of it before, in memory of nobody's.
 * @throws ObjectNotFound, ObjectChanged, MalformedFile, UnsupportedFile, MemoryBudgetExceeded
 */
export async function readFooter(request: FooterRequest, end?: FileEnd): Promise<ParquetFooter> {
  const { memory, uri, signal } = request;
  const { info, bytes } = end ?? (await leasedEnd(request));
  const { size, etag } = info;
  if (size === 0) throw new MalformedFile(uri, 'it is empty');
  if (size < TRAILER_BYTES + MAGIC_BYTES) throw new MalformedFile(uri, `${size} bytes are too few for a Parquet file`);
  const first = { start: size - bytes.byteLength, bytes };
  const metadataStart = size - metadataBytes(uri, bytes, size) - TRAILER_BYTES;
  const isThere = metadataStart >= first.start;
  const read = isThere ? first : await readRest(request, { start: metadataStart, size, etag }, first);
  // What may not be needed is not kept in little memory.
  const isKept = read.bytes.byteLength <= memory.floorBytes / TAIL_SHARE;
  const tail = isKept ? read : { start: metadataStart, bytes: read.bytes.slice(metadataStart - read.start) };
  const metadata = tail.bytes.subarray(metadataStart - tail.start, size - TRAILER_BYTES - tail.start);
  const { elements, schemaBytes, rowGroups, ...habits } = wellFormed(uri, () => {
    using walk = request.walkOver?.(metadata, memory);
    return outlineOf(metadata, walk);
  });
  // Names become texts of up to 2 bytes a letter.
  const columnBytes = 2 * schemaBytes + elements.count * ELEMENT_BYTES + elementPlacesBytes(elements);
  const heldBytes = tail.bytes.byteLength + placesBytes(rowGroups) + columnBytes;
  using lease = await memory.lease('Scan footer', heldBytes, signal);
  lease.grow(heldBytes);
  return {
    uri,
    etag,
    fileBytes: size,
    requests: isThere ? 1 : 2,
    bytesRead: read.bytes.byteLength,
    columns: new FileColumns(uri, metadata, elements),
    rowGroupCount: rowGroups.count,
    rowGroups,
    ...habits,
    metadata,
    metadataStart,
    tail,
    heldBytes,
  };
}

async function leasedEnd(request: FooterRequest): Promise<FileEnd> {
  const bytes = endBytes(request.memory);
  using lease = await request.memory.lease('Scan footer', bytes, request.signal);
  lease.grow(bytes);
  return await readFileEnd(request);
}

/** All from `start` on, where `known` is the end of it. */
async function readRest(
  { store, memory, uri, signal }: FooterRequest,
  { start, size, etag }: { start: number; size: number; etag: string },
  known: FileTail,
): Promise<FileTail> {
  using lease = await memory.lease('Scan footer', size - start, signal);
  lease.grow(size - start);
  const bytes = new Uint8Array(size - start);
  const missing = known.start - start;
  await store.readInto(uri, start, bytes.subarray(0, missing), { etag, ...(signal && { signal }) });
  bytes.set(known.bytes, missing);
  return { start, bytes };
}

function metadataBytes(uri: string, tail: Uint8Array, fileBytes: number): number {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const magic = view.getUint32(tail.byteLength - 4, true);
  if (magic === ENCRYPTED_MAGIC) throw new UnsupportedFile(uri, 'it is encrypted');
  if (magic !== MAGIC) throw new MalformedFile(uri, 'it does not end like a Parquet file; it may be cut off');
  const bytes = view.getUint32(tail.byteLength - TRAILER_BYTES, true);
  if (bytes === 0 || bytes > fileBytes - TRAILER_BYTES - MAGIC_BYTES) {
    throw new MalformedFile(uri, `its metadata claims ${bytes} bytes, and the file has ${fileBytes}`);
  }
  return bytes;
}

/** What of the metadata is found without making anything of it. */
interface Outline {
  readonly elements: ElementPlaces;
  readonly schemaBytes: number;
  readonly rowGroups: RowGroupPlaces;
  /** Of each chunk, that its writer did not count. */
  readonly uncountedBytes: number;
  /** Whether texts of 16 bytes are no upper bounds, and column indexes of texts none that can be relied on. */
  readonly cutsBounds: boolean;
}

/** Walks over all of the metadata; a walk that ends well means that nothing in it claims more than there is. */
function outlineOf(metadata: Uint8Array, walk: MetadataWalk | undefined): Outline {
  const reader = new ThriftReader(metadata, 0, metadata.byteLength);
  let elements: ElementPlaces | undefined;
  let schemaBytes = 0;
  let leaves = 0;
  let rowGroups = NO_ROW_GROUPS;
  let uncountedBytes = 0;
  let cutsBounds = false;
  reader.struct((id, type) => {
    if (id === 4 && type === ThriftType.list) {
      rowGroups = readRowGroupPlaces(reader, leaves, walk);
    } else if (id === 2 && type === ThriftType.list) {
      const schemaAt = reader.position;
      elements = readElementPlaces(reader, walk);
      schemaBytes = reader.position - schemaAt;
      leaves = elements.childCount.reduce((count, children) => count + Number(children < 0), 0);
    } else if (id === 6 && type === ThriftType.binary) {
      const writer = reader.text();
      if (COUNTS_NO_HEADER.test(writer)) uncountedBytes = HEADER_BYTES;
      cutsBounds = CUTS_BOUNDS.test(writer);
    } else {
      const end = walk?.endOf(reader.position, type);
      if (end === undefined) reader.skip(type);
      else reader.position = end;
    }
  });
  if (elements === undefined || elements.count === 0) throw new ThriftError('it has no schema');
  return { elements, schemaBytes, rowGroups, uncountedBytes, cutsBounds };
}
