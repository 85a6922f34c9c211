/**
 * Leaves out more of a planned file, by what has to be read for it: bloom filters say which row groups cannot have a value,
 * page indexes which pages cannot match.
 *
 *     pages of a   │ 1–9 │ 10–19 │ 20–29 │ 30–39 │        a = 25
 *     kept rows                  ╞═══════╡
 *     pages of b   │ · · · · · · · │ · · · · · │ · │      only the second one is read
 *
 * All of this only saves work. What is damaged, of an unknown kind or too large for memory is taken for not there; a page
 * is checked to have the rows that the index says when it is read.
 */

import type { ColumnIndex, OffsetIndex } from 'hyparquet';
import { readColumnIndex, readOffsetIndex } from 'hyparquet/src/indexes.js';
import { collectColumns } from '../../expressions/columns.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import type { MemoryBudget } from '../../memory/budget.ts';
import { inParallel } from '../in-parallel.ts';
import type { ObjectStore } from '../object-store.ts';
import { bloomTest, readBloomHeader } from './bloom-filter.ts';
import type { ReadCosts } from './file-reader.ts';
import { type ColumnChunk, type ParquetFooter, type Place, RAW_STATISTICS } from './footer.ts';
import { equalityColumns, mayMatch } from './prune.ts';
import {
  coalesce,
  type PageLocation,
  type PlannedRowGroup,
  type RowRange,
  rangesOf,
  type ScanPlan,
} from './scan-plan.ts';
import { NULL_RANGE, rangeOf, type ValueRange } from './statistics.ts';
import { ThriftReader, ThriftType } from './thrift.ts';
import type { ColumnReading, Reading } from './value-form.ts';

export interface NarrowRequest {
  readonly store: ObjectStore;
  readonly budget: MemoryBudget;
  readonly signal: AbortSignal;
  readonly footer: ParquetFooter;
  readonly readings: readonly (Reading | undefined)[];
  /** Columns by their position in `readings`. */
  readonly filter: TypedExpression;
  readonly costs: ReadCosts;
}

const OWNER = 'Scan index';
/** Row groups looked into at a time. */
const CONCURRENCY = 8;
/** A row group of less is read as a whole: the requests for its indexes would take longer. */
const WORTH_BYTES = 64 * 1024;
/** Larger filters and indexes are left alone. */
const MOST_BYTES: number = 1 << 20;
const HEADER_BYTES = 4096;
/** What one value of an index takes as JavaScript objects. */
const BYTES_PER_VALUE = 96;

/** The plan without the row groups, and the pages, in which the filter cannot be true. */
export async function narrowPlan(plan: ScanPlan, request: NarrowRequest): Promise<ScanPlan> {
  const narrowed = await inParallel(plan.rowGroups, CONCURRENCY, (group) => narrowGroup(group, request));
  const rowGroups = narrowed.flatMap((group) => (group === undefined ? [] : [group]));
  const locations = rowGroups.flatMap(({ pages }) => pages).reduce((sum, pages) => sum + (pages?.length ?? 0), 0);
  return {
    ...plan,
    rowGroups,
    prunedRowGroups: plan.prunedRowGroups + narrowed.length - rowGroups.length,
    heldBytes: locations * BYTES_PER_VALUE,
  };
}

async function narrowGroup(group: PlannedRowGroup, request: NarrowRequest): Promise<PlannedRowGroup | undefined> {
  const bytes = group.ranges.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (bytes < WORTH_BYTES) return group;
  if (await isRuledOut(group, request)) return undefined;
  return await keepPages(group, request);
}

// Bloom filters -------------------------------------------------------------------------------------------------------

async function isRuledOut(group: PlannedRowGroup, request: NarrowRequest): Promise<boolean> {
  const { readings, filter, budget, signal } = request;
  const filtered = [...equalityColumns(filter)].flatMap((position) => {
    const reading = readings[position];
    const place = group.chunks[position]?.[0]?.bloomFilter;
    return reading !== undefined && 'form' in reading && place !== undefined ? [{ position, reading, place }] : [];
  });
  if (filtered.length === 0) return false;
  const ranges = rangesOf(group, readings);
  using lease = await budget.lease(OWNER, Math.min(2 * MOST_BYTES, budget.floorBytes), signal);
  for (const { position, reading, place } of filtered) {
    const blocks = await readBlocks(place, request, (bytes) => lease.tryGrow(bytes));
    const range = ranges[position];
    if (blocks !== undefined && range !== undefined)
      ranges[position] = { ...range, mayEqual: bloomTest(blocks, reading) };
  }
  return !mayMatch(filter, ranges);
}

async function readBlocks(
  { start, byteLength }: Place,
  request: NarrowRequest,
  tryGrow: (bytes: number) => boolean,
): Promise<Uint8Array | undefined> {
  if (!tryGrow(HEADER_BYTES)) return undefined;
  const head = await read(request, { start, byteLength: Math.min(byteLength, HEADER_BYTES) });
  const header = orNothing(() => readBloomHeader(head));
  if (header === undefined) return undefined;
  const total = header.headerBytes + header.byteLength;
  if (total <= head.byteLength) return head.subarray(header.headerBytes, total);
  if (total > byteLength || total > MOST_BYTES || !tryGrow(header.byteLength)) return undefined;
  return await read(request, { start: start + header.headerBytes, byteLength: header.byteLength });
}

// Page indexes --------------------------------------------------------------------------------------------------------

/** A column of the filter: its pages, and what is known of the values of each. */
interface IndexedColumn {
  readonly position: number;
  readonly rows: readonly RowRange[];
  readonly ranges: readonly ValueRange[];
}

async function keepPages(group: PlannedRowGroup, request: NarrowRequest): Promise<PlannedRowGroup | undefined> {
  const { readings, filter, budget } = request;
  const columns = new Set<number>();
  collectColumns(filter, columns);
  const flat = readings.flatMap((reading, position) => {
    const [chunk] = group.chunks[position] ?? [];
    return reading !== undefined && 'form' in reading && chunk?.offsetIndex !== undefined
      ? [{ reading, position, chunk, offsetIndex: chunk.offsetIndex }]
      : [];
  });
  const indexed = flat.filter(({ position, chunk }) => columns.has(position) && chunk.columnIndex !== undefined);
  if (indexed.length === 0) return group;
  const places = [
    ...flat.map(({ offsetIndex }) => offsetIndex),
    ...indexed.flatMap(({ chunk: { columnIndex } }) => (columnIndex === undefined ? [] : [columnIndex])),
  ];
  const bytes = coalesce(places).reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (bytes > Math.min(4 * MOST_BYTES, budget.floorBytes / 4)) return group;
  using lease = await budget.lease(
    OWNER,
    Math.min(budget.floorBytes, Math.ceil(bytes * (1 + BYTES_PER_VALUE / 3))),
    request.signal,
  );
  lease.grow(bytes);
  const find = await readPlaces(request, places);
  const parse = <T>(place: Place, make: (view: DataView<ArrayBuffer>) => T): T | undefined =>
    orNothing(() => {
      const content = find(place);
      const reader = new ThriftReader(content, 0, content.byteLength);
      reader.skip(ThriftType.struct);
      if (!lease.tryGrow(reader.values * BYTES_PER_VALUE)) return undefined;
      return make(new DataView(content.buffer, content.byteOffset, content.byteLength));
    });

  const locations = new Map<number, Location[]>();
  for (const { position, chunk, offsetIndex } of flat) {
    const index = parse(offsetIndex, (view) => readOffsetIndex({ view, offset: 0 }));
    const found = index && locationsOf(index, chunk, group.rows);
    if (found !== undefined) locations.set(position, found);
  }
  const known = indexed.flatMap(({ reading, position, chunk: { columnIndex } }): IndexedColumn[] => {
    const pages = locations.get(position);
    if (pages === undefined || columnIndex === undefined) return [];
    const element = schemaElementOf(request.footer, reading);
    const index =
      element && parse(columnIndex, (view) => readColumnIndex({ view, offset: 0 }, element, RAW_STATISTICS));
    const ranges = index && pageRanges(index, pages, reading);
    return ranges === undefined ? [] : [{ position, rows: pages.map(({ rows }) => rows), ranges }];
  });
  if (known.length === 0) return group;
  const kept = keptRows(group, known, request);
  if (kept.length === 0) return undefined;
  const [first] = kept;
  if (first?.start === 0 && first.end === group.rows) return group;
  return withPages(group, kept, locations);
}

type Location = Omit<PageLocation, 'isKept'>;

/** Undefined where they are not the pages of the chunk, one behind the other. */
function locationsOf({ page_locations: found }: OffsetIndex, chunk: ColumnChunk, rows: number): Location[] | undefined {
  const pages: Location[] = [];
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

function pageRanges(index: ColumnIndex, pages: readonly Location[], reading: ColumnReading): ValueRange[] | undefined {
  const { null_pages: nullPages, min_values: min, max_values: max, null_counts: nulls } = index;
  if (![nullPages, min, max].every((list) => Array.isArray(list) && list.length === pages.length)) return undefined;
  return pages.map(({ rows }, page) => {
    if (nullPages[page] === true) return NULL_RANGE;
    const nullCount = nulls?.[page] === undefined ? undefined : Number(nulls[page]);
    const statistics = { min: min[page], max: max[page], oldMin: undefined, oldMax: undefined, nullCount };
    return rangeOf(reading, { statistics }, rows.end - rows.start);
  });
}

/** Of pages that begin at different rows: the rows between one beginning and the next are looked at together. */
function keptRows(
  group: PlannedRowGroup,
  columns: readonly IndexedColumn[],
  { readings, filter }: NarrowRequest,
): RowRange[] {
  const starts = [...new Set(columns.flatMap(({ rows }) => rows.map(({ start }) => start)))].sort((a, b) => a - b);
  const ranges = rangesOf(group, readings);
  const pageOf = columns.map(() => 0);
  const kept: { start: number; end: number }[] = [];
  for (const [at, start] of starts.entries()) {
    for (const [column, { position, rows, ranges: ofPages }] of columns.entries()) {
      let page = pageOf[column] ?? 0;
      while ((rows[page]?.end ?? group.rows) <= start && page < rows.length - 1) page += 1;
      pageOf[column] = page;
      const range = ofPages[page];
      if (range !== undefined) ranges[position] = range;
    }
    if (!mayMatch(filter, ranges)) continue;
    const end = starts[at + 1] ?? group.rows;
    const last = kept.at(-1);
    if (last?.end === start) last.end = end;
    else kept.push({ start, end });
  }
  return kept;
}

function withPages(
  group: PlannedRowGroup,
  kept: readonly RowRange[],
  locations: ReadonlyMap<number, readonly Location[]>,
): PlannedRowGroup {
  const overlaps = ({ start, end }: RowRange): boolean => kept.some((range) => range.start < end && start < range.end);
  const pages = group.chunks.map((_, position) =>
    locations.get(position)?.map((page) => ({ ...page, isKept: overlaps(page.rows) })),
  );
  const wanted = group.chunks.flatMap((chunks, position): Place[] => {
    const [chunk] = chunks;
    const own = pages[position];
    if (own === undefined || chunk === undefined) return [...chunks];
    return [...dictionaryOf(chunk, own), ...own.filter(({ isKept }) => isKept)];
  });
  return { ...group, kept, pages, ranges: coalesce(wanted) };
}

/** What of a chunk comes before its first page of rows. */
function dictionaryOf({ start }: ColumnChunk, pages: readonly PageLocation[]): Place[] {
  const byteLength = (pages[0]?.start ?? start) - start;
  return byteLength > 0 ? [{ start, byteLength }] : [];
}

function schemaElementOf({ metadata }: ParquetFooter, { file }: ColumnReading) {
  return metadata.schema.filter(({ type }) => type !== undefined)[file.leaf];
}

// Reading -------------------------------------------------------------------------------------------------------------

/** Reads what holds all of `places`; answers with the bytes of each. */
async function readPlaces(
  request: NarrowRequest,
  places: readonly Place[],
): Promise<(place: Place) => Uint8Array<ArrayBuffer>> {
  const pieces: { start: number; bytes: Uint8Array<ArrayBuffer> }[] = [];
  for (const range of coalesce(places)) pieces.push({ start: range.start, bytes: await read(request, range) });
  return ({ start, byteLength }) => {
    const piece = pieces.find((one) => one.start <= start && start + byteLength <= one.start + one.bytes.byteLength);
    if (piece === undefined) throw new RangeError('not read');
    return piece.bytes.subarray(start - piece.start, start - piece.start + byteLength);
  };
}

async function read(request: NarrowRequest, { start, byteLength }: Place): Promise<Uint8Array<ArrayBuffer>> {
  const { store, footer, signal, costs } = request;
  const bytes = new Uint8Array(byteLength);
  costs.requests += 1;
  await store.readInto(footer.uri, start, bytes, { etag: footer.etag, signal });
  costs.bytesRead += byteLength;
  return bytes;
}

/** Undefined where `make` fails: an index that cannot be understood is as good as none. */
function orNothing<T>(make: () => T | undefined): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
