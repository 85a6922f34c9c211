/** What a text gives of a date and a time, and the moment that it makes. */

import { calendarDay, daysOf, isCalendarDay } from '../calendar.ts';

/** What was read, before it is checked whether there is such a date. */
export interface TimeParts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  afternoon: boolean | undefined;
  dayOfYear: number | undefined;
  /** 0 is Sunday. */
  weekday: number | undefined;
  sundayWeek: number | undefined;
  mondayWeek: number | undefined;
  isoYear: number | undefined;
  isoWeek: number | undefined;
  offset: number | undefined;
  zone: string | undefined;
  epoch: number | undefined;
}

/** A moment on a clock, and how far that is from UTC, if the text says so. */
export interface ReadTime {
  /** Since 1970-01-01. */
  readonly days: number;
  readonly secondOfDay: number;
  readonly nanosecond: number;
  /** Seconds ahead of UTC, or the name of a zone. */
  readonly offset: number | string | undefined;
}

/** Parts of which a text has given none yet. */
export const nothingRead = (): TimeParts => ({
  year: 1900,
  month: 0,
  day: 0,
  hour: 0,
  minute: 0,
  second: 0,
  nanosecond: 0,
  afternoon: undefined,
  dayOfYear: undefined,
  weekday: undefined,
  sundayWeek: undefined,
  mondayWeek: undefined,
  isoYear: undefined,
  isoWeek: undefined,
  offset: undefined,
  zone: undefined,
  epoch: undefined,
});

const SECONDS_PER_DAY = 86_400;

/** Undefined where there is no such day or time. */
export function timeOf(parts: TimeParts): ReadTime | undefined {
  const { epoch, nanosecond } = parts;
  if (epoch !== undefined) {
    const days = Math.floor(epoch / SECONDS_PER_DAY);
    return { days, secondOfDay: epoch - days * SECONDS_PER_DAY, nanosecond, offset: 0 };
  }
  const days = dayOf(parts);
  const hour = hourOf(parts);
  if (days === undefined || hour === undefined) return undefined;
  const secondOfDay = hour * 3_600 + parts.minute * 60 + parts.second;
  return { days, secondOfDay, nanosecond, offset: parts.offset ?? parts.zone };
}

function hourOf({ hour, afternoon }: TimeParts): number | undefined {
  if (afternoon === undefined) return hour;
  if (hour > 12) return undefined;
  return (hour % 12) + (afternoon ? 12 : 0);
}

const firstDay = (year: number): number => daysOf({ year, month: 1, day: 1 });
/** The day of the week, 0 being Sunday: 1 January 1970 was a Thursday. */
const weekdayOf = (days: number): number => (((days + 4) % 7) + 7) % 7;

/** By the first of these that the text gives: month or day, day of the year, week. */
function dayOf(parts: TimeParts): number | undefined {
  const { year, month, day, dayOfYear, isoYear, isoWeek } = parts;
  if (isoYear !== undefined || isoWeek !== undefined) return isoDay(isoYear ?? year, isoWeek ?? 1, parts.weekday ?? 1);
  if (month === 0 && day === 0) {
    if (dayOfYear !== undefined) {
      const days = firstDay(year) + dayOfYear - 1;
      return calendarDay(days).year === year ? days : undefined;
    }
    if (parts.sundayWeek !== undefined) return dayOfWeek(year, parts.sundayWeek, 0, parts.weekday ?? 0);
    if (parts.mondayWeek !== undefined) return dayOfWeek(year, parts.mondayWeek, 1, parts.weekday ?? 1);
  }
  const date = { year, month: Math.max(month, 1), day: Math.max(day, 1) };
  return isCalendarDay(date) ? daysOf(date) : undefined;
}

/** Weeks that begin with `start`, 0 or 1 for Sunday or Monday, are counted from the first such day of the year, as 1. */
function dayOfWeek(year: number, week: number, start: number, weekday: number): number {
  const newYear = firstDay(year);
  const firstStart = newYear + ((start - weekdayOf(newYear) + 7) % 7);
  return firstStart + (week - 1) * 7 + ((weekday - start + 7) % 7);
}

/** Of the week, from Monday to Sunday, of which the year's first is the one with 4 January in it. */
function isoDay(year: number, week: number, weekday: number): number | undefined {
  const monday = (of: number): number => {
    const fourth = firstDay(of) + 3;
    return fourth - ((weekdayOf(fourth) + 6) % 7);
  };
  const start = monday(year) + (week - 1) * 7;
  return start < monday(year + 1) ? start + ((weekday + 6) % 7) : undefined;
}
