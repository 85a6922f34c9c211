/**
 * Looks whether a batch has any row that a filter keeps, from the columns that the filter reads: if not, the others need
 * not be decoded. The rows themselves are filtered further down, in one kernel with what comes next.
 *
 *     columns of the filter ──decode──▶ survivors? ──none──▶ the other columns pass over these rows
 *                                              └──some──▶ they are decoded too
 */

import { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { Schema } from '../columnar/schema.ts';
import { RowProgram } from '../compile/row-program.ts';
import { MemoryBudgetExceeded } from '../errors.ts';
import { collectColumns, withColumnsAt } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { Holding, MemoryBudget } from '../memory/budget.ts';

/**
 * After so many batches in a row with survivors, the rest of the row group is not probed, and of every further row group
 * only the first batch is, until one of them has none. A filter that keeps a few rows everywhere is thus evaluated twice
 * for one batch in seven only: that cost TPC-H Q6 a tenth of its time.
 */
const PATIENCE = 4;

export class FilterProbe implements Disposable {
  /** Positions of the columns that the filter reads, in order. */
  readonly columns: readonly number[];
  readonly #schema: Schema;
  readonly #holding: Holding;
  readonly #program: RowProgram;
  #patience = PATIENCE;
  #hasSkipped = false;

  /** Undefined where there is nothing to gain: the filter reads every column, or none. */
  static over(schema: Schema, filter: TypedExpression | undefined, memory: MemoryBudget): FilterProbe | undefined {
    if (filter === undefined) return undefined;
    const columns = new Set<number>();
    collectColumns(filter, columns);
    if (columns.size === 0 || columns.size === schema.fields.length) return undefined;
    return new FilterProbe(
      schema,
      filter,
      [...columns].toSorted((a, b) => a - b),
      memory,
    );
  }

  private constructor(schema: Schema, filter: TypedExpression, columns: readonly number[], memory: MemoryBudget) {
    this.columns = columns;
    this.#schema = { fields: schema.fields.filter((_, index) => columns.includes(index)) };
    this.#holding = memory.reserve('Scan');
    const moved = withColumnsAt(filter, (index) => columns.indexOf(index));
    this.#program = new RowProgram(
      { input: this.#schema, filter: moved, columns: [], operator: 'Scan' },
      this.#holding,
    );
  }

  /** To be called with every row group: its rows may be other ones. */
  reset(): void {
    this.#patience = this.#hasSkipped ? PATIENCE : Math.max(this.#patience, 1);
    this.#hasSkipped = false;
  }

  get isWorthwhile(): boolean {
    return this.#patience > 0;
  }

  /**
   * False where no row is kept; where it cannot be told cheaply, some may be. `columns` are by position, and at least those at
   * `this.columns` are there.
   */
  mayKeep(columns: readonly Column[], rowCount: number): boolean {
    const read = this.columns.map((position) => columns[position] as Column);
    const keeps = this.#survivors(new Batch(this.#schema, rowCount, read)) > 0;
    this.#patience = keeps ? this.#patience - 1 : PATIENCE;
    this.#hasSkipped ||= !keeps;
    return keeps;
  }

  #survivors(batch: Batch): number {
    try {
      return this.#program.tryApply(batch)?.rowCount ?? batch.rowCount;
    } catch (error) {
      // A probe is not worth failing for: without it, the batch is decoded as a whole.
      if (!(error instanceof MemoryBudgetExceeded)) throw error;
      this.#patience = 0;
      return batch.rowCount;
    }
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}
