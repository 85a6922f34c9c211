/**
 * What to read of a file: footer + wanted columns + filter → row groups and byte ranges. Pure.
 *
 *     chunks   │ a │····│ b │·········· gap ·········│ c │
 *     ranges   ╞══════════╡                          ╞═══╡     small gaps are read along, one request each
 */

import type { RowRange } from '../../columnar/slice.ts';
import { MemoryBudgetExceeded } from '../../errors.ts';
import { collectColumns } from '../../expressions/columns.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import type { MemoryBudget } from '../../memory/budget.ts';
import { CODECS } from './decompress.ts';
import type { FileColumn } from './file-column.ts';
import type { ParquetFooter } from './footer.ts';
import type { PageIndexes } from './page-indexes.ts';
import { mayMatch } from './prune.ts';
import { CHUNK_BYTES, type ColumnChunk, type RowGroup, rowGroupOf } from './row-group.ts';
import { NULL_RANGE, rangeOf, UNKNOWN_RANGE, type ValueRange } from './statistics.ts';
import { leavesOf, type Reading } from './value-form.ts';

export interface ByteRange {
  readonly start: number;
  readonly byteLength: number;
}

export interface PlannedRowGroup {
  readonly index: number;
  readonly rows: number;
  /** Those of each reading's leaves; none for a column that the file does not have. */
  readonly chunks: readonly (readonly ColumnChunk[])[];
  /** Rows that may match, in order. */
  readonly kept: readonly RowRange[];
  /** As `chunks`: where the pages are; undefined where that is not known, or all are wanted. */
  readonly pages: readonly Pages[];
}

/** Of each leaf of a column. */
type Pages = readonly (readonly PageLocation[] | undefined)[];

export interface PageLocation {
  /** Of the header and the page. */
  readonly start: number;
  readonly byteLength: number;
  readonly rows: RowRange;
}

export interface ScanPlan {
  readonly rowGroups: readonly PlannedRowGroup[];
  /** Row groups left out because the filter cannot be true in them. */
  readonly prunedRowGroups: number;
  /** Of these, those that the filter alone would not have left out. */
  readonly prunedByTest: number;
  /** Bytes outside linear memory that chunks and locations of pages are reckoned to take. */
  readonly heldBytes: number;
  /** Where pages are, of row groups of which that is not in `pages`; undefined where that is not known. */
  readonly indexes: PageIndexes | undefined;
  /** Why our own decoder cannot read what was planned; undefined where it can. */
  readonly foreign: string | undefined;
}

/** What decides beside the filter which rows are wanted. */
export interface RangeTest {
  /** Positions of the columns that it asks for, and of those the ones of which it asks for one of few values. */
  readonly columns: ReadonlySet<number>;
  readonly equalityColumns: ReadonlySet<number>;
  /** False only where no row with such values is wanted. */
  mayMatch(ranges: readonly ValueRange[]): boolean;
  /** Whether it may not match some part of such values: else what tells more of them than the footer need not be read. */
  mayNarrow(ranges: readonly ValueRange[]): boolean;
}

export interface ScanRequest {
  /** What is planned fits its floor, beside the footer. */
  readonly memory: MemoryBudget;
  readonly readings: readonly (Reading | undefined)[];
  /** Columns by their position in `readings`. */
  readonly filter?: TypedExpression | undefined;
  readonly test?: RangeTest | undefined;
  /** Indexes of the row groups to consider; all where absent. */
  readonly rowGroups?: readonly number[] | undefined;
  /** Rows wanted at most. */
  readonly limit?: number | undefined;
}

/** Bytes that are read along rather than asked for in two requests. */
const MAX_GAP_BYTES: number = 1 << 20;
/** A request grows no further than this by joining chunks; one chunk may be larger. */
const MAX_RANGE_BYTES: number = 8 << 20;

/** @throws MalformedFile, UnsupportedFile, MemoryBudgetExceeded */
export function planScan(footer: ParquetFooter, request: ScanRequest): ScanPlan {
  const { readings, filter, test, limit, memory } = request;
  const leaves = fileLeavesOf(readings);
  const asked = columnsAsked(request);
  const told = readings.map((reading, position) => (asked.has(position) ? reading : undefined));
  const toldLeaves = fileLeavesOf(told);
  const indexes = request.rowGroups ?? Array.from({ length: footer.rowGroupCount }, (_, index) => index);
  const rowGroups: PlannedRowGroup[] = [];
  let [prunedRowGroups, prunedByTest] = [0, 0];
  let rows = 0;
  let heldBytes = 0;
  for (const index of indexes) {
    // Without a filter every row counts; the row groups behind the last one wanted are not even looked at.
    if (filter === undefined && limit !== undefined && rows >= limit) break;
    if (filter !== undefined || test !== undefined) {
      // Of row groups that are left out no other chunks are looked at.
      const group = planRowGroup(rowGroupOf(footer, index, toldLeaves), told);
      if (group.rows === 0) continue;
      const ranges = rangesOf(group, readings, asked);
      const isOut = filter !== undefined && !mayMatch(filter, ranges);
      const isOutByTest = !isOut && test?.mayMatch(ranges) === false;
      if (isOut || isOutByTest) {
        prunedRowGroups += 1;
        if (isOutByTest) prunedByTest += 1;
        continue;
      }
    }
    const group = planRowGroup(rowGroupOf(footer, index, leaves), readings);
    if (group.rows === 0) continue;
    heldBytes += leaves.length * CHUNK_BYTES;
    if (footer.heldBytes + heldBytes > memory.floorBytes) {
      throw new MemoryBudgetExceeded('Scan footer', heldBytes, footer.heldBytes, memory.limitBytes);
    }
    rowGroups.push(group);
    rows += group.rows;
  }
  const foreign = foreignReason(rowGroups, readings);
  return { rowGroups, prunedRowGroups, prunedByTest, heldBytes, indexes: undefined, foreign };
}

function planRowGroup({ index, rows, chunks: found }: RowGroup, readings: ScanRequest['readings']): PlannedRowGroup {
  let next = 0;
  const chunks = readings.map((reading) => {
    const first = next;
    next += reading === undefined ? 0 : leavesOf(reading).length;
    return found.slice(first, next);
  });
  return { index, rows, chunks, kept: [{ start: 0, end: rows }], pages: [] };
}

const fileLeavesOf = (readings: ScanRequest['readings']): FileColumn[] =>
  readings.flatMap((reading) => (reading === undefined ? [] : leavesOf(reading).map(({ file }) => file)));

/** Positions of the columns whose values decide which rows are wanted. */
export function columnsAsked({ filter, test }: Pick<ScanRequest, 'filter' | 'test'>): ReadonlySet<number> {
  const columns = new Set<number>(test?.columns);
  if (filter !== undefined) collectColumns(filter, columns);
  return columns;
}

/** What the footer says of the values of the columns `asked` in a row group. */
export function rangesOf(
  { rows, chunks }: PlannedRowGroup,
  readings: ScanRequest['readings'],
  asked: ReadonlySet<number>,
): ValueRange[] {
  const ranges = new Array<ValueRange>(readings.length).fill(UNKNOWN_RANGE);
  for (const position of asked) {
    const reading = readings[position];
    const [chunk] = chunks[position] ?? [];
    if (reading === undefined || chunk === undefined) ranges[position] = NULL_RANGE;
    else if ('form' in reading) ranges[position] = rangeOf(reading, chunk, rows);
  }
  return ranges;
}

/** What has to be read of the columns at `positions`, all of them where absent: ranges in order of their start. */
export function rangesToRead(group: PlannedRowGroup, positions?: readonly number[]): ByteRange[] {
  const places = group.chunks.flatMap((leaves, position) =>
    positions?.includes(position) === false
      ? []
      : leaves.flatMap((chunk, leaf) => placesToRead(chunk, group.pages[position]?.[leaf], group.kept)),
  );
  return coalesce(places);
}

/** A chunk as a whole; where its pages are known the dictionary before them, and those with rows that are kept. */
function placesToRead(
  chunk: ColumnChunk,
  pages: readonly PageLocation[] | undefined,
  kept: readonly RowRange[],
): ByteRange[] {
  if (pages === undefined) return [chunk];
  const wanted = pagesOfRows(pages, kept);
  const dictionaryBytes = (pages[0]?.start ?? chunk.start) - chunk.start;
  return dictionaryBytes > 0 && wanted.length > 0
    ? [{ start: chunk.start, byteLength: dictionaryBytes }, ...wanted]
    : wanted;
}

/** The pages that have any of the rows; both in order. */
function pagesOfRows(pages: readonly PageLocation[], rows: readonly RowRange[]): PageLocation[] {
  let next = 0;
  return pages.filter((page) => {
    while ((rows[next]?.end ?? page.rows.end) <= page.rows.start) next += 1;
    const range = rows[next];
    return range !== undefined && range.start < page.rows.end;
  });
}

/** The page with the row, where there is one: by halving, for they are in order. */
export function pageOfRow(pages: readonly PageLocation[], row: number): PageLocation | undefined {
  let [low, high] = [0, pages.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pages[middle]?.rows.end ?? 0) <= row) low = middle + 1;
    else high = middle;
  }
  return pages[low];
}

/** Rows between two that are wanted which are decoded along, rather than that there are two batches. */
const MAX_GAP_ROWS = 4096;

/**
 * The row group with nothing but what `rows` of it need: of the columns at `others` the pages that have any of them, as far
 * as it is known where they are, and the rows that all of these pages have around them.
 *
 *     rows         │      x   x         x │
 *     pages of a   │  ╞═══════╪═════╡     ╞═══╡
 *     pages of b   │    ╞═════════╡   ╞═══════╡
 *     kept              ╞═════╡           ╞═╡
 */
export function keepRows(
  group: PlannedRowGroup,
  rows: readonly RowRange[],
  others: readonly number[],
  locate: (chunk: ColumnChunk) => readonly PageLocation[] | undefined,
): PlannedRowGroup {
  const pages = group.chunks.map((leaves, position): Pages => {
    const known = group.pages[position] ?? [];
    return others.includes(position) ? leaves.map((chunk, leaf) => known[leaf] ?? locate(chunk)) : known;
  });
  const loaded = pages.flatMap((found, position) => {
    const read = others.includes(position) ? rows : group.kept;
    return found.map((leaf) => leaf && joined(pagesOfRows(leaf, read).map((page) => page.rows)));
  });
  const kept: RowRange[] = [];
  for (const range of rows) {
    const last = kept.at(-1);
    const gap = { start: last?.end ?? 0, end: range.start };
    const isNear = last !== undefined && gap.end - gap.start <= MAX_GAP_ROWS;
    const isLoaded = loaded.every(
      (ranges) => ranges === undefined || ranges.some(({ start, end }) => start <= gap.start && gap.end <= end),
    );
    if (last !== undefined && isNear && isLoaded) kept[kept.length - 1] = { start: last.start, end: range.end };
    else kept.push(range);
  }
  return { ...group, kept, pages };
}

/** Ranges in order, those that touch as one. */
function joined(ranges: readonly RowRange[]): RowRange[] {
  const all: { start: number; end: number }[] = [];
  for (const { start, end } of ranges) {
    const last = all.at(-1);
    if (last?.end === start) last.end = end;
    else all.push({ start, end });
  }
  return all;
}

/** The requests that bring all of `chunks`. */
export function coalesce(chunks: readonly ByteRange[]): ByteRange[] {
  const ranges: { start: number; byteLength: number }[] = [];
  for (const { start, byteLength } of chunks.toSorted((a, b) => a.start - b.start)) {
    const last = ranges.at(-1);
    const end = start + byteLength;
    const lastEnd = last === undefined ? 0 : last.start + last.byteLength;
    const joins =
      last !== undefined && start - lastEnd <= MAX_GAP_BYTES && (end <= lastEnd || end - last.start <= MAX_RANGE_BYTES);
    if (joins) last.byteLength = Math.max(lastEnd, end) - last.start;
    else ranges.push({ start, byteLength });
  }
  return ranges;
}

/** The pieces that a range is asked for in. */
export function splitRange({ start, byteLength }: ByteRange): ByteRange[] {
  const pieces: ByteRange[] = [];
  for (let done = 0; done < byteLength; done += MAX_RANGE_BYTES) {
    pieces.push({ start: start + done, byteLength: Math.min(MAX_RANGE_BYTES, byteLength - done) });
  }
  return pieces;
}

/** BIT_PACKED is what old writers list for levels that a flat column does not have. */
const ENCODINGS: ReadonlySet<string> = new Set([
  'PLAIN',
  'PLAIN_DICTIONARY',
  'RLE',
  'RLE_DICTIONARY',
  'BIT_PACKED',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BYTE_ARRAY',
  'BYTE_STREAM_SPLIT',
]);

function foreignReason(rowGroups: readonly PlannedRowGroup[], readings: ScanRequest['readings']): string | undefined {
  for (const { chunks } of rowGroups) {
    for (const [position, leaves] of chunks.entries()) {
      const name = readings[position]?.field.name;
      for (const chunk of leaves) {
        if (!CODECS.has(chunk.codec)) return `column ${name} is compressed with ${chunk.codec}`;
        const encoding = chunk.encodings.find((name) => !ENCODINGS.has(name));
        if (encoding !== undefined) return `column ${name} has the encoding ${encoding}`;
      }
    }
  }
  return undefined;
}
