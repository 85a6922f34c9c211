/**
 * Dates and times written by a format, as C's strftime does: the directives that `strptime.ts` reads, and `%-d`, `%-m`,
 * `%-H`, … for numbers without zeros before them. Years of more than four digits, and those before 0, are written as they
 * are.
 */

import { InvalidValue } from '../../errors.ts';
import { type CalendarDay, calendarDay, daysOf, isoWeek } from '../calendar.ts';
import { offsetText } from '../casts/time-text.ts';
import { withoutShorthands } from './format-shorthands.ts';

/** What clocks and calendars show. */
export interface Shown {
  /** Since 1970-01-01. */
  readonly days: number;
  readonly secondOfDay: number;
  readonly nanosecond: number;
  /** Seconds that the clock is ahead of UTC. */
  readonly offset: number;
  /** The name of its zone, or nothing. */
  readonly zone: string;
}

/** Parts of what is shown that are worked out once. */
interface Parts extends Shown, CalendarDay {
  readonly dayOfYear: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}
type Write = (parts: Parts) => string;

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
];

const weekdayName = ({ weekday }: Parts): string => WEEKDAYS[weekday] ?? '';
const monthName = ({ month }: Parts): string => MONTHS[month - 1] ?? '';
const short =
  (name: Write): Write =>
  (parts) =>
    name(parts).slice(0, 3);

/** A number of at least so many digits; `-` takes its zeros away. */
interface Numeric {
  readonly digits: number;
  readonly fill?: string;
  readonly of: (parts: Parts) => number;
}

const hour = ({ secondOfDay }: Parts): number => Math.floor(secondOfDay / 3_600);
/** Weeks begin with the weekday `start`; the days before the first such day are in week 0. */
const week =
  (start: number) =>
  ({ dayOfYear, weekday }: Parts): number =>
    Math.floor((dayOfYear + 6 - ((weekday - start + 7) % 7)) / 7);

const NUMBERS: Readonly<Record<string, Numeric>> = {
  Y: { digits: 4, of: ({ year }) => year },
  y: { digits: 2, of: ({ year }) => Math.abs(year) % 100 },
  m: { digits: 2, of: ({ month }) => month },
  d: { digits: 2, of: ({ day }) => day },
  e: { digits: 2, fill: ' ', of: ({ day }) => day },
  j: { digits: 3, of: ({ dayOfYear }) => dayOfYear },
  w: { digits: 1, of: ({ weekday }) => weekday },
  u: { digits: 1, of: ({ weekday }) => weekday || 7 },
  U: { digits: 2, of: week(0) },
  W: { digits: 2, of: week(1) },
  G: { digits: 4, of: ({ days }) => isoWeek(days).year },
  V: { digits: 2, of: ({ days }) => isoWeek(days).week },
  H: { digits: 2, of: hour },
  I: { digits: 2, of: (parts) => hour(parts) % 12 || 12 },
  M: { digits: 2, of: ({ secondOfDay }) => Math.floor(secondOfDay / 60) % 60 },
  S: { digits: 2, of: ({ secondOfDay }) => secondOfDay % 60 },
  f: { digits: 6, of: ({ nanosecond }) => Math.floor(nanosecond / 1_000) },
  g: { digits: 3, of: ({ nanosecond }) => Math.floor(nanosecond / 1_000_000) },
  n: { digits: 9, of: ({ nanosecond }) => nanosecond },
  s: { digits: 1, of: ({ days, secondOfDay, offset }) => days * 86_400 + secondOfDay - offset },
};

function numeric({ digits, fill = '0', of }: Numeric): Write {
  return (parts) => {
    const value = of(parts);
    return value < 0 ? String(value) : String(value).padStart(digits, fill);
  };
}

const WORDS: Readonly<Record<string, Write>> = {
  a: short(weekdayName),
  A: weekdayName,
  b: short(monthName),
  h: short(monthName),
  B: monthName,
  p: (parts) => (hour(parts) < 12 ? 'AM' : 'PM'),
  z: ({ offset }) => offsetText(offset),
  Z: ({ zone }) => zone,
  '%': () => '%',
};

/** Directives that ask for a clock, and for a calendar. */
const OF_CLOCKS = 'HIMSfgnp';
const OF_DAYS = 'YymdejwuUWGVaAbBhs';

export interface TimeWriter {
  readonly write: (shown: Shown) => string;
  readonly asksForClock: boolean;
  readonly asksForDay: boolean;
}

/** A digit count of a fraction, a directive, or other text. */
const PIECE = /%(?<point>\.?)(?<count>[369])f|%(?<minus>-?)(?<letter>[A-Za-z%])|(?<text>[^%]+)|%/g;

/** @throws InvalidValue where it is no format */
export function timeWriter(format: string): TimeWriter {
  const steps: Write[] = [];
  const letters: string[] = [];
  for (const { 0: piece, groups = {} } of withoutShorthands(format).matchAll(PIECE)) {
    const { point, count, minus, letter = '', text } = groups;
    if (text !== undefined) steps.push(() => text);
    else if (count !== undefined) steps.push(fraction(Number(count), point ?? ''));
    else steps.push(directive(piece, letter, minus === '-'));
    letters.push(count === undefined ? letter : 'f');
  }
  const asksFor = (some: string): boolean => letters.some((letter) => letter !== '' && some.includes(letter));
  return {
    asksForClock: asksFor(OF_CLOCKS),
    asksForDay: asksFor(OF_DAYS),
    write: (shown) => {
      const parts = partsOf(shown);
      return steps.map((step) => step(parts)).join('');
    },
  };
}

function directive(piece: string, letter: string, isShort: boolean): Write {
  const number = NUMBERS[letter];
  if (number !== undefined) return numeric(isShort ? { ...number, digits: 1 } : number);
  const word = isShort ? undefined : WORDS[letter];
  if (word === undefined) throw new InvalidValue(`${piece} is no directive of a format of dates and times`);
  return word;
}

const fraction =
  (digits: number, point: string): Write =>
  ({ nanosecond }) =>
    `${point}${String(nanosecond).padStart(9, '0').slice(0, digits)}`;

function partsOf(shown: Shown): Parts {
  const { days } = shown;
  const date = calendarDay(days);
  const dayOfYear = days - daysOf({ year: date.year, month: 1, day: 1 }) + 1;
  // 1 January 1970 was a Thursday.
  return { ...shown, ...date, dayOfYear, weekday: (((days + 4) % 7) + 7) % 7 };
}
