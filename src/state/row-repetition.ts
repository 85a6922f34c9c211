/**
 * Rows that come several times, or not at all, listed in parts of at most a batch:
 *
 *     lengths   │ 2 │ 0 │ 20000 │        rows   │ 0 │ 0 │ 2 │ 2 │ …  then from any place on   │ 2 │ 2 │ …
 */

import { BATCH_ROWS } from '../columnar/batch.ts';
import { NONE, rowNumberKernels } from '../kernels/row-number-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';

export class RowRepetition {
  readonly #holding: Holding;
  readonly #rows: GrowingRegion;
  readonly #positions: GrowingRegion;
  #lengths = 0;
  #rowCount = 0;
  #keepsEmpty = false;
  #row = 0;
  #position = 0;

  /** Memory comes from `holding`, whose owner disposes it. */
  constructor(holding: Holding) {
    this.#holding = holding;
    this.#rows = new GrowingRegion(holding);
    this.#positions = new GrowingRegion(holding);
  }

  /** Of what was listed: uint32 row numbers. */
  get rows(): number {
    return this.#rows.address;
  }

  /** Of what was listed: the how-manieth of its row each is; `NONE` for a row of no length that is kept. */
  get positions(): number {
    return this.#positions.address;
  }

  /**
   * Begins with rows whose lengths, uint32, stay at address `lengths`. A row of length 0 or `NONE` comes once where
   * `keepsEmpty`, else never.
   */
  begin(lengths: number, rowCount: number, keepsEmpty: boolean): void {
    this.#lengths = lengths;
    this.#rowCount = rowCount;
    this.#keepsEmpty = keepsEmpty;
    this.#row = 0;
    this.#position = 0;
  }

  /** Lists at most BATCH_ROWS rows behind those that were taken; returns how many, 0 at the end. @throws MemoryBudgetExceeded */
  list(): number {
    this.#rows.ensure((BATCH_ROWS + 1) * 4, 0);
    this.#positions.ensure((BATCH_ROWS + 1) * 4, 0);
    // One more than a batch has: where the next one begins.
    const listed = rowNumberKernels(this.#holding.linear).repeatRows(
      this.#lengths,
      this.#rowCount,
      this.#row,
      this.#position,
      BATCH_ROWS + 1,
      this.#keepsEmpty ? 1 : 0,
      this.rows,
      this.positions,
    );
    if (listed <= BATCH_ROWS) {
      this.#holding.linear.u32[(this.rows >>> 2) + listed] = this.#rowCount;
      this.#holding.linear.u32[(this.positions >>> 2) + listed] = NONE;
    }
    return Math.min(listed, BATCH_ROWS);
  }

  /** The first `count` of the rows listed are done with. */
  take(count: number): void {
    const { u32 } = this.#holding.linear;
    const position = u32[(this.positions >>> 2) + count] as number;
    this.#row = u32[(this.rows >>> 2) + count] as number;
    this.#position = position === NONE ? 0 : position;
  }
}
