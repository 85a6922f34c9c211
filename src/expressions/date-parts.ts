/** Parts of dates and times as whole numbers. What lies before 1970 floors. */

import assert from 'node:assert/strict';
import type { DataType } from '../columnar/data-type.ts';
import { calendarDay, daysOf } from './calendar.ts';
import type { Value } from './expression.ts';
import { TICKS_PER_SECOND, ticksPerDay } from './literal.ts';

/** The part `name` of a date (days) or a timestamp (ticks of its unit). */
export function datePartOf(name: string, value: NonNullable<Value>, type: DataType): bigint {
  if (type.kind !== 'timestamp') return dayPart(name, Number(value));
  const ticks = BigInt(value);
  const perDay = ticksPerDay(type.unit);
  const tickOfDay = ((ticks % perDay) + perDay) % perDay;
  const seconds = tickOfDay / TICKS_PER_SECOND[type.unit];
  switch (name) {
    case 'hour':
      return seconds / 3_600n;
    case 'minute':
      return (seconds / 60n) % 60n;
    case 'second':
      return seconds % 60n;
    default:
      return dayPart(name, Number((ticks - tickOfDay) / perDay));
  }
}

function dayPart(name: string, days: number): bigint {
  const { year, month, day } = calendarDay(days);
  switch (name) {
    case 'year':
      return BigInt(year);
    case 'quarter':
      return BigInt(Math.ceil(month / 3));
    case 'month':
      return BigInt(month);
    case 'day':
      return BigInt(day);
    // 1 January 1970 was a Thursday.
    case 'day_of_week':
      return BigInt((((days + 3) % 7) + 7) % 7);
    case 'day_of_year':
      return BigInt(days - daysOf({ year, month: 1, day: 1 }) + 1);
    default:
      assert.fail(`there is no function ${name}`);
  }
}
