/**
 * The columns of results, read from the states of groups: by kernels, but for the rare mean whose sum is too large for
 * one division to be exact, which is done in big integers.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { type DataType, fixedWidth, isUnsigned, typeName } from '../columnar/data-type.ts';
import { ArithmeticOverflow } from '../errors.ts';
import type { TypedAggregate } from '../expressions/expression.ts';
import { type AccumulateKernels, accumulateKernels } from '../kernels/accumulate-kernels.ts';
import { groupKernels } from '../kernels/group-kernels.ts';
import { takeKernels, zeroNullsOf } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Accumulator, Answer } from './accumulators.ts';
import type { AggregateStates } from './aggregate-states.ts';
import type { DistinctCounts } from './distinct-counts.ts';
import { floatQuotient, roundedQuotient } from './exact-division.ts';
import { GrowingRegion } from './growing-region.ts';

const MOST_DECIMAL = 10n ** 38n;

/** Where one answer's column is built. */
interface AnswerRegions {
  readonly values: GrowingRegion;
  readonly text: GrowingRegion;
  readonly validity: GrowingRegion;
}

export class AggregateAnswers implements Disposable {
  readonly #states: AggregateStates;
  /** By input. */
  readonly #distinct: ReadonlyMap<number, DistinctCounts>;
  readonly #holding: Holding;
  readonly #kernels: AccumulateKernels;
  readonly #regions: readonly AnswerRegions[];
  readonly #rest: GrowingRegion;

  constructor(states: AggregateStates, distinct: ReadonlyMap<number, DistinctCounts>, holding: Holding) {
    this.#states = states;
    this.#distinct = distinct;
    this.#holding = holding;
    this.#kernels = accumulateKernels(holding.linear);
    this.#rest = new GrowingRegion(holding);
    this.#regions = states.plan.answers.map(() => ({
      values: new GrowingRegion(holding),
      text: new GrowingRegion(holding),
      validity: new GrowingRegion(holding),
    }));
  }

  /**
   * One column per aggregate for the groups [from, to), at most `BATCH_ROWS`; valid until the next call.
   * @throws ArithmeticOverflow when a result does not fit its type
   * @throws MemoryBudgetExceeded
   */
  columns(from: number, to: number): Column[] {
    assert.ok(from <= to && to - from <= BATCH_ROWS && to <= this.#states.groupCount);
    return this.#states.plan.answers.map((answer, index) => {
      const regions = this.#regions[index];
      assert.ok(regions !== undefined);
      return this.#column(answer, regions, from, to - from);
    });
  }

  [Symbol.dispose](): void {
    for (const { values, text, validity } of this.#regions) {
      for (const region of [values, text, validity]) region.free();
    }
    this.#rest.free();
  }

  #column({ aggregate, value, count, distinctInput }: Answer, to: AnswerRegions, from: number, rows: number): Column {
    const { type } = aggregate;
    to.values.ensure(Math.max(16, (rows + 1) * (fixedWidth(type) ?? 4)), 0);
    if (distinctInput >= 0) {
      this.#distinct.get(distinctInput)?.write(from, rows, to.values.address);
      return columnOf(type, to.values.address, 0);
    }
    if (value === undefined) {
      assert.ok(count !== undefined);
      this.#unpack(count, from, 8, rows, to.values.address);
      return columnOf(type, to.values.address, 0);
    }
    const validity = count === undefined ? 0 : this.#present(count, from, rows, to.validity);
    if (type.kind === 'utf8') return { ...this.#texts(value, from, rows, to), validity };
    this.#write(aggregate, value, count, from, rows, to.values.address);
    if (validity !== 0) this.#zeroNulls(type, to.values.address, rows, validity);
    return columnOf(type, to.values.address, validity);
  }

  /** Address of the state of the first group of a range, within it that of one accumulator. */
  #at({ offset }: Accumulator, from: number): number {
    return this.#states.address + from * this.#stride + offset;
  }

  get #stride(): number {
    return this.#states.plan.stateBytes;
  }

  #unpack(accumulator: Accumulator, from: number, width: number, rows: number, to: number): void {
    groupKernels(this.#holding.linear).unpackFields(this.#at(accumulator, from), this.#stride, width, rows, to);
  }

  #present(count: Accumulator, from: number, rows: number, to: GrowingRegion): number {
    to.ensure(Math.ceil(rows / 64) * 8, 0);
    const present = this.#kernels.presentGroups(this.#at(count, from), this.#stride, rows, to.address);
    return present === rows ? 0 : to.address;
  }

  #write(
    { function: name, type }: TypedAggregate,
    value: Accumulator,
    count: Accumulator | undefined,
    from: number,
    rows: number,
    to: number,
  ): void {
    if (name === 'mean') {
      assert.ok(count !== undefined);
      this.#writeMeans(type, value, count, from, rows, to);
    } else if (value.kind === 'sum') this.#writeSums(type, value, from, rows, to);
    else if (type.kind === 'bool') {
      groupKernels(this.#holding.linear).unpackFlags(this.#at(value, from), this.#stride, 0, 0, rows, to);
    } else if (type.kind === 'float32') this.#kernels.narrowFloats(this.#at(value, from), this.#stride, rows, to);
    else this.#unpack(value, from, fixedWidth(type) ?? 8, rows, to);
  }

  #writeSums(type: DataType, sum: Accumulator, from: number, rows: number, to: number): void {
    const sums = this.#at(sum, from);
    const bad =
      type.kind === 'decimal'
        ? this.#kernels.decimalSums(sums, this.#stride, rows, to)
        : this.#kernels.narrowSums(sums, this.#stride, rows, isUnsigned(type) ? 1 : 0, to);
    if (bad < 0) return;
    const exact = this.#wide(sums + bad * this.#stride);
    throw new ArithmeticOverflow(`A sum does not fit ${typeName(type)}: it is ${exact}${unscaled(type)}.`);
  }

  #writeMeans(type: DataType, value: Accumulator, count: Accumulator, from: number, rows: number, to: number): void {
    const [sums, counts] = [this.#at(value, from), this.#at(count, from)];
    if (value.kind === 'float-sum') {
      this.#kernels.floatMeans(sums, counts, this.#stride, rows, to);
      return;
    }
    this.#rest.ensure(rows * 4, 0);
    const rest = this.#rest.address;
    const extraDigits = type.kind === 'decimal' && value.type?.kind === 'decimal' ? type.scale - value.type.scale : 0;
    const factor = 10n ** BigInt(extraDigits);
    const left =
      type.kind === 'decimal'
        ? this.#kernels.decimalMeans(sums, counts, this.#stride, rows, factor, to, rest)
        : this.#kernels.integerMeans(sums, counts, this.#stride, rows, to, rest);
    const { linear } = this.#holding;
    for (let index = 0; index < left; index++) {
      const row = linear.u32[(rest >>> 2) + index] ?? 0;
      const sum = this.#wide(sums + row * this.#stride);
      const values = linear.data.getBigUint64(counts + row * this.#stride, true);
      if (type.kind === 'decimal') this.#writeWide(to + row * 16, roundedQuotient(sum * factor, values), type);
      else linear.data.setFloat64(to + row * 8, floatQuotient(sum, values), true);
    }
  }

  #texts(value: Accumulator, from: number, rows: number, to: AnswerRegions): Column {
    const arena = this.#states.textOf(value);
    const offsets = to.values.address;
    to.text.ensure(arena.write(rows, this.#at(value, from), this.#stride, offsets, 0), 0);
    arena.write(rows, this.#at(value, from), this.#stride, offsets, to.text.address);
    return { ...columnOf({ kind: 'utf8' }, offsets, 0), bytes: to.text.address };
  }

  #zeroNulls(type: DataType, values: number, rows: number, validity: number): void {
    const kernels = takeKernels(this.#holding.linear);
    if (type.kind === 'bool') kernels.zeroNullBits(values, rows, validity, 0);
    else zeroNullsOf(kernels, fixedWidth(type) ?? 8)(values, rows, validity, 0);
  }

  #wide(address: number): bigint {
    const { data } = this.#holding.linear;
    return (data.getBigInt64(address + 8, true) << 64n) | data.getBigUint64(address, true);
  }

  #writeWide(address: number, value: bigint, type: DataType): void {
    if (value >= MOST_DECIMAL || value <= -MOST_DECIMAL) {
      throw new ArithmeticOverflow(`A mean does not fit ${typeName(type)}: it is ${value}${unscaled(type)}.`);
    }
    const { data } = this.#holding.linear;
    data.setBigInt64(address, BigInt.asIntN(64, value), true);
    data.setBigInt64(address + 8, value >> 64n, true);
  }
}

const unscaled = (type: DataType): string => (type.kind === 'decimal' ? ` × 10 ** -${type.scale}` : '');

const columnOf = (type: DataType, values: number, validity: number): Column => ({
  type,
  validity,
  values,
  bytes: 0,
  dictionary: undefined,
  width: fixedWidth(type) ?? 0,
  bits: undefined,
});
