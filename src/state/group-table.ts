/**
 * Gives each distinct key a number, densely from 0 in the order of first appearance.
 *
 *     slots   │ tag,3 │ · │ tag,0 │ tag,7 │ · │          images  │ key 0 │ key 1 │ …
 *
 * Keys are compared as row images. While they come in order there are no slots: a row has the key of the last group, or the
 * next one (as tables are that were written sorted, and states that come from sorted rows). Else open addressing over slots of 8 bytes: the lower half of the hash, and the group's
 * number plus one. The images lie in group order, and the slots hold nothing that cannot be had again from them, so growing
 * gives the old ones back before it takes the new ones.
 * Nulls are equal to each other, NaN is equal to NaN, and -0.0 to 0.0.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { DataType } from '../columnar/data-type.ts';
import { type GroupKernels, groupKernels } from '../kernels/group-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { GrowingRegion } from './growing-region.ts';
import { HashSlots } from './hash-slots.ts';
import { RowImages } from './row-images.ts';

/** What `find` writes for a key that is in no group. */
export const NO_GROUP = 0xffff_ffff;
/** Text of one key column in a batch of keys, if it has more than one. */
const TEXT_BYTES = 8 * 1024 * 1024;
/** Whose images there is room for in the beginning. */
const FEWEST_GROUPS = 512;
/** So many keys may be looked up among those in order, some 20 steps each: who looks up more is better off with slots. */
const MOST_SEARCHED = 65_536;
/** Group numbers are 32 bits, and one value says that there is none. */
const MOST_GROUPS = 2 ** 31;

export class GroupTable implements Disposable {
  readonly #holding: Holding;
  readonly #kernels: GroupKernels;
  readonly #keys: RowImages;
  readonly #slots: HashSlots;
  readonly #images: GrowingRegion;
  readonly #hashes: GrowingRegion;
  readonly #ids: GrowingRegion;
  readonly #lists: GrowingRegion;
  #searched = 0;

  /**
   * Retains its keys under `holding`, which the caller disposes when this throws. `nullable[i]` false promises that key
   * column `i` never holds a null, and makes the images shorter.
   * @throws MemoryBudgetExceeded
   */
  constructor(
    keyTypes: readonly DataType[],
    holding: Holding,
    nullable: readonly boolean[] = keyTypes.map(() => true),
  ) {
    this.#holding = holding;
    this.#kernels = groupKernels(holding.linear);
    this.#keys = new RowImages(keyTypes, nullable, holding);
    this.#slots = new HashSlots(holding);
    this.#images = new GrowingRegion(holding);
    this.#hashes = new GrowingRegion(holding);
    this.#ids = new GrowingRegion(holding);
    this.#lists = new GrowingRegion(holding);
    this.#slots.write(12, this.#keys.imageBytes);
    this.#growImages();
  }

  /** Distinct keys. */
  get groupCount(): number {
    return this.#slots.count;
  }

  /** Whether all keys so far went up, or down: the next ones are found fast if they do too. */
  get isInOrder(): boolean {
    return this.#slots.capacity === 0;
  }

  /**
   * The group of each row, new where its key is: address of `rowCount` uint32, valid until the next call. At most
   * `BATCH_ROWS` rows. After an error only disposing is allowed.
   * @throws MemoryBudgetExceeded
   */
  groupIds(columns: readonly Column[], rowCount: number): number {
    return this.groupsOf(this.pack(columns, rowCount), rowCount);
  }

  /** As `groupIds`, but a key that is in no group stays so and gives `NO_GROUP`. @throws MemoryBudgetExceeded */
  find(columns: readonly Column[], rowCount: number): number {
    return this.lookUp(this.pack(columns, rowCount), rowCount);
  }

  /** Bytes of the image of a key. */
  get imageBytes(): number {
    return this.#keys.imageBytes;
  }

  /** The images of keys: their address, valid until the next call. @throws MemoryBudgetExceeded */
  pack(columns: readonly Column[], rowCount: number): number {
    return this.#keys.pack(columns, rowCount);
  }

  /** The hashes of images, 8 bytes each: their address, valid until the next call of any method. @throws MemoryBudgetExceeded */
  hash(images: number, rowCount: number): number {
    const hashes = this.#roomForHashes(rowCount);
    this.#kernels.hashImages(this.#slots.handle, images, rowCount, hashes);
    return hashes;
  }

  /** As `groupIds`, by images of keys. @throws MemoryBudgetExceeded */
  groupsOf(images: number, rowCount: number): number {
    this.#ids.ensure(rowCount * 4, 0);
    const followed = this.isInOrder ? this.#follow(images, rowCount) : 0;
    if (followed === rowCount) return this.#ids.address;
    const hashes = this.hash(images, rowCount);
    return this.#enter(followed, rowCount, (row, ids) =>
      this.#kernels.findGroups(this.#slots.handle, images, hashes, row, rowCount, ids),
    );
  }

  /**
   * As `groupsOf`, of images that lie scattered: those whose uint32 numbers are at `list`, at least one, in the order of the
   * upper bits of their hashes, which are taken for one of `parts` parts. @throws MemoryBudgetExceeded
   */
  groupsOfParts(images: number, rowCount: number, list: number, parts: number): number {
    this.#place();
    const hashes = this.#roomForHashes(rowCount);
    this.#kernels.hashListed(this.#slots.handle, images, list, rowCount, hashes);
    this.#kernels.readParts(this.#slots.handle, hashes, rowCount, parts);
    this.#ids.ensure(rowCount * 4, 0);
    return this.#enter(0, rowCount, (row, ids) =>
      this.#kernels.findListed(this.#slots.handle, images, list, hashes, row, rowCount, ids),
    );
  }

  /** As `find`, by images of keys; leaves their hashes at the address that `hash` gives. @throws MemoryBudgetExceeded */
  lookUp(images: number, rowCount: number): number {
    const hashes = this.hash(images, rowCount);
    this.#ids.ensure(rowCount * 4, 0);
    const ids = this.#ids.address;
    if (this.isInOrder && this.#searched < MOST_SEARCHED) {
      this.#searched += rowCount;
      this.#kernels.searchGroups(this.#slots.handle, images, this.#keys.form, rowCount, ids);
      return ids;
    }
    this.#place();
    this.#lists.ensure(rowCount * 8, 0);
    this.#kernels.lookUpGroups(this.#slots.handle, images, hashes, rowCount, ids, this.#lists.address);
    return ids;
  }

  /**
   * Makes slots for so many groups more, so that they are found fast although their hashes lie close together. False where
   * memory is short; then nothing has changed.
   */
  reserve(groups: number): boolean {
    const wanted = this.groupCount + groups;
    if (wanted <= this.#slots.capacity) return true;
    if (wanted > MOST_GROUPS || !this.#slots.tryRenew(wanted)) return false;
    this.#tellRoom();
    this.#kernels.placeGroups(this.#slots.handle);
    return true;
  }

  /**
   * The keys of the groups [from, to), at most `BATCH_ROWS`, in plain columns that are valid until the next call of any
   * method. @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  keyColumns(from: number, to: number): Column[] {
    assert.ok(0 <= from && from <= to && to <= this.groupCount && to - from <= BATCH_ROWS);
    return this.#keys.unpack(this.#images.address + from * this.#keys.imageBytes, to - from);
  }

  /** Whether `keyColumns` gives the very values of key `index`, of those that are equal the first. */
  isExact(index: number): boolean {
    return this.#keys.isExact(index);
  }

  /** Where a batch of keys that begins with the group `from` ends, `to` at most, by the text it may have. @throws MemoryBudgetExceeded */
  endOfBatch(from: number, to: number): number {
    return from + this.#keys.rowsWithin(TEXT_BYTES, this.#images.address + from * this.#keys.imageBytes, to - from);
  }

  /**
   * Takes in the groups of `other`, a table of the same key types. Returns this table's number for each of them, uint32,
   * in a region that the caller frees.
   * @throws MemoryBudgetExceeded
   */
  merge(other: GroupTable): Region {
    const mapping = this.#holding.allocate(other.groupCount * 4);
    for (let from = 0, to = 0; from < other.groupCount; from = to) {
      to = other.endOfBatch(from, Math.min(from + BATCH_ROWS, other.groupCount));
      const ids = this.groupIds(other.keyColumns(from, to), to - from);
      this.#holding.linear.u8.copyWithin(mapping.address + from * 4, ids, ids + (to - from) * 4);
    }
    return mapping;
  }

  [Symbol.dispose](): void {
    this.#keys[Symbol.dispose]();
    this.#slots.free();
    for (const region of [this.#images, this.#hashes, this.#ids, this.#lists]) region.free();
  }

  #roomForHashes(rowCount: number): number {
    assert.ok(rowCount <= BATCH_ROWS);
    this.#hashes.ensure(rowCount * 8, 0);
    return this.#hashes.address;
  }

  /** Of rows whose keys go on in order: how many there are, the rest finds its slots. */
  #follow(images: number, rowCount: number): number {
    const { form } = this.#keys;
    for (let row = 0; ; this.#growImages()) {
      row = this.#kernels.followGroups(this.#slots.handle, images, form, row, rowCount, this.#ids.address);
      if (row === rowCount) return row;
      if (this.groupCount === this.#slots.read(20)) continue;
      this.#place();
      return row;
    }
  }

  /** The groups of the rows from `from` on: `find` begins at a row, and gives the first one for which there was no room. */
  #enter(from: number, rowCount: number, find: (row: number, ids: number) => number): number {
    const ids = this.#ids.address;
    for (let row = from; ; this.#grow()) {
      row = find(row, ids);
      if (row === rowCount) return ids;
    }
  }

  /** Gives keys that came in order their slots. */
  #place(): void {
    if (this.isInOrder) this.#renewSlots();
  }

  /** Makes room for one group more, at least. */
  #grow(): void {
    if (this.groupCount === this.#slots.capacity) this.#renewSlots();
    else this.#growImages();
  }

  #renewSlots(): void {
    const count = this.groupCount;
    assert.ok(count < MOST_GROUPS);
    this.#slots.renew(count * (count < 65_536 ? 4 : 2));
    this.#tellRoom();
    this.#kernels.placeGroups(this.#slots.handle);
  }

  #growImages(): void {
    const count = this.groupCount;
    assert.ok(count < MOST_GROUPS);
    const { imageBytes } = this.#keys;
    const most = this.isInOrder ? MOST_GROUPS : this.#slots.capacity;
    const groups = Math.max(FEWEST_GROUPS, Math.min(most, count * 2));
    this.#images.ensure(groups * imageBytes, count * imageBytes);
    this.#tellRoom();
  }

  #tellRoom(): void {
    this.#slots.write(8, this.#images.address);
    const images = Math.floor(this.#images.byteLength / this.#keys.imageBytes);
    this.#slots.write(20, this.isInOrder ? images : Math.min(this.#slots.capacity, images));
  }
}
