/**
 * The column of a scan that says which rows have keys that joins further up look for.
 *
 *     l_orderkey   │ 7 │ 3 │ 9 │ …  ──look up──▶ │ 1 0 1 … │ ╮
 *     l_suppkey    │ 2 │ 2 │ 5 │ …  ──look up──▶ │ 1 1 0 … │ ┴─▶ │ 1 0 0 … │       a bool that is a part of the filter
 *
 * Only what a join has told before the scan begins is asked. A filter that keeps most rows of its first batches is given up:
 * then the join finds out about each row itself, which it does anyway.
 */

import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import type { Column, Dictionary } from '../../columnar/column.ts';
import { bool } from '../../columnar/data-type.ts';
import type { Field, Schema } from '../../columnar/schema.ts';
import { sliceColumn } from '../../columnar/slice.ts';
import type { Value } from '../../columnar/value.ts';
import { RowProgram } from '../../compile/row-program.ts';
import { MemoryBudgetExceeded } from '../../errors.ts';
import { collectColumns, withColumnsAt } from '../../expressions/columns.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import { simplified } from '../../expressions/simplify.ts';
import type { ComputedColumn } from '../../io/filter-probe.ts';
import { comparableOf, rangeUnder } from '../../io/parquet/prune.ts';
import type { RangeTest } from '../../io/parquet/scan-plan.ts';
import { order, type ValueRange } from '../../io/parquet/statistics.ts';
import { withValues } from '../../io/partition-values.ts';
import { parquetKernels } from '../../kernels/parquet-kernels.ts';
import { runtimeFilterKernels } from '../../kernels/runtime-filter-kernels.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import type { RuntimeFilter } from '../../state/runtime-filter.ts';
import type { TaskContext } from '../operator.ts';

/** A key of rows that some join looks for among those of its build side. */
export interface SoughtKey {
  /** What the task knows the filter by. */
  readonly id: number;
  /** Over the columns that are read; cannot fail. */
  readonly key: TypedExpression;
  /** Whether null meets null. */
  readonly nullEqualsNull: boolean;
}

/** Rows after which a filter is given up that keeps more than this share of them. */
const TRIED_ROWS = 8 * BATCH_ROWS;
const MOST_KEPT = 0.75;

interface Sought extends SoughtKey {
  readonly filter: RuntimeFilter;
  /** What is known of the entries of the dictionary that the key came with last. */
  readonly entries: GrowingRegion;
  entriesOf: number;
  rowsTried: number;
  rowsKept: number;
  isGivenUp: boolean;
}

export class RuntimeFilterColumn implements ComputedColumn, Disposable {
  /** As it stands in a batch; its bits are those of the last one that was filled. */
  readonly column: Column;
  readonly inputs: readonly number[];
  readonly #sought: readonly Sought[];
  readonly #holding: Holding;
  readonly #schema: Schema;
  readonly #program: RowProgram | undefined;
  /** Bits of what one filter has found. */
  readonly #found: number;
  readonly #scratch: number;
  #isAllSet = false;

  /** Over the columns of `schema`. @throws MemoryBudgetExceeded */
  constructor(keys: readonly SoughtKey[], { fields }: Schema, { memory, runtimeFilters }: TaskContext) {
    const holding = memory.reserve('Scan');
    this.#holding = holding;
    this.#sought = keys.flatMap((key): Sought[] => {
      const filter = runtimeFilters?.get(key.id);
      if (filter === undefined) return [];
      const entries = new GrowingRegion(holding);
      return [{ ...key, filter, entries, entriesOf: 0, rowsTried: 0, rowsKept: 0, isGivenUp: !filter.hasBits }];
    });
    const inputs = new Set<number>();
    for (const { key } of this.#sought) collectColumns(key, inputs);
    this.inputs = [...inputs];
    this.#schema = { fields: this.inputs.map((position) => fields[position] as Field) };
    try {
      const bytes = BATCH_ROWS / 8;
      const bits = holding.allocate(2 * bytes).address;
      this.#found = bits + bytes;
      this.#scratch = this.#scratchOf(Math.max(0, ...this.#sought.map(({ filter }) => filter.scratchBytes)));
      this.#program = this.#sought.length === 0 ? undefined : this.#keyProgram();
      const plain = { validity: 0, bytes: 0, dictionary: undefined, width: 0, bits: undefined };
      this.column = { type: bool, values: bits, ...plain };
    } catch (error) {
      holding[Symbol.dispose]();
      throw error;
    }
  }

  /** Whether one of few keys is looked for. */
  get isNarrow(): boolean {
    return this.#sought.some(({ filter }) => filter.values !== undefined);
  }

  /** What row groups and pages of a file must have, of whose rows `values` are known; `never` where none of them can match. */
  testOf(values: ReadonlyMap<number, Value>): RangeTest | 'never' {
    const left: Sought[] = [];
    for (const one of this.#sought) {
      const key = values.size === 0 ? one.key : simplified(withValues(one.key, values));
      if (key.kind !== 'literal') left.push({ ...one, key });
      else if (!mayBe(one, key.value)) return 'never';
    }
    const [columns, equalityColumns] = [new Set<number>(), new Set<number>()];
    for (const { key, filter } of left) {
      collectColumns(key, columns);
      if (filter.values !== undefined) collectColumns(key, equalityColumns);
    }
    return {
      columns,
      equalityColumns,
      mayMatch: (ranges) => left.every((one) => mayBeAmong(one, ranges)),
      mayNarrow: (ranges) => left.some((one) => mayBeRarer(one, ranges)),
    };
  }

  fill(columns: readonly Column[], rowCount: number): void {
    if (this.#isAllSet) return;
    const { linear } = this.#holding;
    takeKernels(linear).fillBytes(this.column.values, 0xff, BATCH_ROWS / 8);
    this.#isAllSet = this.#sought.every(({ isGivenUp }) => isGivenUp);
    if (this.#isAllSet) return;
    try {
      const given = this.inputs.map((position) => columns[position] as Column);
      const keys = this.#program?.tryApply(new Batch(this.#schema, rowCount, given))?.columns ?? [];
      let kept = rowCount;
      for (const [index, one] of this.#sought.entries()) {
        const key = keys[index];
        if (key === undefined || one.isGivenUp) continue;
        one.rowsTried += kept;
        kept = this.#keep(one, key, rowCount);
        one.rowsKept += kept;
        if (one.rowsTried >= TRIED_ROWS) one.isGivenUp = one.rowsKept > one.rowsTried * MOST_KEPT;
      }
    } catch (error) {
      // What only saves work is not worth failing for.
      if (!(error instanceof MemoryBudgetExceeded)) throw error;
      for (const one of this.#sought) one.isGivenUp = true;
      takeKernels(linear).fillBytes(this.column.values, 0xff, BATCH_ROWS / 8);
    }
  }

  /** Of the rows that were filled last, how many have no such keys. */
  missing(rowCount: number): number {
    return rowCount - parquetKernels(this.#holding.linear).countOnes(this.column.values, 0, rowCount);
  }

  [Symbol.dispose](): void {
    this.#program?.[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }

  /** Clears the bits of rows whose key is none; returns how many are set. */
  #keep(one: Sought, key: Column, rowCount: number): number {
    const { filter, nullEqualsNull } = one;
    const kernels = runtimeFilterKernels(this.#holding.linear);
    takeKernels(this.#holding.linear).copyBytes(this.column.values, this.#found, Math.ceil(rowCount / 64) * 8);
    if (key.dictionary === undefined) filter.test(key, rowCount, this.#scratch, this.#found);
    else {
      this.#testEntries(one, key.dictionary);
      kernels.testCodes(key.values, rowCount, one.entries.address, this.#found);
    }
    const keepsNulls = nullEqualsNull && filter.hasNull ? 1 : 0;
    return kernels.keepFound(this.#found, key.validity, keepsNulls, rowCount, this.column.values);
  }

  /** Once for each dictionary, not for each batch. */
  #testEntries(one: Sought, { id, size, values }: Dictionary): void {
    if (one.entriesOf === id) return;
    one.entriesOf = 0;
    // Of a dictionary without entries one is read all the same: all of its rows are null.
    const bytes = Math.ceil(Math.max(size, 1) / 64) * 8;
    one.entries.ensure(bytes, 0);
    takeKernels(this.#holding.linear).fillBytes(one.entries.address, 0xff, bytes);
    for (let from = 0; from < size; from += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, size - from);
      one.filter.test(sliceColumn(values, from), count, this.#scratch, one.entries.address + from / 8);
    }
    one.entriesOf = id;
  }

  /** Where there is no room, filters that need it are given up. */
  #scratchOf(rowBytes: number): number {
    if (rowBytes === 0) return 0;
    const scratch = this.#holding.tryAllocate(BATCH_ROWS * rowBytes);
    for (const one of this.#sought) one.isGivenUp ||= scratch === undefined && one.filter.scratchBytes > 0;
    return scratch?.address ?? 0;
  }

  #keyProgram(): RowProgram {
    const columns = this.#sought.map(({ key }, index) => ({
      name: `key ${index}`,
      expression: withColumnsAt(key, (position) => this.inputs.indexOf(position)),
    }));
    return new RowProgram({ input: this.#schema, columns, operator: 'Scan' }, this.#holding);
  }
}

/** Parts of a row group's range of which each is asked for. */
const PARTS = 16n;

/** Whether a part of the values of a row group may have no key, were they in order. */
function mayBeRarer({ filter, key }: Sought, ranges: readonly ValueRange[]): boolean {
  if (filter.values !== undefined) return true;
  const { low, high } = rangeUnder(key, ranges);
  if (typeof low !== 'bigint' || typeof high !== 'bigint') return false;
  const step = (high - low) / PARTS + 1n;
  for (let from = low; from <= high; from += step) if (!filter.mayBeWithin(from, from + step - 1n)) return true;
  return false;
}

function mayBe({ filter, nullEqualsNull }: Sought, value: Value): boolean {
  return value === null ? nullEqualsNull && filter.hasNull : filter.mayBe(value);
}

function mayBeAmong({ filter, key, nullEqualsNull }: Sought, ranges: readonly ValueRange[]): boolean {
  const range = rangeUnder(key, ranges);
  if (range.mayBeNull && nullEqualsNull && filter.hasNull) return true;
  if (!range.mayBeValue) return false;
  const { low, high, mayEqual } = range;
  if (filter.values === undefined) return filter.mayBeWithin(low, high);
  return filter.values.some((value) => {
    const wanted = value === null ? undefined : comparableOf(value, key.type);
    // NaN is above every bound, and bounds leave it out.
    if (wanted === undefined || Number.isNaN(wanted)) return true;
    if (low !== undefined && order(wanted, low) < 0) return false;
    if (high !== undefined && order(wanted, high) > 0) return false;
    return mayEqual === undefined || mayEqual(wanted);
  });
}
