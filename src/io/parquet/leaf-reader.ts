/**
 * Reads one leaf of a nested column, the next rows at a time: the levels of its entries, and the slots of its own.
 *
 *     page ──▶ levels ──▶ next      │ entries decoded and not taken yet │
 *                            │ up to where the next row begins
 *                            ▼
 *              batch      │ levels of its entries │       slots with a value ──▶ chunk-values.ts
 *
 * A row may go on in the next page, but for pages of which an index says which rows they have: these begin with a row, and
 * those without any that is wanted are passed over unseen. How many rows a page of which some are wanted has is counted as soon as
 * it is opened: an index that says otherwise would have rows taken for others. What it says of pages that nobody opens stays
 * unknown, and so do two lies that make up for each other. Without lists an entry is a row, so whole pages are passed over there too.
 */

import type { Column } from '../../columnar/column.ts';
import type { RowRange } from '../../columnar/slice.ts';
import { ChunkValues } from './chunk-values.ts';
import type { PageHeader } from './page-header.ts';
import { levelBits } from './page-reader.ts';
import type { ChunkSource, FileWork } from './plain-values.ts';
import { pageOfRow } from './scan-plan.ts';

export class LeafReader {
  readonly #work: FileWork;
  readonly #source: ChunkSource;
  readonly #values: ChunkValues;
  /** Entries of the current page whose levels are not decoded yet. */
  #pageEntries = 0;
  /** Entries whose levels are decoded, from `#from` to `#to`. */
  #from = 0;
  #to = 0;
  /** Rows of the chunk that have begun, or were passed over. */
  #row = 0;
  /** Where the rows of the current page end, if that is known. */
  #pageEnd: number | undefined;
  /** Of the batch. */
  #entries = 0;
  #valid = 0;

  constructor(work: FileWork, source: ChunkSource) {
    this.#work = work;
    this.#source = source;
    this.#values = new ChunkValues(work, source);
  }

  /** Entries of the batch, whose levels are in the buffers. */
  get entries(): number {
    return this.#entries;
  }

  get slots(): number {
    return this.#values.filled;
  }

  /** Bytes of the texts of the batch. */
  get textBytes(): number {
    return this.#values.textBytes;
  }

  /** The slots of the batch. */
  get column(): Column {
    return this.#values.column(this.#valid);
  }

  /** Where the levels of the batch are. */
  get repetitions(): number {
    return this.#source.buffers.repetitions.address;
  }

  get definitions(): number {
    return this.#source.buffers.definitions.address;
  }

  damaged(detail: string): Error {
    return this.#values.damaged(detail);
  }

  /** Makes a batch of the next `rows` rows; what was had of the one before becomes invalid. */
  async read(rows: number): Promise<void> {
    this.#entries = 0;
    this.#valid = 0;
    this.#values.begin();
    const { take } = this.#work;
    const { repetitions, definitions, validity } = this.#source.buffers;
    await this.#take(rows, (count, from) => {
      for (const [region, at] of [
        [repetitions, from.repetitions],
        [definitions, from.definitions],
      ] as const) {
        region.ensure(this.#entries + count, this.#entries);
        take.copyBytes(at, region.address + this.#entries, count);
      }
      this.#entries += count;
      this.#values.reserve(count);
      const { slots, valid } = this.#slots(count, from, validity.address, this.#values.filled);
      this.#values.decode(slots, valid);
      this.#valid += valid;
    });
  }

  /** Passes over the next `rows` rows, outside of any batch. */
  async pass(rows: number): Promise<void> {
    let left = await this.#seek(rows);
    const { pages, reading } = this.#source;
    if (pages === undefined && reading.file.repetition === 0) {
      const here = Math.min(left, this.#to - this.#from + this.#pageEntries);
      await this.#decodeAndDrop(here);
      left = await this.#passPages(left - here);
    }
    await this.#decodeAndDrop(left);
  }

  async #decodeAndDrop(rows: number): Promise<void> {
    const { scratch, holding } = this.#work;
    await this.#take(rows, (count, from) => {
      holding.linear.zero(scratch.bits, scratch.bits + Math.ceil(count / 8) + 8);
      this.#values.passValues(this.#slots(count, from, scratch.bits, 0).valid);
    });
  }

  /** At the end of a page, passes over whole pages of a leaf that has an entry for each row; returns how many of the next `rows` are left. */
  async #passPages(rows: number): Promise<number> {
    let left = rows;
    while (left > 0 && this.#values.entriesAhead > 0) {
      const header = await this.#values.nextHeader();
      if (header.values > left) {
        await this.#openPage(header);
        break;
      }
      this.#values.pass(header);
      this.#row += header.values;
      left -= header.values;
    }
    return left;
  }

  /** Goes to the page with the row behind the next `rows`, where that is a later one and known; returns how many of them are left. */
  async #seek(rows: number): Promise<number> {
    const { pages, chunk } = this.#source;
    const wanted = this.#row + rows;
    const page = pages && pageOfRow(pages, wanted);
    if (page === undefined || page.rows.start <= this.#row) return rows;
    // Every row has an entry, or more.
    await this.#values.seek(page.start, chunk.values - page.rows.start);
    this.#pageEntries = 0;
    this.#from = this.#to;
    this.#row = page.rows.start;
    this.#pageEnd = undefined;
    return wanted - page.rows.start;
  }

  /** Calls `use` with entries, from one page each time, that make `rows` rows in all. */
  async #take(rows: number, use: (count: number, from: EntryLevels) => void): Promise<void> {
    let begun = 0;
    for (;;) {
      if (this.#from === this.#to) {
        // What goes on in the next page belongs to the last row; without lists, or where pages begin with rows, nothing does.
        if (begun === rows && (this.#source.reading.file.repetition === 0 || this.#isAtPageEnd())) return;
        if (!(await this.#refill())) break;
      }
      const from = this.#levelsAt(this.#from);
      const counted = this.#work.scratch.bits;
      const count = this.#work.kernels.entriesOfRows(from.repetitions, this.#to - this.#from, rows - begun, counted);
      const began = this.#work.holding.linear.data.getUint32(counted, true);
      if (begun === 0 && began === 0 && count > 0) throw this.damaged('its levels begin in the middle of a row');
      if (count === 0) return;
      begun += began;
      this.#row += began;
      this.#from += count;
      use(count, from);
    }
    if (begun < rows) throw this.damaged('its pages hold fewer rows than the footer claims');
  }

  /** Whether the page, of which it is known which rows it has, is done. @throws MalformedFile where it has others */
  #isAtPageEnd(): boolean {
    if (this.#pageEnd === undefined || this.#pageEntries > 0) return false;
    if (this.#row !== this.#pageEnd) throw this.#otherRows();
    return true;
  }

  /** Decodes more levels, at most those of a batch's rows; false at the end of the chunk. */
  async #refill(): Promise<boolean> {
    const { buffers, batchRows, reading, pages } = this.#source;
    const { definition, repetition } = reading.file;
    if (this.#pageEntries === 0) {
      if (this.#values.entriesAhead === 0 || (this.#isAtPageEnd() && this.#row === pages?.at(-1)?.rows.end))
        return false;
      const indexed = pages && pageOfRow(pages, this.#row)?.rows;
      if (pages !== undefined && indexed?.start !== this.#row) throw this.#otherRows();
      await this.#openPage(await this.#values.nextHeader(), indexed);
    }
    const count = Math.min(this.#pageEntries, batchRows);
    const to = this.#levelsAt(0);
    this.#decodeLevels(buffers.levelState, definition, count, to.definitions);
    this.#decodeLevels(buffers.repetitionState, repetition, count, to.repetitions);
    this.#pageEntries -= count;
    this.#from = 0;
    this.#to = count;
    return true;
  }

  /** `indexed` are the rows that an index says it has. */
  async #openPage(header: PageHeader, indexed?: RowRange): Promise<void> {
    const { kernels } = this.#work;
    const { buffers, batchRows, reading } = this.#source;
    buffers.nextLevels.ensure(2 * batchRows, 0);
    const { definition, repetition } = reading.file;
    this.#pageEnd = indexed?.end;
    const page = await this.#values.open(header);
    kernels.beginHybrid(buffers.levelState, page.definitions, page.definitionsEnd, levelBits(definition));
    const beginRepetitions = (): void =>
      kernels.beginHybrid(buffers.repetitionState, page.repetitions, page.repetitionsEnd, levelBits(repetition));
    beginRepetitions();
    if (indexed !== undefined) {
      if (this.#rowsIn(header.values) !== indexed.end - indexed.start) throw this.#otherRows();
      beginRepetitions();
    }
    this.#pageEntries = header.values;
  }

  /** How many rows begin in the page of which nothing but `entries` is known, by its repetition levels. */
  #rowsIn(entries: number): number {
    const { repetition } = this.#source.reading.file;
    if (repetition === 0) return entries;
    let rows = 0;
    for (let left = entries; left > 0; ) {
      const count = Math.min(left, this.#source.batchRows);
      this.#decodeLevels(this.#source.buffers.repetitionState, repetition, count, this.#levelsAt(0).repetitions);
      rows += this.#rowsBegun(this.#levelsAt(0).repetitions, count);
      left -= count;
    }
    return rows;
  }

  #rowsBegun(repetitions: number, count: number): number {
    const { kernels, scratch, holding } = this.#work;
    kernels.entriesOfRows(repetitions, count, count, scratch.bits);
    return holding.linear.data.getUint32(scratch.bits, true);
  }

  /** Levels as bytes at `to`. @throws MalformedFile */
  #decodeLevels(state: number, most: number, count: number, to: number): void {
    const { kernels, scratch, holding } = this.#work;
    if (most === 0) {
      holding.linear.zero(to, to + count);
      return;
    }
    const greatest = kernels.decodeHybrid(state, count, scratch.stored);
    if (greatest < 0) throw this.damaged('its levels are damaged');
    if (greatest > most) throw this.damaged(`it has a level beyond ${most}`);
    kernels.narrowLevels(scratch.stored, count, to);
  }

  #otherRows(): Error {
    return this.damaged('a page does not have the rows that its index says');
  }

  #levelsAt(entry: number): EntryLevels {
    const { nextLevels } = this.#source.buffers;
    return {
      repetitions: nextLevels.address + entry,
      definitions: nextLevels.address + this.#source.batchRows + entry,
    };
  }

  #slots(count: number, from: EntryLevels, bits: number, toBit: number): { slots: number; valid: number } {
    const { slotLevel, definition, repetition } = this.#source.reading.file;
    const both = this.#work.kernels.slotBits(
      from.repetitions,
      from.definitions,
      count,
      repetition,
      slotLevel,
      definition,
      bits,
      toBit,
    );
    return { slots: Number(both & 0xffff_ffffn), valid: Number(both >> 32n) };
  }
}

/** Addresses of the levels of an entry and of those behind it. */
interface EntryLevels {
  readonly repetitions: number;
  readonly definitions: number;
}
