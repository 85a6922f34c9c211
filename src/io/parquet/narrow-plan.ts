/**
 * Leaves out more of a planned file, by what has to be read for it: bloom filters and dictionaries say which row groups
 * cannot have a value, page indexes which pages cannot match.
 *
 *     pages of a   │ 1–9 │ 10–19 │ 20–29 │ 30–39 │        a = 25
 *     kept rows                  ╞═══════╡
 *     pages of b   │ · · · · · · · │ · · · · · │ · │      only the second one is read
 *
 * All of this only saves work. What is damaged, of an unknown kind or too large for memory is taken for not there; a page
 * is checked to have the rows that the index says when it is read.
 */

import type { RowRange } from '../../columnar/slice.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import type { MemoryBudget } from '../../memory/budget.ts';
import { inParallel } from '../in-parallel.ts';
import type { ObjectStore } from '../object-store.ts';
import type { ReadCosts } from '../record-reader.ts';
import { bloomTest, readBloomHeader } from './bloom-filter.ts';
import { dictionaryTest } from './dictionary-test.ts';
import type { ParquetFooter } from './footer.ts';
import { loadCodecs } from './load-codecs.ts';
import { type FindBytes, LOCATION_BYTES, PageIndexes } from './page-indexes.ts';
import { equalityColumns, mayMatch } from './prune.ts';
import type { Place } from './row-group.ts';
import {
  type ByteRange,
  coalesce,
  columnsAsked,
  type PlannedRowGroup,
  type RangeTest,
  rangesOf,
  rangesToRead,
  type ScanPlan,
} from './scan-plan.ts';
import type { ValueRange } from './statistics.ts';
import type { Reading } from './value-form.ts';

export interface NarrowRequest {
  readonly store: ObjectStore;
  readonly budget: MemoryBudget;
  readonly signal: AbortSignal;
  readonly footer: ParquetFooter;
  readonly readings: readonly (Reading | undefined)[];
  /** Columns by their position in `readings`. */
  readonly filter: TypedExpression;
  readonly test?: RangeTest | undefined;
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
/** Dictionaries that are more than this of their row group are not looked into. */
const DICTIONARY_SHARE = 1 / 8;
/**
 * After so many row groups in a row whose page indexes, or dictionaries, rule out nothing, those of the others are not looked at: columns
 * without any order, of which every page has nearly all values, would otherwise pay for those that have one.
 */
const PATIENCE = 4;

/** The plan without the row groups, and the pages, in which the filter cannot be true. */
export async function narrowPlan(plan: ScanPlan, request: NarrowRequest): Promise<ScanPlan> {
  const dictionaries = { patience: PATIENCE };
  const isOut = await inParallel(plan.rowGroups, CONCURRENCY, (group) =>
    isWorthIt(group) ? isRuledOut(group, dictionaries, request) : Promise.resolve(false),
  );
  const left = plan.rowGroups.filter((_, at) => isOut[at] === false);
  const { indexes, heldBytes } = await readIndexes(left, request);
  const rowGroups = indexes === undefined ? left : keepPages(left, indexes, request);
  const locations = rowGroups
    .flatMap(({ pages }) => pages.flat())
    .reduce((sum, pages) => sum + (pages?.length ?? 0), 0);
  return {
    ...plan,
    rowGroups,
    prunedRowGroups: plan.prunedRowGroups + plan.rowGroups.length - rowGroups.length,
    heldBytes: plan.heldBytes + heldBytes + locations * LOCATION_BYTES,
    indexes,
  };
}

const isWorthIt = (group: PlannedRowGroup): boolean =>
  rangesToRead(group).reduce((sum, { byteLength }) => sum + byteLength, 0) >= WORTH_BYTES;

// Bloom filters and dictionaries ----------------------------------------------------------------------------------------

/** Whether bloom filters do, or dictionaries where these do not. */
async function isRuledOut(
  group: PlannedRowGroup,
  dictionaries: { patience: number },
  request: NarrowRequest,
): Promise<boolean> {
  const { readings, filter, test, budget, signal } = request;
  const equal = new Set([...equalityColumns(filter), ...(test?.equalityColumns ?? [])]);
  const asked = [...equal].flatMap((position) => {
    const reading = readings[position];
    const [chunk] = group.chunks[position] ?? [];
    return reading !== undefined && 'form' in reading && chunk !== undefined ? [{ position, reading, chunk }] : [];
  });
  const filtered = asked.filter(({ chunk }) => chunk.bloomFilter !== undefined);
  const coded = asked.filter((one) => !filtered.includes(one) && isShort(one.chunk.dictionary, group));
  if (filtered.length === 0 && coded.length === 0) return false;
  const ranges = rangesOf(group, readings, columnsAsked(request));
  using lease = await budget.lease(OWNER, Math.min(4 * MOST_BYTES, budget.floorBytes), signal);
  const narrow = (position: number, mayEqual: ValueRange['mayEqual']): void => {
    const range = ranges[position];
    if (mayEqual !== undefined && range !== undefined) ranges[position] = { ...range, mayEqual };
  };
  for (const { position, reading, chunk } of filtered) {
    if (chunk.bloomFilter === undefined) continue;
    const blocks = await readBlocks(chunk.bloomFilter, request, (bytes) => lease.tryGrow(bytes));
    narrow(position, blocks && bloomTest(blocks, reading));
  }
  if (!isWanted(ranges, request)) return true;
  for (const { position, reading, chunk } of coded) {
    if (dictionaries.patience <= 0 || chunk.dictionary === undefined) return false;
    if (!lease.tryGrow(chunk.dictionary.byteLength)) continue;
    const bytes = await readPlace(request, chunk.dictionary);
    await loadCodecs([chunk.codec]);
    narrow(
      position,
      orNothing(() => dictionaryTest(bytes, chunk.codec, reading, lease)),
    );
    const isOut = !isWanted(ranges, request);
    dictionaries.patience = isOut ? PATIENCE : dictionaries.patience - 1;
    if (isOut) return true;
  }
  return false;
}

/** Whether a dictionary is so short, of what the row group has, that it may be read twice. */
function isShort(dictionary: Place | undefined, group: PlannedRowGroup): boolean {
  const bytes = rangesToRead(group).reduce((sum, { byteLength }) => sum + byteLength, 0);
  return dictionary !== undefined && dictionary.byteLength <= Math.min(MOST_BYTES / 4, bytes * DICTIONARY_SHARE);
}

async function readBlocks(
  { start, byteLength }: Place,
  request: NarrowRequest,
  tryGrow: (bytes: number) => boolean,
): Promise<Uint8Array | undefined> {
  if (!tryGrow(HEADER_BYTES)) return undefined;
  const head = await readPlace(request, { start, byteLength: Math.min(byteLength, HEADER_BYTES) });
  const header = orNothing(() => readBloomHeader(head));
  if (header === undefined) return undefined;
  const total = header.headerBytes + header.byteLength;
  if (total <= head.byteLength) return head.subarray(header.headerBytes, total);
  if (total > byteLength || total > MOST_BYTES || !tryGrow(header.byteLength)) return undefined;
  return await readPlace(request, { start: start + header.headerBytes, byteLength: header.byteLength });
}

// Page indexes --------------------------------------------------------------------------------------------------------

/** A column of the filter: its pages, and what is known of the values of each. */
interface IndexedColumn {
  readonly position: number;
  readonly rows: readonly RowRange[];
  readonly ranges: readonly ValueRange[];
}

const isWanted = (ranges: readonly ValueRange[], { filter, test }: NarrowRequest): boolean =>
  mayMatch(filter, ranges) && test?.mayMatch(ranges) !== false;

/** Of all row groups at once; `heldBytes` are those that are kept for them beside the tail of the file. */
async function readIndexes(
  groups: readonly PlannedRowGroup[],
  request: NarrowRequest,
): Promise<{ indexes: PageIndexes | undefined; heldBytes: number }> {
  const { budget, signal, footer } = request;
  const columns = columnsAsked(request);
  const places = groups
    .filter(isWorthIt)
    .flatMap(({ chunks }) =>
      chunks.flatMap((leaves, position) =>
        leaves.flatMap((chunk) => PageIndexes.placesOf(chunk, columns.has(position))),
      ),
    );
  const missing = coalesce(places.filter(({ start }) => start < footer.tail.start));
  const bytes = missing.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (places.length === 0 || bytes > Math.min(4 * MOST_BYTES, budget.floorBytes / 8)) {
    return { indexes: undefined, heldBytes: 0 };
  }
  using lease = await budget.lease(OWNER, bytes, signal);
  lease.grow(bytes);
  return { indexes: new PageIndexes(await readRanges(request, missing)), heldBytes: bytes };
}

function keepPages(
  groups: readonly PlannedRowGroup[],
  indexes: PageIndexes,
  request: NarrowRequest,
): PlannedRowGroup[] {
  const columns = columnsAsked(request);
  let patience = PATIENCE;
  return groups.flatMap((group) => {
    if (patience === 0 || !isWorthIt(group)) return [group];
    const narrowed = narrowGroup(group, columns, indexes, request);
    patience = narrowed === group ? patience - 1 : PATIENCE;
    return narrowed === undefined ? [] : [narrowed];
  });
}

function narrowGroup(
  group: PlannedRowGroup,
  columns: ReadonlySet<number>,
  indexes: PageIndexes,
  request: NarrowRequest,
): PlannedRowGroup | undefined {
  const known = [...columns].flatMap((position): IndexedColumn[] => {
    const reading = request.readings[position];
    const [chunk] = group.chunks[position] ?? [];
    if (reading === undefined || !('form' in reading) || chunk === undefined) return [];
    const pages = indexes.locations(chunk, group);
    const ranges = pages && indexes.ranges(chunk, reading, pages);
    return ranges === undefined ? [] : [{ position, rows: pages?.map(({ rows }) => rows) ?? [], ranges }];
  });
  if (known.length === 0) return group;
  const kept = keptRows(group, known, request);
  if (kept.length === 0) return undefined;
  const [first] = kept;
  if (first?.start === 0 && first.end === group.rows) return group;
  const pages = group.chunks.map((leaves) => leaves.map((chunk) => indexes.locations(chunk, group)));
  return { ...group, kept, pages };
}

/** Of pages that begin at different rows: the rows between one beginning and the next are looked at together. */
function keptRows(group: PlannedRowGroup, columns: readonly IndexedColumn[], request: NarrowRequest): RowRange[] {
  const starts = [...new Set(columns.flatMap(({ rows }) => rows.map(({ start }) => start)))].sort((a, b) => a - b);
  const ranges = rangesOf(group, request.readings, columnsAsked(request));
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
    if (!isWanted(ranges, request)) continue;
    const end = starts[at + 1] ?? group.rows;
    const last = kept.at(-1);
    if (last?.end === start) last.end = end;
    else kept.push({ start, end });
  }
  return kept;
}

// Reading -------------------------------------------------------------------------------------------------------------

/** Reads `ranges`; what is found then is what lies in them, and in the tail of the file. */
async function readRanges(request: NarrowRequest, ranges: readonly ByteRange[]): Promise<FindBytes> {
  const read = await inParallel(ranges, CONCURRENCY, async (range) => ({
    start: range.start,
    bytes: await readPlace(request, range),
  }));
  const pieces = [request.footer.tail, ...read];
  return ({ start, byteLength }) => {
    const piece = pieces.find((one) => one.start <= start && start + byteLength <= one.start + one.bytes.byteLength);
    if (piece === undefined) throw new RangeError('not read');
    return piece.bytes.subarray(start - piece.start, start - piece.start + byteLength);
  };
}

async function readPlace(request: NarrowRequest, { start, byteLength }: Place): Promise<Uint8Array<ArrayBuffer>> {
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
