/**
 * Calls and casts of times as others that mean the same, and have code or kernels:
 *
 *     year(t)  of a time in a zone             year(cast(t as timestamp))           what its clock shows
 *     cast     between zones, days and units   casts one after the other
 *     date_add(t, duration)                    t + duration, in the finer unit
 *     date_add(date, days)                     date + days
 *     date_add(t, interval) in a zone          months on its clock, and back; then days; then nanoseconds
 *     cast of or to float16                    by way of float32, float64
 *
 * Checks may fail where the original does not: then the batch is repeated by the interpreter of the original.
 */

import {
  type DataType,
  duration,
  float32,
  float64,
  int32,
  interval,
  isNumeric,
  sameType,
  timestamp,
} from '../columnar/data-type.ts';
import type { Interval } from '../columnar/value.ts';
import type { TimestampType } from '../expressions/clock.ts';
import { literal } from '../expressions/coerce.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { FunctionCall } from './lane-function.ts';
import { zoned } from './zone-step.ts';

type Cast = TypedExpression & { readonly kind: 'cast' };

/** Undefined where `e` itself is to be computed. */
export function simplerTime(e: TypedExpression): TypedExpression | undefined {
  if (e.kind === 'cast') return simplerCast(e);
  if (e.kind !== 'function') return undefined;
  if (ON_CLOCK.has(e.name)) return onShownClock(e);
  return e.name === 'date_add' || e.name === 'date_sub' ? simplerSum(e) : undefined;
}

/** What functions make of a time alone, on its clock. */
const ON_CLOCK: ReadonlySet<string> = new Set([
  'year',
  'iso_year',
  'quarter',
  'month',
  'week_of_year',
  'day',
  'day_of_week',
  'day_of_year',
  'hour',
  'minute',
  'second',
  'millisecond',
  'microsecond',
  'nanosecond',
  'last_day',
  'next_day',
  'add_months',
]);

const cast = (input: TypedExpression, type: DataType, isTry: boolean = false): TypedExpression =>
  sameType(input.type, type) ? input : { kind: 'cast', input, type, try: isTry, nullable: isTry || input.nullable };

const isCount = (type: DataType): boolean => isNumeric(type) || type.kind === 'bool';
const plain = ({ unit }: TimestampType): DataType => timestamp(unit);

function onShownClock(call: FunctionCall): TypedExpression | undefined {
  const [time, ...more] = call.arguments;
  const type = time && zoned(time.type);
  return type && { ...call, arguments: [cast(time, plain(type)), ...more] };
}

function simplerCast({ input, type, try: isTry = false }: Cast): TypedExpression | undefined {
  const through = (between: DataType): TypedExpression | undefined =>
    sameType(between, input.type) || sameType(between, type)
      ? undefined
      : cast(cast(input, between, isTry), type, isTry);
  const from = input.type;
  // Of the digits of text each float has its own.
  if (from.kind === 'float16' && isCount(type)) return through(float32);
  if (type.kind === 'float16' && isCount(from)) return through(float64);
  const [zonedFrom, zonedTo] = [zoned(from), zoned(type)];
  if (zonedFrom !== undefined) {
    const isPlain = type.kind === 'timestamp' && type.timezone === null;
    return isPlain || type.kind === 'date' || type.kind === 'time' ? through(plain(zonedFrom)) : undefined;
  }
  if (zonedTo === undefined) return undefined;
  if (from.kind === 'date') return through(plain(zonedTo));
  const isPlain = from.kind === 'timestamp' && from.timezone === null;
  return isPlain ? through(timestamp(from.unit, zonedTo.timezone)) : undefined;
}

function simplerSum(call: FunctionCall): TypedExpression | undefined {
  const [time, amount] = call.arguments as [TypedExpression, TypedExpression];
  const { type } = call;
  const operator = call.name === 'date_add' ? '+' : '-';
  const sum = (left: TypedExpression, right: TypedExpression): TypedExpression => {
    return { kind: 'arithmetic', operator, left, right, type, nullable: call.nullable };
  };
  if (type.kind === 'date' && amount.type.kind === 'int64') return sum(time, cast(amount, int32));
  if (type.kind !== 'timestamp') return undefined;
  if (amount.type.kind === 'duration') return sum(cast(time, type), cast(amount, duration(type.unit)));
  if (!zoned(type) || amount.kind !== 'literal' || amount.type.kind !== 'interval' || amount.value === null)
    return undefined;
  return partByPart(call, time, type, amount.value as Interval);
}

/** An interval of one part, or, in this order, months, days and nanoseconds one after the other. */
function partByPart(
  call: FunctionCall,
  time: TypedExpression,
  type: TimestampType,
  { months, days, nanoseconds }: Interval,
): TypedExpression | undefined {
  const added = (to: TypedExpression, part: Partial<Interval>): FunctionCall => ({
    ...call,
    type: to.type,
    arguments: [to, literal({ months: 0, days: 0, nanoseconds: 0n, ...part }, interval)],
  });
  if (months !== 0) {
    const moment = cast(added(cast(time, plain(type)), { months }), type);
    return days === 0 && nanoseconds === 0n ? moment : added(moment, { days, nanoseconds });
  }
  return days === 0 || nanoseconds === 0n ? undefined : added(added(time, { days }), { nanoseconds });
}
