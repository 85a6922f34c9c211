/**
 * Reading dates and times by a format, as C's strptime does.
 *
 *     format   %a, %d %b %Y %H:%M:%S %z          text   Wed, 15 May 2024 08:30:00 +0200
 *
 * A directive takes as many characters as fit it, at most as many as it has digits; white space in the format stands for
 * one or more white-space characters; all else stands for itself. What a format does not give is that of 1 January 1900,
 * midnight. A day of the week is read, but the date decides.
 */

import { InvalidValue } from '../../errors.ts';
import { withoutShorthands } from './format-shorthands.ts';
import { nothingRead, type ReadTime, type TimeParts, timeOf } from './time-parts.ts';

/** A format that can be read by. */
export interface TimeFormat {
  /** Digits of a second that it can hold: 0, 3, 6 or 9. */
  readonly digits: number;
  /** Whether it reads how far the clock is from UTC. */
  readonly hasOffset: boolean;
  /** Undefined where the text is not of the format, or there is no such day or time. */
  readonly read: (text: string) => ReadTime | undefined;
}

/** Takes characters from `at` on and gives the offset behind them; -1 where they do not fit. */
type Step = (text: string, at: number, parts: TimeParts) => number;

const isDigit = (text: string, at: number): boolean => text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57;

/** A number of at most so many digits, within bounds. */
function number(digits: number, least: number, most: number, set: (parts: TimeParts, value: number) => void): Step {
  return (text, at, parts) => {
    let end = at;
    while (end < at + digits && isDigit(text, end)) end++;
    const value = Number(text.slice(at, end));
    if (end === at || value < least || value > most) return -1;
    set(parts, value);
    return end;
  };
}

/** Digits behind the point of a second, at least and at most so many. */
const fraction =
  (least: number, most: number): Step =>
  (text, at, parts) => {
    let end = at;
    while (end < at + most && isDigit(text, end)) end++;
    if (end - at < least) return -1;
    parts.nanosecond = Number(text.slice(at, end).padEnd(9, '0'));
    return end;
  };

/** A name in any case, the longest that fits; `set` is given its place in the list. */
function name(names: readonly string[], set: (parts: TimeParts, index: number) => void): Step {
  const longestFirst = names.map((one, index) => ({ one, index })).toSorted((a, b) => b.one.length - a.one.length);
  return (text, at, parts) => {
    const found = longestFirst.find(({ one }) => text.slice(at, at + one.length).toLowerCase() === one);
    if (found === undefined) return -1;
    set(parts, found.index);
    return at + found.one.length;
  };
}

/** What a sticky expression matches. */
const matching =
  (sticky: RegExp, set: (parts: TimeParts, match: RegExpExecArray) => void): Step =>
  (text, at, parts) => {
    sticky.lastIndex = at;
    const found = sticky.exec(text);
    if (found === null) return -1;
    set(parts, found);
    return at + found[0].length;
  };

const literal =
  (wanted: string): Step =>
  (text, at) =>
    text.startsWith(wanted, at) ? at + wanted.length : -1;
const WHITE_SPACE: Step = matching(/\s+/y, () => undefined);

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = [
  ...['january', 'february', 'march', 'april', 'may', 'june', 'july'],
  ...['august', 'september', 'october', 'november', 'december'],
];
const withShort = (names: readonly string[]): readonly string[] => [...names, ...names.map((one) => one.slice(0, 3))];

const weekdayName = name(withShort(WEEKDAYS), (parts, index) => {
  parts.weekday = index % 7;
});
const monthName = name(withShort(MONTHS), (parts, index) => {
  parts.month = (index % 12) + 1;
});
const OFFSET = /([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?|Z/y;
const offset = matching(OFFSET, (parts, [, sign, hours = 0, minutes = 0, seconds = 0]) => {
  const magnitude = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  parts.offset = sign === '-' ? -magnitude : magnitude;
});

const set =
  (key: NumericPart, change: (value: number) => number = (value) => value) =>
  (parts: TimeParts, value: number): void => {
    parts[key] = change(value);
  };
type NumericPart = {
  [K in keyof TimeParts]: number extends TimeParts[K] ? K : never;
}[keyof TimeParts];

const PIVOT_YEAR = 69;
const DIRECTIVES: Readonly<Record<string, Step>> = {
  Y: number(4, 0, 9_999, set('year')),
  y: number(
    2,
    0,
    99,
    set('year', (year) => year + (year < PIVOT_YEAR ? 2_000 : 1_900)),
  ),
  m: number(2, 1, 12, set('month')),
  d: number(2, 1, 31, set('day')),
  e: matching(/ ?(\d{1,2})/y, (parts, [, day]) => {
    parts.day = Number(day);
  }),
  b: monthName,
  B: monthName,
  h: monthName,
  a: weekdayName,
  A: weekdayName,
  w: number(1, 0, 6, set('weekday')),
  u: number(
    1,
    1,
    7,
    set('weekday', (day) => day % 7),
  ),
  j: number(3, 1, 366, set('dayOfYear')),
  U: number(2, 0, 53, set('sundayWeek')),
  W: number(2, 0, 53, set('mondayWeek')),
  G: number(4, 0, 9_999, set('isoYear')),
  V: number(2, 1, 53, set('isoWeek')),
  H: number(2, 0, 23, set('hour')),
  I: number(
    2,
    1,
    12,
    set('hour', (hour) => hour % 12),
  ),
  M: number(2, 0, 59, set('minute')),
  S: number(2, 0, 59, set('second')),
  p: name(['am', 'pm'], (parts, index) => {
    parts.afternoon = index === 1;
  }),
  f: fraction(1, 6),
  g: fraction(1, 3),
  n: fraction(1, 9),
  z: offset,
  Z: matching(/[A-Za-z][A-Za-z0-9/_+-]*/y, (parts, [zone]) => {
    parts.zone = zone;
  }),
  s: matching(/[+-]?\d{1,12}/y, (parts, [seconds]) => {
    parts.epoch = Number(seconds);
  }),
  '%': literal('%'),
};

/** A directive, of which `-` only says that it may be short; white space; or other text. */
const PIECE = /%(?<point>\.?)(?<count>[369])f|%\.f|%:?-?(?<letter>[A-Za-z%])|(?<space>\s+)|(?<text>[^%\s]+)|%/g;

/** @throws InvalidValue where it is no format */
export function timeFormat(format: string): TimeFormat {
  if (format === '') throw new InvalidValue('the format is empty');
  const steps: Step[] = [];
  let digits = 0;
  let hasOffset = false;
  for (const { 0: piece, groups = {} } of withoutShorthands(format).matchAll(PIECE)) {
    const { point, count, letter, space, text } = groups;
    if (space !== undefined) steps.push(WHITE_SPACE);
    else if (text !== undefined) steps.push(literal(text));
    else if (count !== undefined) {
      if (point === '.') steps.push(literal('.'));
      steps.push(fraction(Number(count), Number(count)));
      digits = Math.max(digits, Number(count));
    } else if (piece === '%.f') {
      steps.push(literal('.'), fraction(1, 6));
      digits = Math.max(digits, 6);
    } else {
      const step = DIRECTIVES[letter ?? ''];
      if (step === undefined) throw new InvalidValue(`${piece} is no directive of a format of dates and times`);
      steps.push(step);
      digits = Math.max(digits, letter === 'n' ? 9 : letter === 'f' || letter === 'g' ? 6 : 0);
      hasOffset ||= letter === 'z' || letter === 'Z';
    }
  }
  return { digits, hasOffset, read: (text) => read(steps, text) };
}

function read(steps: readonly Step[], text: string): ReadTime | undefined {
  const parts = nothingRead();
  const end = text.trimEnd().length;
  let at = text.length - text.trimStart().length;
  for (const step of steps) {
    at = step(text, at, parts);
    if (at < 0) return undefined;
  }
  return at < end ? undefined : timeOf(parts);
}
