import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import type { Holding } from '../memory/budget.ts';
import type { AccumulatorPlan } from './accumulators.ts';
import { AggregateAnswers } from './aggregate-answers.ts';
import { AggregateStates } from './aggregate-states.ts';
import { DistinctRows } from './distinct-rows.ts';
import { ValueLog } from './value-log.ts';

/**
 * All that is kept for groups, and the results that are read from it.
 *
 *     states       of fixed size per group, and what they point to
 *     logs         values with the group of each, sorted at the end
 *     distinct     different values with the group of each, from which states of their own are filled at the end
 */
export class GroupStates implements Disposable {
  readonly plan: AccumulatorPlan;
  readonly states: AggregateStates;
  readonly logs: readonly ValueLog[];
  readonly #holding: Holding;
  readonly distinct: readonly DistinctRows[];
  readonly #answers: AggregateAnswers;
  /** Of the distinct rows, by position: filled when results are first asked for. */
  #inner: readonly GroupStates[] | undefined;

  /** Retains all of it under `holding`, which the caller disposes when this throws. @throws MemoryBudgetExceeded */
  constructor(plan: AccumulatorPlan, holding: Holding) {
    this.plan = plan;
    this.#holding = holding;
    this.states = new AggregateStates(plan, holding);
    this.logs = plan.logs.map((log) => new ValueLog(log, holding));
    this.distinct = plan.distinct.map((rows) => new DistinctRows(rows, holding));
    this.#answers = new AggregateAnswers(this, holding);
  }

  /**
   * Adds rows: `columns` are the inputs of the plan, `ids` is the address of the group of each, uint32, all of which have
   * a state. `compiled` says that a loop has updated the accumulators that loops do.
   * @throws MemoryBudgetExceeded, ArithmeticOverflow, ColumnTooLarge
   */
  add(columns: readonly Column[], rowCount: number, ids: number, compiled: boolean): void {
    assert.ok(this.#inner === undefined, 'rows after results');
    const { uncompiled, accumulators } = this.plan;
    const left = compiled ? uncompiled : accumulators;
    if (left.length > 0) this.states.add(columns, rowCount, ids, left);
    for (const log of this.logs) log.add(columns, rowCount, ids);
    for (const rows of this.distinct) rows.add(columns, rowCount, ids);
  }

  /**
   * Adds what `other`, made for the same plan, has, which is of later rows. `mapping` is the address of this one's number
   * for each of its groups, uint32, all of which have a state here.
   * @throws MemoryBudgetExceeded, ArithmeticOverflow, ColumnTooLarge
   */
  merge(other: GroupStates, mapping: number): void {
    assert.ok(this.#inner === undefined, 'rows after results');
    this.states.merge(other.states, mapping);
    for (const [index, log] of this.logs.entries()) log.merge(at(other.logs, index), mapping);
    for (const [index, rows] of this.distinct.entries()) rows.merge(at(other.distinct, index), mapping);
  }

  /** Where a batch of results that begins with the group `from` ends, `to` at most. @throws MemoryBudgetExceeded */
  endOfBatch(from: number, to: number): number {
    this.#inner ??= this.#fillInner();
    const { groupCount } = this.states;
    let end = to;
    for (const inner of this.#inner) end = inner.endOfBatch(from, end);
    // Partial states of percentiles are lists too, and no answer needs more of a log at once than they.
    const gathers = this.plan.answers.some(({ kind }) => kind === 'list' || kind === 'texts');
    if (gathers) for (const log of this.logs) end = log.endOfBatch(from, end, groupCount);
    return end;
  }

  /**
   * One column per aggregate for the groups [from, to), at most `BATCH_ROWS`; valid until the next call.
   * @throws ArithmeticOverflow when a result does not fit its type
   * @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  columns(from: number, to: number): Column[] {
    this.states.settle();
    this.#inner ??= this.#fillInner();
    const inner = this.#inner.map((states) => states.columns(from, to));
    return this.#answers.columns(from, to, inner);
  }

  [Symbol.dispose](): void {
    this.#answers[Symbol.dispose]();
    for (const inner of this.#inner ?? []) inner[Symbol.dispose]();
    for (const rows of this.distinct) rows[Symbol.dispose]();
    for (const log of this.logs) log[Symbol.dispose]();
    this.states[Symbol.dispose]();
  }

  #fillInner(): GroupStates[] {
    return this.distinct.map((rows, index) => {
      const inner = new GroupStates(at(this.plan.distinct, index).inner, this.#holding);
      inner.states.ensure(this.states.groupCount);
      for (const { columns, rowCount, ids } of rows.batches()) inner.add(columns, rowCount, ids, false);
      return inner;
    });
  }
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  assert.ok(item !== undefined);
  return item;
}
