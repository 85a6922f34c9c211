import assert from 'node:assert/strict';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';

/**
 * Bytes that grow as they are needed: to the double where the budget has that and something is kept, else to an eighth more
 * than needed, or no more than needed where memory is short and nothing would be copied again.
 * Growing may move them, so nobody keeps an address across `ensure`.
 */
export class GrowingRegion {
  readonly #holding: Holding;
  #region: Region | undefined;

  constructor(holding: Holding) {
    this.#holding = holding;
  }

  /** 0 before the first `ensure`. */
  get address(): number {
    return this.#region?.address ?? 0;
  }

  /** Bytes there is room for. */
  get byteLength(): number {
    return this.#region?.byteLength ?? 0;
  }

  /** Whether `address` is within it. */
  holds(address: number): boolean {
    return address >= this.address && address < this.address + this.byteLength;
  }

  /** Makes room for `bytes` in all; the first `usedBytes` are kept, the rest is undefined. @throws MemoryBudgetExceeded */
  ensure(bytes: number, usedBytes: number = this.byteLength): void {
    if (this.tryEnsure(bytes, usedBytes)) return;
    this.#move(this.#holding.allocate(usedBytes === 0 ? bytes : Math.ceil(bytes * 1.125)), usedBytes);
  }

  /** As `ensure`: false, and nothing that is kept has changed, where memory is short. */
  tryEnsure(bytes: number, usedBytes: number): boolean {
    assert.ok(usedBytes <= this.byteLength);
    if (this.#region !== undefined && bytes <= this.byteLength) return true;
    const aLittleMore = Math.ceil(bytes * 1.125);
    // Where nothing is kept, nothing is copied.
    const most = usedBytes === 0 ? Math.min(this.byteLength * 2, aLittleMore) : this.byteLength * 2;
    const generous = Math.max(bytes, most);
    if (usedBytes === 0) this.free();
    if (this.#region !== undefined && this.#extend(this.#region, [generous, aLittleMore])) return true;
    const larger = this.#holding.tryAllocate(generous) ?? this.#holding.tryAllocate(aLittleMore);
    if (larger === undefined) return false;
    this.#move(larger, usedBytes);
    return true;
  }

  free(): void {
    if (this.#region === undefined) return;
    this.#holding.free(this.#region);
    this.#region = undefined;
  }

  /** Where what lies behind is free, nothing is moved. */
  #extend(region: Region, sizes: readonly number[]): boolean {
    return sizes.some((bytes) => this.#holding.tryExtend(region, bytes));
  }

  #move(larger: Region, usedBytes: number): void {
    if (usedBytes > 0) takeKernels(this.#holding.linear).copyBytes(this.address, larger.address, usedBytes);
    this.free();
    this.#region = larger;
  }
}
