/**
 * The states of all groups, and the adding of batches to them.
 *
 *     ids    │ 2 │ 0 │ 2 │ …       states │ count sum least │ count sum least │ count sum least │ …
 *     inputs │ a │ b │ c │ …              group 0           group 1           group 2
 *
 * One kernel call per accumulator and batch. A batch is small enough to stay in the cache between these calls.
 */

import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import { isBytes } from '../columnar/data-type.ts';
import { type AccumulateKernels, accumulateKernels } from '../kernels/accumulate-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { addValues, joinStates, writeInitialState } from './accumulator-updates.ts';
import { type Accumulator, type AccumulatorPlan, picksRow } from './accumulators.ts';
import { GrowingRegion } from './growing-region.ts';
import type { HeldStates, HeldValues } from './held-values.ts';
import { PickedRows } from './picked-rows.ts';
import { PlainColumns } from './plain-columns.ts';
import { Sketches } from './sketches.ts';
import { TextExtremes } from './text-extremes.ts';

/** Sums below this in magnitude, and those of them and one more batch, are held by 63 bits. */
const NARROW_BOUND = 2 ** 62;
const MERGE_STATES = 16_384;

export class AggregateStates implements Disposable {
  readonly plan: AccumulatorPlan;
  readonly #holding: Holding;
  readonly #kernels: AccumulateKernels;
  readonly #states: GrowingRegion;
  readonly #template: Region;
  readonly #inputs: PlainColumns;
  readonly #met: GrowingRegion;
  /** By accumulator. */
  readonly #held = new Map<Accumulator, HeldValues>();
  #groupCount = 0;
  /** Above the magnitude of every sum so far, by accumulator. */
  readonly #sumBounds = new Map<Accumulator, number>();
  /** Sums of which only the low half is kept at the moment. */
  readonly #narrow = new Set<Accumulator>();

  /** Retains the states under `holding`, which the caller disposes when this throws. @throws MemoryBudgetExceeded */
  constructor(plan: AccumulatorPlan, holding: Holding) {
    this.plan = plan;
    this.#holding = holding;
    this.#kernels = accumulateKernels(holding.linear);
    this.#states = new GrowingRegion(holding);
    this.#template = holding.allocateZeroed(plan.stateBytes);
    this.#met = new GrowingRegion(holding);
    this.#inputs = new PlainColumns(plan.inputs.length, holding);
    for (const accumulator of plan.accumulators) {
      writeInitialState(holding.linear, accumulator, this.#template.address + accumulator.offset);
      const held = openHeld(accumulator, holding);
      if (held !== undefined) this.#held.set(accumulator, held);
    }
  }

  /** Groups that have a state. */
  get groupCount(): number {
    return this.#groupCount;
  }

  /** The state of group 0; it moves when there are more groups. */
  get address(): number {
    return this.#states.address;
  }

  /** An accumulator's part of all states. */
  statesOf(accumulator: Accumulator): HeldStates {
    return { states: this.address + accumulator.offset, stride: this.plan.stateBytes, count: this.#groupCount };
  }

  /** What the states of an accumulator point to. */
  heldBy(accumulator: Accumulator): HeldValues {
    const held = this.#held.get(accumulator);
    assert.ok(held !== undefined);
    return held;
  }

  /** Begins states so that there are `groupCount`, and room for `spare` more. @throws MemoryBudgetExceeded */
  ensure(groupCount: number, spare: number = 0): void {
    const { stateBytes } = this.plan;
    const known = this.#groupCount;
    this.#states.ensure((groupCount + spare) * stateBytes, known * stateBytes);
    if (groupCount <= known) return;
    this.begin(known, groupCount);
    this.#groupCount = groupCount;
  }

  /** Gives the groups [from, to) the state of a group without rows. */
  begin(from: number, to: number): void {
    const { stateBytes } = this.plan;
    this.#kernels.beginStates(this.#template.address, stateBytes, to - from, this.address + from * stateBytes);
  }

  /**
   * How much of a sum somebody else may touch who is about to add `rowCount` values below 2 ** bits to it: the low half
   * alone, as long as that provably holds the sum, or both.
   */
  sumMode(accumulator: Accumulator, bits: number, rowCount: number): 'narrow' | 'wide' {
    const bound = this.#raiseBound(accumulator, bits, rowCount);
    if (bound < NARROW_BOUND) this.#narrow.add(accumulator);
    else this.#settle(accumulator);
    return bound < NARROW_BOUND ? 'narrow' : 'wide';
  }

  /** Makes all sums complete that had only their low half. */
  settle(): void {
    for (const accumulator of this.#narrow) this.#settle(accumulator);
  }

  /**
   * Adds rows to all accumulators, or those given. `columns` are the inputs of the plan; `ids` is the address of the group
   * of each row, uint32, all of which have a state.
   * @throws MemoryBudgetExceeded, ArithmeticOverflow
   */
  add(
    columns: readonly Column[],
    rowCount: number,
    ids: number,
    to: readonly Accumulator[] = this.plan.accumulators,
  ): void {
    this.#inputs.begin(columns, rowCount);
    for (const accumulator of to) this.#addTo(accumulator, rowCount, ids);
  }

  /**
   * Adds the states of `other`, which was made for the same plan. `mapping` is the address of this one's number for each
   * of its groups, uint32, all of which have a state here.
   * @throws MemoryBudgetExceeded, ArithmeticOverflow
   */
  merge(other: AggregateStates, mapping: number): void {
    assert.equal(other.plan, this.plan);
    other.settle();
    for (const [accumulator, bound] of other.#sumBounds) this.#raiseBound(accumulator, 0, bound);
    this.#absorb(other, other.address, other.groupCount, mapping);
  }

  /**
   * Adds `count` states that lie one behind the other at `address`, which were begun here and had the same rows added
   * as groups have: state `i` to the group `ids[i]`, uint32. Only of plans that are compiled as a whole.
   * @throws MemoryBudgetExceeded, ArithmeticOverflow
   */
  absorb(address: number, count: number, ids: number): void {
    assert.equal(this.plan.uncompiled.length, 0);
    for (const { offset } of this.#narrow) this.#kernels.widenSums(count, address + offset, this.plan.stateBytes);
    this.#absorb(this, address, count, ids);
  }

  /** How many of the states [from, to), begun by `begin` or `ensure`, have had a row. */
  countMet(from: number, to: number): number {
    const { rows, stateBytes } = this.plan;
    assert.ok(rows !== undefined);
    this.#met.ensure(Math.ceil((to - from) / 64) * 8, 0);
    const counts = this.address + from * stateBytes + rows.offset;
    return this.#kernels.presentGroups(counts, stateBytes, to - from, this.#met.address);
  }

  /** Whether the state `index` has had a row. */
  isMet(index: number): boolean {
    const { rows, stateBytes } = this.plan;
    assert.ok(rows !== undefined);
    return this.#holding.linear.u64[(this.address + index * stateBytes + rows.offset) / 8] !== 0n;
  }

  [Symbol.dispose](): void {
    this.#states.free();
    this.#holding.free(this.#template);
    this.#met.free();
    this.#inputs.free();
    for (const held of this.#held.values()) held[Symbol.dispose]();
  }

  #raiseBound(accumulator: Accumulator, bits: number, rowCount: number): number {
    const bound = (this.#sumBounds.get(accumulator) ?? 0) + rowCount * 2 ** bits;
    this.#sumBounds.set(accumulator, bound);
    return bound;
  }

  #settle(accumulator: Accumulator): void {
    if (!this.#narrow.delete(accumulator)) return;
    this.#kernels.widenSums(this.#groupCount, this.address + accumulator.offset, this.plan.stateBytes);
  }

  #addTo(accumulator: Accumulator, rowCount: number, ids: number): void {
    const { kind, input, mask, by } = accumulator;
    const inputs = this.#inputs;
    const groups = this.statesOf(accumulator);
    if (kind === 'rows') {
      this.#kernels.countRows(ids, rowCount, groups.states, groups.stride);
      return;
    }
    const held = this.#held.get(accumulator);
    if (held !== undefined) {
      const validity = mask < 0 ? 0 : inputs.given(mask).validity;
      const compared = by < 0 ? undefined : inputs.plain(by);
      const value = picksRow(accumulator) ? inputs.given(input) : inputs.plain(input);
      held.add({ value, validity, by: compared, rowCount, ids }, groups);
      return;
    }
    const column = kind === 'values' ? inputs.given(input) : inputs.plain(input);
    if (kind === 'sum') {
      this.#settle(accumulator);
      this.#raiseBound(accumulator, column.bits ?? column.width * 8, rowCount);
    }
    addValues(this.#holding.linear, accumulator, column, { ids, rowCount, ...groups });
  }

  #absorb(owner: AggregateStates, address: number, count: number, ids: number): void {
    this.settle();
    const { stateBytes: stride } = this.plan;
    const scratch = this.#holding.allocate(MERGE_STATES * 16);
    for (let from = 0; from < count; from += MERGE_STATES) {
      const rowCount = Math.min(MERGE_STATES, count - from);
      const rows = ids + from * 4;
      for (const accumulator of this.plan.accumulators) {
        const theirs = address + from * stride + accumulator.offset;
        const groups = this.statesOf(accumulator);
        const [held, others] = [this.#held.get(accumulator), owner.#held.get(accumulator)];
        if (held !== undefined && others !== undefined) {
          held.absorb(others, { states: theirs, stride, count: rowCount }, rows, groups);
        } else {
          joinStates(
            this.#holding.linear,
            accumulator,
            theirs,
            stride,
            { ids: rows, rowCount, ...groups },
            scratch.address,
          );
        }
      }
    }
    this.#holding.free(scratch);
  }
}

function openHeld(accumulator: Accumulator, holding: Holding): HeldValues | undefined {
  const { kind, type } = accumulator;
  if (picksRow(accumulator) && type !== undefined) return new PickedRows(accumulator, type, holding);
  if (kind === 'distinct-sketch' || kind === 'percentile-sketch') return new Sketches(kind, holding);
  if (type === undefined || !isBytes(type) || (kind !== 'least' && kind !== 'greatest')) return undefined;
  return new TextExtremes(kind, type, holding);
}
