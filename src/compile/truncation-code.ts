/**
 * The beginning of the step that a date or time lies in, in emitted code: what `expressions/truncation.ts` computes on
 * clocks without a zone. Up to weeks a step is so many ticks, counted from a constant; months are counted on the calendar.
 * What would begin before the first value of the type raises a flag.
 */

import type { DataType } from '../columnar/data-type.ts';
import { TICKS_PER_SECOND, ticksPerDay } from '../expressions/temporal-text.ts';
import { type Step, stepFromText } from '../expressions/truncation.ts';
import { hasPlainDays } from '../expressions/whole-conversion.ts';
import { dayOfMonth, firstOfMonth, keep32, keep64, marchDay, monthCount } from './calendar-code.ts';
import { type Code, get, type Local } from './emit.ts';
import { i32, i64 } from './instructions.ts';
import type { LaneCode } from './lane-code.ts';
import { INT64 } from './machine.ts';

/** Above it the ticks of a step and those before them may need more than 64 bits. */
const LONGEST = 2n ** 61n;
/** Of months: as exact as `firstOfMonth`. */
const MOST_MONTHS_OF_STEP = 120_000;

/** Whether there is code for steps of this name, a literal, on values of the type. */
export function isTruncationCompilable(unit: unknown, type: DataType): boolean {
  const step = typeof unit === 'string' ? stepFromText(unit) : undefined;
  if (step === undefined) return false;
  if (step.kind === 'months') return isOnCalendar(type) && step.months <= MOST_MONTHS_OF_STEP;
  return (isOnCalendar(type) || (type.kind === 'time' && step.kind === 'clock')) && lengthOf(step, type) < LONGEST;
}

const isOnCalendar = (type: DataType): boolean => type.kind === 'date' || hasPlainDays(type);

/** Of a step that is no months: in ticks of the type, or days. */
function lengthOf(step: Exclude<Step, { kind: 'months' }>, type: DataType): bigint {
  const unit = type.kind === 'timestamp' || type.kind === 'time' ? type.unit : undefined;
  if (step.kind === 'days') return BigInt(step.days) * (unit === undefined ? 1n : ticksPerDay(unit));
  const length = unit === undefined ? 1n : (step.nanoseconds * TICKS_PER_SECOND[unit]) / TICKS_PER_SECOND.ns;
  return length === 0n ? 1n : length;
}

export interface Truncation {
  readonly unit: string;
  readonly type: DataType;
  readonly value: Local;
  /** Its days since 1970. */
  readonly days: () => Local<'i64'>;
}

export function truncated(lanes: LaneCode, { unit, type, value, days }: Truncation): Code {
  const step = stepFromText(unit)!;
  if (step.kind === 'months') return monthTruncated(lanes, type, step.months, days());
  const length = lengthOf(step, type);
  if (length === 1n) return get(value);
  if (type.kind === 'date') {
    const day = keep64(lanes, i64.extend(get(value as Local<'i32'>)));
    return dayInType(lanes, type, beginning(lanes, day, length, originOf(step)));
  }
  const ticks = value as Local<'i64'>;
  if (type.kind === 'time') return i64.sub(get(ticks), i64.remU(get(ticks), i64.const(length)));
  const perDay = type.kind === 'timestamp' ? ticksPerDay(type.unit) : 1n;
  const result = keep64(lanes, beginning(lanes, ticks, length, originOf(step) * perDay));
  // Below the least value it comes out above the moment.
  lanes.flagNonZero([i64.gt(get(result), get(ticks))], 'i32');
  return get(result);
}

const originOf = (step: Step): bigint => (step.kind === 'days' ? BigInt(step.origin) : 0n);

/** The greatest multiple of `length` from `origin` that is not above the value. */
function beginning(lanes: LaneCode, value: Local<'i64'>, length: bigint, origin: bigint): Code<'i64'> {
  const rest = keep64(lanes, i64.rem(get(value), i64.const(length)));
  // Between -2 and 1 lengths above the origin: of the lengths only those that make it 0 to 1 are added.
  const moved = keep64(lanes, i64.sub(get(rest), i64.const(((origin % length) + length) % length)));
  const once = keep64(lanes, raised(moved, length));
  const above = origin % length === 0n ? get(once) : raised(once, length);
  return i64.sub(get(value), above);
}

const raised = (value: Local<'i64'>, length: bigint): Code<'i64'> =>
  i64.add(get(value), i64.and(i64.shr(get(value), i64.const(63n)), i64.const(length)));

function monthTruncated(lanes: LaneCode, type: DataType, months: number, days: Local<'i64'>): Code {
  const day = marchDay(lanes, days);
  if (months === 1) {
    return dayInType(lanes, type, i64.sub(get(days), i64.extendU(i32.sub(dayOfMonth(day), i32.const(1)))));
  }
  const count = keep32(lanes, monthCount(day));
  const rest = keep32(lanes, i32.rem(get(count), i32.const(months)));
  const above = i32.add(get(rest), i32.and(i32.shr(get(rest), i32.const(31)), i32.const(months)));
  return dayInType(lanes, type, firstOfMonth(lanes, i32.sub(get(count), above)));
}

/** A day since 1970 as a date, or as the timestamp of its midnight. */
function dayInType(lanes: LaneCode, type: DataType, day: Code<'i64'>): Code {
  const kept = keep64(lanes, day);
  if (type.kind !== 'timestamp') {
    lanes.flagNonZero([i64.ne(i64.extend(i32.wrap(get(kept))), get(kept))], 'i32');
    return i32.wrap(get(kept));
  }
  const perDay = ticksPerDay(type.unit);
  lanes.flagNonZero([i64.lt(get(kept), i64.const(INT64.least / perDay))], 'i32');
  return i64.mul(get(kept), i64.const(perDay));
}
