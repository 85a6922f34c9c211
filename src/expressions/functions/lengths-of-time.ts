/** Arithmetic of durations and intervals, where no machine instruction does it, and months between dates. */

import { type DataType, float64, interval, isFloat } from '../../columnar/data-type.ts';
import { type Value, wholeOf } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import { calendarDay } from '../calendar.ts';
import { addedIntervals, lastDayOf, multipliedInterval, negated } from '../calendar-arithmetic.ts';
import { dayAndTicks, knownClockOf } from '../clock.ts';
import { scaleOf } from '../exact-arithmetic.ts';
import { ticksPerDay } from '../temporal-text.ts';
import { divideRounded } from '../whole-conversion.ts';
import { type Call, define, type FunctionDefinition, parameter } from './function-definition.ts';
import { DATE_OR_TIMESTAMP, INTEGER, NUMBER } from './parameter-kinds.ts';
import { aDate, aDuration, anInterval, aTimestamp, DURATION, INTERVAL, inKnownZones } from './temporal-kinds.ts';

const family = 'dates and times';

/** A number, exactly, as a fraction whose denominator is positive. */
interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Of values of a type of numbers. @throws InvalidValue where the value is not finite */
function fractionOf(type: DataType | undefined): (value: Value | undefined) => Fraction {
  if (type === undefined || !isFloat(type)) {
    const denominator = 10n ** BigInt(type === undefined ? 0 : scaleOf(type));
    return (value) => ({ numerator: wholeOf(value), denominator });
  }
  return (value) => {
    let number = Number(value);
    if (!Number.isFinite(number)) throw new InvalidValue(`a duration cannot be multiplied or divided by ${number}`);
    // Doubling is exact, and makes a whole number of every float in at most 1,074 steps.
    let denominator = 1n;
    while (!Number.isInteger(number)) {
      number *= 2;
      denominator *= 2n;
    }
    return { numerator: BigInt(number), denominator };
  };
}

/** Rounded half away from zero. */
function quotient(numerator: bigint, denominator: bigint): bigint {
  return denominator < 0n
    ? divideRounded(-numerator, -denominator, 'half-away')
    : divideRounded(numerator, denominator, 'half-away');
}

const SECONDS_PER_DAY = 86_400;
/** As Spark has it, whatever the months. */
const DAYS_PER_MONTH = 31;
const EIGHT_DIGITS = 1e8;

/** The month, counted from the year 0, the day in it, whether that is the last, and the seconds of the day. */
function monthAndDay({ types }: Call, index: number) {
  const type = types[index];
  const unit = type?.kind === 'timestamp' ? type.unit : undefined;
  const perDay = unit === undefined ? 1n : ticksPerDay(unit);
  const clock = type?.kind === 'timestamp' ? knownClockOf(type) : undefined;
  return (value: number | bigint) => {
    const [days, inDay] = dayAndTicks(clock === undefined ? BigInt(value) : clock.shown(BigInt(value)), perDay);
    const { year, month, day } = calendarDay(Number(days));
    const isLast = lastDayOf({ year, month }) === Number(days);
    return { month: year * 12 + month, day, isLast, second: (Number(inDay) / Number(perDay)) * SECONDS_PER_DAY };
  };
}

export const LENGTH_OF_TIME_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'duration_multiply',
    family,
    doc: 'A duration times a number, as `*` gives it: exact, then rounded to the nearest tick, half away from zero.',
    parameters: [parameter('duration', DURATION), parameter('factor', NUMBER)],
    result: ({ types: [type] }) => type ?? 'A duration is needed.',
    canFail: true,
    prepare: ({ types }) => {
      const fraction = fractionOf(types[1]);
      return (ticks, factor) => {
        const { numerator, denominator } = fraction(factor);
        return quotient(ticks * numerator, denominator);
      };
    },
    examples: [[[aDuration('PT3S'), 0.5], 'PT1.5S']],
  }),
  define({
    name: 'duration_divide',
    family,
    doc: 'A duration by a number, as `/` gives it: exact, then rounded to the nearest tick, half away from zero; null where the number is 0.',
    parameters: [parameter('duration', DURATION), parameter('divisor', NUMBER)],
    result: ({ types: [type] }) => type ?? 'A duration is needed.',
    mayBeNull: true,
    canFail: true,
    prepare: ({ types }) => {
      const fraction = fractionOf(types[1]);
      return (ticks, divisor) => {
        const { numerator, denominator } = fraction(divisor);
        return numerator === 0n ? null : quotient(ticks * denominator, numerator);
      };
    },
    examples: [
      [[aDuration('PT3S'), 2n], 'PT1.5S'],
      [[aDuration('PT3S'), 0n], null],
    ],
  }),
  define({
    name: 'interval_add',
    family,
    doc: 'The sum of two intervals, part by part, as `+` gives it.',
    parameters: [parameter('a', INTERVAL), parameter('b', INTERVAL)],
    result: interval,
    canFail: true,
    evaluate: addedIntervals,
    examples: [[[anInterval('P1Y'), anInterval('P1M-2DT3S')], 'P1Y1M-2DT3S']],
  }),
  define({
    name: 'interval_subtract',
    family,
    doc: 'The difference of two intervals, part by part, as `-` gives it.',
    parameters: [parameter('a', INTERVAL), parameter('b', INTERVAL)],
    result: interval,
    canFail: true,
    evaluate: (a, b) => addedIntervals(a, negated(b)),
    examples: [[[anInterval('P1Y'), anInterval('P1M2D')], 'P11M-2D']],
  }),
  define({
    name: 'interval_multiply',
    family,
    doc: 'An interval times an integer, part by part, as `*` gives it.',
    parameters: [parameter('interval', INTERVAL), parameter('factor', INTEGER)],
    result: interval,
    canFail: true,
    evaluate: multipliedInterval,
    examples: [[[anInterval('P1M2DT3S'), -1n], 'P-1M-2DT-3S']],
  }),
  define({
    name: 'months_between',
    family,
    doc: 'Months from `start` to `end`, a float64: a whole number between the same days of months and between last days of months, else the rest in months of 31 days, rounded to eight digits. (As Spark has it.)',
    parameters: [parameter('end', DATE_OR_TIMESTAMP), parameter('start', DATE_OR_TIMESTAMP)],
    result: inKnownZones(float64),
    prepare: (call) => {
      const [ofEnd, ofStart] = [monthAndDay(call, 0), monthAndDay(call, 1)];
      return (end, start) => {
        const [a, b] = [ofEnd(end), ofStart(start)];
        const months = a.month - b.month;
        if (a.day === b.day || (a.isLast && b.isLast)) return months;
        const seconds = (a.day - b.day) * SECONDS_PER_DAY + a.second - b.second;
        return Math.round((months + seconds / (DAYS_PER_MONTH * SECONDS_PER_DAY)) * EIGHT_DIGITS) / EIGHT_DIGITS;
      };
    },
    examples: [
      [[aTimestamp('1997-02-28T10:30:00'), aDate('1996-10-30')], 3.94959677],
      [[aDate('2024-02-29'), aDate('2024-01-31')], 1],
    ],
  }),
];
