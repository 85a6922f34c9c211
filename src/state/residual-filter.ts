/**
 * The pairs of rows for which a predicate is true that reads columns of both sides.
 *
 *     pairs ──▶ the columns that it reads, of both rows ──▶ filter ──▶ numbers of the rows of the pairs that are left
 */

import { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { uint32 } from '../columnar/data-type.ts';
import { type Field, field, type Schema } from '../columnar/schema.ts';
import { RowProgram } from '../compile/row-program.ts';
import { withColumnsAt } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { passedOn } from '../expressions/typed-columns.ts';
import type { Holding } from '../memory/budget.ts';
import { type JoinedColumn, JoinedRows, type RowPairs } from './joined-rows.ts';

/** A predicate over pairs, and the columns it reads. */
export interface Residual {
  readonly schema: Schema;
  readonly columns: readonly JoinedColumn[];
  readonly predicate: TypedExpression;
}

export type ListedPairs = RowPairs & { readonly probeRows: number };

/** Over the columns it reads, in front of which stand the numbers of the rows of a pair. */
export function residualOf(
  predicate: TypedExpression,
  read: readonly number[],
  fields: readonly Field[],
  joined: (index: number) => JoinedColumn,
): Residual {
  return {
    schema: { fields: read.map((index) => fields[index] as Field) },
    columns: read.map(joined),
    predicate: withColumnsAt(predicate, (index) => ROW_NUMBERS.length + read.indexOf(index)),
  };
}

const ROW_NUMBERS: readonly Field[] = [field('probe row', uint32, false), field('build row', uint32, false)];

/** Leaves the pairs for which a predicate is true. */
export class ResidualFilter implements Disposable {
  readonly #schema: Schema;
  readonly #rows: JoinedRows;
  readonly #program: RowProgram;

  /** `operator` is used in errors. Reserves under `holding`, whose owner disposes it after this. @throws MemoryBudgetExceeded */
  constructor({ schema, columns, predicate }: Residual, operator: string, holding: Holding) {
    this.#schema = { fields: [...ROW_NUMBERS, ...schema.fields] };
    this.#rows = new JoinedRows(schema, columns, holding);
    const numbers = passedOn({ fields: ROW_NUMBERS });
    this.#program = new RowProgram({ input: this.#schema, filter: predicate, columns: numbers, operator }, holding);
  }

  /** What is left of each of `candidates`: lent until the next. @throws what expressions do */
  *filter(
    probe: readonly Column[],
    build: readonly Column[],
    candidates: Iterable<ListedPairs>,
  ): Generator<ListedPairs> {
    for (const { probeRows, buildRows, count } of candidates) {
      for (let from = 0; from < count; ) {
        const [probeFrom, buildFrom] = [probeRows + from * 4, buildRows + from * 4];
        const part = { probeRows: probeFrom, buildRows: buildFrom, count: count - from };
        const rows = this.#rows.take(probe, build, part);
        const numbers = [probeFrom, buildFrom].map(numbersColumn);
        const left = this.#program.apply(new Batch(this.#schema, rows.rowCount, [...numbers, ...rows.columns]));
        const [probeLeft, buildLeft] = left.columns;
        yield { probeRows: probeLeft?.values ?? 0, buildRows: buildLeft?.values ?? 0, count: left.rowCount };
        from += rows.rowCount;
      }
    }
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
    this.#rows[Symbol.dispose]();
  }
}

const numbersColumn = (values: number): Column => ({
  type: uint32,
  validity: 0,
  values,
  bytes: 0,
  dictionary: undefined,
  width: 4,
  bits: undefined,
});
