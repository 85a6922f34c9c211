import { BATCH_ROWS } from '../../columnar/batch.ts';
import { isNested } from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import { LinearMemory } from '../../memory/linear-memory.ts';
import { MIN_BATCH_ROWS } from './batch-size.ts';
import { ColumnBuffers, Scratch } from './column-buffers.ts';
import { codecBytes } from './decompress.ts';
import type { FileRequest } from './file-reader.ts';
import type { ColumnChunk } from './row-group.ts';
import { type ByteRange, type PlannedRowGroup, rangesToRead, type ScanPlan } from './scan-plan.ts';
import { type ColumnReading, leavesOf, type Reading } from './value-form.ts';

const MIN_WINDOW_BYTES = 64 * 1024;
/**
 * Row groups behind the current one are read ahead up to so many bytes. Requests that share a network end at about the same time: what
 * is in memory then has to last until the next ones have been decided, sent and answered.
 */
const AHEAD_BYTES: number = 32 << 20;
/** And at least so many, which a network brings in the time that a request takes, or twice that. */
const LEAST_AHEAD_BYTES: number = 4 << 20;

export const allLeaves = (readings: readonly (Reading | undefined)[]): ColumnReading[] =>
  readings.flatMap((reading) => (reading === undefined ? [] : leavesOf(reading)));

/** How the bytes of a file's row groups compare with what can be leased. */
export class FileSizes {
  readonly batchRows: number;
  /** What texts and items of all columns may take in a batch. */
  readonly growingBytes: number;
  /** Whether there are texts inside of nested columns that are codes in the file. */
  readonly writesOutTexts: boolean;
  readonly leaseBytes: number;
  readonly windowBytes: number;
  readonly zeroBytes: number;
  /** Outside linear memory: the footer, and what was planned. */
  readonly footerBytes: number;
  /** What decoding takes beside stored bytes, the footer too: an upper estimate. */
  readonly decodingBytes: number;
  /** Stored bytes of all planned row groups, as regions. */
  readonly storedBytes: number;
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
    this.footerBytes = footer.heldBytes + plan.heldBytes;
    this.widest = Scratch.widthOf(known.map(({ form }) => form));
    const missing = fields.filter((_, position) => readings[position] === undefined);
    const zeroBytes = (rows: number): number => (missing.length > 0 ? rows * 16 + 16 : 0);
    const fixedBytes = (rows: number): number =>
      Scratch.footprint(rows, this.widest) +
      (missing.length > 0 ? LinearMemory.footprint(zeroBytes(rows)) : 0) +
      missing.reduce((bytes, { type }) => bytes + constantBytes(type, rows), 0) +
      known.reduce((bytes, { form }) => bytes + ColumnBuffers.footprint(form, rows), this.footerBytes);

    let rows = BATCH_ROWS;
    this.growingBytes = Math.floor(floorBytes / 8);
    const perRow = largestGrowingPerRow(plan, readings);
    const isTooLarge = (): boolean => fixedBytes(rows) > floorBytes / 2 || perRow * rows > this.growingBytes;
    while (rows > MIN_BATCH_ROWS && isTooLarge()) rows /= 2;
    this.batchRows = rows;
    this.zeroBytes = zeroBytes(rows);

    this.#stored = plan.rowGroups.map((group) => storedBytes(rangesToRead(group)));
    const chunks = plan.rowGroups.map((group) => group.chunks.flat());
    this.writesOutTexts = chunks.some((row) =>
      row.some((chunk, leaf) => hasDictionary(chunk) && known[leaf]?.form.kind === 'text' && !known[leaf].keepsCodes),
    );
    const atOnce = chunks.flat().reduce((most, chunk) => Math.max(most, onceBytes(chunk)), 0);
    const written = this.writesOutTexts ? 2 * this.growingBytes : 0;
    const inLeaves = plan.rowGroups.map((group, at) =>
      known.map((leaf, position) => plainBytes(chunks[at]?.[position], leaf, rows / Math.max(1, group.rows))),
    );
    const mostOf = (leaf: number): number => inLeaves.reduce((most, bytes) => Math.max(most, bytes[leaf] ?? 0), 0);
    this.#plainBytes = [...known.keys()].reduce((sum, leaf) => sum + mostOf(leaf), atOnce + written);
    const most = this.#stored.reduce((bytes, stored, at) => Math.max(bytes, stored + this.#aheadBytes(at)), 0);
    this.leaseBytes = Math.min(floorBytes, fixedBytes(rows) + most + this.#plainBytes);
    this.#roomBytes = this.leaseBytes - fixedBytes(rows);
    this.decodingBytes = fixedBytes(rows) + this.#plainBytes;
    this.storedBytes = this.#stored.reduce((sum, bytes) => sum + bytes, 0);
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

  /** Of the row group at `position`, as regions. */
  storedOf(position: number): number {
    return this.#stored[position] ?? 0;
  }

  /** Whether what is stored of the row group at `position` has room beside that of those before it that are in memory. */
  fitsBeside(position: number, before: readonly { readonly bytes: number }[]): boolean {
    const stored = before.reduce((sum, { bytes }) => sum + bytes, this.storedOf(position));
    return stored + this.#plainBytes <= this.#roomBytes;
  }

  /**
   * Stored bytes that are worth to be read ahead of the row group at `position`, beside the next one: what was read up to it, so that little
   * is read in vain for who stops early.
   */
  mostAhead(position: number, ofFilesBefore: number): number {
    let bytes = Math.min(AHEAD_BYTES, LEAST_AHEAD_BYTES + ofFilesBefore);
    for (let at = 0; at <= position && bytes < AHEAD_BYTES; at += 1) bytes += this.#stored[at] ?? 0;
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
/** What is kept anew is an eighth larger, and more with what lies around it. */
const GROWN = 1.25;
/** Of an entry of a nested column in a batch: its levels, its offset, its value, and what growing leaves free. */
const ENTRY_BYTES = 64;

const hasDictionary = ({ encodings }: ColumnChunk): boolean =>
  encodings.includes('RLE_DICTIONARY') || encodings.includes('PLAIN_DICTIONARY');

/** What only one chunk takes at a time: what its codec needs, and the page of a dictionary beside what is made of it. */
const onceBytes = (chunk: ColumnChunk): number =>
  codecBytes(chunk.codec, chunk.plainBytes) +
  (hasDictionary(chunk) && chunk.codec !== 'UNCOMPRESSED' ? LinearMemory.footprint(chunk.plainBytes) : 0);

/** What decoding a chunk takes beside its stored bytes, in batches of a share of its rows. */
function plainBytes(chunk: ColumnChunk | undefined, { form, keepsCodes }: ColumnReading, share: number): number {
  if (chunk === undefined) return 0;
  // A dictionary and the largest of the other pages are no more than all pages, but for values that are widened.
  const widening = form.kind === 'fixed' && hasDictionary(chunk) ? Math.max(1, form.width / form.storedBytes) : 1;
  const bytes = PAGE_SLACK_BYTES + GROWN * chunk.plainBytes * widening;
  // Texts of a batch grow to the double.
  const text = form.kind === 'text' ? 2 * chunk.plainBytes * Math.min(1, share) : 0;
  if (keepsCodes) return Math.ceil(bytes + text);
  return Math.ceil(bytes + text) + 2 * PAGE_SLACK_BYTES + ENTRY_BYTES * Math.ceil(chunk.values * Math.min(1, share));
}

/** A null in every row: codes and bits, and one entry. */
const constantBytes = (type: Field['type'], rows: number): number =>
  isNested(type) || type.kind === 'fixed-size-binary' ? LinearMemory.footprint(rows * 4) * 2 + PAGE_SLACK_BYTES : 0;

/** Bytes per row of what has no fixed size: texts, and what is in lists. */
function largestGrowingPerRow({ rowGroups }: ScanPlan, readings: FileRequest['readings']): number {
  const perRow = ({ rows, chunks }: PlannedRowGroup): number =>
    readings.reduce((total, reading, at) => {
      const leaves = reading === undefined ? [] : leavesOf(reading);
      return leaves.reduce((bytes, leaf, position) => {
        const chunk = chunks[at]?.[position];
        return chunk === undefined ? bytes : bytes + growingBytesOf(chunk, leaf) / Math.max(1, rows);
      }, total);
    }, 0);
  return rowGroups.reduce((most, group) => Math.max(most, perRow(group)), 0);
}

/** Values of few bytes may be codes of fewer, but levels and values of a batch are written out. */
function growingBytesOf({ plainBytes: bytes, values }: ColumnChunk, { form, keepsCodes }: ColumnReading): number {
  if (keepsCodes) return form.kind === 'text' ? bytes : 0;
  const valueBytes = form.kind === 'fixed' || form.kind === 'sized' ? form.width : 4;
  return Math.max(bytes, values * (valueBytes + 2));
}
