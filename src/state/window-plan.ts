/**
 * What a window needs of its rows, and how each of its functions is computed.
 *
 *     rows kept    a, b, c │ a + c, sum's input, bytes of b, … │ number of the partition
 *                  input     computed, each once                 where there are partitions
 *
 *     function                                 computed as
 *     row_number, rank, ntile …                rank         by counting
 *     lag, lead                                beside       a row so far away
 *     first, last and nth value                frame-row    by its place in the frame
 *     least and greatest text, min_by …        least        a queue of candidates, compared by number
 *     mode                                     mode         a tournament of numbers
 *     counts, sums, moments, extremes          sliding      states of frames, by adding, taking away and joining
 *     percentiles, near ones too               percentiles  a tree of ranks
 *     count of different values, near too      distinct     counts by number
 *     sums … of different values               distinct-states  a tree of their states
 *     lists, sets, joined texts                list         the rows of a slice, or those that are the first of their value
 *
 * All but the last take O(log rows) a row at most, whatever the frame; the last, for each value of a list, O(log rows) too.
 */

import assert from 'node:assert/strict';
import { binary, type DataType, float64, isFloat, isOrderable, timestamp } from '../columnar/data-type.ts';
import { type Field, field, type Schema } from '../columnar/schema.ts';
import type { Interval } from '../columnar/value.ts';
import { bindArithmetic } from '../expressions/bind-arithmetic.ts';
import { castTo } from '../expressions/coerce.ts';
import type { TypedAggregate, TypedExpression } from '../expressions/expression.ts';
import { expressionKey } from '../expressions/expression-key.ts';
import { simplified } from '../expressions/simplify.ts';
import { TICKS_PER_SECOND } from '../expressions/temporal-text.ts';
import {
  type TypedBound,
  type TypedOrder,
  type TypedWindow,
  type TypedWindowFunction,
  windowField,
  windowSchema,
} from '../expressions/window.ts';
import { RANKS } from '../kernels/window-kernels.ts';
import type { Accumulator, AccumulatorPlan, Answer, LogPlan } from './accumulators.ts';
import { PARTITION_NUMBER } from './numbered-rows.ts';
import { planAccumulators } from './plan-accumulators.ts';

/** Where a frame begins or ends. Columns are positions in the rows that are kept. */
export type BoundPlan =
  | { readonly kind: 'partition' | 'peers' }
  | { readonly kind: 'rows'; readonly delta: number }
  /** So far from the row, in the order: `delta` in units of the key, negative before it. */
  | { readonly kind: 'distance'; readonly key: number; readonly delta: bigint }
  /** As far as a computed limit. */
  | { readonly kind: 'limit'; readonly key: number; readonly limit: number };

/** Aggregates whose states are kept together, and where the inputs of these are. */
export interface StatesPlan {
  readonly accumulators: AccumulatorPlan;
  readonly inputs: readonly number[];
}

/** A `mask` is the column that is null where a row does not take part; undefined where all do. */
export type WindowFunctionPlan = { readonly field: Field } & (
  | { readonly kind: 'rank'; readonly what: number; readonly parts: number }
  | {
      readonly kind: 'beside';
      readonly column: number;
      readonly delta: number;
      readonly ignoreNulls: boolean;
      readonly default: number | undefined;
    }
  /** Row `nth` of those that take part, from 0; -1: the last. */
  | { readonly kind: 'frame-row'; readonly column: number; readonly nth: number; readonly mask: number | undefined }
  | {
      readonly kind: 'least';
      readonly column: number;
      readonly by: number;
      readonly greatest: boolean;
      readonly mask: number | undefined;
    }
  /** The first row of those that have the most frequent value of `by`. */
  | { readonly kind: 'mode'; readonly column: number; readonly by: number; readonly mask: number | undefined }
  | { readonly kind: 'sliding'; readonly answer: number }
  | {
      readonly kind: 'percentiles';
      readonly column: number;
      readonly mask: number | undefined;
      readonly percentiles: readonly number[];
      /** Of different values. */
      readonly distinct: boolean;
      /** Whether they are what a sketch gives: the value of a bin. */
      readonly near: boolean;
    }
  | { readonly kind: 'distinct'; readonly column: number; readonly mask: number | undefined }
  /** The first answer of `inner`, over the different values of the column. */
  | {
      readonly kind: 'distinct-states';
      readonly inner: AccumulatorPlan;
      readonly column: number;
      readonly mask: number | undefined;
    }
  /** `by`: of different values, what they are compared by; `nullable`: null is a value too. */
  | {
      readonly kind: 'list';
      readonly answer: Extract<Answer, { kind: 'list' | 'texts' }>;
      readonly column: number;
      readonly by: number | undefined;
      readonly mask: number | undefined;
      readonly nullable: boolean;
    }
);

/**
 * An expression over the input; or the bytes (`value-bytes.ts`) of a column that stands before it, whose values are compared
 * and have no words.
 */
export type ComputedColumn =
  | { readonly kind: 'expression'; readonly expression: TypedExpression }
  | { readonly kind: 'bytes'; readonly of: number };

export interface WindowPlan {
  readonly input: Schema;
  /** Positions in the input of the columns that come out. */
  readonly passthrough: readonly number[];
  /** Input, computed columns, and last the number of the partition where there are partitions. */
  readonly kept: Schema;
  readonly computed: readonly ComputedColumn[];
  readonly partitionBy: readonly TypedExpression[];
  /** Positions of the keys. */
  readonly order: readonly { readonly column: number; readonly descending: boolean; readonly nullsFirst: boolean }[];
  readonly start: BoundPlan;
  readonly end: BoundPlan;
  readonly minPeriods: number;
  readonly functions: readonly WindowFunctionPlan[];
  readonly sliding: StatesPlan;
  /** Of the rows that come out. */
  readonly schema: Schema;
}

export const planWindow = (input: Schema, window: TypedWindow, passthrough: readonly number[]): WindowPlan =>
  new WindowPlanner(input, window).plan(passthrough);

class WindowPlanner {
  readonly #input: Schema;
  readonly #window: TypedWindow;
  readonly #computed: ComputedColumn[] = [];
  readonly #positions = new Map<string, number>();
  readonly #sliding: TypedAggregate[] = [];

  constructor(input: Schema, window: TypedWindow) {
    this.#input = input;
    this.#window = window;
  }

  plan(passthrough: readonly number[]): WindowPlan {
    const { partitionBy, orderBy, frame, functions } = this.#window;
    const order = orderBy.map(({ expression, descending, nullsFirst }) => {
      return { column: this.#ordered(expression), descending, nullsFirst };
    });
    const [start, end] = [this.#bound(frame.start, true), this.#bound(frame.end, false)];
    const planned = functions.map((each) => ({ field: windowField(each, frame), ...this.#function(each) }));
    const sliding = this.#states(this.#sliding);
    const computed = this.#computed.map((each, index) =>
      each.kind === 'bytes'
        ? field(`\0window ${index}`, binary)
        : field(`\0window ${index}`, each.expression.type, each.expression.nullable),
    );
    const partition = partitionBy.length === 0 ? [] : [PARTITION_NUMBER];
    return {
      input: this.#input,
      passthrough,
      kept: { fields: [...this.#input.fields, ...computed, ...partition] },
      computed: this.#computed,
      partitionBy,
      order,
      start,
      end,
      minPeriods: frame.minPeriods,
      functions: planned,
      sliding,
      schema: windowSchema(this.#input, this.#window, passthrough),
    };
  }

  /** Where an expression is among the columns that are kept. */
  #column(e: TypedExpression): number {
    if (e.kind === 'column') return e.index;
    const key = expressionKey(e);
    return this.#computedOnce(key, { kind: 'expression', expression: e });
  }

  /** Where is what values of an expression are sorted and compared by. */
  #ordered(e: TypedExpression): number {
    const of = this.#column(e);
    return isOrderable(e.type) ? of : this.#computedOnce(`bytes of ${of}`, { kind: 'bytes', of });
  }

  #computedOnce(key: string, column: ComputedColumn): number {
    const known = this.#positions.get(key);
    if (known !== undefined) return known;
    const position = this.#input.fields.length + this.#computed.push(column) - 1;
    this.#positions.set(key, position);
    return position;
  }

  #states(aggregates: readonly TypedAggregate[]): StatesPlan {
    const accumulators = planAccumulators(aggregates, 'by others');
    return { accumulators, inputs: accumulators.inputs.map((e) => this.#column(e)) };
  }

  #bound(bound: TypedBound, isStart: boolean): BoundPlan {
    const { unit } = this.#window.frame;
    if (bound.kind === 'current-row') return unit === 'rows' ? { kind: 'rows', delta: 0 } : { kind: 'peers' };
    if (bound.kind !== 'preceding' && bound.kind !== 'following') return { kind: 'partition' };
    const { offset } = bound;
    assert.ok(offset.kind === 'literal');
    const before = bound.kind === 'preceding';
    if (unit === 'rows') return { kind: 'rows', delta: (before ? -1 : 1) * Number(offset.value) };
    const [key] = this.#window.orderBy;
    assert.ok(key !== undefined);
    const distance = distanceOf(key.expression.type, offset, before, isStart);
    if (distance === undefined) return this.#limit(key, offset, before);
    return { kind: 'distance', key: this.#column(key.expression), delta: distance };
  }

  /** Floats, whose differences are rounded, and months, which are of different lengths. */
  #limit({ expression, descending }: TypedOrder, offset: TypedExpression, before: boolean): BoundPlan {
    const key = isFloat(expression.type)
      ? castTo(expression, float64)
      : castTo(expression, expression.type.kind === 'date' ? timestamp('us') : expression.type);
    const by = isFloat(expression.type) ? castTo(offset, float64) : offset;
    const limit = bindArithmetic(before === descending ? '+' : '-', key, by);
    assert.ok(typeof limit !== 'string');
    return { kind: 'limit', key: this.#column(castTo(key, limit.type)), limit: this.#column(simplified(limit)) };
  }

  #function({ call }: TypedWindowFunction): WithoutField<WindowFunctionPlan> {
    if (call.kind === 'aggregate') return this.#aggregate(call.aggregate);
    const { input, count, ignoreNulls } = call;
    switch (call.function) {
      case 'lag':
      case 'lead':
        assert.ok(input !== undefined);
        return {
          kind: 'beside',
          column: this.#column(input),
          delta: call.function === 'lag' ? -count : count,
          ignoreNulls: ignoreNulls && input.nullable && count > 0,
          default: call.default && this.#column(call.default),
        };
      case 'first_value':
      case 'last_value':
      case 'nth_value': {
        assert.ok(input !== undefined);
        const column = this.#column(input);
        const nth = call.function === 'nth_value' ? count - 1 : call.function === 'last_value' ? -1 : 0;
        return { kind: 'frame-row', column, nth, mask: ignoreNulls && input.nullable ? column : undefined };
      }
      default:
        return { kind: 'rank', what: RANKS[call.function], parts: count };
    }
  }

  #aggregate(aggregate: TypedAggregate): WithoutField<WindowFunctionPlan> {
    const plan = planAccumulators([aggregate], 'by others');
    const [answer] = plan.answers;
    assert.ok(answer !== undefined);
    switch (answer.kind) {
      case 'count':
      case 'value':
      case 'mean':
      case 'exact-spread':
      case 'moments':
        return { kind: 'sliding', answer: this.#sliding.push(aggregate) - 1 };
      case 'held':
        return this.#picked(plan, answer.held);
      case 'percentiles':
        return { ...percentilesOf(answer), ...this.#taken(plan, logOf(plan, answer)) };
      // What sketches are for is memory, and here the rows are kept.
      case 'near-percentiles':
        return { ...percentilesOf(answer), ...this.#taken(plan, answer.sketch) };
      case 'estimate':
        return { kind: 'distinct', ...this.#compared(plan, answer.sketch) };
      case 'list':
      case 'texts': {
        const log = logOf(plan, answer);
        return { kind: 'list', answer, by: undefined, nullable: log.nullable, ...this.#taken(plan, log) };
      }
      case 'distinct':
        return this.#distinct(plan, answer);
      default:
        return assert.fail(`${answer.kind} is of partial states`);
    }
  }

  #picked(plan: AccumulatorPlan, held: Accumulator): WithoutField<WindowFunctionPlan> {
    const { kind, by } = held;
    const taken = this.#taken(plan, held);
    if (kind === 'first-row' || kind === 'last-row') {
      return { kind: 'frame-row', nth: kind === 'first-row' ? 0 : -1, ...taken };
    }
    const compared = plan.inputs[by < 0 ? held.input : by];
    assert.ok(compared !== undefined);
    const greatest = kind === 'greatest' || kind === 'greatest-row';
    return { kind: 'least', by: this.#ordered(compared), greatest, ...taken };
  }

  #distinct(plan: AccumulatorPlan, answer: Extract<Answer, { kind: 'distinct' }>): WithoutField<WindowFunctionPlan> {
    const rows = plan.distinct[answer.rows];
    assert.ok(rows !== undefined);
    const { aggregate } = answer;
    const { inner, nullable } = rows;
    if (aggregate.function === 'mode') {
      return { kind: 'mode', ...this.#taken(plan, rows), by: this.#compared(plan, rows).column };
    }
    if (aggregate.function === 'count_distinct' || aggregate.function === 'count') {
      return { kind: 'distinct', ...this.#compared(plan, rows) };
    }
    const [input] = inner.inputs;
    assert.ok(aggregate.input !== undefined);
    // What is computed of different values, floats of 4 bytes of those of 2, is as different.
    if (input?.kind === 'cast') return this.#aggregate({ ...aggregate, input: castTo(aggregate.input, input.type) });
    const [result] = inner.answers;
    switch (result?.kind) {
      case 'list':
      case 'texts': {
        const by = this.#compared(plan, rows).column;
        return { kind: 'list', answer: result, nullable, ...this.#taken(plan, rows), by };
      }
      case 'percentiles':
      case 'near-percentiles':
        return { ...percentilesOf(result), ...this.#taken(plan, rows), distinct: true };
      default:
        return { kind: 'distinct-states', inner, ...this.#taken(plan, rows) };
    }
  }

  /** As `#taken`, but the column is what values are compared by. */
  #compared({ inputs }: AccumulatorPlan, { input, mask }: { readonly input: number; readonly mask: number }) {
    const [value, taking] = [inputs[input], inputs[mask]];
    assert.ok(value !== undefined);
    return { column: this.#ordered(value), mask: taking && this.#column(taking) };
  }

  #taken({ inputs }: AccumulatorPlan, { input, mask }: { readonly input: number; readonly mask: number }) {
    const [value, taking] = [inputs[input], inputs[mask]];
    assert.ok(value !== undefined);
    return { column: this.#column(value), mask: taking && this.#column(taking) };
  }
}

const percentilesOf = ({ kind, percentiles }: Extract<Answer, { kind: 'percentiles' | 'near-percentiles' }>) =>
  ({ kind: 'percentiles', percentiles, distinct: false, near: kind === 'near-percentiles' }) as const;

function logOf({ logs }: AccumulatorPlan, { log }: { readonly log: number }): LogPlan {
  const plan = logs[log];
  assert.ok(plan !== undefined);
  return plan;
}

type WithoutField<T> = T extends unknown ? Omit<T, 'field'> : never;

const NANOSECONDS_PER_SECOND = 1_000_000_000n;
const SECONDS_PER_DAY = 86_400n;

/**
 * An offset in units of the key, where a difference of keys says exactly how far apart rows are. What lies between two
 * units is rounded into the frame.
 */
function distanceOf(key: DataType, offset: TypedExpression, before: boolean, isStart: boolean): bigint | undefined {
  assert.ok(offset.kind === 'literal');
  const fraction = fractionOf(key, offset.type, offset.value as bigint | number | Interval);
  if (fraction === undefined) return undefined;
  const [amount, divisor] = [before ? -fraction[0] : fraction[0], fraction[1]];
  const rest = amount % divisor;
  const truncated = amount / divisor;
  if (rest === 0n) return truncated;
  if (isStart) return rest > 0n ? truncated + 1n : truncated;
  return rest < 0n ? truncated - 1n : truncated;
}

/** Amount and divisor: undefined for floats, months, and days where a day may have another length. */
function fractionOf(
  key: DataType,
  offset: DataType,
  value: bigint | number | Interval,
): readonly [amount: bigint, divisor: bigint] | undefined {
  if (isFloat(key)) return undefined;
  if (typeof value === 'object') {
    const { months, days, nanoseconds } = value;
    const isExact =
      months === 0 && (days === 0 || key.kind === 'date' || (key.kind === 'timestamp' && key.timezone === null));
    return isExact
      ? [BigInt(days) * SECONDS_PER_DAY * NANOSECONDS_PER_SECOND + nanoseconds, nanosecondsOf(key)]
      : undefined;
  }
  const amount = BigInt(value);
  if (offset.kind === 'duration') return [amount * nanosecondsOf(offset), nanosecondsOf(key)];
  const [keyScale, offsetScale] = [scaleOf(key), scaleOf(offset)];
  return [amount * 10n ** BigInt(keyScale), 10n ** BigInt(offsetScale)];
}

const scaleOf = (type: DataType): number => (type.kind === 'decimal' ? type.scale : 0);

/** Of one unit of the type. */
function nanosecondsOf(type: DataType): bigint {
  if (type.kind === 'date') return SECONDS_PER_DAY * NANOSECONDS_PER_SECOND;
  assert.ok(type.kind === 'timestamp' || type.kind === 'time' || type.kind === 'duration');
  return NANOSECONDS_PER_SECOND / TICKS_PER_SECOND[type.unit];
}
