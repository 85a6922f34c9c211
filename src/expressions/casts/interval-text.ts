/**
 * Lengths of time as a cast writes and reads them.
 *
 *     interval   1 year 2 months -3 days 04:05:06.7
 *     duration   28:05:06.7                              hours are not carried into days
 *
 * Both are read in either form, in words for each part (`90 minutes`, `1 day 2 h`), and as ISO 8601: `P1DT2H`.
 */

import type { TimeUnit } from '../../columnar/data-type.ts';
import type { Interval } from '../../columnar/value.ts';
import {
  fractionText,
  type IntervalParts,
  intervalOfParts,
  intervalPartsFromText,
  TICKS_PER_SECOND,
  ticksPerDay,
} from '../temporal-text.ts';

export function intervalWords({ months, days, nanoseconds }: Interval): string {
  const years = Math.trunc(months / 12);
  const words = [counted(years, 'year'), counted(months - years * 12, 'month'), counted(days, 'day')];
  const text = words.filter((word) => word !== '').join(' ');
  if (nanoseconds === 0n && text !== '') return text;
  return `${text}${text === '' ? '' : ' '}${clockText(nanoseconds, 'ns')}`;
}

/** Ticks of either sign as `26:00:00.5`. */
export function clockText(ticks: bigint, unit: TimeUnit): string {
  const magnitude = ticks < 0n ? -ticks : ticks;
  const seconds = magnitude / TICKS_PER_SECOND[unit];
  const parts = [seconds / 3_600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => String(part).padStart(2, '0'));
  return `${ticks < 0n ? '-' : ''}${parts.join(':')}${fractionText(magnitude % TICKS_PER_SECOND[unit], unit)}`;
}

function counted(count: number, word: string): string {
  if (count === 0) return '';
  return `${count} ${word}${Math.abs(count) === 1 ? '' : 's'}`;
}

type Unit = readonly [part: 'months' | 'days' | 'nanoseconds', size: bigint];

const UNITS: ReadonlyMap<string, Unit> = new Map(
  (
    [
      [['year', 'years', 'yr', 'yrs', 'y'], 'months', 12n],
      [['quarter', 'quarters'], 'months', 3n],
      [['month', 'months', 'mon', 'mons'], 'months', 1n],
      [['week', 'weeks', 'w'], 'days', 7n],
      [['day', 'days', 'd'], 'days', 1n],
      [['hour', 'hours', 'hr', 'hrs', 'h'], 'nanoseconds', 3_600_000_000_000n],
      [['minute', 'minutes', 'min', 'mins', 'm'], 'nanoseconds', 60_000_000_000n],
      [['second', 'seconds', 'sec', 'secs', 's'], 'nanoseconds', 1_000_000_000n],
      [['millisecond', 'milliseconds', 'ms', 'msec', 'msecs'], 'nanoseconds', 1_000_000n],
      [['microsecond', 'microseconds', 'us', 'usec', 'usecs'], 'nanoseconds', 1_000n],
      [['nanosecond', 'nanoseconds', 'ns'], 'nanoseconds', 1n],
    ] as const
  ).flatMap(([words, part, size]) => words.map((word) => [word, [part, size]] as const)),
);

const PART = /([+-]?)(\d{1,18})(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?| *([a-z]{1,12}))(?: +|$)/iy;
/** Longer than any interval is written: what follows is not looked at. */
const LONGEST_TEXT = 500;

/** Undefined where the text is none, or a part is out of range. */
export function intervalFromWords(text: string): Interval | undefined {
  const parts = partsOf(text);
  return parts && intervalOfParts(parts);
}

type Parts = Record<Unit[0], bigint>;

function partsOf(text: string): IntervalParts | undefined {
  if (text.length === 0 || text.length > LONGEST_TEXT) return undefined;
  if (/^[+-]?P/.test(text)) return intervalPartsFromText(text);
  const sums = { months: 0n, days: 0n, nanoseconds: 0n };
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const parts = PART.exec(text);
    if (parts === null || !addPart(sums, parts)) return undefined;
  }
  return sums;
}

function addPart(sums: Parts, parts: RegExpExecArray): boolean {
  const [, sign, count = '0', minutes, seconds = '0', fraction = '', word] = parts;
  const signed = (value: bigint): bigint => (sign === '-' ? -value : value);
  if (word === undefined) {
    if (Number(minutes) > 59 || Number(seconds) > 59) return false;
    const whole = BigInt(count) * 3_600n + BigInt(Number(minutes) * 60 + Number(seconds));
    sums.nanoseconds += signed(whole * TICKS_PER_SECOND.ns + BigInt(fraction.padEnd(9, '0')));
    return true;
  }
  const unit = UNITS.get(word.toLowerCase());
  if (unit === undefined) return false;
  sums[unit[0]] += signed(BigInt(count) * unit[1]);
  return true;
}

/** The ticks of a length without months, a day being 24 hours; cut towards zero where the unit is coarser. */
export function ticksOf(length: Interval | IntervalParts, unit: TimeUnit): bigint | undefined {
  if (BigInt(length.months) !== 0n) return undefined;
  const nanoseconds = BigInt(length.days) * ticksPerDay('ns') + length.nanoseconds;
  const ticks = nanoseconds / (TICKS_PER_SECOND.ns / TICKS_PER_SECOND[unit]);
  return BigInt.asIntN(64, ticks) === ticks ? ticks : undefined;
}

/** Undefined where the text is no length of time, or has months. */
export function durationFromWords(text: string, unit: TimeUnit): bigint | undefined {
  const parts = partsOf(text);
  return parts && ticksOf(parts, unit);
}
