/**
 * The columns of results, read from what is kept for groups: by kernels, but for the rare mean whose sum is too large for
 * one division to be exact, which is done in big integers.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { fixedWidth, isInteger } from '../columnar/data-type.ts';
import { accumulateKernels } from '../kernels/accumulate-kernels.ts';
import { groupKernels } from '../kernels/group-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Accumulator, AccumulatorPlan, Answer } from './accumulators.ts';
import type { AggregateStates } from './aggregate-states.ts';
import { type AnswerRegions, answerColumn, freeRegions, makeBitmap, makeRoom, openRegions } from './answer-columns.ts';
import { exactPercentilesColumn, type GroupedValues, listColumn, textsColumn } from './log-answers.ts';
import { exactSpreadColumn, meanColumn, momentsColumn, writeProducts, writeSums } from './numeric-answers.ts';
import { PickedRows } from './picked-rows.ts';
import { Sketches } from './sketches.ts';
import { StateReader } from './state-reader.ts';
import type { ValueLog } from './value-log.ts';

type AnswerOf<Kind extends Answer['kind']> = Extract<Answer, { kind: Kind }>;

/** What answers are read from. */
interface Answered {
  readonly plan: AccumulatorPlan;
  readonly states: AggregateStates;
  readonly logs: readonly ValueLog[];
}

export class AggregateAnswers implements Disposable {
  readonly #answered: Answered;
  readonly #holding: Holding;
  readonly #regions = new Map<Answer, AnswerRegions>();
  /** What states point to, which several answers may ask for: of the groups at hand. */
  readonly #taken = new Map<Accumulator, Column>();

  constructor(answered: Answered, holding: Holding) {
    this.#answered = answered;
    this.#holding = holding;
    for (const answer of answered.plan.answers) this.#open(answer);
  }

  /**
   * One column per aggregate for the groups [from, to), at most `BATCH_ROWS`; valid until the next call. `inner` are the
   * columns of the plans over distinct rows, for the same groups.
   * @throws ArithmeticOverflow when a result does not fit its type
   * @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  columns(from: number, to: number, inner: readonly (readonly Column[])[]): Column[] {
    const { plan, states } = this.#answered;
    assert.ok(from <= to && to - from <= BATCH_ROWS && to <= states.groupCount);
    const reader = new StateReader(this.#holding.linear, states, from, to - from);
    this.#taken.clear();
    return plan.answers.map((answer) => this.#answer(answer, reader, inner));
  }

  [Symbol.dispose](): void {
    for (const regions of this.#regions.values()) freeRegions(regions);
  }

  #open(answer: Answer): void {
    const items = answer.kind === 'list' ? this.#answered.plan.logs[answer.log]?.type : undefined;
    this.#regions.set(answer, openRegions(this.#holding, items));
    if (answer.kind === 'struct') for (const part of answer.parts) this.#open(part);
  }

  #answer(answer: Answer, from: StateReader, inner: readonly (readonly Column[])[]): Column {
    if (answer.kind === 'struct') {
      const { type } = answer.aggregate;
      const children = answer.parts.map((part) => this.#answer(part, from, inner));
      return { ...answerColumn(this.#holding, type, 0, 0, from.rows), children };
    }
    if (answer.kind === 'distinct') {
      const column = inner[answer.rows]?.[answer.position];
      assert.ok(column !== undefined);
      return column;
    }
    const regions = this.#regions.get(answer);
    assert.ok(regions !== undefined);
    return this.#column(answer, from, regions);
  }

  #column(answer: Exclude<Answer, { kind: 'distinct' | 'struct' }>, from: StateReader, to: AnswerRegions): Column {
    const { aggregate } = answer;
    const holding = this.#holding;
    switch (answer.kind) {
      case 'count': {
        const values = makeRoom(to, aggregate.type, from.rows);
        from.unpack(answer.count, 8, values);
        return answerColumn(holding, aggregate.type, values, 0, from.rows);
      }
      case 'value':
        return this.#values(answer, from, to);
      case 'mean':
        return meanColumn(answer, from, to, holding);
      case 'exact-spread':
        return exactSpreadColumn(answer, from, to, holding);
      case 'moments':
        return momentsColumn(answer, from, to, holding);
      case 'held':
        return this.#held(answer.held, from);
      case 'estimate':
        return sketchesOf(answer, from).estimates(from.of(answer.sketch), to);
      case 'near-percentiles': {
        const { percentiles, sketch } = answer;
        return sketchesOf(answer, from).percentiles(from.of(sketch), aggregate.type, percentiles, to);
      }
      case 'percentiles':
        return exactPercentilesColumn(answer, this.#log(answer.log), from, to, holding);
      case 'texts':
        return textsColumn(answer, this.#grouped(answer.log, from), to, holding);
      case 'list':
        return listColumn(answer, this.#grouped(answer.log, from), to, holding);
      case 'word': {
        const values = makeRoom(to, aggregate.type, from.rows);
        from.unpackWord(answer.value, answer.word, values);
        return answerColumn(holding, aggregate.type, values, 0, from.rows);
      }
      case 'found': {
        const values = makeBitmap(to, from.rows);
        from.presentStates(answer.held, values);
        return answerColumn(holding, aggregate.type, values, 0, from.rows);
      }
      case 'by': {
        const held = from.states.heldBy(answer.held);
        assert.ok(held instanceof PickedRows);
        const bitmap = makeBitmap(to, from.rows);
        const validity = from.presentStates(answer.held, bitmap) === from.rows ? 0 : bitmap;
        const { values, bytes } = held.comparedBy(from.of(answer.held), to);
        return { ...answerColumn(holding, aggregate.type, values, validity, from.rows), bytes };
      }
    }
  }

  #held(accumulator: Accumulator, from: StateReader): Column {
    const known = this.#taken.get(accumulator);
    if (known !== undefined) return known;
    const column = from.states.heldBy(accumulator).take(from.of(accumulator));
    this.#taken.set(accumulator, column);
    return column;
  }

  #values({ aggregate, value, count }: AnswerOf<'value'>, from: StateReader, to: AnswerRegions): Column {
    const { type } = aggregate;
    const values = makeRoom(to, type, from.rows);
    const validity = from.present(count, to);
    const { linear } = this.#holding;
    const [at, { stride, rows }] = [from.at(value), from];
    if (value.kind === 'sum' && aggregate.wraps === true && isInteger(type)) from.unpack(value, 8, values);
    else if (value.kind === 'sum') writeSums(type, value, from, values);
    else if (value.kind === 'float-sum') accumulateKernels(linear).floatSums(at, stride, rows, values);
    else if (value.kind === 'product') writeProducts(type, value, from, values);
    else if (type.kind === 'bool') groupKernels(linear).unpackFlags(at, stride, 0, 0, rows, values);
    else if (type.kind === 'float32') accumulateKernels(linear).narrowFloats(at, stride, rows, values);
    else from.unpack(value, fixedWidth(type) ?? 8, values);
    return answerColumn(this.#holding, type, values, validity, rows);
  }

  #grouped(index: number, { states, from, rows: groups }: StateReader): GroupedValues {
    const { values, rows, starts } = this.#log(index).sorted('arrival', states.groupCount);
    return { values, rows, starts: starts + from * 4, groups, taking: 0 };
  }

  #log(index: number): ValueLog {
    const log = this.#answered.logs[index];
    assert.ok(log !== undefined);
    return log;
  }
}

function sketchesOf({ sketch }: AnswerOf<'estimate' | 'near-percentiles'>, { states }: StateReader): Sketches {
  const held = states.heldBy(sketch);
  assert.ok(held instanceof Sketches);
  return held;
}
