/**
 * Partial states: what one task knows of a group, as columns that another one adds up. They are values of ordinary types,
 * so that they are written, moved and read as any rows are.
 *
 *     count                        uint64
 *     sum, min, max, bool_and …    the sum or the value, null where there was none; sums of whole numbers have 38 digits
 *     sum and mean of floats       struct(sum, lost, count): the sum, and what was rounded away on the way to it
 *     mean                         struct(sum, count)
 *     product                      struct(magnitude, flags, count) of integers; flags are those of an accumulator
 *     var, stddev                  struct(count, sum, squares0, squares1, squares2) of integers and decimals of up to 18
 *                                  digits: the sum of squares in 192 bits, least significant word first; else moments
 *     skew                         struct(count, mean, deviations2, deviations3): moments, as accumulators hold them
 *     any_value, first, last       struct(found, value)
 *     min_by, max_by               struct(by, value); by is null where there was no row, and has the type that rows are
 *                                  compared in: int64, uint64, float64, a decimal or binary
 *     median, percentile, list, string_agg, concat     list of the values
 *     of distinct values, set      list of the different values
 *     mode                         struct(values, rows): two lists
 *     approx_…                     binary: see `kernels/assembly/distinct-sketch.ts` and `percentile-sketch.ts`
 *
 * A partial sum of decimals that has more than 38 digits is an overflow, also where the rest would have taken it back.
 */

import { binary, bool, type DataType, decimal, float64, list, struct, uint64 } from '../columnar/data-type.ts';
import { field } from '../columnar/schema.ts';
import { MAX_DECIMAL_DIGITS } from '../expressions/common-type.ts';
import type { TypedAggregate } from '../expressions/expression.ts';
import { type Accumulator, type Answer, type LogPlan, pickedByType } from './accumulators.ts';

/** An answer as another one, of another type. */
type Part = readonly [name: string, answer: Answer];

/** What is emitted instead of `answer`. `presence` counts the values that took part. Not of distinct rows. */
export function partialAnswer(answer: Answer, presence: () => Accumulator, logs: readonly LogPlan[]): Answer {
  const { aggregate } = answer;
  switch (answer.kind) {
    case 'value':
      return partialValue(answer, presence);
    case 'mean':
      return structOf(aggregate, [...totalParts(aggregate, answer.sum), countPart(aggregate, answer.count)]);
    case 'exact-spread': {
      const { sum, squares, count } = answer;
      const words = [0, 1, 2].map((word) => wordPart(aggregate, `squares${word}`, squares, word, uint64));
      return structOf(aggregate, [countPart(aggregate, count), totalPart(aggregate, sum), ...words]);
    }
    case 'moments': {
      const names = ['count', 'mean', 'deviations2', ...(aggregate.function === 'skew' ? ['deviations3'] : [])];
      const { moments } = answer;
      return structOf(
        aggregate,
        names.map((name, word) => wordPart(aggregate, name, moments, word, float64)),
      );
    }
    case 'held':
      return partialHeld(answer, aggregate);
    case 'estimate':
    case 'near-percentiles':
      return { kind: 'held', held: answer.sketch, aggregate: { ...aggregate, type: binary } };
    case 'percentiles':
    case 'texts':
    case 'list': {
      const type = list(logs[answer.log]?.type ?? aggregate.type);
      return { kind: 'list', log: answer.log, flat: false, nullable: false, aggregate: { ...aggregate, type } };
    }
    default:
      return answer;
  }
}

/** A struct of parts, none of which is null as a whole. */
export const structOf = (aggregate: TypedAggregate, parts: readonly Part[]): Answer => ({
  kind: 'struct',
  parts: parts.map(([, part]) => part),
  aggregate: { ...aggregate, type: struct(...parts.map(([name, part]) => field(name, part.aggregate.type))) },
});

function partialValue(answer: Extract<Answer, { kind: 'value' }>, presence: () => Accumulator): Answer {
  const { aggregate, value } = answer;
  if (value.kind === 'float-sum') {
    return structOf(aggregate, [...totalParts(aggregate, value), countPart(aggregate, presence())]);
  }
  if (value.kind !== 'product') {
    return {
      ...answer,
      count: presence(),
      aggregate: { ...aggregate, type: value.kind === 'sum' ? totalType(value) : aggregate.type },
    };
  }
  const words = ['magnitude', 'flags'].map((name, word) => wordPart(aggregate, name, value, word, uint64));
  return structOf(aggregate, [...words, countPart(aggregate, presence())]);
}

function partialHeld(answer: Extract<Answer, { kind: 'held' }>, aggregate: TypedAggregate): Answer {
  const { held } = answer;
  if (!held.kind.endsWith('-row')) return answer;
  const value: Part = ['value', answer];
  if (held.byType === undefined) {
    return structOf(aggregate, [['found', { kind: 'found', held, aggregate: { ...aggregate, type: bool } }], value]);
  }
  const type = pickedByType(held.byType);
  return structOf(aggregate, [['by', { kind: 'by', held, aggregate: { ...aggregate, type } }], value]);
}

/** Sums of whole numbers have room for all that many tasks add to them. */
const totalType = ({ type }: Accumulator): DataType =>
  decimal(MAX_DECIMAL_DIGITS, type?.kind === 'decimal' ? type.scale : 0);

const totalParts = (aggregate: TypedAggregate, sum: Accumulator): Part[] =>
  sum.kind === 'float-sum'
    ? ['sum', 'lost'].map((name, word) => wordPart(aggregate, name, sum, word, float64))
    : [totalPart(aggregate, sum)];

const totalPart = (aggregate: TypedAggregate, sum: Accumulator): Part => [
  'sum',
  { kind: 'value', value: sum, count: undefined, aggregate: { ...aggregate, type: totalType(sum) } },
];

const countPart = (aggregate: TypedAggregate, count: Accumulator): Part => [
  'count',
  { kind: 'count', count, aggregate: { ...aggregate, type: uint64 } },
];

const wordPart = (aggregate: TypedAggregate, name: string, value: Accumulator, word: number, type: DataType): Part => [
  name,
  { kind: 'word', value, word, aggregate: { ...aggregate, type } },
];
