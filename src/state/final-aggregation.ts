import assert from 'node:assert/strict';
import { BATCH_ROWS, type Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { TypedColumn } from '../expressions/expression.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { AccumulatorPlan } from './accumulators.ts';
import { CombinedStates } from './combined-states.ts';
import { GroupTable } from './group-table.ts';
import { GrowingRegion } from './growing-region.ts';
import { type GroupedRows, RadixGroups } from './radix-groups.ts';

/** Columns of the rows that come in: keys, and one partial state per aggregate. */
export interface FinalSpec {
  /** Empty: one group, which is there even without a row. */
  readonly keys: readonly TypedColumn[];
  /** Positions in the input, of `keys` and of the states that each of `plans` adds up. */
  readonly keyColumns: readonly number[];
  readonly stateColumns: readonly number[];
  /** Of one aggregate each, not grouped. */
  readonly plans: readonly AccumulatorPlan[];
}

/** The second half of an aggregation: partial states in, columns of results out. */
export class FinalAggregation implements Disposable {
  readonly #spec: FinalSpec;
  readonly #holding: Holding;
  /** Undefined where there is one group. */
  readonly #table: GroupTable | undefined;
  readonly #states: readonly CombinedStates[];
  /** Of the states of the first batch: all have their types. */
  #radix: RadixGroups | undefined;
  /** For a single group: zeros. */
  readonly #ids: GrowingRegion;

  /** Retains the groups under `holding`, which the caller disposes when this throws. @throws MemoryBudgetExceeded */
  constructor(spec: FinalSpec, holding: Holding) {
    const { keys, plans } = spec;
    this.#spec = spec;
    this.#holding = holding;
    this.#states = plans.map((plan) => new CombinedStates(plan, holding));
    this.#ids = new GrowingRegion(holding);
    if (keys.length > 0) {
      const types = keys.map(({ expression }) => expression.type);
      this.#table = new GroupTable(
        types,
        holding,
        keys.map(({ expression }) => expression.nullable),
      );
    } else {
      this.#ids.ensure(BATCH_ROWS * 4);
      takeKernels(holding.linear).fillBytes(this.#ids.address, 0, BATCH_ROWS * 4);
      this.#makeStates(1);
    }
  }

  /** Of the rows so far, but those that wait until `complete`. */
  get groupCount(): number {
    return this.#table?.groupCount ?? 1;
  }

  /**
   * Adds the rows of a batch. After an error only disposing is allowed.
   * @throws MemoryBudgetExceeded, ArithmeticOverflow, ColumnTooLarge, InvalidValue where a state is none
   */
  add(batch: Batch): void {
    const { columns, rowCount } = batch;
    if (rowCount === 0) return;
    const { keyColumns, stateColumns } = this.#spec;
    const at = <T>(items: readonly T[], index: number): T => {
      const item = items[index];
      assert.ok(item !== undefined);
      return item;
    };
    const states = stateColumns.map((index) => at(columns, index));
    if (this.#table === undefined) {
      this.#addStates({ ids: this.#ids.address, columns: states, rowCount });
      return;
    }
    const fields = stateColumns.map((index) => at(batch.schema.fields, index));
    this.#radix ??= new RadixGroups(this.#table, { fields }, this.#stateBytes, this.#holding);
    const keys = keyColumns.map((index) => at(columns, index));
    for (const grouped of this.#radix.add(keys, states, rowCount)) this.#addStates(grouped);
  }

  /** Adds the rows that wait: before results are read. Throws as `add`. */
  complete(): void {
    for (const grouped of this.#radix?.flush() ?? []) this.#addStates(grouped);
  }

  /** Adds what `other`, made for the same spec, has seen, which is later input. Throws as `add`. */
  merge(other: FinalAggregation): void {
    this.complete();
    other.complete();
    const mapping = this.#table !== undefined && other.#table !== undefined && this.#table.merge(other.#table);
    this.#makeStates(this.groupCount);
    for (const [index, { groups }] of this.#states.entries()) {
      const theirs = other.#states[index];
      assert.ok(theirs !== undefined);
      groups.merge(theirs.groups, mapping === false ? this.#ids.address : mapping.address);
    }
    if (mapping !== false) this.#holding.free(mapping);
  }

  /** Where a batch of results that begins with the group `from` ends. @throws MemoryBudgetExceeded */
  endOfBatch(from: number): number {
    const most = Math.min(from + BATCH_ROWS, this.groupCount);
    const end = this.#table?.endOfBatch(from, most) ?? most;
    return this.#states.reduce((last, { groups }) => groups.endOfBatch(from, last), end);
  }

  /**
   * Keys, then results of the groups [from, to), at most `BATCH_ROWS`; valid until the next call.
   * @throws ArithmeticOverflow when a result does not fit its type
   * @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  columns(from: number, to: number): Column[] {
    const results = this.#states.flatMap(({ groups }) => groups.columns(from, to));
    return [...(this.#table?.keyColumns(from, to) ?? []), ...results];
  }

  [Symbol.dispose](): void {
    for (const states of this.#states) states[Symbol.dispose]();
    this.#radix?.[Symbol.dispose]();
    this.#table?.[Symbol.dispose]();
    this.#ids.free();
  }

  get #stateBytes(): number {
    return this.#spec.plans.reduce((bytes, { stateBytes }) => bytes + stateBytes, 0);
  }

  #addStates({ ids, columns, rowCount }: GroupedRows): void {
    this.#makeStates(this.groupCount);
    for (const [index, states] of this.#states.entries()) {
      const column = columns[index];
      assert.ok(column !== undefined);
      states.add(column, rowCount, ids);
    }
  }

  #makeStates(groupCount: number): void {
    for (const { groups } of this.#states) groups.states.ensure(groupCount);
  }
}
