/**
 * The columns of results, read from what is kept for groups: by kernels, but for the rare mean whose sum is too large for
 * one division to be exact, which is done in big integers.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { fixedWidth, utf8 } from '../columnar/data-type.ts';
import { ColumnTooLarge } from '../errors.ts';
import { accumulateKernels, numberKind } from '../kernels/accumulate-kernels.ts';
import { groupKernels } from '../kernels/group-kernels.ts';
import { valueLogKernels } from '../kernels/value-log-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { AccumulatorPlan, Answer } from './accumulators.ts';
import type { AggregateStates } from './aggregate-states.ts';
import { type AnswerRegions, answerColumn, freeRegions, makeBitmap, makeRoom, openRegions } from './answer-columns.ts';
import { exactSpreadColumn, meanColumn, momentsColumn, scaleOf, writeProducts, writeSums } from './numeric-answers.ts';
import { StateReader } from './state-reader.ts';
import type { ValueLog } from './value-log.ts';

/** Offsets of a column are int32. */
const MOST_COLUMN_BYTES = 2 ** 31 - 1;

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
    this.#regions = answered.plan.answers.map(() => openRegions(holding));
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
        return from.states.taken(answer.held, from.from, from.rows);
      case 'percentile':
        return this.#percentiles(answer, from, to);
      case 'texts':
        return this.#joined(answer, from, to);
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

  #percentiles({ aggregate, log, percentile }: AnswerOf<'percentile'>, from: StateReader, to: AnswerRegions): Column {
    const { values, rows, starts } = this.#log(log).sorted('value', from.states.groupCount);
    const out = makeRoom(to, aggregate.type, from.rows);
    const bitmap = makeBitmap(to, from.rows);
    const kind = numberKind(values.type, values.width);
    const groups = starts + from.from * 4;
    const scale = scaleOf(values.type, 1);
    const kernels = valueLogKernels(this.#holding.linear);
    const present = kernels.percentiles(kind, values.values, rows, groups, from.rows, percentile, scale, out, bitmap);
    return answerColumn(this.#holding, aggregate.type, out, present === from.rows ? 0 : bitmap, from.rows);
  }

  #joined({ log, delimiter }: AnswerOf<'texts'>, from: StateReader, to: AnswerRegions): Column {
    const { values, rows, starts } = this.#log(log).sorted('arrival', from.states.groupCount);
    const { linear, owner } = this.#holding;
    const kernels = valueLogKernels(linear);
    const { values: offsets, bytes } = values.dictionary?.values ?? values;
    const codes = values.dictionary === undefined ? 0 : values.values;
    const between = Buffer.from(delimiter);
    using scratch = this.#holding.budget.reserve(owner);
    const delimiterAt = scratch.allocate(between.byteLength).address;
    linear.u8.set(between, delimiterAt);
    const outOffsets = makeRoom(to, utf8, from.rows);
    const groups = starts + from.from * 4;
    const join = (out: number): number =>
      kernels.joinTexts(
        offsets,
        bytes,
        codes,
        rows,
        groups,
        from.rows,
        delimiterAt,
        between.byteLength,
        outOffsets,
        out,
      );
    const byteLength = join(0);
    if (byteLength > MOST_COLUMN_BYTES) throw new ColumnTooLarge(owner, byteLength);
    to.text.ensure(byteLength, 0);
    join(to.text.address);
    const bitmap = makeBitmap(to, from.rows);
    const present = kernels.groupsWithRows(groups, from.rows, bitmap);
    const validity = present === from.rows ? 0 : bitmap;
    return { ...answerColumn(this.#holding, utf8, outOffsets, validity, from.rows), bytes: to.text.address };
  }

  #log(index: number): ValueLog {
    const log = this.#answered.logs[index];
    assert.ok(log !== undefined);
    return log;
  }
}
