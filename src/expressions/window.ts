/**
 * Binding of window functions: a function over the rows around each row, as a spec says which.
 *
 *     [{ function: "lag", input: x }]  over  { partitionBy: [city], orderBy: [{ expression: day }] }
 *         │ names are looked up, types checked, and the frame that is meant is written out
 *         ▼
 *     TypedWindow with a function of the type of x
 */

import { type DataType, float64, isFloat, isInteger, isNumeric, typeName, uint64 } from '../columnar/data-type.ts';
import { type Field, field, type Schema } from '../columnar/schema.ts';
import type { Interval } from '../columnar/value.ts';
import {
  aggregateField,
  aggregateOperands,
  bindAggregate,
  hasValueWithoutRows,
  withAggregateOperands,
} from './aggregates.ts';
import { bindExpression } from './bind.ts';
import { castTo } from './coerce.ts';
import { commonType } from './common-type.ts';
import type { AggregateCall, Expression, TypedAggregate, TypedExpression } from './expression.ts';
import { type Problems, pathOf } from './problems.ts';
import { simplified } from './simplify.ts';
import { TICKS_PER_SECOND } from './temporal-text.ts';
import { WINDOW_FUNCTIONS, type WindowFunction } from './window-functions.ts';

/** A window function of a plan; `aggregate` is one of the aggregates, over the rows of the frame. */
export type WindowCall =
  | {
      readonly kind: 'window';
      readonly name: string;
      readonly function: WindowFunction;
      readonly input?: Expression | undefined;
      /** Of lag and lead how many rows away (1 where absent), of nth_value which (from 1), of ntile how many parts. */
      readonly count?: number | undefined;
      /** Of lag and lead: the value where there is no such row; null where absent. */
      readonly default?: Expression | undefined;
      /** Of lag, lead and the values: rows whose input is null are passed over. */
      readonly ignoreNulls?: boolean | undefined;
    }
  | { readonly kind: 'aggregate'; readonly aggregate: AggregateCall };

export interface WindowOrder {
  readonly expression: Expression;
  readonly descending?: boolean | undefined;
  /** Defaults to the value of `descending`. */
  readonly nullsFirst?: boolean | undefined;
}

/** A bound of a frame: so many rows, or so much in the order's own unit, before or behind the row. */
export type FrameBound =
  | { readonly kind: 'unbounded-preceding' | 'current-row' | 'unbounded-following' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expression };

export interface WindowFrame {
  readonly unit: 'rows' | 'range';
  readonly start: FrameBound;
  readonly end: FrameBound;
  /** Fewer rows in a frame than this give null. */
  readonly minPeriods?: number | undefined;
}

export interface WindowSpec {
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly WindowOrder[];
  /** Where absent: with an order from the first row to the peers of the row, else the whole partition. */
  readonly frame?: WindowFrame | undefined;
}

export interface TypedOrder {
  readonly expression: TypedExpression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export type TypedBound =
  | { readonly kind: 'unbounded-preceding' | 'current-row' | 'unbounded-following' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: TypedExpression };

export interface TypedFrame {
  readonly unit: 'rows' | 'range';
  readonly start: TypedBound;
  readonly end: TypedBound;
  readonly minPeriods: number;
}

export interface TypedWindowFunction {
  readonly name: string;
  readonly type: DataType;
  readonly call:
    | { readonly kind: 'aggregate'; readonly aggregate: TypedAggregate }
    | {
        readonly kind: 'function';
        readonly function: WindowFunction;
        readonly input: TypedExpression | undefined;
        readonly count: number;
        readonly default: TypedExpression | undefined;
        readonly ignoreNulls: boolean;
      };
}

/** Functions over the same rows. */
export interface TypedWindow {
  readonly functions: readonly TypedWindowFunction[];
  readonly partitionBy: readonly TypedExpression[];
  readonly orderBy: readonly TypedOrder[];
  readonly frame: TypedFrame;
}

const UNBOUNDED: TypedFrame = {
  unit: 'rows',
  start: { kind: 'unbounded-preceding' },
  end: { kind: 'unbounded-following' },
  minPeriods: 0,
};
const UP_TO_PEERS: TypedFrame = { ...UNBOUNDED, unit: 'range', end: { kind: 'current-row' } };

/** Undefined where it added a problem; `path` is that of the list of calls, `specPath` that of the spec. */
export function bindWindow(
  calls: readonly WindowCall[],
  spec: WindowSpec,
  schema: Schema,
  problems: Problems,
  path: string,
  specPath: string,
): TypedWindow | undefined {
  const binder = new WindowBinder(schema, problems);
  const over = binder.spec(spec, specPath);
  const functions = calls
    .map((call, index) => {
      const callPath = pathOf(path, index);
      return call.kind === 'aggregate' ? binder.aggregate(call, callPath) : binder.function(call, spec, callPath);
    })
    .filter((bound) => bound !== undefined);
  return over && (functions.length < calls.length ? undefined : { functions, ...over });
}

/** The expressions of a window function, those that are there. */
export const windowOperands = ({ call }: TypedWindowFunction): readonly TypedExpression[] =>
  call.kind === 'aggregate'
    ? aggregateOperands(call.aggregate)
    : [call.input, call.default].filter((e) => e !== undefined);

/** The same function over other expressions, of the types of the old ones. */
export function withWindowOperands(
  bound: TypedWindowFunction,
  change: (e: TypedExpression) => TypedExpression,
): TypedWindowFunction {
  const { call } = bound;
  if (call.kind === 'aggregate') {
    return { ...bound, call: { ...call, aggregate: withAggregateOperands(call.aggregate, change) } };
  }
  const { input, default: fallback } = call;
  return { ...bound, call: { ...call, input: input && change(input), default: fallback && change(fallback) } };
}

/** Columns of the input that are passed on, and one for each function. */
export const windowSchema = (
  input: Schema,
  { functions, frame }: TypedWindow,
  passthrough: readonly number[],
): Schema => ({
  fields: [
    ...passthrough.flatMap((index) => input.fields[index] ?? []),
    ...functions.map((each) => windowField(each, frame)),
  ],
});

/**
 * The column that a window function becomes. A partition has rows, and so has the frame of each row where it is the whole
 * of its partition or reaches it; any other may have none.
 */
export function windowField({ name, type, call }: TypedWindowFunction, frame: TypedFrame): Field {
  const hasRows = frame.minPeriods <= 1 && reaches(frame);
  if (call.kind === 'aggregate') {
    const { aggregate } = call;
    const nullable = hasRows ? aggregateField(aggregate, true).nullable : !hasValueWithoutRows(aggregate);
    return field(name, type, nullable || frame.minPeriods > (hasRows ? 1 : 0));
  }
  const { function: called, input, default: fallback } = call;
  if (input === undefined) return field(name, type, false);
  if (called === 'lag' || called === 'lead') return field(name, type, input.nullable || fallback?.nullable !== false);
  return field(name, type, input.nullable || called === 'nth_value' || !hasRows);
}

/** Whether the row itself, or one of its peers, is in its frame. */
const reaches = ({ start, end }: TypedFrame): boolean => start.kind !== 'following' && end.kind !== 'preceding';

type Over = Pick<TypedWindow, 'partitionBy' | 'orderBy' | 'frame'>;

class WindowBinder {
  readonly #schema: Schema;
  readonly #problems: Problems;

  constructor(schema: Schema, problems: Problems) {
    this.#schema = schema;
    this.#problems = problems;
  }

  aggregate({ aggregate }: Extract<WindowCall, { kind: 'aggregate' }>, path: string): TypedWindowFunction | undefined {
    const bound = bindAggregate(aggregate, this.#schema, this.#problems, pathOf(path, 'aggregate'));
    return bound && { name: bound.name, type: bound.type, call: { kind: 'aggregate', aggregate: bound } };
  }

  function(
    call: Extract<WindowCall, { kind: 'window' }>,
    spec: WindowSpec,
    path: string,
  ): TypedWindowFunction | undefined {
    const { takes, ordered } = WINDOW_FUNCTIONS[call.function];
    const wrong = this.#misuse(call, takes);
    if (wrong !== undefined) return this.#fail(path, `${call.function} ${wrong}`);
    if (ordered && spec.orderBy.length === 0) {
      return this.#fail(path, `${call.function} needs an order: give the window an orderBy.`);
    }
    const input = call.input && this.#bind(call.input, pathOf(path, 'input'));
    if (call.input !== undefined && input === undefined) return undefined;
    const fallback = call.default && this.#default(call.default, input, pathOf(path, 'default'));
    if (call.default !== undefined && fallback === undefined) return undefined;
    return {
      name: call.name,
      type: resultType(call.function, input),
      call: {
        kind: 'function',
        function: call.function,
        input,
        count: call.count ?? 1,
        default: fallback,
        ignoreNulls: call.ignoreNulls ?? false,
      },
    };
  }

  spec(spec: WindowSpec, path: string): Over | undefined {
    if (spec.partitionBy.length === 0 && spec.orderBy.length === 0) {
      return this.#fail(path, 'A window has a partition, an order, or both.');
    }
    const partitionBy = spec.partitionBy.map((e, index) => this.#bind(e, `${path}.partitionBy[${index}]`));
    const orderBy = spec.orderBy.map((key, index) => this.#order(key, `${path}.orderBy[${index}]`));
    const [parts, keys] = [partitionBy.filter((e) => e !== undefined), orderBy.filter((key) => key !== undefined)];
    if (parts.length < partitionBy.length || keys.length < orderBy.length) return undefined;
    const frame = spec.frame === undefined ? defaultFrame(keys) : this.#frame(spec.frame, keys, pathOf(path, 'frame'));
    return frame && { partitionBy: parts, orderBy: keys, frame };
  }

  #fail(path: string, message: string): undefined {
    this.#problems.add(path, message);
  }

  #bind(e: Expression, path: string): TypedExpression | undefined {
    const bound = bindExpression(e, this.#schema, this.#problems, path);
    return bound && simplified(bound);
  }

  /** What is wrong with what a call brings, as the end of a sentence. */
  #misuse({ input, count, default: fallback, ...call }: Extract<WindowCall, { kind: 'window' }>, takes: string) {
    if (takes.includes('input') !== (input !== undefined)) {
      return input === undefined ? 'needs an input.' : 'takes no input.';
    }
    if (count !== undefined && !takes.includes('count')) return 'takes no count.';
    if (count === undefined && (call.function === 'ntile' || call.function === 'nth_value')) return 'needs a count.';
    if (count !== undefined && count < (call.function === 'ntile' || call.function === 'nth_value' ? 1 : 0)) {
      return `has a count of ${count}, which is too small.`;
    }
    const mayFill = call.function === 'lag' || call.function === 'lead';
    if (fallback !== undefined && !mayFill) return 'takes no default.';
    return call.ignoreNulls === true && input === undefined ? 'has no nulls to ignore.' : undefined;
  }

  #default(e: Expression, input: TypedExpression | undefined, path: string): TypedExpression | undefined {
    const bound = this.#bind(e, path);
    if (bound === undefined || input === undefined) return bound;
    if (commonType(bound.type, input.type) !== undefined) return castTo(bound, input.type);
    return this.#fail(path, `The default is ${typeName(bound.type)}, and the input ${typeName(input.type)}. Cast it.`);
  }

  #order({ expression, descending = false, nullsFirst }: WindowOrder, path: string): TypedOrder | undefined {
    const bound = this.#bind(expression, pathOf(path, 'expression'));
    return bound && { expression: bound, descending, nullsFirst: nullsFirst ?? descending };
  }

  #frame(frame: WindowFrame, keys: readonly TypedOrder[], path: string): TypedFrame | undefined {
    if (keys.length === 0) return this.#fail(path, 'A frame needs an order: give the window an orderBy.');
    const { unit, minPeriods = 0 } = frame;
    const start = this.#frameBound(frame.start, unit, keys, pathOf(path, 'start'));
    const end = this.#frameBound(frame.end, unit, keys, pathOf(path, 'end'));
    if (frame.start.kind === 'unbounded-following' || frame.end.kind === 'unbounded-preceding') {
      return this.#fail(path, 'A frame begins before it ends.');
    }
    if (start === undefined || end === undefined) return undefined;
    const [from, to] = [amountOf(start), amountOf(end)];
    if (from !== undefined && to !== undefined && from > to) return this.#fail(path, 'A frame begins before it ends.');
    return { unit, start, end, minPeriods };
  }

  #frameBound(
    bound: FrameBound,
    unit: 'rows' | 'range',
    keys: readonly TypedOrder[],
    path: string,
  ): TypedBound | undefined {
    if (bound.kind !== 'preceding' && bound.kind !== 'following') return { kind: bound.kind };
    const offset = this.#bind(bound.offset, pathOf(path, 'offset'));
    if (offset === undefined) return undefined;
    if (offset.kind !== 'literal' || offset.value === null) {
      return this.#fail(path, 'An offset of a frame is a literal, and not null.');
    }
    if (unit === 'rows') {
      const isCount = isInteger(offset.type) && Number(offset.value) >= 0;
      return isCount ? { kind: bound.kind, offset } : this.#fail(path, 'An offset in rows is an integer from 0 on.');
    }
    const [key] = keys;
    if (key === undefined || keys.length > 1) return this.#fail(path, 'A range with an offset has one order.');
    const type = offsetType(key.expression.type, offset.type);
    if (type !== undefined) {
      const amount = simplified(castTo(offset, type));
      if (!isNegative(amount)) return { kind: bound.kind, offset: amount };
      return this.#fail(path, 'An offset of a frame is not negative: preceding and following say where it leads.');
    }
    const [by, of] = [typeName(key.expression.type), typeName(offset.type)];
    return this.#fail(path, `Rows in the order of ${by} have no range of ${of}.`);
  }
}

/** SQL's: with an order the peers of the row count too. */
const defaultFrame = (keys: readonly TypedOrder[]): TypedFrame => (keys.length === 0 ? UNBOUNDED : UP_TO_PEERS);

/** An offset as a number, the smaller the earlier its bound; undefined where only a calendar can say. */
function amountOf(bound: TypedBound): number | undefined {
  if (bound.kind === 'unbounded-preceding') return Number.NEGATIVE_INFINITY;
  if (bound.kind === 'unbounded-following') return Number.POSITIVE_INFINITY;
  if (bound.kind !== 'preceding' && bound.kind !== 'following') return 0;
  const size = sizeOf(bound.offset);
  return bound.kind === 'preceding' && size !== undefined ? -size : size;
}

/** In the unit of rows, of keys, or in seconds. */
function sizeOf(offset: TypedExpression): number | undefined {
  if (offset.kind !== 'literal') return undefined;
  const { type, value } = offset;
  if (type.kind === 'interval') {
    const { months, days, nanoseconds } = value as Interval;
    return months === 0 ? days * 86_400 + Number(nanoseconds) / 1e9 : undefined;
  }
  if (type.kind === 'duration') return Number(value) / Number(TICKS_PER_SECOND[type.unit]);
  return type.kind === 'decimal' ? Number(value) / 10 ** type.scale : Number(value);
}

function isNegative(offset: TypedExpression): boolean {
  if (offset.kind !== 'literal') return false;
  if (offset.type.kind !== 'interval') return Number(offset.value) < 0;
  const { months, days, nanoseconds } = offset.value as Interval;
  return months < 0 || days < 0 || nanoseconds < 0n;
}

function resultType(name: WindowFunction, input: TypedExpression | undefined): DataType {
  if (name === 'percent_rank' || name === 'cume_dist') return float64;
  return input?.type ?? uint64;
}

/** The type of an offset in the order of a key, whose distances are exact but of floats; undefined where there are none. */
function offsetType(key: DataType, offset: DataType): DataType | undefined {
  if (isFloat(key)) return isNumeric(offset) ? float64 : undefined;
  if (isNumeric(key)) return isNumeric(offset) && !isFloat(offset) ? offset : undefined;
  const isTime = ['date', 'time', 'timestamp', 'duration'].includes(key.kind);
  if (!isTime) return undefined;
  const isCalendar = key.kind === 'date' || key.kind === 'timestamp';
  return offset.kind === 'duration' || (offset.kind === 'interval' && isCalendar) ? offset : undefined;
}
