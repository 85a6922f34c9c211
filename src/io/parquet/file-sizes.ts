import { BATCH_ROWS } from '../../columnar/batch.ts';
import { isNested } from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import { LinearMemory } from '../../memory/linear-memory.ts';
import { ColumnBuffers, Scratch } from './column-buffers.ts';
import { codecBytes } from './decompress.ts';
import type { FileRequest } from './file-reader.ts';
import type { ColumnChunk } from './row-group.ts';
import { type ByteRange, type PlannedRowGroup, rangesToRead, type ScanPlan } from './scan-plan.ts';
import { type ColumnReading, leavesOf, type Reading } from './value-form.ts';

const MIN_BATCH_ROWS = 64;
const MIN_WINDOW_BYTES = 64 * 1024;
/** Row groups behind the current one are read ahead up to so many bytes: some times what a network holds. */
const AHEAD_BYTES: number = 16 << 20;
/** And at least so many, which a network brings in the time that a request takes, or twice that. */
const LEAST_AHEAD_BYTES: number = 4 << 20;

export const allLeaves = (readings: readonly (Reading | undefined)[]): ColumnReading[] =>
  readings.flatMap((reading) => (reading === undefined ? [] : leavesOf(reading)));

/** How the bytes of a file's row groups compare with what can be leased. */
export class FileSizes {
  readonly batchRows: number;
  readonly leaseBytes: number;
  readonly windowBytes: number;
  readonly zeroBytes: number;
  /** Bytes of the widest value. */
  readonly widest: number;
  readonly #roomBytes: number;
  /** Stored bytes of each planned row group, as regions. */
  readonly #stored: readonly number[];
  /**
   * An upper estimate for pages, dictionaries and texts. What a column grows to it keeps for the row groups behind, so it is
   * the most that each column needs in any of them.
   */
  readonly #plainBytes: number;

  constructor({ budget, footer, plan, fields, readings }: FileRequest) {
    const { floorBytes } = budget;
    const known = allLeaves(readings);
    this.widest = Scratch.widthOf(known.map(({ form }) => form));
    const missing = fields.filter((_, position) => readings[position] === undefined);
    const zeroBytes = (rows: number): number => (missing.length > 0 ? rows * 16 + 16 : 0);
    const fixedBytes = (rows: number): number =>
      Scratch.footprint(rows, this.widest) +
      (missing.length > 0 ? LinearMemory.footprint(zeroBytes(rows)) : 0) +
      missing.reduce((bytes, { type }) => bytes + constantBytes(type, rows), 0) +
      known.reduce((bytes, { form }) => bytes + ColumnBuffers.footprint(form, rows), footer.heldBytes + plan.heldBytes);

    let rows = BATCH_ROWS;
    const growingBytes = largestGrowingPerRow(plan, readings);
    const isTooLarge = (): boolean => fixedBytes(rows) > floorBytes / 2 || growingBytes * rows > floorBytes / 8;
    while (rows > MIN_BATCH_ROWS && isTooLarge()) rows /= 2;
    this.batchRows = rows;
    this.zeroBytes = zeroBytes(rows);

    this.#stored = plan.rowGroups.map((group) => storedBytes(rangesToRead(group)));
    const codecs = plan.rowGroups.reduce((most, { chunks }) => Math.max(most, mostOfCodecs(chunks.flat())), 0);
    const inLeaves = plan.rowGroups.map(({ chunks, rows: groupRows }) =>
      chunks.flatMap((leaves, at) =>
        leaves.map((chunk) => plainBytes(chunk, readings[at], rows / Math.max(1, groupRows))),
      ),
    );
    const mostOf = (leaf: number): number => inLeaves.reduce((most, bytes) => Math.max(most, bytes[leaf] ?? 0), 0);
    this.#plainBytes = [...(inLeaves[0] ?? []).keys()].reduce((sum, leaf) => sum + mostOf(leaf), codecs);
    const most = this.#stored.reduce((bytes, stored, at) => Math.max(bytes, stored + this.#aheadBytes(at)), 0);
    this.leaseBytes = Math.min(floorBytes, fixedBytes(rows) + most + this.#plainBytes);
    this.#roomBytes = this.leaseBytes - fixedBytes(rows);
    const share = Math.floor(this.#roomBytes / 2 / Math.max(1, known.length));
    this.windowBytes = Math.max(MIN_WINDOW_BYTES, share - PAGE_SLACK_BYTES);
  }

  /** Bytes of row groups behind the one at `position` that are worth to be in memory with it. */
  #aheadBytes(position: number): number {
    let bytes = 0;
    for (let at = position + 1; at < this.#stored.length && bytes < AHEAD_BYTES; at += 1)
      bytes += this.#stored[at] ?? 0;
    return bytes;
  }

  /** Whether what is stored of the row group at `position` is to be read beside that of those before it that are in memory. */
  fitsBeside(position: number, before: readonly { readonly position: number; readonly bytes: number }[]): boolean {
    const stored = this.#stored[position] ?? 0;
    const ahead = before.slice(1).reduce((sum, { bytes }) => sum + bytes, 0);
    if (ahead > 0 && ahead + stored > this.#mostAhead(before[0]?.position ?? 0)) return false;
    return (before[0]?.bytes ?? 0) + ahead + stored + this.#plainBytes <= this.#roomBytes;
  }

  /** Beside the next one: what was read up to the current row group, so that little is read in vain for who stops early. */
  #mostAhead(current: number): number {
    let bytes = LEAST_AHEAD_BYTES;
    for (let at = 0; at <= current && bytes < AHEAD_BYTES; at += 1) bytes += this.#stored[at] ?? 0;
    return bytes;
  }

  /** Whether so many bytes leave room for windows of all columns and what is made of them. */
  isSmall(bytes: number): boolean {
    return bytes <= this.#roomBytes / 8;
  }
}

/** Of linear memory, that ranges take. */
export const storedBytes = (ranges: readonly ByteRange[]): number =>
  ranges.reduce((bytes, { byteLength }) => bytes + LinearMemory.footprint(byteLength), 0);

/** Regions of a column that grow are rounded up to pages of memory, with padding. */
const PAGE_SLACK_BYTES = 6 * 8192;
/** Of an entry of a nested column in a batch: its levels, its offset, its value, and what growing leaves free. */
const ENTRY_BYTES = 64;

/** Of the page whose decompressing takes most: one at a time. */
const mostOfCodecs = (chunks: readonly ColumnChunk[]): number =>
  chunks.reduce((most, { codec, plainBytes: bytes }) => Math.max(most, codecBytes(codec, bytes)), 0);

/** What decoding a chunk takes beside its stored bytes, in batches of a share of its rows. */
function plainBytes(chunk: ColumnChunk, reading: Reading | undefined, batchShare: number): number {
  // Pages and the dictionary, and of texts those of a batch, all of which grow to the double.
  const grows = reading !== undefined && 'form' in reading && reading.form.kind === 'text';
  const bytes = PAGE_SLACK_BYTES + 2 * chunk.plainBytes * (1 + (grows ? Math.min(1, batchShare) : 0));
  if (reading === undefined || 'form' in reading) return Math.ceil(bytes);
  return Math.ceil(bytes) + 2 * PAGE_SLACK_BYTES + ENTRY_BYTES * Math.ceil(chunk.values * Math.min(1, batchShare));
}

/** A null in every row: codes and bits, and one entry. */
const constantBytes = (type: Field['type'], rows: number): number =>
  isNested(type) || type.kind === 'fixed-size-binary' ? LinearMemory.footprint(rows * 4) * 2 + PAGE_SLACK_BYTES : 0;

/** Bytes per row of what has no fixed size: texts, and what is in lists. */
function largestGrowingPerRow({ rowGroups }: ScanPlan, readings: FileRequest['readings']): number {
  const perRow = ({ rows, chunks }: PlannedRowGroup): number =>
    chunks.reduce((bytes, leaves, at) => {
      const reading = readings[at];
      const grows = reading !== undefined && (!('form' in reading) || reading.form.kind === 'text');
      return grows ? leaves.reduce((sum, { plainBytes: plain }) => sum + plain / Math.max(1, rows), bytes) : bytes;
    }, 0);
  return rowGroups.reduce((most, group) => Math.max(most, perRow(group)), 0);
}
