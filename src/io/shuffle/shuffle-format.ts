/**
 * The format of shuffle objects: the rows of one task, by partition, on their way to the tasks of the next stage.
 *
 *     object     │ page │ page │ page │ … │ index │ trailer │
 *                └ partition 0 ┘└ partition 1 …                contiguous where all rows were in memory at once
 *
 *     page       │ header, 24 bytes │ body, stored as it is or as one zstd frame │
 *     header     magic u32, codec u8 (0 none, 1 zstd), 3 zeros, rows u32, stored bytes u32, body bytes u32,
 *                crc32 u32 of the header before it and of the stored bytes
 *     body       │ descriptions of all columns, 8 bytes each │ buffer │ buffer │ …      each from a multiple of 8 on
 *
 *     index      JSON: { "schema": "…", "partitions": [ [ [offset, bytes, rows, skip], … ], … ] }
 *     trailer    index bytes u32, crc32 of the index u32, version u32, magic u32
 *
 * A page is whole in itself: it holds rows of one partition, the dictionaries that their codes refer to, and every buffer
 * as it lies in linear memory (`columnar/column.ts`), columns depth first (`shuffle-page.ts`). A range of the index is a
 * run of whole pages; of their rows the first `skip` are of an earlier partition, which happens only where rows are cut
 * into pieces of equal size after they were written. All numbers are little-endian.
 *
 * Readers are given ranges by whoever has read the index, or the number of a partition, and then read the index. They
 * believe nothing: pages must fill their range, checksums must be right, and the buffers of a page must be exactly those
 * that its schema, its rows and its descriptions make.
 */

import { crc32 } from 'node:zlib';
import { typeName } from '../../columnar/data-type.ts';
import type { Schema } from '../../columnar/schema.ts';
import { MalformedFile, UnsupportedFile } from '../../errors.ts';
import { joinedCrc32 } from '../crc32.ts';

/** A run of whole pages of one object, and the rows of them that are meant. */
export interface PageRange {
  readonly offset: number;
  readonly bytes: number;
  readonly rows: number;
  /** Rows before them in the first page. */
  readonly skip: number;
}

/** Rows of one partition in one object, as it is told of. */
export interface PartitionPiece {
  readonly partition: number;
  /** Relative to the output of the task. */
  readonly path: string;
  readonly ranges: readonly PageRange[];
}

/** Neighbours as one range. */
export function joinedRanges(pages: readonly PageRange[]): PageRange[] {
  const joined: PageRange[] = [];
  for (const page of pages) {
    const last = joined.at(-1);
    if (last === undefined || last.offset + last.bytes !== page.offset || page.skip > 0) joined.push(page);
    else joined[joined.length - 1] = { ...last, bytes: last.bytes + page.bytes, rows: last.rows + page.rows };
  }
  return joined;
}

/** Where rows [first, first + rows) of all rows of `pages` are. */
export function rangesOfRows(pages: readonly PageRange[], first: number, rows: number): PageRange[] {
  const touched: PageRange[] = [];
  let before = 0;
  for (const page of pages) {
    const skip = Math.max(0, first - before);
    const count = Math.min(page.rows, first + rows - before) - skip;
    if (count > 0) touched.push({ ...page, rows: count, skip });
    before += page.rows;
  }
  return joinedRanges(touched);
}

export type PageCodec = 'none' | 'zstd';

export interface PageHeader {
  readonly codec: PageCodec;
  readonly rows: number;
  readonly storedBytes: number;
  readonly bodyBytes: number;
}

export const PAGE_HEADER_BYTES = 24;
export const TRAILER_BYTES = 16;
/** A page has rows, and not more than these. */
export const MOST_PAGE_ROWS = 65_536;
const MOST_PARTITIONS = 65_536;
const PAGE_MAGIC = 0x67705253; // SRpg
const OBJECT_MAGIC = 0x6c687353; // Sshl
const VERSION = 1;
const CODECS: readonly PageCodec[] = ['none', 'zstd'];
/** Of the header, those that its checksum covers. */
const CHECKED_BYTES = 20;

/** `storedCrc32` is that of the stored bytes alone. */
export function encodePageHeader({ codec, rows, storedBytes, bodyBytes }: PageHeader, storedCrc32: number): Uint8Array {
  const header = new Uint8Array(PAGE_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, PAGE_MAGIC, true);
  view.setUint8(4, CODECS.indexOf(codec));
  view.setUint32(8, rows, true);
  view.setUint32(12, storedBytes, true);
  view.setUint32(16, bodyBytes, true);
  const checked = crc32(header.subarray(0, CHECKED_BYTES));
  view.setUint32(CHECKED_BYTES, joinedCrc32(checked, storedCrc32, storedBytes), true);
  return header;
}

/** What a header claims; whether its page bears it out is to be seen. `page` says which it is. @throws MalformedFile */
export function decodePageHeader(header: Uint8Array, uri: string, page: string): PageHeader {
  const view = new DataView(header.buffer, header.byteOffset, PAGE_HEADER_BYTES);
  const codec = CODECS[view.getUint8(4)];
  const reserved = view.getUint8(5) | view.getUint16(6, true);
  const rows = view.getUint32(8, true);
  if (view.getUint32(0, true) !== PAGE_MAGIC || codec === undefined || reserved !== 0) {
    throw new MalformedFile(uri, `there is no page ${page}`);
  }
  if (rows === 0 || rows > MOST_PAGE_ROWS) throw new MalformedFile(uri, `the page ${page} claims ${rows} rows`);
  const storedBytes = view.getUint32(12, true);
  if (storedBytes === 0) throw new MalformedFile(uri, `the page ${page} is empty`);
  return { codec, rows, storedBytes, bodyBytes: view.getUint32(16, true) };
}

export function hasRightChecksum(header: Uint8Array, stored: Uint8Array): boolean {
  const expected = new DataView(header.buffer, header.byteOffset).getUint32(CHECKED_BYTES, true);
  return crc32(stored, crc32(header.subarray(0, CHECKED_BYTES))) === expected;
}

/** The columns by name and type, as objects tell them: whether values may be null is not part of it. */
export const schemaSignature = ({ fields }: Schema): string =>
  fields.map(({ name, type }) => `${JSON.stringify(name)} ${typeName(type)}`).join(', ');

export interface ShuffleIndex {
  /** As `schemaSignature` writes it. */
  readonly schema: string;
  readonly partitions: readonly (readonly PageRange[])[];
}

/** The index, and the trailer behind it. */
export function encodeIndex({ schema, partitions }: ShuffleIndex): Uint8Array {
  const ranges = partitions.map((pages) => pages.map(({ offset, bytes, rows, skip }) => [offset, bytes, rows, skip]));
  const index = new TextEncoder().encode(JSON.stringify({ schema, partitions: ranges }));
  const encoded = new Uint8Array(index.byteLength + TRAILER_BYTES);
  encoded.set(index);
  const view = new DataView(encoded.buffer, index.byteLength);
  view.setUint32(0, index.byteLength, true);
  view.setUint32(4, crc32(index), true);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, OBJECT_MAGIC, true);
  return encoded;
}

/** Bytes of the index before this trailer of an object of `objectBytes`. @throws MalformedFile, UnsupportedFile */
export function indexBytes(trailer: Uint8Array, uri: string, objectBytes: number): number {
  const view = new DataView(trailer.buffer, trailer.byteOffset, TRAILER_BYTES);
  if (view.getUint32(12, true) !== OBJECT_MAGIC)
    throw new MalformedFile(uri, 'it does not end as a shuffle object does');
  const version = view.getUint32(8, true);
  if (version !== VERSION) throw new UnsupportedFile(uri, `it is a shuffle object of version ${version}`);
  const bytes = view.getUint32(0, true);
  if (bytes > objectBytes - TRAILER_BYTES) throw new MalformedFile(uri, `it claims an index of ${bytes} bytes`);
  return bytes;
}

/** @throws MalformedFile for what does not fit its checksum, or an object with `dataBytes` before its index. */
export function decodeIndex(index: Uint8Array, trailer: Uint8Array, uri: string, dataBytes: number): ShuffleIndex {
  if (new DataView(trailer.buffer, trailer.byteOffset).getUint32(4, true) !== crc32(index)) {
    throw new MalformedFile(uri, 'the checksum of its index is wrong');
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(index));
  } catch {
    throw new MalformedFile(uri, 'its index is not JSON');
  }
  const { schema, partitions } = (json ?? {}) as Record<string, unknown>;
  if (typeof schema !== 'string' || !Array.isArray(partitions) || partitions.length > MOST_PARTITIONS) {
    throw new MalformedFile(uri, 'its index has another form');
  }
  const ranges = partitions.map((pages: unknown, partition) => {
    if (!Array.isArray(pages)) throw new MalformedFile(uri, `its index has no ranges for partition ${partition}`);
    return pages.map((range: unknown) => pageRange(range, uri, partition, dataBytes));
  });
  return { schema, partitions: ranges };
}

function pageRange(range: unknown, uri: string, partition: number, dataBytes: number): PageRange {
  const numbers: readonly unknown[] = Array.isArray(range) ? range : [];
  const [offset = -1, bytes = -1, rows = -1, skip = -1] = numbers.filter(
    (number): number is number => Number.isSafeInteger(number) && (number as number) >= 0,
  );
  if (numbers.length !== 4 || skip < 0 || rows === 0 || bytes < PAGE_HEADER_BYTES || offset + bytes > dataBytes) {
    throw new MalformedFile(uri, `its index has a range of partition ${partition} that cannot be`);
  }
  return { offset, bytes, rows, skip };
}
