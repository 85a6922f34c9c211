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
import { isUnsigned, utf8 } from '../columnar/data-type.ts';
import { ArithmeticOverflow } from '../errors.ts';
import {
  type AccumulateKernels,
  accumulateKernels,
  FLOAT_STATE,
  kindOf,
  SIGNED_STATE,
  UNSIGNED_STATE,
  WIDE_STATE,
} from '../kernels/accumulate-kernels.ts';
import { groupKernels } from '../kernels/group-kernels.ts';
import { takeKernels, takeOf, zeroNullsOf } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { type Accumulator, type AccumulatorPlan, isWideExtreme } from './accumulators.ts';
import { GrowingRegion } from './growing-region.ts';
import { TextArena } from './text-arena.ts';

/** Sums below this in magnitude, and those of them and one more batch, are held by 63 bits. */
const NARROW_BOUND = 2 ** 62;
const MERGE_STATES = 16_384;
/** In the state of a text: not zero where there is one. */
const PRESENT_OFFSET = 8;

export class AggregateStates implements Disposable {
  readonly plan: AccumulatorPlan;
  readonly #holding: Holding;
  readonly #kernels: AccumulateKernels;
  readonly #states: GrowingRegion;
  readonly #template: Region;
  /** Values of a dictionary column, looked up: one per input. */
  readonly #plain: readonly GrowingRegion[];
  readonly #met: GrowingRegion;
  /** By accumulator. */
  readonly #texts = new Map<Accumulator, TextArena>();
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
    this.#plain = plan.inputs.map(() => new GrowingRegion(holding));
    for (const accumulator of plan.accumulators) {
      this.#writeTemplate(accumulator);
      if (accumulator.type?.kind === 'utf8' && accumulator.kind !== 'values') {
        this.#texts.set(accumulator, new TextArena(holding));
      }
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

  /** The arena of an accumulator of text. */
  textOf(accumulator: Accumulator): TextArena {
    const arena = this.#texts.get(accumulator);
    assert.ok(arena !== undefined);
    return arena;
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
   * Adds rows. `columns` are the inputs of the plan; `ids` is the address of the group of each row, uint32, all of which
   * have a state.
   * @throws MemoryBudgetExceeded, ArithmeticOverflow
   */
  add(columns: readonly Column[], rowCount: number, ids: number): void {
    this.settle();
    const plain = columns.map((column, input) => this.#lookUp(column, rowCount, input));
    for (const accumulator of this.plan.accumulators) {
      this.#addTo(accumulator, plain[accumulator.input], rowCount, ids);
    }
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
   * as groups have: state `i` to the group `ids[i]`, uint32. No accumulator may be of text.
   * @throws MemoryBudgetExceeded, ArithmeticOverflow
   */
  absorb(address: number, count: number, ids: number): void {
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
    for (const region of [this.#met, ...this.#plain]) region.free();
    for (const arena of this.#texts.values()) arena[Symbol.dispose]();
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

  #addTo(accumulator: Accumulator, column: Column | undefined, rowCount: number, ids: number): void {
    const kernels = this.#kernels;
    const { stateBytes: stride } = this.plan;
    const { kind, offset } = accumulator;
    const states = this.address + offset;
    if (kind === 'rows' || (kind === 'values' && column?.validity === 0)) {
      kernels.countRows(ids, rowCount, states, stride);
      return;
    }
    assert.ok(column !== undefined);
    const { type, width, values, validity } = column;
    switch (kind) {
      case 'values':
        kernels.countValid(validity, ids, rowCount, states, stride);
        break;
      case 'float-sum':
        kernels.sumFloats(width, values, ids, rowCount, states, stride);
        break;
      case 'sum':
        this.#raiseBound(accumulator, column.bits ?? width * 8, rowCount);
        if (width < 16) kernels.sumIntegers(kindOf(type, width, false), values, ids, rowCount, states, stride);
        else this.#checkSum(kernels.sumWide(values, ids, rowCount, states, stride));
        break;
      case 'least':
      case 'greatest':
        if (type.kind === 'utf8') {
          const greatest = kind === 'greatest' ? 1 : 0;
          this.textOf(accumulator).add(column, ids, rowCount, { greatest, states, stride });
        } else this.#extreme(kind, kindOf(type, width, isWideExtreme(type)), column, ids, rowCount, states);
    }
  }

  #extreme(
    kind: 'least' | 'greatest',
    of: number,
    { values, validity }: { readonly values: number; readonly validity: number },
    ids: number,
    rowCount: number,
    states: number,
  ): void {
    const kernel = kind === 'least' ? this.#kernels.leastValues : this.#kernels.greatestValues;
    kernel(of, values, validity, ids, rowCount, states, this.plan.stateBytes);
  }

  #checkSum(leftRange: number): void {
    if (leftRange !== 0) throw new ArithmeticOverflow('A sum of decimals has more than 38 digits.');
  }

  /** States are values themselves: they are made columns of, batch by batch, and added as rows are. */
  #absorb(owner: AggregateStates, address: number, count: number, ids: number): void {
    this.settle();
    const scratch = this.#holding.allocate(MERGE_STATES * 16);
    for (let from = 0; from < count; from += MERGE_STATES) {
      const rows = Math.min(MERGE_STATES, count - from);
      for (const accumulator of this.plan.accumulators) {
        const theirs = address + from * this.plan.stateBytes + accumulator.offset;
        const isText = accumulator.type?.kind === 'utf8' && accumulator.kind !== 'values';
        if (isText) this.#absorbTexts(accumulator, owner, theirs, rows, ids + from * 4, scratch.address);
        else this.#absorbValues(accumulator, theirs, rows, ids + from * 4, scratch.address);
      }
    }
    this.#holding.free(scratch);
  }

  #absorbValues(accumulator: Accumulator, theirs: number, rows: number, ids: number, scratch: number): void {
    const kernels = this.#kernels;
    const { stateBytes: stride } = this.plan;
    const { kind, type, offset } = accumulator;
    const states = this.address + offset;
    const width = kind === 'sum' || (kind !== 'values' && type !== undefined && isWideExtreme(type)) ? 16 : 8;
    groupKernels(this.#holding.linear).unpackFields(theirs, stride, width, rows, scratch);
    if (kind === 'rows' || kind === 'values') kernels.addCounts(scratch, ids, rows, states, stride);
    else if (kind === 'sum') this.#checkSum(kernels.sumWide(scratch, ids, rows, states, stride));
    else if (kind === 'float-sum') kernels.sumFloats(8, scratch, ids, rows, states, stride);
    else this.#extreme(kind, stateKind(accumulator), { values: scratch, validity: 0 }, ids, rows, states);
  }

  #absorbTexts(
    accumulator: Accumulator,
    owner: AggregateStates,
    theirs: number,
    rows: number,
    ids: number,
    offsets: number,
  ): void {
    const { stateBytes: stride } = this.plan;
    const arena = owner.textOf(accumulator);
    const text = this.#holding.allocate(arena.write(rows, theirs, stride, offsets, 0));
    arena.write(rows, theirs, stride, offsets, text.address);
    const validity = offsets + MERGE_STATES * 8;
    this.#kernels.presentGroups(theirs + PRESENT_OFFSET, stride, rows, validity);
    const column: Column = {
      type: utf8,
      validity,
      values: offsets,
      bytes: text.address,
      dictionary: undefined,
      width: 0,
      bits: undefined,
    };
    const greatest = accumulator.kind === 'greatest' ? 1 : 0;
    const states = this.address + accumulator.offset;
    this.textOf(accumulator).add(column, ids, rows, { greatest, states, stride });
    this.#holding.free(text);
  }

  /** Plain values instead of codes; text keeps its codes. */
  #lookUp(column: Column, rowCount: number, input: number): Column {
    const { dictionary, type, width, validity } = column;
    if (dictionary === undefined || type.kind === 'utf8') return column;
    const kernels = takeKernels(this.#holding.linear);
    const region = this.#plain[input];
    assert.ok(region !== undefined);
    region.ensure(Math.max(rowCount * width, Math.ceil(rowCount / 64) * 8), 0);
    const values = region.address;
    const take = type.kind === 'bool' ? kernels.takeBits : takeOf(kernels, width);
    take(dictionary.values.values, column.values, rowCount, values);
    if (validity !== 0 && type.kind !== 'bool') zeroNullsOf(kernels, width)(values, rowCount, validity, 0);
    return { ...column, values, dictionary: undefined };
  }

  #writeTemplate({ kind, type, offset }: Accumulator): void {
    if ((kind !== 'least' && kind !== 'greatest') || type === undefined || type.kind === 'utf8') return;
    const { data } = this.#holding.linear;
    const at = this.#template.address + offset;
    const least = kind === 'least';
    if (type.kind === 'float32' || type.kind === 'float64') {
      data.setFloat64(at, least ? Number.NaN : Number.NEGATIVE_INFINITY, true);
    } else if (isWideExtreme(type)) {
      data.setBigInt64(at, least ? -1n : 0n, true);
      data.setBigInt64(at + 8, least ? 2n ** 63n - 1n : -(2n ** 63n), true);
    } else if (isUnsigned(type)) data.setBigUint64(at, least ? 2n ** 64n - 1n : 0n, true);
    else data.setBigInt64(at, least ? 2n ** 63n - 1n : -(2n ** 63n), true);
  }
}

/** How the least or greatest value is held in a state. */
function stateKind({ type }: Accumulator): number {
  assert.ok(type !== undefined);
  if (isWideExtreme(type)) return WIDE_STATE;
  if (type.kind === 'float32' || type.kind === 'float64') return FLOAT_STATE;
  return isUnsigned(type) ? UNSIGNED_STATE : SIGNED_STATE;
}
