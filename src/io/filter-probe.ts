/**
 * Looks which rows of a batch a filter keeps, from the columns that the filter reads: of the others no more need be decoded
 * than what is between the first of these rows and the last. The rows themselves are filtered further down, in one kernel
 * with what comes next.
 *
 *     columns of the filter   │ · · · · · x · x x · · · │ ──none is kept──▶ the others pass over all of these rows
 *     the others                      ╞═════════╡         ──some are──▶ and else over those before and behind
 */

import { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { Schema } from '../columnar/schema.ts';
import { type RowRange, SLICE_ROWS } from '../columnar/slice.ts';
import type { Selection } from '../compile/compaction.ts';
import { RowProgram } from '../compile/row-program.ts';
import { MemoryBudgetExceeded } from '../errors.ts';
import { collectColumns, withColumnsAt } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { Holding, MemoryBudget } from '../memory/budget.ts';

/** Batches come as a whole where more than this of their rows would be left. */
const NARROW_SHARE = 1 / 2;
/**
 * After so many batches in a row that come as a whole, the rest of the row group is not probed, and of every further row group
 * only the first batch is, until one of them does not. A filter that keeps a few rows everywhere is thus evaluated twice
 * for one batch in seven only: that cost TPC-H Q6 a tenth of its time.
 */
const PATIENCE = 4;
/** Rows between two that are kept which are taken to be kept too: there would be too many ranges otherwise. */
const NEAR_ROWS = 64;

/** A column that is computed of others before the filter is asked, where it stands. */
export interface ComputedColumn {
  /** Positions of the columns that it is computed of. */
  readonly inputs: readonly number[];
  /** Computes it for the next rows; `columns` are by position, and at least the inputs are there. */
  fill(columns: readonly Column[], rowCount: number): void;
}

export class FilterProbe implements Disposable {
  /** Positions of the columns that the filter reads, in order, and of those of which others of these are computed. */
  readonly columns: readonly number[];
  readonly #schema: Schema;
  readonly #holding: Holding;
  readonly #program: RowProgram;
  readonly #computed: ComputedColumn | undefined;
  #patience = PATIENCE;
  #hasNarrowed = false;

  /** Undefined where there is nothing to gain: the filter reads every column, or none. */
  static over(
    schema: Schema,
    filter: TypedExpression | undefined,
    memory: MemoryBudget,
    computed?: ComputedColumn,
  ): FilterProbe | undefined {
    if (filter === undefined) return undefined;
    const columns = new Set<number>(computed?.inputs);
    collectColumns(filter, columns);
    if (columns.size === 0 || columns.size === schema.fields.length) return undefined;
    return new FilterProbe(
      schema,
      filter,
      [...columns].toSorted((a, b) => a - b),
      memory,
      computed,
    );
  }

  private constructor(
    schema: Schema,
    filter: TypedExpression,
    columns: readonly number[],
    memory: MemoryBudget,
    computed: ComputedColumn | undefined,
  ) {
    this.columns = columns;
    this.#computed = computed;
    this.#schema = { fields: schema.fields.filter((_, index) => columns.includes(index)) };
    this.#holding = memory.reserve('Scan');
    this.#program = new RowProgram(
      {
        input: this.#schema,
        filter: withColumnsAt(filter, (index) => columns.indexOf(index)),
        columns: [],
        operator: 'Scan',
      },
      this.#holding,
    );
  }

  /** To be called with every row group: its rows may be other ones. */
  reset(): void {
    this.#patience = this.#hasNarrowed ? PATIENCE : Math.max(this.#patience, 1);
    this.#hasNarrowed = false;
  }

  get isWorthwhile(): boolean {
    return this.#patience > 0;
  }

  /**
   * Rows around all that are kept, from where columns can be sliced; where none is, none at the end. All rows where it cannot
   * be told cheaply. `columns` are by position, and at least those at `this.columns` are there.
   */
  kept(columns: readonly Column[], rowCount: number): RowRange {
    const ranges = this.survivors(columns, rowCount);
    const first = ranges[0]?.start;
    const start = first === undefined ? rowCount : first - (first % SLICE_ROWS);
    const end = ranges.at(-1)?.end ?? rowCount;
    const narrows = end - start <= rowCount * NARROW_SHARE;
    this.#patience = narrows ? PATIENCE : this.#patience - 1;
    this.#hasNarrowed ||= narrows;
    return narrows ? { start, end } : { start: 0, end: rowCount };
  }

  /** Ranges of rows around all that are kept, in order; `columns` as in `kept`. */
  survivors(columns: readonly Column[], rowCount: number): readonly RowRange[] {
    this.#computed?.fill(columns, rowCount);
    const read = this.columns.map((position) => columns[position] as Column);
    try {
      const selection = this.#program.trySelect(new Batch(this.#schema, rowCount, read));
      return selection === undefined ? [{ start: 0, end: rowCount }] : this.#ranges(selection);
    } catch (error) {
      // A probe is not worth failing for: without it, the batch is decoded as a whole.
      if (!(error instanceof MemoryBudgetExceeded)) throw error;
      return [{ start: 0, end: rowCount }];
    }
  }

  #ranges({ bitmap, rowCount }: Selection): RowRange[] {
    const { u32 } = this.#holding.linear;
    const ranges: { start: number; end: number }[] = [];
    let last: { start: number; end: number } | undefined;
    for (let row = 0; row < rowCount; row += 32) {
      const bits = u32[(bitmap + row / 8) / 4] ?? 0;
      if (bits === 0) continue;
      const [start, end] = [row + 31 - Math.clz32(bits & -bits), row + 32 - Math.clz32(bits)];
      if (last !== undefined && start - last.end <= NEAR_ROWS) last.end = end;
      else {
        last = { start, end };
        ranges.push(last);
      }
    }
    return ranges;
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}
