/**
 * Looks whether a batch has any row that a filter keeps, from the columns that the filter reads: if not, the others need
 * not be decoded. The rows themselves are filtered further down, in one kernel with what comes next.
 *
 *     columns of the filter ──decode──▶ survivors? ──none──▶ the other columns pass over these rows
 *                                              └──some──▶ they are decoded too
 */

import { BATCH_ROWS, Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { int32 } from '../columnar/data-type.ts';
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
  readonly #filter: TypedExpression;
  readonly #computed: ComputedColumn | undefined;
  /** Gives the numbers of the rows that are kept, and where those of all rows are. */
  #rows: { readonly program: RowProgram; readonly numbers: Column } | undefined;
  #patience = PATIENCE;
  #hasSkipped = false;

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
    this.#filter = withColumnsAt(filter, (index) => columns.indexOf(index));
    this.#program = new RowProgram(
      { input: this.#schema, filter: this.#filter, columns: [], operator: 'Scan' },
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
    this.#computed?.fill(columns, rowCount);
    const read = this.columns.map((position) => columns[position] as Column);
    const keeps = this.#survivors(new Batch(this.#schema, rowCount, read)) > 0;
    this.#patience = keeps ? this.#patience - 1 : PATIENCE;
    this.#hasSkipped ||= !keeps;
    return keeps;
  }

  /** Ranges of rows around all that are kept, in order; `columns` as in `mayKeep`. At most BATCH_ROWS rows. */
  survivors(columns: readonly Column[], rowCount: number): { readonly start: number; readonly end: number }[] {
    this.#computed?.fill(columns, rowCount);
    const all = [{ start: 0, end: rowCount }];
    const read = this.columns.map((position) => columns[position] as Column);
    try {
      this.#rows ??= this.#rowNumbers();
      const { program, numbers } = this.#rows;
      const kept = program.tryApply(new Batch(schemaWithRows(this.#schema), rowCount, [...read, numbers]));
      const [found] = kept?.columns ?? [];
      return kept === undefined || found === undefined || kept.rowCount === rowCount
        ? all
        : this.#ranges(found, kept.rowCount);
    } catch (error) {
      if (!(error instanceof MemoryBudgetExceeded)) throw error;
      return all;
    }
  }

  #ranges({ values }: Column, count: number): { start: number; end: number }[] {
    const { i32 } = this.#holding.linear;
    const ranges: { start: number; end: number }[] = [];
    let last: { start: number; end: number } | undefined;
    for (let at = values / 4; at < values / 4 + count; at += 1) {
      const row = Number(i32[at]);
      if (last !== undefined && row - last.end <= NEAR_ROWS) last.end = row + 1;
      else {
        last = { start: row, end: row + 1 };
        ranges.push(last);
      }
    }
    return ranges;
  }

  #rowNumbers(): { program: RowProgram; numbers: Column } {
    const { address } = this.#holding.allocate(BATCH_ROWS * 4);
    for (let row = 0; row < BATCH_ROWS; row += 1) this.#holding.linear.i32[address / 4 + row] = row;
    const index = this.columns.length;
    const row = { kind: 'column', index, name: 'row', type: int32, nullable: false } as const;
    const program = new RowProgram(
      {
        input: schemaWithRows(this.#schema),
        filter: this.#filter,
        columns: [{ name: 'row', expression: row }],
        operator: 'Scan',
      },
      this.#holding,
    );
    const plain = { validity: 0, bytes: 0, dictionary: undefined, width: 4, bits: undefined };
    return { program, numbers: { type: int32, values: address, ...plain } };
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
    this.#rows?.program[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}

const schemaWithRows = ({ fields }: Schema): Schema => ({
  fields: [...fields, { name: 'row', type: int32, nullable: false }],
});
