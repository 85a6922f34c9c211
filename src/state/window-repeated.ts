import { BATCH_ROWS } from '../columnar/batch.ts';
import { rowsOfOneBatch } from '../columnar/child-rows.ts';
import type { Column } from '../columnar/column.ts';
import type { Field } from '../columnar/schema.ts';
import type { Holding } from '../memory/budget.ts';
import { GatherScratch } from './gather-scratch.ts';
import type { WindowValues } from './window-function.ts';

/** Answers that several rows share, as a column with one for each row. */
export class RepeatedAnswers implements Disposable {
  readonly #scratch: GatherScratch;
  readonly #holding: Holding;

  /** Reserves as needed under `holding`, which stays the caller's. */
  constructor(field: Field, holding: Holding) {
    this.#holding = holding;
    this.#scratch = new GatherScratch({ fields: [field] }, holding);
  }

  /**
   * The values of `column` whose uint32 numbers are at address `numbers`: `most`, or as many as a batch should have. Valid
   * until the next call. @throws MemoryBudgetExceeded
   */
  gather(column: Column, numbers: number, most: number): WindowValues {
    const count = rowsOfOneBatch(this.#holding.linear, column, numbers, Math.min(most, BATCH_ROWS));
    const { columns, rowCount } = this.#scratch.gather([column], numbers, count);
    const [gathered] = columns;
    return { column: gathered ?? column, rowCount };
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}
