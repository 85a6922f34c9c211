/**
 * Types of arithmetic with dates, times and lengths of time.
 *
 *     date ± integer                      date: days
 *     date ± duration, date ± interval    date: its midnight is moved, and the day taken in which that then lies
 *     date + time                         timestamp
 *     date - date                         duration(s), a day being 86,400 s
 *     time ± duration, time ± interval    time: it goes round at midnight
 *     time - time                         duration
 *     timestamp ± duration                timestamp
 *     timestamp ± interval                timestamp: months and days are steps on the calendar of its zone
 *     timestamp - timestamp or date       duration, both with a zone or both without
 *     duration ± duration, duration % duration   duration
 *     duration * / // number              duration: `/` rounds to the nearest tick, `//` truncates
 *     duration / duration                 float64; `//` int64
 *     interval ± interval or duration     interval, part by part
 *     interval * integer                  interval
 *
 * Of two units the finer is taken. What whole numbers of one machine type do becomes a node of arithmetic, which compiles;
 * the rest are calls of functions.
 */

import {
  type DataType,
  date,
  duration,
  float64,
  int32,
  int64,
  interval,
  isInteger,
  isNumeric,
  sameType,
  type TimeUnit,
  time,
  timestamp,
} from '../columnar/data-type.ts';
import { castLiteral, castTo, literal } from './coerce.ts';
import { commonType } from './common-type.ts';
import { isDivision, mayBeZero } from './exact-arithmetic.ts';
import type { ArithmeticOperator, TypedExpression } from './expression.ts';
import { callNode } from './functions/call-node.ts';
import { functionNamed } from './functions/registry.ts';
import { intervalFromText, TICKS_PER_SECOND } from './temporal-text.ts';

type Kind = DataType['kind'];
const TEMPORAL: ReadonlySet<Kind> = new Set(['date', 'time', 'timestamp', 'duration', 'interval'] satisfies Kind[]);

/** Undefined where no side is a date, a time or a length of time, or these have no such operator; else as arithmetic. */
export function bindTemporal(
  operator: ArithmeticOperator,
  left: TypedExpression,
  right: TypedExpression,
): TypedExpression | string | undefined {
  if (!TEMPORAL.has(left.type.kind) && !TEMPORAL.has(right.type.kind)) return undefined;
  const [a, b] = [amountBeside(left, right, operator), amountBeside(right, left, operator)];
  switch (operator) {
    case '+':
      return plus(a, b) ?? plus(b, a);
    case '-':
      return minus(a, b);
    case '*':
      return times(a, b) ?? times(b, a);
    default:
      return divided(operator, a, b);
  }
}

/** A literal that is text or null, as the interval that it can only be beside a date or a time; else `e`. */
function amountBeside(e: TypedExpression, { type }: TypedExpression, operator: ArithmeticOperator): TypedExpression {
  if (e.kind !== 'literal' || type.kind === 'duration' || (operator !== '+' && operator !== '-')) return e;
  // Beside a date or a time null has become one, which nothing can be added to.
  if (e.value === null && operator === '+' && sameType(e.type, type)) return literal(null, interval);
  const value = typeof e.value === 'string' && e.type.kind === 'utf8' ? intervalFromText(e.value) : undefined;
  return value === undefined ? e : literal(value, interval);
}

function plus(a: TypedExpression, b: TypedExpression): TypedExpression | string | undefined {
  const sum = added('+', a, b);
  if (sum !== undefined) return sum;
  if (a.type.kind !== 'date' || b.type.kind !== 'time') return undefined;
  const type = timestamp(b.type.unit);
  return node('+', castTo(a, type), b, type);
}

function minus(a: TypedExpression, b: TypedExpression): TypedExpression | string | undefined {
  const difference = added('-', a, b);
  if (difference !== undefined) return difference;
  if (a.type.kind === 'date' && b.type.kind === 'date') {
    return node('-', castTo(a, timestamp('s')), castTo(b, timestamp('s')), duration('s'));
  }
  const common = commonType(a.type, b.type);
  return common?.kind === 'timestamp' || common?.kind === 'time'
    ? node('-', castTo(a, common), castTo(b, common), duration(common.unit))
    : undefined;
}

/** `a` with an amount `b` that is no date or time added or taken away. */
function added(operator: '+' | '-', a: TypedExpression, b: TypedExpression): TypedExpression | string | undefined {
  const call = (): TypedExpression | string =>
    callNode(functionNamed(operator === '+' ? 'date_add' : 'date_sub'), [a, b]);
  switch (b.type.kind) {
    case 'duration':
      if (a.type.kind === 'timestamp' || a.type.kind === 'duration') return addedDuration(operator, a, b);
      if (a.type.kind === 'interval') return addedIntervals(operator, a, castTo(b, interval));
      return a.type.kind === 'date' || a.type.kind === 'time' ? call() : undefined;
    case 'interval':
      if (a.type.kind === 'interval') return addedIntervals(operator, a, b);
      if (a.type.kind === 'duration') return addedIntervals(operator, castTo(a, interval), b);
      return TEMPORAL.has(a.type.kind) ? call() : undefined;
    default:
      return a.type.kind === 'date' && isInteger(b.type) ? node(operator, a, castTo(b, int32), date) : undefined;
  }
}

const addedIntervals = (operator: '+' | '-', a: TypedExpression, b: TypedExpression): TypedExpression | string =>
  callNode(functionNamed(operator === '+' ? 'interval_add' : 'interval_subtract'), [a, b]);

/** To a timestamp or a duration. */
function addedDuration(operator: '+' | '-', a: TypedExpression, b: TypedExpression): TypedExpression | undefined {
  const [x, y] = inOneUnit(a, b);
  return node(operator, x, y, x.type);
}

/** A duration and what has ticks too, both in the finer unit; a literal in that of the other side, where it can be. */
function inOneUnit(a: TypedExpression, b: TypedExpression): readonly [TypedExpression, TypedExpression] {
  const [own, other] = [unitOf(a.type), unitOf(b.type)];
  const [x, y] = [inUnit(a, other), inUnit(b, own)];
  const finer = TICKS_PER_SECOND[unitOf(x.type)] >= TICKS_PER_SECOND[unitOf(y.type)] ? unitOf(x.type) : unitOf(y.type);
  return [castTo(x, withUnit(x.type, finer)), castTo(y, withUnit(y.type, finer))];
}

function inUnit(e: TypedExpression, unit: TimeUnit): TypedExpression {
  const type = withUnit(e.type, unit);
  if (e.kind !== 'literal' || e.value === null || sameType(e.type, type)) return e;
  const value = castLiteral(e.value, e.type, type);
  return value !== undefined && castLiteral(value, type, e.type) === e.value ? literal(value, type) : e;
}

function unitOf(type: DataType): TimeUnit {
  if (type.kind === 'timestamp' || type.kind === 'duration' || type.kind === 'time') return type.unit;
  throw new TypeError(`${type.kind} has no unit`);
}

function withUnit(type: DataType, unit: TimeUnit): DataType {
  if (type.kind === 'timestamp') return timestamp(unit, type.timezone);
  if (type.kind === 'duration') return duration(unit);
  return time(unit === 'ns' ? 'ns' : 'us');
}

function times(a: TypedExpression, b: TypedExpression): TypedExpression | string | undefined {
  if (a.type.kind === 'interval' && isInteger(b.type)) {
    return callNode(functionNamed('interval_multiply'), [a, castTo(b, int64)]);
  }
  if (a.type.kind !== 'duration' || !isNumeric(b.type)) return undefined;
  if (!isInteger(b.type)) return callNode(functionNamed('duration_multiply'), [a, b]);
  return node('*', a, castTo(b, int64), a.type);
}

function divided(
  operator: '/' | '//' | '%',
  a: TypedExpression,
  b: TypedExpression,
): TypedExpression | string | undefined {
  if (a.type.kind !== 'duration') return undefined;
  if (b.type.kind === 'duration') {
    const [x, y] = inOneUnit(a, b);
    const ticks = (of: TypedExpression, type: DataType): TypedExpression => castTo(castTo(of, int64), type);
    if (operator === '/') return node('/', ticks(x, float64), ticks(y, float64), float64);
    return operator === '%' ? node('%', x, y, x.type) : node('//', ticks(x, int64), ticks(y, int64), int64);
  }
  if (operator === '/' && isNumeric(b.type)) return callNode(functionNamed('duration_divide'), [a, b]);
  return operator === '//' && isInteger(b.type) ? node('//', a, castTo(b, int64), a.type) : undefined;
}

function node(
  operator: ArithmeticOperator,
  left: TypedExpression,
  right: TypedExpression,
  type: DataType,
): TypedExpression {
  const nullable = left.nullable || right.nullable;
  const byZero = isDivision(operator) && type.kind !== 'float64' && mayBeZero(right);
  return { kind: 'arithmetic', operator, left, right, type, nullable: nullable || byZero };
}
