/**
 * Casts among dates, times and lengths of time that are more than another unit.
 *
 *     timestamp without a zone ↔ with one     what the clocks of the zone show
 *     timestamp → date, time                  what its clock shows: that of its zone, where it has one
 *     date → timestamp                        its midnight
 *     duration ↔ interval                     nanoseconds; back a day is 24 hours, and months have no length
 */

import type { ClockUnit, DataType, TimeUnit } from '../../columnar/data-type.ts';
import { type Interval, wholeOf } from '../../columnar/value.ts';
import { clockOf, floorDivide, type TimestampType } from '../clock.ts';
import { TICKS_PER_SECOND, ticksPerDay } from '../temporal-text.ts';
import { hasPlainDays } from '../whole-conversion.ts';
import { wholeHolder } from '../whole-value.ts';
import { type Cast, chained, KEEP, perhaps } from './cast.ts';
import { ticksOf } from './interval-text.ts';
import { numberCast } from './number-casts.ts';

/** Undefined where none is offered. Those that only change the unit are `numberCast`'s. */
export function timeCast(from: DataType, to: DataType): Cast | undefined {
  if (from.kind === 'timestamp') {
    if (to.kind === 'timestamp') return timestampCast(from, to);
    if (to.kind === 'time') return chained(shownCast(from), timeOfDay(from.unit, to.unit));
    return to.kind === 'date' ? chained(shownCast(from), numberCast(plain(from), to)) : undefined;
  }
  if (to.kind === 'timestamp') {
    return from.kind === 'date' ? chained(numberCast(from, plain(to)), momentCast(to)) : undefined;
  }
  if (from.kind === 'duration' && to.kind === 'interval') return durationToInterval(from.unit);
  if (from.kind === 'interval' && to.kind === 'duration') {
    return perhaps((value) => ticksOf(value as Interval, to.unit));
  }
  return undefined;
}

const plain = ({ kind, unit }: TimestampType): TimestampType => ({ kind, unit, timezone: null });

/** With a zone on one side. */
function timestampCast(from: TimestampType, to: TimestampType): Cast | undefined {
  if (from.timezone !== null) return chained(shownCast(from), numberCast(plain(from), to));
  const zoned = { ...from, timezone: to.timezone };
  return chained(momentCast(zoned), numberCast(zoned, to));
}

/** From the ticks of the type to those of its clock. */
function shownCast(type: TimestampType): Cast | undefined {
  if (hasPlainDays(type)) return KEEP;
  const clock = clockOf(type);
  const hold = wholeHolder(type);
  return clock && perhaps((ticks) => hold(clock.shown(wholeOf(ticks))));
}

/** From the ticks of a clock to those of the type. */
function momentCast(type: TimestampType): Cast | undefined {
  if (hasPlainDays(type)) return KEEP;
  const clock = clockOf(type);
  const hold = wholeHolder(type);
  return clock && perhaps((ticks) => hold(clock.moment(wholeOf(ticks))));
}

function timeOfDay(from: TimeUnit, to: ClockUnit): Cast {
  const perDay = ticksPerDay(from);
  const [up, down] = [TICKS_PER_SECOND[to], TICKS_PER_SECOND[from]];
  return {
    convert: (value) => {
      const ticks = wholeOf(value);
      return ((ticks - floorDivide(ticks, perDay) * perDay) * up) / down;
    },
    canFail: false,
  };
}

function durationToInterval(unit: TimeUnit): Cast {
  const factor = TICKS_PER_SECOND.ns / TICKS_PER_SECOND[unit];
  const convert = (value: unknown): Interval | undefined => {
    const nanoseconds = wholeOf(value as bigint) * factor;
    const fits = BigInt.asIntN(64, nanoseconds) === nanoseconds;
    return fits ? { months: 0, days: 0, nanoseconds } : undefined;
  };
  return { convert, canFail: factor > 1n };
}
