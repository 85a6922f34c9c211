/**
 * Batches with all that they are sorted by as columns.
 *
 *     input    a, b, c        keys  b, a + c
 *     rows     a, b, c, │ a + c        keys that are columns already are used where they are
 */

import assert from 'node:assert/strict';
import { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { Schema } from '../columnar/schema.ts';
import { RowProgram } from '../compile/row-program.ts';
import type { TypedColumn, TypedExpression } from '../expressions/expression.ts';
import type { Holding } from '../memory/budget.ts';
import type { SortColumn } from './sort-steps.ts';

/** One key to sort by. */
export interface SortKey {
  readonly expression: TypedExpression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** Computes keys that are not columns, and knows where each key is. */
export class SortInput implements Disposable {
  /** Of the input, then one hidden column per key that is computed. */
  readonly schema: Schema;
  readonly #keys: readonly SortKey[];
  readonly #positions: readonly number[];
  readonly #program: RowProgram | undefined;

  /** Scratch comes from `holding`, whose owner disposes it after this. @throws MemoryBudgetExceeded */
  constructor(input: Schema, keys: readonly SortKey[], holding: Holding) {
    const computed: TypedColumn[] = [];
    this.#keys = keys;
    this.#positions = keys.map(({ expression }, index) => {
      if (expression.kind === 'column') return expression.index;
      return input.fields.length + computed.push({ name: `\0key ${index}`, expression }) - 1;
    });
    const fields = computed.map(({ name, expression: { type, nullable } }) => ({ name, type, nullable }));
    this.schema = { fields: [...input.fields, ...fields] };
    this.#program =
      computed.length === 0
        ? undefined
        : new RowProgram({ input, columns: computed, operator: holding.owner }, holding);
  }

  /** Which column of `schema` the first key is. */
  get firstKey(): number {
    return this.#positions[0] ?? 0;
  }

  /** The batch with the hidden columns, lent as the batch is and until the next call. Throws what expressions do. */
  extend(batch: Batch): Batch {
    if (this.#program === undefined) return batch;
    const { columns } = this.#program.apply(batch);
    return new Batch(this.schema, batch.rowCount, [...batch.columns, ...columns]);
  }

  /** The keys as columns of `columns`, which are those of `schema`. */
  sortColumns(columns: readonly Column[]): SortColumn[] {
    return this.#keys.map(({ descending, nullsFirst }, index) => {
      const column = columns[this.#positions[index] ?? 0];
      assert.ok(column !== undefined);
      return { column, descending, nullsFirst };
    });
  }

  [Symbol.dispose](): void {
    this.#program?.[Symbol.dispose]();
  }
}
