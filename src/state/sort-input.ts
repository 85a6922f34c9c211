/**
 * Batches with all that they are sorted by as columns.
 *
 *     input    a, b, c        keys  b, a + c
 *     rows     a, b, c, │ a + c        keys that are columns already are used where they are
 *
 * Lists, structs, maps, intervals and other values that have no place in a word are sorted by bytes whose order is theirs
 * (`value-bytes.ts`), in a hidden column of their own.
 */

import assert from 'node:assert/strict';
import { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { binary, isOrderable } from '../columnar/data-type.ts';
import { field, type Schema } from '../columnar/schema.ts';
import { RowProgram } from '../compile/row-program.ts';
import type { TypedColumn, TypedExpression } from '../expressions/expression.ts';
import type { Holding } from '../memory/budget.ts';
import type { SortColumn } from './sort-steps.ts';
import { ValueBytes } from './value-bytes.ts';

/** One key to sort by. */
export interface SortKey {
  readonly expression: TypedExpression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** Computes keys that are not columns, and knows where each key is. */
export class SortInput implements Disposable {
  /** Of the input, then one hidden column per key that is computed, and one per key that is sorted by its bytes. */
  readonly schema: Schema;
  readonly #keys: readonly SortKey[];
  readonly #positions: readonly number[];
  readonly #program: RowProgram | undefined;
  readonly #bytesKeys: readonly BytesKey[];

  /** Scratch comes from `holding`, whose owner disposes it after this. @throws MemoryBudgetExceeded */
  constructor(input: Schema, keys: readonly SortKey[], holding: Holding) {
    const computed: TypedColumn[] = [];
    const values = keys.map(({ expression }, index) => {
      if (expression.kind === 'column') return expression.index;
      return input.fields.length + computed.push({ name: `\0key ${index}`, expression }) - 1;
    });
    const fields = computed.map(({ name, expression: { type, nullable } }) => ({ name, type, nullable }));
    const valueCount = input.fields.length + fields.length;
    const bytesKeys: BytesKey[] = [];
    this.#positions = keys.map(({ expression }, index) => {
      const position = values[index] ?? 0;
      if (isOrderable(expression.type)) return position;
      return valueCount + bytesKeys.push({ position, bytes: new ValueBytes(holding) }) - 1;
    });
    this.#bytesKeys = bytesKeys;
    this.#keys = keys;
    const hidden = bytesKeys.map((_, index) => field(`\0bytes ${index}`, binary));
    this.schema = { fields: [...input.fields, ...fields, ...hidden] };
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
    if (this.#program === undefined && this.#bytesKeys.length === 0) return batch;
    const computed = this.#program?.apply(batch).columns ?? [];
    const columns = [...batch.columns, ...computed];
    const bytes = this.#bytesKeys.map(({ position, bytes }) => {
      const column = columns[position];
      assert.ok(column !== undefined);
      return bytes.of(column, batch.rowCount);
    });
    return new Batch(this.schema, batch.rowCount, [...columns, ...bytes]);
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
    for (const { bytes } of this.#bytesKeys) bytes.free();
  }
}

/** A key that is sorted by its bytes. */
interface BytesKey {
  /** Where its values are. */
  readonly position: number;
  readonly bytes: ValueBytes;
}
