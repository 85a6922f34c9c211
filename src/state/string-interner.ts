/**
 * Distinct strings, numbered from 0 in the order of first appearance.
 *
 *     slots   │ tag,1 │ · │ tag,0 │ …        offsets │ 0 │ 5 │ 10 │        text  │ h e l l o w o r l d │
 *
 * The offsets and the text are a plain utf8 column, so all the strings can be handed on as a dictionary without copying
 * one. The 64-bit hashes are kept, because hashing strings again is what would make growing slow.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../columnar/batch.ts';
import { type Dictionary, nextDictionaryId } from '../columnar/column.ts';
import { utf8 } from '../columnar/data-type.ts';
import { ColumnTooLarge } from '../errors.ts';
import { type GroupKernels, groupKernels } from '../kernels/group-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';
import { HashSlots } from './hash-slots.ts';

/** Offsets are int32. */
const MOST_TEXT_BYTES = 2 ** 31 - 1;
const FIRST_TEXT_BYTES = 3072;
/** So few that what was read of them is still in the cache when they are compared. */
const FOUND_AT_ONCE = 1024;

export class StringInterner implements Disposable {
  readonly #holding: Holding;
  readonly #kernels: GroupKernels;
  readonly #slots: HashSlots;
  readonly #hashes: GrowingRegion;
  readonly #offsets: GrowingRegion;
  readonly #text: GrowingRegion;
  readonly #batchHashes: GrowingRegion;
  #dictionary: Dictionary | undefined;

  /** Retains its strings under `holding`, which the caller disposes when this throws. @throws MemoryBudgetExceeded */
  constructor(holding: Holding) {
    this.#holding = holding;
    this.#kernels = groupKernels(holding.linear);
    this.#slots = new HashSlots(holding);
    this.#hashes = new GrowingRegion(holding);
    this.#offsets = new GrowingRegion(holding);
    this.#text = new GrowingRegion(holding);
    this.#batchHashes = new GrowingRegion(holding);
    this.#growEntries();
    this.#growText(FIRST_TEXT_BYTES);
  }

  /** Distinct strings. */
  get count(): number {
    return this.#slots.count;
  }

  /** Bytes of their text. */
  get textBytes(): number {
    return this.#holding.linear.u32[(this.#offsets.address >>> 2) + this.count] ?? 0;
  }

  /**
   * Writes the number of each string of a plain utf8 column to `ids`, 4 bytes each. After an error only disposing is
   * allowed.
   * @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  intern(offsets: number, bytes: number, rowCount: number, ids: number): void {
    for (let from = 0; from < rowCount; from += BATCH_ROWS) {
      this.#internBatch(offsets + from * 4, bytes, Math.min(BATCH_ROWS, rowCount - from), ids + from * 4);
    }
  }

  /**
   * As `intern`, but a string that is not here stays so and gives all ones. `scratch` is that of whoever asks: several may at
   * once. @throws MemoryBudgetExceeded
   */
  find(offsets: number, bytes: number, rowCount: number, ids: number, scratch: GrowingRegion): void {
    scratch.ensure(Math.min(rowCount, FOUND_AT_ONCE) * 16, 0);
    const hashes = scratch.address;
    const { handle } = this.#slots;
    for (let from = 0; from < rowCount; from += FOUND_AT_ONCE) {
      const count = Math.min(FOUND_AT_ONCE, rowCount - from);
      this.#kernels.hashStrings(handle, offsets + from * 4, bytes, count, hashes);
      const lists = hashes + count * 8;
      this.#kernels.findStrings(handle, offsets + from * 4, bytes, hashes, count, ids + from * 4, lists);
    }
  }

  /**
   * All strings, by number; valid until the next `intern`. At least one entry, which is empty when there is none, so
   * that it serves a column of nulls.
   */
  dictionary(): Dictionary {
    const size = Math.max(1, this.count);
    if (this.#dictionary?.size !== size || this.#dictionary.values.values !== this.#offsets.address) {
      this.#dictionary = {
        id: nextDictionaryId(),
        size,
        values: {
          type: utf8,
          validity: 0,
          values: this.#offsets.address,
          bytes: this.#text.address,
          dictionary: undefined,
          width: 0,
          bits: undefined,
        },
      };
    }
    return this.#dictionary;
  }

  [Symbol.dispose](): void {
    this.#slots.free();
    for (const region of [this.#hashes, this.#offsets, this.#text, this.#batchHashes]) region.free();
  }

  #internBatch(offsets: number, bytes: number, rowCount: number, ids: number): void {
    const { handle } = this.#slots;
    this.#batchHashes.ensure(rowCount * 8, 0);
    const hashes = this.#batchHashes.address;
    this.#kernels.hashStrings(handle, offsets, bytes, rowCount, hashes);
    let row = 0;
    for (;;) {
      row = this.#kernels.internStrings(handle, offsets, bytes, hashes, row, rowCount, ids);
      if (row === rowCount) break;
      this.#makeRoom(offsets + row * 4);
    }
  }

  /** For one string more, whose offset is at `offset`. */
  #makeRoom(offset: number): void {
    if (this.count === this.#slots.read(20)) this.#growEntries();
    const { u32 } = this.#holding.linear;
    const [start, end] = [u32[offset >>> 2] ?? 0, u32[(offset >>> 2) + 1] ?? 0];
    const neededBytes = this.textBytes + end - start;
    if (neededBytes > this.#text.byteLength) this.#growText(neededBytes);
  }

  #growEntries(): void {
    const { count } = this;
    this.#slots.renew(count * (count < 65_536 ? 4 : 2));
    const entries = this.#slots.capacity;
    this.#hashes.ensure(entries * 8, count * 8);
    this.#offsets.ensure((entries + 1) * 4, count === 0 ? 0 : (count + 1) * 4);
    if (count === 0) this.#holding.linear.u32.fill(0, this.#offsets.address >>> 2, (this.#offsets.address >>> 2) + 2);
    this.#slots.write(8, this.#hashes.address);
    this.#slots.write(12, this.#offsets.address);
    this.#slots.write(20, entries);
    this.#kernels.placeStrings(this.#slots.handle);
  }

  #growText(neededBytes: number): void {
    if (neededBytes > MOST_TEXT_BYTES) {
      throw new ColumnTooLarge(this.#holding.owner, neededBytes);
    }
    this.#text.ensure(neededBytes, this.#text.byteLength === 0 ? 0 : this.textBytes);
    assert.ok(this.#text.byteLength >= neededBytes);
    this.#slots.write(32, this.#text.address);
    this.#slots.write(36, Math.min(this.#text.byteLength, MOST_TEXT_BYTES));
  }
}
