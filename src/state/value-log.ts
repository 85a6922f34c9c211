import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import { uint32 } from '../columnar/data-type.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import { valueLogKernels } from '../kernels/value-log-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import type { LogPlan } from './accumulators.ts';
import { ChosenRows } from './chosen-rows.ts';
import { ColumnBuffer } from './column-buffer.ts';
import { GrowingRegion } from './growing-region.ts';
import { sortRows } from './sort-rows.ts';

/** Row numbers are uint32, and the sort packs them. */
const MOST_ROWS = 2 ** 31;

/** So many values are gathered for one batch of results, if it has more than one group. */
const MOST_BATCH_VALUES = 262_144;

/** In which order the values of a group come: that of their rows, or their own. */
export type LogOrder = 'arrival' | 'value';

/** The values of all groups, those of one group together. */
export interface SortedLog {
  /** As they have come. */
  readonly values: Column;
  /** Address of the numbers of their rows by group, uint32; 0 where they are in order as they are. */
  readonly rows: number;
  /** Address of where each group begins among these, uint32, one more than there are groups. */
  readonly starts: number;
}

/**
 * All values of an input, for aggregates that need to see them at the end: an append per batch, and no memory per group.
 *
 *     groups   │ 2 │ 0 │ 2 │ 1 │ …          at the end, by a stable sort:   rows     │ 1 │ 3 │ 0 │ 2 │ …
 *     values   │ a │ b │ c │ d │ …                                          starts   │ 0 │ 1 │ 2 │ …
 */
export class ValueLog implements Disposable {
  readonly #plan: LogPlan;
  readonly #holding: Holding;
  readonly #values: ColumnBuffer;
  readonly #ids: GrowingRegion;
  readonly #chosen: ChosenRows;
  readonly #starts: GrowingRegion;
  readonly #orders = new Map<LogOrder, Region | undefined>();
  #rowCount = 0;
  /** Groups that the order and the starts are those of; -1 before there are any. */
  #settledGroups = -1;

  /** Retains the values under `holding`. */
  constructor(plan: LogPlan, holding: Holding) {
    this.#plan = plan;
    this.#holding = holding;
    this.#values = new ColumnBuffer(plan.type, holding);
    this.#ids = new GrowingRegion(holding);
    this.#chosen = new ChosenRows(holding);
    this.#starts = new GrowingRegion(holding);
  }

  /** Adds the rows that take part; `ids` is the address of the group of each row. @throws MemoryBudgetExceeded, ColumnTooLarge */
  add(columns: readonly Column[], rowCount: number, ids: number): void {
    const { input, mask, nullable } = this.#plan;
    const column = columns[input];
    assert.ok(column !== undefined);
    const chosen = this.#chosen.of(columns[mask], rowCount, ids);
    this.append(nullable ? column : { ...column, validity: 0 }, chosen.rows, chosen.count, chosen.ids);
  }

  /** Adds the rows of `other`, whose group `g` is `mapping[g]` here, behind its own. Throws as `add`. */
  merge(other: ValueLog, mapping: number): void {
    if (other.#rowCount === 0) return;
    const ids = this.#holding.allocate(other.#rowCount * 4);
    takeKernels(this.#holding.linear).take4(mapping, other.#ids.address, other.#rowCount, ids.address);
    this.append(other.#values.column(other.#rowCount), 0, other.#rowCount, ids.address);
    this.#holding.free(ids);
  }

  /**
   * Adds `count` rows of `column`, those whose numbers are at address `rows` or its first ones where that is 0; `ids` is the
   * address of the group of each. Throws as `add`.
   */
  append(column: Column, rows: number, count: number, ids: number): void {
    if (count === 0) return;
    const at = this.#rowCount;
    assert.ok(at + count < MOST_ROWS);
    this.#forgetOrders();
    this.#ids.ensure((at + count) * 4, at * 4);
    this.#values.append(column, rows, count, at);
    takeKernels(this.#holding.linear).copyBytes(ids, this.#ids.address + at * 4, count * 4);
    this.#rowCount = at + count;
  }

  /** The end of the most groups from `from` to `to` on that have a batch's worth of values; one group at least. */
  endOfBatch(from: number, to: number, groupCount: number): number {
    if (this.#settledGroups !== groupCount) this.#settle(groupCount);
    const starts = this.#starts.address >>> 2;
    const { u32 } = this.#holding.linear;
    const most = (u32[starts + from] ?? 0) + MOST_BATCH_VALUES;
    let [least, end] = [from + 1, to];
    while (least < end) {
      const middle = Math.ceil((least + end) / 2);
      if ((u32[starts + middle] ?? 0) <= most) least = middle;
      else end = middle - 1;
    }
    return end;
  }

  /** The values by group, of `groupCount` groups; valid until the next change. @throws MemoryBudgetExceeded */
  sorted(order: LogOrder, groupCount: number): SortedLog {
    if (this.#settledGroups !== groupCount) this.#settle(groupCount);
    const values = this.#values.column(this.#rowCount);
    if (!this.#orders.has(order)) {
      const keys = order === 'value' ? [groupColumn(this.#ids.address), values] : [groupColumn(this.#ids.address)];
      const by = keys.map((column) => ({ column, descending: false, nullsFirst: false }));
      this.#orders.set(order, sortRows(by, this.#rowCount, this.#holding));
    }
    return { values, rows: this.#orders.get(order)?.address ?? 0, starts: this.#starts.address };
  }

  [Symbol.dispose](): void {
    this.#forgetOrders();
    this.#values.free();
    this.#ids.free();
    this.#chosen.free();
    this.#starts.free();
  }

  #settle(groupCount: number): void {
    this.#starts.ensure((groupCount + 1) * 4, 0);
    const kernels = valueLogKernels(this.#holding.linear);
    kernels.groupStarts(this.#ids.address, this.#rowCount, groupCount, this.#starts.address);
    this.#settledGroups = groupCount;
  }

  #forgetOrders(): void {
    for (const region of this.#orders.values()) if (region !== undefined) this.#holding.free(region);
    this.#orders.clear();
    this.#settledGroups = -1;
  }
}

/** The numbers of groups as a column. */
export const groupColumn = (ids: number): Column => ({
  type: uint32,
  validity: 0,
  values: ids,
  bytes: 0,
  dictionary: undefined,
  width: 4,
  bits: 32,
});
