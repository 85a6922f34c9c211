import { randomBytes } from 'node:crypto';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';

const SLOT_BYTES = 8;
const FEWEST_SLOTS = 1024;
const HANDLE_BYTES = 64;

/** Differs from process to process, so that nobody can prepare keys that collide. No result depends on it. */
const SEED = randomBytes(8).readBigUInt64LE();
/**
 * And from table to table: keys in the order of the hashes of one table would all meet in a part of another that is still
 * growing. (2^64 by the golden ratio.)
 */
const SEED_STEP = 0x9e37_79b9_7f4a_7c15n;
let tables = 0n;

/**
 * The slots of a hash table in linear memory, and the handle through which kernels reach the table: at most half of
 * the slots are ever taken, so that searches stay short and always end.
 *
 *     handle   0 slots │ 4 mask │ 8, 12 the owner's │ 16 entries │ 20 limit │ 24 seed │ 32, 36 the owner's
 */
export class HashSlots {
  readonly #holding: Holding;
  readonly #handle: Region;
  #slots: Region | undefined;

  /** @throws MemoryBudgetExceeded */
  constructor(holding: Holding) {
    this.#holding = holding;
    this.#handle = holding.allocateZeroed(HANDLE_BYTES);
    holding.linear.data.setBigUint64(this.handle + 24, SEED + SEED_STEP * tables, true);
    tables += 1n;
  }

  /** Address of the handle; it never moves. */
  get handle(): number {
    return this.#handle.address;
  }

  /** Entries in the table. */
  get count(): number {
    return this.read(16);
  }

  /** Entries that the slots have room for. */
  get capacity(): number {
    return this.#slots === undefined ? 0 : this.#slots.byteLength / SLOT_BYTES / 2;
  }

  /** Sets one of the handle's 4-byte fields. */
  write(offset: number, value: number): void {
    this.#holding.linear.u32[(this.handle + offset) >>> 2] = value;
  }

  /** One of the handle's 4-byte fields. */
  read(offset: number): number {
    return this.#holding.linear.u32[(this.handle + offset) >>> 2] ?? 0;
  }

  /**
   * Empties the slots and makes them enough for `entries`. What they held is gone, also when this fails: the caller
   * places its entries anew. The old slots are given back before the new ones are taken.
   * @throws MemoryBudgetExceeded
   */
  renew(entries: number): void {
    if (this.#slots !== undefined) this.#holding.free(this.#slots);
    this.#slots = undefined;
    this.#take(this.#holding.allocate(slotsFor(entries) * SLOT_BYTES));
  }

  /** As `renew`, but the old slots stay until the new ones are there: false, and nothing has changed, where memory is short. */
  tryRenew(entries: number): boolean {
    const slots = this.#holding.tryAllocate(slotsFor(entries) * SLOT_BYTES);
    if (slots === undefined) return false;
    if (this.#slots !== undefined) this.#holding.free(this.#slots);
    this.#take(slots);
    return true;
  }

  free(): void {
    if (this.#slots !== undefined) this.#holding.free(this.#slots);
    this.#slots = undefined;
    this.#holding.free(this.#handle);
  }

  #take(slots: Region): void {
    this.#slots = slots;
    takeKernels(this.#holding.linear).fillBytes(slots.address, 0, slots.byteLength);
    this.write(0, slots.address);
    this.write(4, slots.byteLength / SLOT_BYTES - 1);
  }
}

/** A power of two, of which entries take at most half. */
function slotsFor(entries: number): number {
  let slots = FEWEST_SLOTS;
  while (slots < entries * 2) slots *= 2;
  return slots;
}
