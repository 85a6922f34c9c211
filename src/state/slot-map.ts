/**
 * Where every key comes as codes of a small dictionary, or as a bool, the combination of codes finds the group.
 *
 *     flag  #2 of A N R      slot = flag × 3 + status      map │ g1 │ · │ g0 │ · │ g2 │ · │
 *     status #1 of F O                                           A,F  A,O  N,F  N,O …
 *
 * Combinations that have no group yet stand for a state of their own behind those of the groups. After each batch the
 * row count of these says whether one was met; the caller then makes groups of them and carries their states over. So
 * groups are numbered in the order of first appearance here too, and combinations that no row has never become one.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { Holding } from '../memory/budget.ts';
import { type GroupTable, NO_GROUP } from './group-table.ts';
import { GrowingRegion } from './growing-region.ts';

/** More combinations than this are left to hashing. One `find` must be able to look all of them up. */
const MOST_SLOTS = BATCH_ROWS;
/** So few that a map is made for any number of rows. */
const FEW_SLOTS = 64;

interface SlotKey {
  readonly stride: number;
  /** Codes, and one more for null where the key may be null. */
  readonly size: number;
  /** The code that stands for null; not used where the key is never null. */
  readonly nullCode: number;
  /** Of the dictionary; 0 for a bool. */
  readonly dictionaryId: number;
}

export class SlotMap implements Disposable {
  readonly #holding: Holding;
  readonly #nullable: readonly boolean[];
  #keys: readonly SlotKey[] = [];
  #slotCount = 0;
  /** Combinations without a group when the map was built. */
  #openCount = 0;
  #builtGroups = -1;
  readonly #map: GrowingRegion;
  readonly #codes: readonly GrowingRegion[];
  readonly #validity: readonly GrowingRegion[];

  /** `nullable` says of each key whether it may be null. */
  constructor(nullable: readonly boolean[], holding: Holding) {
    this.#holding = holding;
    this.#nullable = nullable;
    this.#map = new GrowingRegion(holding);
    this.#codes = nullable.map(() => new GrowingRegion(holding));
    this.#validity = nullable.map(() => new GrowingRegion(holding));
  }

  /** Of uint32, by slot. */
  get address(): number {
    return this.#map.address;
  }

  get keys(): readonly SlotKey[] {
    return this.#keys;
  }

  /** Combinations without a group: they stand for the states from that of `groupCount` on. */
  get openCount(): number {
    return this.#openCount;
  }

  /**
   * Whether key columns like these have few enough combinations. A map that is yet to be made has to be worth it: each
   * combination costs about what hashing a row does.
   */
  fits(columns: readonly Column[], rowCount: number): boolean {
    let slots = 1;
    for (const [index, column] of columns.entries()) {
      if (column.dictionary === undefined && column.type.kind !== 'bool') return false;
      slots *= codesOf(column) + (this.#nullable[index] ? 1 : 0);
    }
    return slots <= MOST_SLOTS && (slots <= Math.max(FEW_SLOTS, rowCount) || this.#areKeys(columns));
  }

  /**
   * Makes the map that of these key columns and of the groups there are now. Returns whether it had to: then the states
   * of combinations without a group have to be begun.
   * @throws MemoryBudgetExceeded
   */
  prepare(columns: readonly Column[], table: GroupTable): boolean {
    const sameKeys = this.#areKeys(columns);
    if (sameKeys && this.#builtGroups === table.groupCount) return false;
    if (!sameKeys) this.#setKeys(columns);
    this.#build(columns, table);
    return true;
  }

  /** The combinations without a group, when there were `groupCount` of them, and the states they stand for. */
  open(groupCount: number): { readonly slot: number; readonly state: number }[] {
    const { u32 } = this.#holding.linear;
    const map = this.#map.address >>> 2;
    const open: { slot: number; state: number }[] = [];
    for (let slot = 0; slot < this.#slotCount; slot++) {
      const state = u32[map + slot] ?? 0;
      if (state >= groupCount) open.push({ slot, state });
    }
    return open;
  }

  /** The groups of all combinations, uint32 by slot and `NO_GROUP` where there is none; valid until the table's next call. */
  groupsOfSlots(columns: readonly Column[], table: GroupTable): number {
    return table.find(this.#slotColumns(columns), this.#slotCount);
  }

  [Symbol.dispose](): void {
    for (const region of [this.#map, ...this.#codes, ...this.#validity]) region.free();
  }

  #areKeys(columns: readonly Column[]): boolean {
    return columns.every(({ dictionary }, index) => this.#keys[index]?.dictionaryId === (dictionary?.id ?? 0));
  }

  #setKeys(columns: readonly Column[]): void {
    let stride = 1;
    const keys: SlotKey[] = [];
    for (const [index, column] of columns.entries()) {
      const nullCode = codesOf(column);
      const size = nullCode + (this.#nullable[index] ? 1 : 0);
      keys.push({ stride, size, nullCode, dictionaryId: column.dictionary?.id ?? 0 });
      stride *= size;
    }
    this.#keys = [];
    this.#slotCount = stride;
    for (const [index, key] of keys.entries()) this.#writeCodes(key, index, columns[index]?.dictionary === undefined);
    this.#keys = keys;
  }

  /** The key's value in every slot, as a column has it: codes or bits, and validity. */
  #writeCodes({ stride, size, nullCode }: SlotKey, index: number, asBits: boolean): void {
    const [codes, validity] = [this.#codes[index], this.#validity[index]];
    assert.ok(codes !== undefined && validity !== undefined);
    const bitmapBytes = Math.ceil(this.#slotCount / 64) * 8;
    codes.ensure(asBits ? bitmapBytes : this.#slotCount * 4, 0);
    validity.ensure(bitmapBytes, 0);
    const { linear } = this.#holding;
    const { u8, u32 } = linear;
    linear.zero(validity.address, validity.address + bitmapBytes);
    if (asBits) linear.zero(codes.address, codes.address + bitmapBytes);
    for (let slot = 0; slot < this.#slotCount; slot++) {
      const code = Math.floor(slot / stride) % size;
      const isNull = code === nullCode;
      if (!isNull) setBit(u8, validity.address, slot);
      if (!asBits) u32[(codes.address >>> 2) + slot] = isNull ? 0 : code;
      else if (code === 1) setBit(u8, codes.address, slot);
    }
  }

  #slotColumns(columns: readonly Column[]): Column[] {
    return columns.map((column, index) => ({
      ...column,
      values: this.#codes[index]?.address ?? 0,
      validity: this.#nullable[index] ? (this.#validity[index]?.address ?? 0) : 0,
    }));
  }

  #build(columns: readonly Column[], table: GroupTable): void {
    const ids = this.groupsOfSlots(columns, table) >>> 2;
    this.#map.ensure(this.#slotCount * 4, 0);
    const map = this.#map.address >>> 2;
    const { u32 } = this.#holding.linear;
    let next = table.groupCount;
    for (let slot = 0; slot < this.#slotCount; slot++) {
      const group = u32[ids + slot] ?? NO_GROUP;
      u32[map + slot] = group === NO_GROUP ? next++ : group;
    }
    this.#openCount = next - table.groupCount;
    this.#builtGroups = table.groupCount;
  }
}

/** Different codes of a column without nulls. */
const codesOf = ({ dictionary }: Column): number => dictionary?.size ?? 2;

function setBit(u8: Uint8Array, address: number, bit: number): void {
  const at = address + (bit >>> 3);
  u8[at] = (u8[at] ?? 0) | (1 << (bit & 7));
}
