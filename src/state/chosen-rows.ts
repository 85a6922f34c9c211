import type { Column } from '../columnar/column.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import { valueLogKernels } from '../kernels/value-log-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';

/** Some rows of a batch: addresses of their numbers, 0 where it is all of them, and of the groups they are in. */
export interface Chosen {
  readonly rows: number;
  readonly count: number;
  readonly ids: number;
}

/** Finds the rows that take part. What it gives is valid until the next call. */
export class ChosenRows {
  readonly #holding: Holding;
  readonly #rows: GrowingRegion;
  readonly #ids: GrowingRegion;

  constructor(holding: Holding) {
    this.#holding = holding;
    this.#rows = new GrowingRegion(holding);
    this.#ids = new GrowingRegion(holding);
  }

  /** The rows in which `mask` is not null; all of them where it is undefined. @throws MemoryBudgetExceeded */
  of(mask: Column | undefined, rowCount: number, ids: number): Chosen {
    if (mask === undefined || mask.validity === 0) return { rows: 0, count: rowCount, ids };
    this.#rows.ensure(rowCount * 4, 0);
    const { linear } = this.#holding;
    const count = valueLogKernels(linear).listValid(mask.validity, rowCount, this.#rows.address);
    if (count === rowCount) return { rows: 0, count, ids };
    this.#ids.ensure(rowCount * 4, 0);
    takeKernels(linear).take4(ids, this.#rows.address, count, this.#ids.address);
    return { rows: this.#rows.address, count, ids: this.#ids.address };
  }

  free(): void {
    this.#rows.free();
    this.#ids.free();
  }
}
