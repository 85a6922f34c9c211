/**
 * Where the pages of a file's columns are, and what values they hold, as its page indexes say.
 *
 *     │ column indexes of all row groups │ offset indexes of all row groups │ metadata │
 *     ╞═════════════════════ one request, or none: most lie in the tail ═══════════════╡
 *
 * All of this only saves work: an index that is damaged, or does not fit the chunk, is taken for not there. Bytes are read at
 * once for all row groups, and understood when they are asked for.
 */

import type { ColumnIndex, OffsetIndex } from 'hyparquet';
import { readColumnIndex, readOffsetIndex } from 'hyparquet/src/indexes.js';
import { type ColumnChunk, type ParquetFooter, type Place, RAW_STATISTICS } from './footer.ts';
import type { PageLocation, PlannedRowGroup } from './scan-plan.ts';
import { NULL_RANGE, rangeOf, type ValueRange } from './statistics.ts';
import { ThriftReader, ThriftType } from './thrift.ts';
import type { ColumnReading } from './value-form.ts';

/** What one value of an index takes as JavaScript objects. */
export const BYTES_PER_VALUE = 96;
/** Indexes of more values are left alone. */
const MOST_VALUES = 1 << 18;

/** Bytes of the file that are in memory. */
export type FindBytes = (place: Place) => Uint8Array<ArrayBuffer>;

export class PageIndexes {
  readonly #footer: ParquetFooter;
  readonly #find: FindBytes;

  constructor(footer: ParquetFooter, find: FindBytes) {
    this.#footer = footer;
    this.#find = find;
  }

  /** The places of what is known about the pages of a chunk, the values of the pages only where they are wanted. */
  static placesOf({ offsetIndex, columnIndex }: ColumnChunk, withValues: boolean): Place[] {
    if (offsetIndex === undefined) return [];
    return withValues && columnIndex !== undefined ? [offsetIndex, columnIndex] : [offsetIndex];
  }

  /** The pages of a chunk, one behind the other; undefined where they are not known. */
  locations(chunk: ColumnChunk, { rows }: PlannedRowGroup): readonly PageLocation[] | undefined {
    const { offsetIndex } = chunk;
    const index = offsetIndex && this.#parse(offsetIndex, (view) => readOffsetIndex({ view, offset: 0 }));
    return index && locationsOf(index, chunk, rows);
  }

  /** What is known of the values of each page. */
  ranges(
    { columnIndex }: ColumnChunk,
    reading: ColumnReading,
    pages: readonly PageLocation[],
  ): ValueRange[] | undefined {
    const element = this.#footer.metadata.schema.filter(({ type }) => type !== undefined)[reading.file.leaf];
    if (columnIndex === undefined || element === undefined) return undefined;
    const index = this.#parse(columnIndex, (view) => readColumnIndex({ view, offset: 0 }, element, RAW_STATISTICS));
    return index && rangesOfPages(index, pages, reading);
  }

  #parse<T>(place: Place, make: (view: DataView<ArrayBuffer>) => T): T | undefined {
    try {
      const content = this.#find(place);
      const reader = new ThriftReader(content, 0, content.byteLength);
      // A walk that ends well means that nothing in it claims more than there is.
      reader.skip(ThriftType.struct);
      if (reader.values > MOST_VALUES) return undefined;
      return make(new DataView(content.buffer, content.byteOffset, content.byteLength));
    } catch {
      return undefined;
    }
  }
}

/** Undefined where they are not the pages of the chunk, one behind the other. */
function locationsOf(
  { page_locations: found }: OffsetIndex,
  chunk: ColumnChunk,
  rows: number,
): PageLocation[] | undefined {
  const pages: PageLocation[] = [];
  const chunkEnd = chunk.start + chunk.byteLength;
  let end = chunk.start;
  for (const [at, { offset, compressed_page_size: size, first_row_index: row }] of found.entries()) {
    const [start, byteLength, firstRow] = [Number(offset), Number(size), Number(row)];
    const next = Number(found[at + 1]?.first_row_index ?? rows);
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

function rangesOfPages(
  index: ColumnIndex,
  pages: readonly PageLocation[],
  reading: ColumnReading,
): ValueRange[] | undefined {
  const { null_pages: nullPages, min_values: min, max_values: max, null_counts: nulls } = index;
  if (![nullPages, min, max].every((list) => Array.isArray(list) && list.length === pages.length)) return undefined;
  return pages.map(({ rows }, page) => {
    if (nullPages[page] === true) return NULL_RANGE;
    const nullCount = nulls?.[page] === undefined ? undefined : Number(nulls[page]);
    const statistics = { min: min[page], max: max[page], oldMin: undefined, oldMax: undefined, nullCount };
    return rangeOf(reading, { statistics }, rows.end - rows.start);
  });
}
