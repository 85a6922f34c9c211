/**
 * The columns of results, read from what is kept for groups: by kernels, but for the rare mean whose sum is too large for
 * one division to be exact, which is done in big integers.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { fixedWidth } from '../columnar/data-type.ts';
import { accumulateKernels } from '../kernels/accumulate-kernels.ts';
import { groupKernels } from '../kernels/group-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { AccumulatorPlan, Answer } from './accumulators.ts';
import type { AggregateStates } from './aggregate-states.ts';
import { type AnswerRegions, answerColumn, freeRegions, makeRoom, openRegions } from './answer-columns.ts';
import { exactPercentilesColumn, listColumn, textsColumn } from './log-answers.ts';
import { exactSpreadColumn, meanColumn, momentsColumn, writeProducts, writeSums } from './numeric-answers.ts';
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
  readonly #regions: readonly AnswerRegions[];

  constructor(answered: Answered, holding: Holding) {
    this.#answered = answered;
    this.#holding = holding;
    const { answers, logs } = answered.plan;
    this.#regions = answers.map((answer) =>
      openRegions(holding, answer.kind === 'list' ? logs[answer.log]?.type : undefined),
    );
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
    return plan.answers.map((answer, index) => {
      const regions = this.#regions[index];
      assert.ok(regions !== undefined);
      if (answer.kind === 'distinct') {
        const column = inner[answer.rows]?.[answer.position];
        assert.ok(column !== undefined);
        return column;
      }
      return this.#column(answer, new StateReader(this.#holding.linear, states, from, to - from), regions);
    });
  }

  [Symbol.dispose](): void {
    for (const regions of this.#regions) freeRegions(regions);
  }

  #column(answer: Exclude<Answer, { kind: 'distinct' }>, from: StateReader, to: AnswerRegions): Column {
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
        return from.states.heldBy(answer.held).take(from.of(answer.held));
      case 'estimate':
        return sketchesOf(answer, from).estimates(from.of(answer.sketch), to);
      case 'near-percentiles': {
        const { percentiles, sketch } = answer;
        return sketchesOf(answer, from).percentiles(from.of(sketch), aggregate.type, percentiles, to);
      }
      case 'percentiles':
        return exactPercentilesColumn(answer, this.#log(answer.log), from, to, holding);
      case 'texts':
        return textsColumn(answer, this.#log(answer.log), from, to, holding);
      case 'list':
        return listColumn(answer, this.#log(answer.log), from, to, holding);
    }
  }

  #values({ aggregate, value, count }: AnswerOf<'value'>, from: StateReader, to: AnswerRegions): Column {
    const { type } = aggregate;
    const values = makeRoom(to, type, from.rows);
    const validity = from.present(count, to);
    const { linear } = this.#holding;
    const [at, { stride, rows }] = [from.at(value), from];
    if (value.kind === 'sum') writeSums(type, value, from, values);
    else if (value.kind === 'product') writeProducts(type, value, from, values);
    else if (type.kind === 'bool') groupKernels(linear).unpackFlags(at, stride, 0, 0, rows, values);
    else if (type.kind === 'float32') accumulateKernels(linear).narrowFloats(at, stride, rows, values);
    else from.unpack(value, fixedWidth(type) ?? 8, values);
    return answerColumn(this.#holding, type, values, validity, rows);
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
