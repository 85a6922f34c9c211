/**
 * Finds the rows of a complete build side by key. Not changed any more: several may look into it, each with a `KeyFinder`.
 *
 *     hashed    slots of hash tag and row, of which at most half are taken
 *     ranged    a word for each whole number between the least and the greatest, where those are not many more than rows;
 *               nothing where the numbers are those of the rows
 *
 * Rows of a table that no cache holds are put in the order of the upper bits of their hashes, or numbers, before: so those
 * that are found by keys with the same bits lie together, and who looks up many keys does it in this order.
 *
 * Both give the first row that has the key. Where keys are there more than once, `starts` and `ordered` list the rows of
 * each (kernels/assembly/join.ts has the drawing); a join that only asks whether a key is there has no need of them.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../columnar/batch.ts';
import type { Column, Dictionary } from '../columnar/column.ts';
import { type DataType, fixedWidth, isWhole } from '../columnar/data-type.ts';
import { sliceColumn } from '../columnar/slice.ts';
import { groupKernels } from '../kernels/group-kernels.ts';
import { type JoinKernels, joinKernels } from '../kernels/join-kernels.ts';
import { partitionKernels } from '../kernels/partition-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { GrowingRegion } from './growing-region.ts';
import { HashSlots } from './hash-slots.ts';
import { comparedKeys, type JoinKey, type JoinRows } from './join-rows.ts';
import { CACHED_BYTES } from './radix-buffer.ts';
import type { RowImages } from './row-images.ts';

/** A word for a number takes no more than slots do as long as this many are for each row. */
const NUMBERS_PER_ROW = 4;
const FEW_NUMBERS = 1024;
/** Rows of which the slots fit a cache. */
const FEW_ROWS = 16_384;

/** Parts in whose order rows are put. */
const ROW_PARTS = 4096;
/** Of a row in a table: slots, its first row, its place in the lists. */
const ENTRY_BYTES = 24;

/** Lists of the rows of each key. */
interface RowLists {
  readonly starts: Region;
  readonly ordered: Region;
}

interface Ranged {
  /** Of the values. */
  readonly width: number;
  readonly range: Region;
  /** Undefined where the numbers follow each other, from row to row: there is nothing to look up. */
  readonly entries: Region | undefined;
}

export interface JoinTableOptions {
  /** Whether the rows of a key are asked for, and not only whether there is one. */
  readonly lists: boolean;
  /** Whether the first row of the key of each row is asked for. */
  readonly firsts: boolean;
}

export class JoinTable {
  readonly keys: readonly JoinKey[];
  /** Of the keys of the build side. */
  readonly images: RowImages;
  /** Rows that may be met. */
  readonly rowCount: number;
  readonly #holding: Holding;
  readonly #kernels: JoinKernels;
  readonly #slots: HashSlots | undefined;
  readonly #ranged: Ranged | undefined;
  readonly #firsts: Region | undefined;
  /** Of all that is read for keys that are looked up, about. */
  readonly byteLength: number;
  /** Undefined where each key is there once, or nobody asks. */
  readonly lists: RowLists | undefined;

  /** What it retains is of `holding`, until that is disposed. @throws MemoryBudgetExceeded */
  constructor(build: JoinRows, { lists, firsts }: JoinTableOptions, holding: Holding) {
    this.keys = build.keys;
    this.images = build.images;
    this.rowCount = build.rows.rowCount;
    this.#holding = holding;
    this.#kernels = joinKernels(holding.linear);
    this.#ranged = this.#rangeOf(build);
    this.#slots = this.#ranged === undefined ? this.#slotsOf(build) : undefined;
    this.byteLength = build.rows.byteLength + this.rowCount * (ENTRY_BYTES + this.images.imageBytes);
    if (this.byteLength > CACHED_BYTES && !this.#isInOrder) this.#orderByHash(build);
    this.#slots?.write(8, build.imagesAddress);
    if (this.#isInOrder) return;
    const firstOf = holding.allocate(this.rowCount * 4);
    const repeated =
      this.#ranged === undefined ? this.#placeRows(firstOf.address) : this.#placeWholes(build, this.#ranged, firstOf);
    if (lists && repeated > 0) this.lists = this.#listRows(firstOf);
    if (firsts && repeated > 0) this.#firsts = firstOf;
    else holding.free(firstOf);
  }

  /** Address of the first row of the key of each row; 0 where that is the row itself, or nobody asked. */
  get firsts(): number {
    return this.#firsts?.address ?? 0;
  }

  /** Whether whole numbers are looked up where they are. */
  get isRanged(): boolean {
    return this.#ranged !== undefined;
  }

  /** Writes the first row of the key of each image to `found`. `scratch` is room for 16 bytes a row. */
  findImages(images: number, rowCount: number, scratch: number, found: number): void {
    if (this.#ranged !== undefined) {
      const { width, range, entries } = this.#ranged;
      this.#kernels.findWholeImages(images, width, rowCount, range.address, entries?.address ?? 0, found);
      return;
    }
    assert.ok(this.#slots !== undefined);
    this.hash(images, rowCount, scratch);
    const { handle } = this.#slots;
    groupKernels(this.#holding.linear).lookUpGroups(handle, images, scratch, rowCount, found, scratch + rowCount * 8);
  }

  /** Writes to `hashes` what rows of these keys are in the order of, by its upper bits: 8 bytes for each image. */
  hash(images: number, rowCount: number, hashes: number): void {
    if (this.#slots !== undefined) {
      groupKernels(this.#holding.linear).hashImages(this.#slots.handle, images, rowCount, hashes);
    } else if (this.#ranged !== undefined) {
      this.#kernels.hashWholes(images, this.#ranged.width, rowCount, this.#ranged.range.address, hashes);
    }
  }

  /** The same as `findImages` of plain values, where the table is ranged. */
  findWholes(values: number, rowCount: number, found: number): void {
    assert.ok(this.#ranged !== undefined);
    const { width, range, entries } = this.#ranged;
    this.#kernels.findWholes(values, width, rowCount, range.address, entries?.address ?? 0, found);
  }

  /** Whether the numbers are those of the rows. */
  get #isInOrder(): boolean {
    return this.#ranged !== undefined && this.#ranged.entries === undefined;
  }

  /** Where memory allows it. */
  #orderByHash(build: JoinRows): void {
    const { rowCount } = this;
    using scratch = this.#holding.budget.reserve(this.#holding.owner);
    const ids = scratch.tryAllocate(rowCount * 4);
    const order = scratch.tryAllocate(rowCount * 4);
    if (ids === undefined || order === undefined) return;
    const hashes = scratch.allocate(BATCH_ROWS * 8).address;
    const starts = scratch.allocate((ROW_PARTS + 1) * 4).address;
    const kernels = partitionKernels(scratch.linear);
    const { imageBytes } = this.images;
    for (let from = 0; from < rowCount; from += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, rowCount - from);
      this.hash(build.imagesAddress + from * imageBytes, count, hashes);
      kernels.hashPartitions(hashes, count, ROW_PARTS, ids.address + from * 4);
    }
    kernels.orderByPartition(ids.address, rowCount, ROW_PARTS, starts, order.address);
    scratch.free(ids);
    build.reorder(order.address);
  }

  #rangeOf({ images, imagesAddress }: JoinRows): Ranged | undefined {
    const [key] = this.keys;
    if (key === undefined || this.keys.length > 1 || key.nullEqualsNull || !isNumbered(key.type)) return undefined;
    if (this.rowCount === 0) return undefined;
    assert.equal(images.imageBytes, 8);
    const width = fixedWidth(key.type) ?? 0;
    const range = this.#holding.allocate(16);
    if (this.#kernels.rangeOfWholes(imagesAddress, width, this.rowCount, range.address) === 1) {
      return { width, range, entries: undefined };
    }
    const [least, greatest] = [0, 1].map((n) => this.#holding.linear.i64[range.address / 8 + n] ?? 0n) as [
      bigint,
      bigint,
    ];
    const numbers = greatest - least + 1n;
    const bytes = Number(numbers) * 4;
    const entries =
      numbers <= BigInt(Math.max(FEW_NUMBERS, this.rowCount * NUMBERS_PER_ROW))
        ? this.#holding.tryAllocate(bytes)
        : undefined;
    if (entries === undefined) {
      this.#holding.free(range);
      return undefined;
    }
    takeKernels(this.#holding.linear).fillBytes(entries.address, 0, bytes);
    return { width, range, entries };
  }

  #slotsOf({ images }: JoinRows): HashSlots {
    const slots = new HashSlots(this.#holding);
    // Where they fit a cache, so many slots that few keys meet another one's.
    slots.renew(this.rowCount * (this.rowCount < FEW_ROWS ? 4 : 1));
    slots.write(12, images.imageBytes);
    return slots;
  }

  #placeWholes({ imagesAddress }: JoinRows, { width, range, entries }: Ranged, firsts: Region): number {
    assert.ok(entries !== undefined);
    const [from, to] = [range.address, entries.address];
    return this.#kernels.placeWholes(imagesAddress, width, this.rowCount, from, to, firsts.address);
  }

  /** Returns how many rows are not the first with their key. */
  #placeRows(firsts: number): number {
    assert.ok(this.#slots !== undefined);
    const { handle } = this.#slots;
    const hashes = this.#holding.allocate(BATCH_ROWS * 8);
    const images = this.#slots.read(8);
    let repeated = 0;
    for (let from = 0; from < this.rowCount; from += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, this.rowCount - from);
      const at = images + from * this.images.imageBytes;
      this.hash(at, count, hashes.address);
      repeated += this.#kernels.placeRows(handle, hashes.address, from, count, firsts);
    }
    this.#holding.free(hashes);
    return repeated;
  }

  #listRows(firsts: Region): RowLists {
    const bytes = (this.rowCount + 2) * 4;
    const starts = this.#holding.allocate(bytes);
    const ordered = this.#holding.allocate(this.rowCount * 4);
    takeKernels(this.#holding.linear).fillBytes(starts.address, 0, bytes);
    this.#kernels.orderRows(firsts.address, this.rowCount, starts.address, ordered.address);
    return { starts, ordered };
  }
}

/** Whether values are whole numbers of at most 8 bytes. */
const isNumbered = (type: DataType): boolean => isWhole(type) && (fixedWidth(type) ?? 0) <= 8;

/** Looks keys up in a table, with scratch of its own. */
export class KeyFinder implements Disposable {
  readonly #table: JoinTable;
  readonly #images: RowImages;
  readonly #holding: Holding;
  readonly #found: GrowingRegion;
  readonly #scratch: GrowingRegion;
  /** What was found for the entries of a dictionary, and whose they are. */
  readonly #entries: GrowingRegion;
  #entriesOf = 0;

  /** Scratch comes from `holding`, whose owner disposes it after this. */
  constructor(table: JoinTable, holding: Holding) {
    this.#table = table;
    this.#images = table.images.reader(holding);
    this.#holding = holding;
    this.#found = new GrowingRegion(holding);
    this.#scratch = new GrowingRegion(holding);
    this.#entries = new GrowingRegion(holding);
  }

  /**
   * The first row with the key of each row, all ones where there is none: the address of `rowCount` uint32, valid until
   * the next call. At most `BATCH_ROWS` rows. @throws MemoryBudgetExceeded
   */
  find(keys: readonly Column[], rowCount: number): number {
    this.#found.ensure(rowCount * 4, 0);
    const [key] = keys;
    const nullEqualsNull = this.#table.keys[0]?.nullEqualsNull === true;
    if (key?.dictionary !== undefined && keys.length === 1 && !nullEqualsNull) {
      this.#findEntries(key.dictionary);
      takeKernels(this.#holding.linear).take4(this.#entries.address, key.values, rowCount, this.#found.address);
    } else this.#findPlain(comparedKeys(this.#table.keys, keys), rowCount, this.#found.address);
    for (const [index, { validity }] of keys.entries()) {
      if (validity === 0 || this.#table.keys[index]?.nullEqualsNull === true) continue;
      joinKernels(this.#holding.linear).forgetNulls(this.#found.address, validity, rowCount);
    }
    return this.#found.address;
  }

  /** Images of keys, whose nulls are not in them: their address, valid until the next call. @throws MemoryBudgetExceeded */
  pack(keys: readonly Column[], rowCount: number): number {
    return this.#images.pack(comparedKeys(this.#table.keys, keys), rowCount);
  }

  /** What `JoinTable.hash` says of images: address of 8 bytes for each, valid until the next call. @throws MemoryBudgetExceeded */
  hash(images: number, rowCount: number): number {
    this.#scratch.ensure(rowCount * 16, 0);
    this.#table.hash(images, rowCount, this.#scratch.address);
    return this.#scratch.address;
  }

  /** As `find`, by images, whose rows have no nulls that meet nothing. @throws MemoryBudgetExceeded */
  findImages(images: number, rowCount: number): number {
    this.#found.ensure(rowCount * 4, 0);
    this.#lookUp(images, rowCount, this.#found.address);
    return this.#found.address;
  }

  [Symbol.dispose](): void {
    this.#images[Symbol.dispose]();
    for (const region of [this.#found, this.#scratch, this.#entries]) region.free();
  }

  /** Once for each dictionary, not for each batch. */
  #findEntries({ id, size, values }: Dictionary): void {
    if (this.#entriesOf === id) return;
    this.#entriesOf = 0;
    // Of a dictionary without entries one is read all the same: all of its rows are null.
    this.#entries.ensure(Math.max(size, 1) * 4, 0);
    for (let from = 0; from < size; from += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, size - from);
      this.#findPlain([sliceColumn(values, from)], count, this.#entries.address + from * 4);
    }
    this.#entriesOf = id;
  }

  #findPlain(keys: readonly Column[], rowCount: number, found: number): void {
    const [key] = keys;
    assert.ok(key !== undefined);
    if (this.#table.isRanged) {
      this.#table.findWholes(key.values, rowCount, found);
      return;
    }
    this.#lookUp(this.#images.pack(keys, rowCount), rowCount, found);
  }

  #lookUp(images: number, rowCount: number, found: number): void {
    this.#scratch.ensure(rowCount * 16, 0);
    this.#table.findImages(images, rowCount, this.#scratch.address, found);
  }
}
