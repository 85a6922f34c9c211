/**
 * Gives each distinct key a number, densely from 0 in the order of first appearance.
 *
 *     slots   │ tag,3 │ · │ tag,0 │ tag,7 │ · │          images  │ key 0 │ key 1 │ …
 *
 * Keys are compared as row images. Open addressing over slots of 8 bytes: the lower half of the hash, and the group's
 * number plus one. The images lie in group order, so that growing the table never moves a group; the slots hold nothing
 * that cannot be had again from the images, so growing gives the old ones back before it takes the new ones.
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
    this.#grow();
  }

  /** Distinct keys. */
  get groupCount(): number {
    return this.#slots.count;
  }

  /**
   * The group of each row, new where its key is: address of `rowCount` uint32, valid until the next call. At most
   * `BATCH_ROWS` rows. After an error only disposing is allowed.
   * @throws MemoryBudgetExceeded
   */
  groupIds(columns: readonly Column[], rowCount: number): number {
    const images = this.#hash(columns, rowCount);
    const hashes = this.#hashes.address;
    const ids = this.#ids.address;
    let row = 0;
    for (;;) {
      row = this.#kernels.findGroups(this.#slots.handle, images, hashes, row, rowCount, ids);
      if (row === rowCount) return ids;
      this.#grow();
    }
  }

  /** As `groupIds`, but a key that is in no group stays so and gives `NO_GROUP`. @throws MemoryBudgetExceeded */
  find(columns: readonly Column[], rowCount: number): number {
    const images = this.#hash(columns, rowCount);
    this.#lists.ensure(rowCount * 8, 0);
    const [hashes, ids, lists] = [this.#hashes.address, this.#ids.address, this.#lists.address];
    this.#kernels.lookUpGroups(this.#slots.handle, images, hashes, rowCount, ids, lists);
    return this.#ids.address;
  }

  /**
   * The keys of the groups [from, to), at most `BATCH_ROWS`, in columns that are valid until the next call of any
   * method. Strings come as codes into a dictionary of all strings.
   * @throws MemoryBudgetExceeded
   */
  keyColumns(from: number, to: number): Column[] {
    assert.ok(0 <= from && from <= to && to <= this.groupCount && to - from <= BATCH_ROWS);
    return this.#keys.unpack(this.#images.address + from * this.#keys.imageBytes, to - from);
  }

  /**
   * Takes in the groups of `other`, a table of the same key types. Returns this table's number for each of them, uint32,
   * in a region that the caller frees.
   * @throws MemoryBudgetExceeded
   */
  merge(other: GroupTable): Region {
    const mapping = this.#holding.allocate(other.groupCount * 4);
    for (let from = 0; from < other.groupCount; from += BATCH_ROWS) {
      const to = Math.min(from + BATCH_ROWS, other.groupCount);
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

  /** Makes room for the answer, and the images of the keys with their hashes. */
  #hash(columns: readonly Column[], rowCount: number): number {
    assert.ok(rowCount <= BATCH_ROWS);
    this.#hashes.ensure(rowCount * 8, 0);
    this.#ids.ensure(rowCount * 4, 0);
    const images = this.#keys.pack(columns, rowCount);
    this.#kernels.hashImages(this.#slots.handle, images, rowCount, this.#hashes.address);
    return images;
  }

  #grow(): void {
    const count = this.groupCount;
    assert.ok(count < MOST_GROUPS);
    this.#slots.renew(count * (count < 65_536 ? 4 : 2));
    const groups = this.#slots.capacity;
    const { imageBytes } = this.#keys;
    this.#images.ensure(groups * imageBytes, count * imageBytes);
    this.#slots.write(8, this.#images.address);
    this.#slots.write(20, groups);
    this.#kernels.placeGroups(this.#slots.handle);
  }
}
