import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';

/** A region that is used again from batch to batch and grows only where it is too small. Its holding frees it. */
export class Scratch {
  readonly #holding: Holding;
  #region: Region | undefined;

  constructor(holding: Holding) {
    this.#holding = holding;
  }

  /** The address of at least `bytes`, their content undefined. @throws MemoryBudgetExceeded */
  ensure(bytes: number): number {
    if (this.#region === undefined || this.#region.byteLength < bytes) {
      if (this.#region !== undefined) this.#holding.free(this.#region);
      this.#region = undefined;
      this.#region = this.#holding.allocate(bytes);
    }
    return this.#region.address;
  }
}

/** Bytes of a bitmap of `rows` bits in whole words. */
export const bitmapBytes = (rows: number): number => Math.ceil(rows / 64) * 8;
