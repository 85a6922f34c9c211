/**
 * The whole of an aggregation: batches in, columns of results out.
 *
 *     one group; few codes, no check can fail         batch ─────────── one compiled loop ──────────▶ states
 *     else                                            batch ─▶ rows ─▶ group numbers ─▶ kernels ───▶ states
 *                                                              filter, keys and inputs, dense; all of a state at once
 *                                                              by a compiled loop, or one kernel per accumulator
 *
 * Which way a batch goes depends on how its columns are laid out, and may change from batch to batch; the result does
 * not. Groups are numbered in the order in which rows that pass the filter first show them, whichever way these go, until
 * there are so many that rows wait for others of the same part of the table (`radix-groups.ts`).
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS, type Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { isWhole } from '../columnar/data-type.ts';
import { field } from '../columnar/schema.ts';
import { collectColumns } from '../expressions/columns.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { AggregateInput, type AggregationSpec, type FusedBatch, fuseRows } from './aggregate-input.ts';
import { FusedKernel } from './fused-kernel.ts';
import { GroupStates } from './group-states.ts';
import { GroupTable, NO_GROUP } from './group-table.ts';
import { GrowingRegion } from './growing-region.ts';
import { type GroupedRows, RadixGroups } from './radix-groups.ts';
import { RangeCodes } from './range-codes.ts';
import { SlotMap } from './slot-map.ts';

/** So many that a map which does not pay for them pays for none. */
const MANY_ROWS = 1024;

export class Aggregation implements Disposable {
  readonly #spec: AggregationSpec;
  readonly #holding: Holding;
  readonly #input: AggregateInput;
  readonly #kernel: FusedKernel;
  readonly #groups: GroupStates;
  /** Undefined where there is one group. */
  readonly #table: GroupTable | undefined;
  readonly #radix: RadixGroups | undefined;
  readonly #ranges: RangeCodes;
  readonly #slots: SlotMap;
  readonly #passing: PassingRows;
  /** For a single group: zeros. */
  readonly #ids: GrowingRegion;
  readonly #met: GrowingRegion;
  #fusedBatches = 0;
  #rowsAdded = 0;

  /** Retains the groups under `holding`, which the caller disposes when this throws. @throws MemoryBudgetExceeded */
  constructor(spec: AggregationSpec, holding: Holding) {
    const { plan, groupBy } = spec;
    const keyNullable = groupBy.map(({ expression }) => expression.nullable);
    this.#spec = spec;
    this.#holding = holding;
    this.#input = new AggregateInput(spec, holding);
    this.#kernel = new FusedKernel(plan, holding);
    this.#groups = new GroupStates(plan, holding);
    this.#ranges = new RangeCodes(onlyKeys(spec), holding);
    this.#slots = new SlotMap(keyNullable, holding);
    this.#passing = new PassingRows(spec.filter !== undefined);
    this.#ids = new GrowingRegion(holding);
    this.#met = new GrowingRegion(holding);
    if (groupBy.length === 0) this.#groups.states.ensure(1);
    else {
      const types = groupBy.map(({ expression }) => expression.type);
      this.#table = new GroupTable(types, holding, keyNullable);
      const inputs = plan.inputs.map(({ type, nullable }, index) => field(`input ${index}`, type, nullable));
      this.#radix = new RadixGroups(this.#table, { fields: inputs }, plan.stateBytes, holding);
    }
  }

  /** Batches that one compiled loop has added. */
  get fusedBatches(): number {
    return this.#fusedBatches;
  }

  /** Rows that found their groups by their keys, not by codes. */
  get rowsAdded(): number {
    return this.#rowsAdded;
  }

  /** Of the rows so far, but those that wait until `complete`. */
  get groupCount(): number {
    return this.#table?.groupCount ?? 1;
  }

  /** Adds the rows of a batch. After an error only disposing is allowed. @throws MemoryBudgetExceeded, ArithmeticOverflow */
  add(batch: Batch): void {
    if (batch.rowCount === 0) return;
    if (this.#table === undefined) this.#addToOne(batch);
    else if (!this.#addByCodes(batch, this.#table)) this.#addByKeys(batch);
  }

  /** Adds the rows that wait: before results are read. Throws as `add`. */
  complete(): void {
    this.#accumulateGroups(this.#radix?.flush() ?? []);
  }

  /** Adds what `other`, made for the same spec, has seen, which is later input. @throws MemoryBudgetExceeded, ArithmeticOverflow */
  merge(other: Aggregation): void {
    if (this.#table === undefined || other.#table === undefined) {
      this.#groups.merge(other.#groups, this.#zeros());
      return;
    }
    this.complete();
    other.complete();
    const mapping = this.#table.merge(other.#table);
    this.#groups.states.ensure(this.#table.groupCount);
    this.#groups.merge(other.#groups, mapping.address);
    this.#holding.free(mapping);
  }

  /** Where a batch of results that begins with the group `from` ends. @throws MemoryBudgetExceeded */
  endOfBatch(from: number): number {
    const to = Math.min(from + BATCH_ROWS, this.groupCount);
    return this.#groups.endOfBatch(from, this.#table?.endOfBatch(from, to) ?? to);
  }

  /**
   * Keys, then results of the groups [from, to), at most `BATCH_ROWS`; valid until the next call.
   * @throws ArithmeticOverflow when a result does not fit its type
   * @throws MemoryBudgetExceeded
   */
  columns(from: number, to: number): Column[] {
    return [...(this.#table?.keyColumns(from, to) ?? []), ...this.#groups.columns(from, to)];
  }

  [Symbol.dispose](): void {
    this.#input[Symbol.dispose]();
    this.#kernel.free();
    this.#groups[Symbol.dispose]();
    this.#radix?.[Symbol.dispose]();
    this.#table?.[Symbol.dispose]();
    this.#ranges[Symbol.dispose]();
    this.#slots[Symbol.dispose]();
    this.#ids.free();
    this.#met.free();
  }

  #addToOne(batch: Batch): void {
    const fused = this.#input.fuse(batch, true);
    const isAdded =
      this.#addFused(fused, batch) ||
      (fused?.isAssumed === true && this.#addFused(this.#input.fuse(batch, false), batch));
    if (!isAdded) {
      const { inputs, rowCount } = this.#input.rows(batch);
      this.#accumulate(inputs, rowCount, this.#zeros());
      return;
    }
    this.#input.skip(batch);
    this.#fusedBatches += 1;
  }

  /** Into the only group: false, and nothing has happened, where no loop can. */
  #addFused(fused: FusedBatch | undefined, { rowCount }: Batch): boolean {
    const loop = fused && this.#kernel.loopFor(fused);
    if (fused === undefined || loop === undefined) return false;
    return this.#kernel.add(loop, fused, rowCount, this.#groups.states, {});
  }

  #addByKeys(batch: Batch): void {
    const { keys, inputs, rowCount } = this.#input.rows(batch);
    this.#passing.note(batch.rowCount, rowCount);
    this.#accumulateGroups(this.#radix?.add(keys, inputs, rowCount) ?? []);
  }

  #accumulateGroups(grouped: Iterable<GroupedRows>): void {
    for (const { ids, columns, rowCount } of grouped) {
      this.#rowsAdded += rowCount;
      this.#groups.states.ensure(this.groupCount);
      this.#accumulate(columns, rowCount, ids);
    }
  }

  #accumulate(inputs: readonly Column[], rowCount: number, ids: number): void {
    if (rowCount === 0) return;
    const fused = fuseRows(inputs, this.#spec.plan, this.#table !== undefined);
    const loop = fused && this.#kernel.loopFor(fused);
    const isAdded =
      fused !== undefined &&
      loop !== undefined &&
      this.#kernel.add(loop, fused, rowCount, this.#groups.states, { ids });
    this.#groups.add(inputs, rowCount, ids, isAdded);
  }

  /** False, and nothing has happened, where the batch is not laid out for it. */
  #addByCodes(batch: Batch, table: GroupTable): boolean {
    const slots = this.#slots;
    const { rowCount } = batch;
    // Numbers become codes in vain where another key is none.
    if (!this.#input.mayFuse(batch, (column) => this.#ranges.mayApply(column))) return false;
    const fused = this.#input.fuse(this.#ranges.apply(batch), false);
    if (fused === undefined) return false;
    if (!slots.fits(fused.keys, this.#passing.rowsWith(fused.keys, rowCount))) {
      if (rowCount > MANY_ROWS && !slots.fits(fused.keys, rowCount)) this.#ranges.giveUp();
      return false;
    }
    const loop = this.#kernel.loopFor(fused);
    if (loop === undefined) return false;
    this.complete();
    const known = table.groupCount;
    if (slots.prepare(fused.keys, table)) {
      this.#groups.states.ensure(known, slots.openCount);
      this.#groups.states.begin(known, known + slots.openCount);
    }
    this.#kernel.add(loop, fused, batch.rowCount, this.#groups.states, { map: slots.address, keys: slots.keys });
    this.#fusedBatches += 1;
    const met = slots.openCount === 0 ? 0 : this.#groups.states.countMet(known, known + slots.openCount);
    if (met > 0) this.#enterMet(batch, fused.keys, table, met);
    else this.#input.skip(batch);
    return true;
  }

  /** Makes groups of the combinations that a batch was the first to have, in the order in which its rows have them. */
  #enterMet(batch: Batch, keys: readonly Column[], table: GroupTable, count: number): void {
    const { stateBytes } = this.#spec.plan;
    this.#met.ensure(count * (stateBytes + 4), 0);
    const copies = this.#met.address;
    const ids = copies + count * stateBytes;
    const slots = this.#copyMet(table.groupCount, copies);
    const rows = this.#input.rows(batch);
    table.groupIds(rows.keys, rows.rowCount);
    const groups = this.#slots.groupsOfSlots(keys, table);
    this.#groups.states.ensure(table.groupCount);
    const { u32 } = this.#holding.linear;
    for (const [index, slot] of slots.entries()) {
      const group = u32[(groups >>> 2) + slot] ?? NO_GROUP;
      assert.ok(group < table.groupCount, 'a combination of codes that rows have is not a key of theirs');
      u32[(ids >>> 2) + index] = group;
    }
    this.#groups.states.absorb(copies, count, ids);
  }

  /** Copies the states of combinations without a group that have had a row; returns their slots. */
  #copyMet(known: number, to: number): number[] {
    const { stateBytes } = this.#spec.plan;
    const kernels = takeKernels(this.#holding.linear);
    const met: number[] = [];
    for (const { slot, state } of this.#slots.open(known)) {
      if (!this.#groups.states.isMet(state)) continue;
      kernels.copyBytes(this.#groups.states.address + state * stateBytes, to + met.length * stateBytes, stateBytes);
      met.push(slot);
    }
    return met;
  }

  #zeros(): number {
    if (this.#ids.address === 0) {
      this.#ids.ensure(BATCH_ROWS * 4);
      takeKernels(this.#holding.linear).fillBytes(this.#ids.address, 0, BATCH_ROWS * 4);
    }
    return this.#ids.address;
  }
}

/**
 * How many rows pass the filter while keys have the same dictionaries: a map of their combinations pays when these would have
 * taken as long by their keys. Of a filter that keeps few rows, the dictionaries of the next row group come before that.
 */
class PassingRows {
  readonly #isFiltered: boolean;
  #seen = 0;
  #passed = 0;
  #dictionaries: readonly (number | undefined)[] = [];
  #rows = 0;

  constructor(isFiltered: boolean) {
    this.#isFiltered = isFiltered;
  }

  /** What is known of rows that went by their keys. */
  note(seen: number, passed: number): void {
    this.#seen += seen;
    this.#passed += passed;
  }

  /** About, with `rowCount` rows more; none while nothing is known of the filter. */
  rowsWith(keys: readonly Column[], rowCount: number): number {
    if (!this.#isFiltered) return rowCount;
    if (!keys.every(({ dictionary }, index) => dictionary?.id === this.#dictionaries[index])) this.#rows = 0;
    this.#dictionaries = keys.map(({ dictionary }) => dictionary?.id);
    this.#rows += this.#seen === 0 ? 0 : (rowCount * this.#passed) / this.#seen;
    return this.#rows;
  }
}

/** Columns that are keys and nothing else: then they may come as codes. */
function onlyKeys({ groupBy, filter, plan }: AggregationSpec): number[] {
  const read = new Set<number>();
  if (filter !== undefined) collectColumns(filter, read);
  for (const input of plan.inputs) collectColumns(input, read);
  return groupBy.flatMap(({ expression }) =>
    expression.kind === 'column' && isWhole(expression.type) && !read.has(expression.index) ? [expression.index] : [],
  );
}
