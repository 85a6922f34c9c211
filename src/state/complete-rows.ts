import type { Column } from '../columnar/column.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import { valueLogKernels } from '../kernels/value-log-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';

/** Finds the rows of which no column is null. What it gives is valid until the next call. */
export class CompleteRows {
  readonly #holding: Holding;
  readonly #bits: GrowingRegion;
  readonly #rows: GrowingRegion;

  constructor(holding: Holding) {
    this.#holding = holding;
    this.#bits = new GrowingRegion(holding);
    this.#rows = new GrowingRegion(holding);
  }

  /** How many they are, and the address of their uint32 numbers: 0 where they are all. @throws MemoryBudgetExceeded */
  of(columns: readonly Column[], rowCount: number): { readonly rows: number; readonly count: number } {
    const bitmaps = columns.map(({ validity }) => validity).filter((validity) => validity !== 0);
    const [first, ...others] = bitmaps;
    if (first === undefined || rowCount === 0) return { rows: 0, count: rowCount };
    const { linear } = this.#holding;
    const kernels = takeKernels(linear);
    this.#bits.ensure(Math.ceil(rowCount / 64) * 8, 0);
    this.#rows.ensure(rowCount * 4, 0);
    kernels.copyBits(first, 0, rowCount, this.#bits.address, 0);
    for (const other of others) kernels.zeroNullBits(this.#bits.address, rowCount, other, 0);
    const count = valueLogKernels(linear).listValid(this.#bits.address, rowCount, this.#rows.address);
    return count === rowCount ? { rows: 0, count } : { rows: this.#rows.address, count };
  }
}
