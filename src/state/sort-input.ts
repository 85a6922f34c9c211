import assert from 'node:assert/strict';
import type { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { Schema } from '../columnar/schema.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { Holding } from '../memory/budget.ts';
import type { SortColumn } from './sort-steps.ts';

/** One key to sort by. */
export interface SortKey {
  readonly expression: TypedExpression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export class SortInput implements Disposable {
  readonly schema: Schema;
  readonly #keys: readonly SortKey[];
  readonly #positions: readonly number[];

  constructor(input: Schema, keys: readonly SortKey[], _holding: Holding) {
    this.schema = input;
    this.#keys = keys;
    this.#positions = keys.map(({ expression }) => {
      assert.ok(expression.kind === 'column');
      return expression.index;
    });
  }

  get firstKey(): number {
    return this.#positions[0] ?? 0;
  }

  extend(batch: Batch): Batch {
    return batch;
  }

  sortColumns(columns: readonly Column[]): SortColumn[] {
    return this.#keys.map(({ descending, nullsFirst }, index) => {
      const column = columns[this.#positions[index] ?? 0];
      assert.ok(column !== undefined);
      return { column, descending, nullsFirst };
    });
  }

  [Symbol.dispose](): void {}
}
