import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import { columnFromValues } from '../columnar/column-from-values.ts';
import type { DataType } from '../columnar/data-type.ts';
import { accumulateKernels, kindOf } from '../kernels/accumulate-kernels.ts';
import { groupKernels } from '../kernels/group-kernels.ts';
import { type PickKernels, pickKernels } from '../kernels/pick-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { type Accumulator, comparesBytes, isWideExtreme, pickedByType } from './accumulators.ts';
import { type AnswerRegions, answerColumn, makeRoom, openRegions } from './answer-columns.ts';
import { ColumnBuffer } from './column-buffer.ts';
import { GrowingRegion } from './growing-region.ts';
import type { HeldRows, HeldStates, HeldValues } from './held-values.ts';
import { TextArena } from './text-arena.ts';
import { ValueBytes } from './value-bytes.ts';

/** In the state of a pick: what rows are compared by. */
const BY_OFFSET = 8;
/** So many values that nobody holds any more are left behind before it is worth making the column anew. */
const WASTED_VALUES = 1024;

/**
 * Of each group the value of one row: the first, the last, or that where something is least or greatest.
 *
 *     values   │ null │ v1 │ v2 │ v3 │ …      states hold positions; 0, the null, is that of groups without a row
 *
 * The values of a batch's winners are copied behind those there are. A value that loses its place is left behind, and
 * the column is made anew when more than half of it is.
 */
export class PickedRows implements HeldValues {
  readonly #accumulator: Accumulator;
  readonly #type: DataType;
  readonly #holding: Holding;
  readonly #kernels: PickKernels;
  #values: ColumnBuffer;
  #count = 0;
  readonly #texts: TextArena | undefined;
  readonly #bytes: ValueBytes;
  readonly #list: GrowingRegion;
  readonly #taken: ColumnBuffer;

  /** Retains the values under `holding`, which the caller disposes when this throws. @throws MemoryBudgetExceeded */
  constructor(accumulator: Accumulator, type: DataType, holding: Holding) {
    this.#accumulator = accumulator;
    this.#type = type;
    this.#holding = holding;
    this.#kernels = pickKernels(holding.linear);
    this.#texts =
      accumulator.byType !== undefined && comparesBytes(accumulator.byType) ? new TextArena(holding) : undefined;
    this.#bytes = new ValueBytes(holding);
    this.#list = new GrowingRegion(holding);
    this.#values = new ColumnBuffer(type, holding);
    this.#taken = new ColumnBuffer(type, holding);
    using scratch = holding.budget.reserve(holding.owner);
    const form = type.kind === 'decimal' ? ({ width: 8 } as const) : {};
    this.#append(columnFromValues(scratch, type, [null], form), 0, 1);
  }

  add(rows: HeldRows, groups: HeldStates): void {
    this.#compete(rows, groups);
    const { rowCount, ids } = rows;
    const { states, stride } = groups;
    this.#list.ensure(rowCount * 4, 0);
    const list = this.#list.address;
    const winners = this.#kernels.listPicked(ids, rowCount, states, stride, this.#count, list);
    if (winners > 0) this.#append(rows.value, list, winners);
    if (this.#count > 2 * groups.count + WASTED_VALUES) this.#makeAnew(groups);
  }

  absorb(other: HeldValues, theirs: HeldStates, ids: number, groups: HeldStates): void {
    assert.ok(other instanceof PickedRows);
    const { states, stride, count } = theirs;
    using scratch = this.#holding.budget.reserve(this.#holding.owner);
    const validity = scratch.allocate(Math.ceil(count / 64) * 8).address;
    // The state of a group without a row begins with zeros.
    accumulateKernels(scratch.linear).presentGroups(states, stride, count, validity);
    const regions = openRegions(scratch);
    const by = this.#accumulator.byType === undefined ? undefined : other.comparedBy(theirs, regions);
    this.add({ value: other.take(theirs), validity, by, rowCount: count, ids }, groups);
  }

  /**
   * What the rows that were picked are compared by, in memory of `to`: bytes as binary, else as states hold it. Zero where
   * there is none. @throws MemoryBudgetExceeded
   */
  comparedBy({ states, stride, count }: HeldStates, to: AnswerRegions): Column {
    const { byType } = this.#accumulator;
    assert.ok(byType !== undefined);
    const type = pickedByType(byType);
    const values = makeRoom(to, type, count);
    const column = answerColumn(this.#holding, type, values, 0, count);
    if (this.#texts === undefined) {
      groupKernels(this.#holding.linear).unpackFields(states + BY_OFFSET, stride, column.width, count, values);
      return column;
    }
    to.text.ensure(this.#texts.write(count, states + BY_OFFSET, stride, values, 0), 0);
    this.#texts.write(count, states + BY_OFFSET, stride, values, to.text.address);
    return { ...column, bytes: to.text.address };
  }

  take({ states, stride, count }: HeldStates): Column {
    this.#list.ensure(count * 4, 0);
    const positions = this.#list.address;
    this.#kernels.pickedPositions(states, stride, count, positions);
    this.#taken.append(this.#values.column(this.#count), positions, count, 0);
    const column = this.#taken.column(count);
    const present = takeKernels(this.#holding.linear).countBits(column.validity, count);
    return present === count ? { ...column, validity: 0 } : column;
  }

  [Symbol.dispose](): void {
    this.#values.free();
    this.#taken.free();
    this.#texts?.[Symbol.dispose]();
    this.#bytes.free();
    this.#list.free();
  }

  #append(from: Column, rows: number, count: number): void {
    this.#values.append(from, rows, count, this.#count);
    this.#count += count;
  }

  #compete({ validity, by, rowCount, ids }: HeldRows, { states, stride }: HeldStates): void {
    const { kind, byType } = this.#accumulator;
    if (kind === 'first-row') this.#kernels.pickFirst(validity, ids, rowCount, states, stride);
    if (kind === 'last-row') this.#kernels.pickLast(validity, ids, rowCount, states, stride);
    if (by === undefined || byType === undefined) return;
    const greatest = kind === 'greatest-row' ? 1 : 0;
    if (this.#texts !== undefined) {
      const to = { greatest, states: states + BY_OFFSET, stride, picks: 1 } as const;
      const compared = by.type.kind === 'interval' ? this.#bytes.of(by, rowCount) : by;
      this.#texts.add({ ...compared, validity }, ids, rowCount, to);
    } else {
      const of = kindOf(by.type, by.width, isWideExtreme(byType));
      this.#kernels.pickExtreme(greatest, of, by.values, validity, ids, rowCount, states, stride);
    }
  }

  #makeAnew({ states, stride, count }: HeldStates): void {
    this.#list.ensure((count + 1) * 4, 0);
    const list = this.#list.address;
    this.#holding.linear.u32[list >>> 2] = 0;
    const kept = this.#kernels.renumberPicked(states, stride, count, list + 4) + 1;
    const values = new ColumnBuffer(this.#type, this.#holding);
    values.append(this.#values.column(this.#count), list, kept, 0);
    this.#values.free();
    this.#values = values;
    this.#count = kept;
  }
}
