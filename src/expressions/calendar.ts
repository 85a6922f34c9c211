/**
 * The proleptic Gregorian calendar over day numbers, exact for every 32-bit day.
 *
 * Both directions work in eras of 400 years (146,097 days) and in years that begin in March, so that the leap day is
 * the last of its year and the lengths of the months follow one line: (153 · month + 2) / 5. After Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms" (2013), days_from_civil and civil_from_days.
 */

export interface CalendarDay {
  /** Astronomical: 0 is 1 BC. */
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

const DAYS_PER_ERA = 146_097;
/** Days from 0000-03-01, where the first era begins, to 1970-01-01. */
const EPOCH_DAY = 719_468;

/** Days since 1970-01-01 of a day that exists; see `isCalendarDay`. */
export function daysOf({ year, month, day }: CalendarDay): number {
  const marchYear = month > 2 ? year : year - 1;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_PER_ERA + dayOfEra - EPOCH_DAY;
}

export function calendarDay(days: number): CalendarDay {
  const shifted = days + EPOCH_DAY;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const leapDays = Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

/** Whether the calendar has this day: 30 February it has not. */
export function isCalendarDay({ year, month, day }: CalendarDay): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const next = month === 12 ? { year: year + 1, month: 1, day: 1 } : { year, month: month + 1, day: 1 };
  return day <= daysOf(next) - daysOf({ year, month, day: 1 });
}

/** The week of ISO 8601 that a day lies in: it belongs to the year in which its Thursday lies. */
export function isoWeek(days: number): { readonly year: number; readonly week: number } {
  const thursday = days - ((((days + 3) % 7) + 7) % 7) + 3;
  const { year } = calendarDay(thursday);
  return { year, week: Math.floor((thursday - daysOf({ year, month: 1, day: 1 })) / 7) + 1 };
}
