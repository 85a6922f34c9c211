/**
 * Where the pages of a file's columns are, and what values they hold, as its page indexes say.
 *
 *     │ column indexes of all row groups │ offset indexes of all row groups │ metadata │
 *     ╞═════════════════════ one request, or none: most lie in the tail ═══════════════╡
 *
 * All of this only saves work: an index that is damaged, or does not fit the chunk, is taken for not there. Bytes are read at
 * once for all row groups, and understood when they are asked for.
 */

import type { ColumnChunk, Place } from './row-group.ts';
import type { PageLocation, PlannedRowGroup } from './scan-plan.ts';
import { NULL_RANGE, rangeOf, type ValueRange } from './statistics.ts';
import { type Numbers, ThriftError, ThriftReader, ThriftType } from './thrift.ts';
import type { ColumnReading } from './value-form.ts';

/** What the location of a page takes as JavaScript objects. */
export const LOCATION_BYTES = 96;
/** Of an index: three fields and the end. */
const LEAST_LOCATION_BYTES = 7;
/** Indexes of more pages are left alone. */
const MOST_PAGES = 1 << 16;

/** Bytes of the file that are in memory. */
export type FindBytes = (place: Place) => Uint8Array<ArrayBuffer>;

export class PageIndexes {
  readonly #find: FindBytes;

  constructor(find: FindBytes) {
    this.#find = find;
  }

  /** The places of what is known about the pages of a chunk, the values of the pages only where they are wanted. */
  static placesOf({ offsetIndex, columnIndex }: ColumnChunk, withValues: boolean): Place[] {
    if (offsetIndex === undefined) return [];
    return withValues && columnIndex !== undefined ? [offsetIndex, columnIndex] : [offsetIndex];
  }

  /** The pages of a chunk, one behind the other; undefined where they are not known. */
  locations(chunk: ColumnChunk, { rows }: PlannedRowGroup): readonly PageLocation[] | undefined {
    return chunk.offsetIndex && this.#read(chunk.offsetIndex, (reader) => readLocations(reader, chunk, rows));
  }

  /** What is known of the values of each page. */
  ranges(
    { columnIndex }: ColumnChunk,
    reading: ColumnReading,
    pages: readonly PageLocation[],
  ): ValueRange[] | undefined {
    return columnIndex && this.#read(columnIndex, (reader) => readRanges(reader, pages, reading));
  }

  #read<T>(place: Place, read: (reader: ThriftReader) => T | undefined): T | undefined {
    try {
      const bytes = this.#find(place);
      return read(new ThriftReader(bytes, 0, bytes.byteLength));
    } catch {
      return undefined;
    }
  }
}

/** Undefined where they are not the pages of the chunk, one behind the other. */
function readLocations(reader: ThriftReader, chunk: ColumnChunk, rows: number): PageLocation[] | undefined {
  const found: Numbers[] = [];
  reader.struct((id, type) => {
    if (id !== 1 || type !== ThriftType.list) return reader.skip(type);
    const count = reader.list(ThriftType.struct, LEAST_LOCATION_BYTES) ?? 0;
    if (count > MOST_PAGES) throw new ThriftError('an index has too many pages');
    for (let at = 0; at < count; at += 1) found.push(reader.numbers());
  });
  const pages: PageLocation[] = [];
  const chunkEnd = chunk.start + chunk.byteLength;
  let end = chunk.start;
  for (const [at, [, start = -1, byteLength = 0, firstRow = -1]] of found.entries()) {
    const next = at + 1 < found.length ? (found[at + 1]?.[3] ?? -1) : rows;
    const isSane =
      [start, byteLength, firstRow, next].every((number) => Number.isSafeInteger(number)) &&
      start >= end &&
      byteLength > 0 &&
      start + byteLength <= chunkEnd &&
      (at > 0 || firstRow === 0) &&
      firstRow < next &&
      next <= rows;
    if (!isSane) return undefined;
    end = start + byteLength;
    pages.push({ start, byteLength, rows: { start: firstRow, end: next } });
  }
  return pages.length === 0 ? undefined : pages;
}

/** Undefined where it is not of these pages. */
function readRanges(
  reader: ThriftReader,
  pages: readonly PageLocation[],
  reading: ColumnReading,
): ValueRange[] | undefined {
  let [isNull, min, max, nullCounts]: [boolean[], Uint8Array[], Uint8Array[], number[]] = [[], [], [], []];
  // One of each page.
  const list = <T>(type: number, read: () => T): T[] => {
    if (reader.list(type) !== pages.length) throw new ThriftError('an index has other pages');
    return pages.map(read);
  };
  reader.struct((id, type) => {
    if (type !== ThriftType.list) reader.skip(type);
    else if (id === 1) isNull = list(ThriftType.true, () => reader.byte() === 1);
    else if (id === 2) min = list(ThriftType.binary, () => reader.binary());
    else if (id === 3) max = list(ThriftType.binary, () => reader.binary());
    else if (id === 5) nullCounts = list(ThriftType.int64, () => reader.integer());
    else reader.skip(type);
  });
  if ([isNull, min, max].some(({ length }) => length !== pages.length)) return undefined;
  return pages.map(({ rows }, page) => {
    if (isNull[page] === true) return NULL_RANGE;
    const bounds = { min: min[page], max: max[page], oldMin: undefined, oldMax: undefined };
    return rangeOf(reading, { statistics: { ...bounds, nullCount: nullCounts[page] } }, rows.end - rows.start);
  });
}
