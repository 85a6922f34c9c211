/**
 * Values become columns: one row per group, in it one aggregate for each value of a column.
 *
 *     city  year  sold               city  2019  2020
 *     Ulm   2019  10        ──▶      Ulm   15    null
 *     Ulm   2019  5                  Bonn  null  7
 *     Bonn  2020  7
 *
 * Rows are aggregated by group and value first, in one table however many names there are:
 *
 *     groups of the aggregation  │ Ulm 2019 │ Bonn 2020 │ …       number of the row, and of the column, of each
 *     cells of a batch           │ 0 │ – │   │ – │ 1 │             column by column; then each column is gathered
 *
 * Values that no name stands for are made one before that, so that they take no memory and are not aggregated; a group that
 * has nothing else is a row of nulls.
 */

import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import { columnFromValues } from '../../columnar/column-from-values.ts';
import { bool } from '../../columnar/data-type.ts';
import { field, type Schema } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import { GatheredColumn } from '../../compile/gathered-column.ts';
import { literal, logic } from '../../expressions/coerce.ts';
import type { TypedAggregate, TypedColumn, TypedExpression } from '../../expressions/expression.ts';
import { type RowNumberKernels, rowNumberKernels } from '../../kernels/row-number-kernels.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import { valueLogKernels } from '../../kernels/value-log-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import type { AggregationSpec } from '../../state/aggregate-input.ts';
import { Aggregation } from '../../state/aggregation.ts';
import { ColumnBuffer } from '../../state/column-buffer.ts';
import { GroupTable } from '../../state/group-table.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import { planAccumulators } from '../../state/plan-accumulators.ts';
import { guarded } from '../../state/taking-part.ts';
import type { BlockingSink } from '../operator.ts';
import { AggregationRun } from './aggregation-run.ts';

const NAME = 'Pivot';

export interface PivotName {
  /** Of the column. */
  readonly name: string;
  /** The value it stands for, null for null; undefined where there is none that it could stand for. */
  readonly value: Value | undefined;
}

export interface PivotOptions {
  readonly input: Schema;
  /** At least one. */
  readonly groupBy: readonly TypedColumn[];
  /** What names stand for values of. */
  readonly pivot: TypedExpression;
  /** Over the rows of one group and value. */
  readonly aggregate: TypedAggregate;
  readonly names: readonly PivotName[];
}

/**
 * The keys of a group, then a column per name: the aggregate over the rows whose pivot value it stands for, null where
 * there are none. Groups come in the order of a grouped aggregate. Retains an aggregate for each group and value.
 */
export function pivot(options: PivotOptions): BlockingSink {
  const { groupBy, names, aggregate } = options;
  const schema: Schema = {
    fields: [
      ...groupBy.map(({ name, expression }) => field(name, expression.type, expression.nullable)),
      ...names.map(({ name }) => field(name, aggregate.type)),
    ],
  };
  const spec = aggregationOf(options);
  const open = (holding: Holding): Aggregation => new Aggregation(spec, holding);
  const results = (aggregation: Aggregation, holding: Holding) => pivoted(options, schema, aggregation, holding);
  return {
    role: 'blocking-sink',
    name: NAME,
    schema,
    open: (task) => new AggregationRun(NAME, open, results, task, 'groups and values'),
  };
}

/** Cells of a batch of the output. */
const MOST_CELLS = 2 ** 18;

function* pivoted(options: PivotOptions, schema: Schema, aggregation: Aggregation, holding: Holding): Generator<Batch> {
  if (aggregation.groupCount === 0) return;
  const cells = new Cells(options, schema, aggregation, holding);
  const mostRows = Math.max(1, Math.min(BATCH_ROWS, Math.floor(MOST_CELLS / Math.max(1, options.names.length))));
  for (let from = 0; from < cells.rowCount; from += mostRows) {
    yield cells.batch(from, Math.min(from + mostRows, cells.rowCount));
  }
}

/** The values that names stand for, one key column or two: the second tells null from values that have no name. */
const pivotKeys = ({ pivot, names }: PivotOptions): readonly TypedExpression[] => {
  const named = guarded(pivot, [isNamed({ pivot, names })]);
  return namesNull(names) ? [named, isNull(pivot)] : [named];
};

const namesNull = (names: readonly PivotName[]): boolean => names.some(({ value }) => value === null);
const isNull = (input: TypedExpression): TypedExpression => ({ kind: 'is-null', input, type: bool, nullable: false });

/** Whether a value that is not null has a name. */
function isNamed({ pivot, names }: Pick<PivotOptions, 'pivot' | 'names'>): TypedExpression {
  const list = names.flatMap(({ value }) =>
    value === undefined || value === null ? [] : [literal(value, pivot.type)],
  );
  if (list.length === 0) return literal(false, bool);
  return { kind: 'is-in', input: pivot, list, type: bool, nullable: pivot.nullable };
}

function aggregationOf(options: PivotOptions): AggregationSpec {
  const { input, groupBy, pivot, aggregate, names } = options;
  const named = isNamed(options);
  const counts = namesNull(names) ? logic('or', isNull(pivot), named) : named;
  const plan = planAccumulators([{ ...aggregate, filter: counts }], 'by rows', false);
  const keys = pivotKeys(options).map((expression, index) => ({ name: `value ${index}`, expression }));
  return { operator: NAME, input, filter: undefined, groupBy: [...groupBy, ...keys], plan };
}

/** The groups of the aggregation as lines and columns of cells. */
class Cells {
  readonly #schema: Schema;
  readonly #holding: Holding;
  readonly #kernels: RowNumberKernels;
  readonly #keyCount: number;
  /** The groups of the output. */
  readonly #lines: GroupTable;
  /** By column of the output behind the keys: its number among the different values; undefined where it has none. */
  readonly #columnOf: readonly (number | undefined)[];
  #columnCount = 0;
  /** By group of the aggregation: its line, its column, and its result. */
  readonly #lineOf: GrowingRegion;
  readonly #valueOf: GrowingRegion;
  readonly #results: ColumnBuffer;
  readonly #groupCount: number;
  /** Groups of the aggregation by line, and where those of each line begin. */
  readonly #starts: GrowingRegion;
  readonly #list: GrowingRegion;
  readonly #cells: GrowingRegion;
  readonly #scratch: readonly {
    readonly rows: GrowingRegion;
    readonly present: GrowingRegion;
    readonly column: GatheredColumn;
  }[];

  constructor(options: PivotOptions, schema: Schema, aggregation: Aggregation, holding: Holding) {
    const { groupBy, aggregate, names } = options;
    this.#schema = schema;
    this.#holding = holding;
    this.#kernels = rowNumberKernels(holding.linear);
    this.#keyCount = groupBy.length;
    this.#groupCount = aggregation.groupCount;
    this.#lineOf = new GrowingRegion(holding);
    this.#valueOf = new GrowingRegion(holding);
    this.#results = new ColumnBuffer(aggregate.type, holding);
    this.#starts = new GrowingRegion(holding);
    this.#list = new GrowingRegion(holding);
    this.#cells = new GrowingRegion(holding);
    this.#scratch = names.map(() => ({
      rows: new GrowingRegion(holding),
      present: new GrowingRegion(holding),
      column: new GatheredColumn(aggregate.type, holding),
    }));
    this.#lines = new GroupTable(
      groupBy.map(({ expression }) => expression.type),
      holding,
      groupBy.map(({ expression }) => expression.nullable),
    );
    const values = new GroupTable(
      pivotKeys(options).map(({ type }) => type),
      holding,
    );
    this.#columnOf = this.#number(options, values);
    this.#read(aggregation, values);
    this.#sort();
  }

  get rowCount(): number {
    return this.#lines.groupCount;
  }

  /** The rows [from, to) of the output, at most `BATCH_ROWS`; valid until the next call. @throws MemoryBudgetExceeded */
  batch(from: number, to: number): Batch {
    const count = to - from;
    const { u32 } = this.#holding.linear;
    const starts = this.#starts.address >>> 2;
    const [first, end] = [u32[starts + from] as number, u32[starts + to] as number];
    const cellBytes = Math.max(1, this.#columnCount) * count * 4;
    this.#cells.ensure(cellBytes, 0);
    const cells = this.#cells.address;
    takeKernels(this.#holding.linear).fillBytes(cells, 0xff, cellBytes);
    const list = this.#list.address + first * 4;
    this.#kernels.placeCells(list, end - first, this.#lineOf.address, this.#valueOf.address, from, count, cells);
    const results = this.#results.column(this.#groupCount);
    const columns = this.#columnOf.map((column, index) => this.#column(results, index, column, count));
    return new Batch(this.#schema, count, [...this.#lines.keyColumns(from, to), ...columns]);
  }

  /** The column of output `index`: of the cells of column `column`. */
  #column(results: Column, index: number, column: number | undefined, count: number): Column {
    const scratch = this.#scratch[index];
    if (scratch === undefined) throw new Error(`Pivot has no column ${index}.`);
    const { rows, present, column: gathered } = scratch;
    rows.ensure(count * 4, 0);
    present.ensure(Math.ceil(count / 64) * 8, 0);
    const kernels = takeKernels(this.#holding.linear);
    let there = 0;
    if (column === undefined) {
      kernels.fillBytes(rows.address, 0, count * 4);
      kernels.fillBytes(present.address, 0, Math.ceil(count / 64) * 8);
    } else {
      const cells = this.#cells.address + column * count * 4;
      there = this.#kernels.cellRows(cells, count, rows.address, present.address);
    }
    return gathered.gather(results, rows.address, count, there === count ? 0 : present.address);
  }

  /** Gives the different values that names stand for their numbers, and says which one each name has. */
  #number({ names, pivot }: PivotOptions, values: GroupTable): (number | undefined)[] {
    const withNull = namesNull(names);
    const numbers: (number | undefined)[] = [];
    for (const { value } of names) {
      if (value === undefined) {
        numbers.push(undefined);
        continue;
      }
      using scratch = this.#holding.budget.reserve(this.#holding.owner);
      const keys = [columnFromValues(scratch, pivot.type, [value])];
      if (withNull) keys.push(columnFromValues(scratch, bool, [value === null]));
      // The view is taken after memory may have grown.
      const number = values.groupIds(keys, 1);
      numbers.push(this.#holding.linear.u32[number >>> 2]);
    }
    this.#columnCount = values.groupCount;
    return numbers;
  }

  /** Takes the results over, and finds the line and the column of each. */
  #read(aggregation: Aggregation, values: GroupTable): void {
    this.#lineOf.ensure(this.#groupCount * 4);
    this.#valueOf.ensure(this.#groupCount * 4);
    const { copyBytes } = takeKernels(this.#holding.linear);
    for (let from = 0, to = 0; from < this.#groupCount; from = to) {
      to = aggregation.endOfBatch(from);
      const columns = aggregation.columns(from, to);
      const count = to - from;
      this.#results.append(columns.at(-1) as Column, 0, count, from);
      const lines = this.#lines.groupIds(columns.slice(0, this.#keyCount), count);
      copyBytes(lines, this.#lineOf.address + from * 4, count * 4);
      const found = values.find(columns.slice(this.#keyCount, -1), count);
      copyBytes(found, this.#valueOf.address + from * 4, count * 4);
    }
  }

  #sort(): void {
    const lines = this.rowCount;
    const bytes = (lines + 1) * 4;
    this.#starts.ensure(bytes * 2);
    const starts = this.#starts.address;
    valueLogKernels(this.#holding.linear).groupStarts(this.#lineOf.address, this.#groupCount, lines, starts);
    takeKernels(this.#holding.linear).copyBytes(starts, starts + bytes, bytes);
    this.#list.ensure(this.#groupCount * 4);
    this.#kernels.listByGroup(this.#lineOf.address, this.#groupCount, starts + bytes, this.#list.address);
  }
}
