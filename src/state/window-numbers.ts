import type { Column } from '../columnar/column.ts';
import { sortKernels } from '../kernels/sort-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import { windowKernels } from '../kernels/window-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';
import { sortRows } from './sort-rows.ts';
import { markChanges, type WindowStretch } from './window-stretch.ts';

/**
 * A number for each value of a column, so that values of any type are compared as numbers: equal where they are, lower
 * where they are lower (or, `descending`, greater), all ones for nulls. Made once, by sorting all rows: 4 bytes a row.
 */
export class WindowNumbers implements Disposable {
  readonly #holding: Holding;
  readonly #numbers: GrowingRegion;
  readonly #ofRows: GrowingRegion;
  /** How many there are. */
  readonly count: number;

  /** Under `holding`, whose owner disposes it where this throws. @throws MemoryBudgetExceeded */
  constructor(column: Column, rowCount: number, descending: boolean, holding: Holding) {
    this.#holding = holding;
    this.#numbers = new GrowingRegion(holding);
    this.#ofRows = new GrowingRegion(holding);
    this.#numbers.ensure(rowCount * 4);
    const kernels = windowKernels(holding.linear);
    const sorted = sortRows([{ column, descending, nullsFirst: false }], rowCount, holding);
    const order = sorted ?? holding.allocate(rowCount * 4);
    if (sorted === undefined) sortKernels(holding.linear).sortRanks(0, rowCount, order.address);
    const marks = holding.allocateZeroed(rowCount);
    markChanges(kernels, column, order.address, rowCount, marks.address);
    const { address } = this.#numbers;
    this.count = kernels.numberInOrder(marks.address, order.address, column.validity, rowCount, address);
    holding.free(marks);
    holding.free(order);
  }

  /**
   * Those of the rows of a stretch, in their order; all ones where `mask`, one of its columns, is null. Address of uint32,
   * valid until the next call. @throws MemoryBudgetExceeded
   */
  of(stretch: WindowStretch, mask: number | undefined): number {
    const { rowCount, rows } = stretch;
    this.#ofRows.ensure(rowCount * 4, 0);
    const { address } = this.#ofRows;
    takeKernels(this.#holding.linear).take4(this.#numbers.address, rows, rowCount, address);
    if (mask !== undefined) windowKernels(this.#holding.linear).dropNumbers(address, stretch.validity(mask), rowCount);
    return address;
  }

  /** A row of each of them: address of uint32 in `to`. @throws MemoryBudgetExceeded */
  rows(rowCount: number, to: GrowingRegion): number {
    to.ensure(this.count * 4, 0);
    windowKernels(this.#holding.linear).rowsOfNumbers(this.#numbers.address, rowCount, to.address);
    return to.address;
  }

  [Symbol.dispose](): void {}
}
