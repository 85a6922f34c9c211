/** Dates, times and timestamps with amounts added and taken away, by functions and by operators. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type DataType,
  date,
  duration,
  int32,
  int64,
  interval,
  time,
  timestamp,
} from '../../../src/columnar/data-type.ts';
import type { Interval, Value } from '../../../src/columnar/value.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import { query } from '../../support/duckdb.ts';
import { type Compared, combinations, compared } from './duckdb-agreement.ts';
import { called, columns, DAY_MICROS, DAYS, evaluated, MOMENTS, ZONES } from './times.ts';

const INTERVALS: readonly Interval[] = [0, 1, -1, 12, 13, -25, 1_200].flatMap((months) =>
  [0, 1, -1, -40].flatMap((days) =>
    [0n, 1_000n, -1_000n, 3_600_000_000_000n, -129_600_000_000_000n].map((nanoseconds) => ({
      months,
      days,
      nanoseconds,
    })),
  ),
);
/** With a zone DuckDB adds intervals with a negative part from the nanoseconds to the months; we as all others. */
const hasOneOrder = ({ months, days, nanoseconds }: Interval, sign: number): boolean =>
  [months, days, Number(nanoseconds)].filter((part) => part !== 0).length < 2 ||
  [months, days, Number(nanoseconds)].every((part) => part * sign >= 0);

/** So that not all pairs have to be tried. */
const some = (rows: readonly (readonly Value[])[], of: number): (readonly Value[])[] =>
  rows.filter((_, index) => index % of === 0);

const isSame = (ours: Value | undefined, theirs: Value | undefined): boolean =>
  ours !== undefined && String(ours) === String(theirs);
const differing = (found: readonly Compared[]): Compared[] => found.filter(({ ours, theirs }) => !isSame(ours, theirs));

/** Ours and theirs for all pairs; what DuckDB refuses is not among them. */
async function pairs(
  types: readonly [DataType, DataType],
  lists: readonly (readonly Value[])[],
  call: Expression,
  sql: string,
  every: number = 1,
): Promise<Compared[]> {
  return differing(await compared({ types, rows: some(combinations(lists), every), call, sql }));
}
const operation = (operator: '+' | '-' | '*' | '/' | '//' | '%'): Expression => {
  const [left, right] = columns(2);
  if (left === undefined || right === undefined) throw new Error('two columns');
  return { kind: 'binary', operator, left, right };
};

const NEAR_DAYS = DAYS.filter((day) => Math.abs(day) < 3_000_000);

describe('adding is as DuckDB has it', () => {
  test.each(['+', '-'] as const)('date %s interval, its date', async (operator) => {
    const lists = [NEAR_DAYS, INTERVALS];
    expect(await pairs([date, interval], lists, operation(operator), `(a ${operator} b)::date`, 3)).toEqual([]);
  });

  test.each(['+', '-'] as const)('timestamp %s interval', async (operator) => {
    const lists = [MOMENTS, INTERVALS];
    expect(await pairs([timestamp('us'), interval], lists, operation(operator), `a ${operator} b`, 11)).toEqual([]);
  });

  test.each(Object.entries(ZONES))('timestamp ± interval in %s', async (zone, moments) => {
    await query(`set timezone = '${zone}'`);
    try {
      for (const operator of ['+', '-'] as const) {
        const ordered = INTERVALS.filter((one) => hasOneOrder(one, operator === '+' ? 1 : -1));
        // Where a whole day was passed over DuckDB's days are 24 hours; ours are those of the calendar.
        const lists = [moments, zone === 'Pacific/Apia' ? ordered.filter(({ days }) => days === 0) : ordered];
        const types = [timestamp('us', zone), interval] as const;
        expect(await pairs(types, lists, operation(operator), `a ${operator} b`, 3), operator).toEqual([]);
      }
    } finally {
      await query("set timezone = 'UTC'");
    }
  });

  test.each(['+', '-'] as const)('time %s interval goes round', async (operator) => {
    const lists = [[0n, 1n, DAY_MICROS / 2n, DAY_MICROS - 1n], INTERVALS];
    expect(await pairs([time('us'), interval], lists, operation(operator), `a ${operator} b`)).toEqual([]);
  });

  test.each(['+', '-'] as const)('date %s days', async (operator) => {
    const lists = [NEAR_DAYS, [0, 1, -1, 400, 1_000_000]];
    expect(await pairs([date, int32], lists, operation(operator), `a ${operator} b`)).toEqual([]);
  });

  test('add_months, last_day', async () => {
    const months = [0n, 1n, -1n, 11n, -13n, 1_200n];
    const sql = '(a + to_months(b::integer))::date';
    expect(await pairs([date, int64], [NEAR_DAYS, months], called('add_months', ...columns(2)), sql)).toEqual([]);
    const last = { types: [date], rows: NEAR_DAYS.map((day) => [day]), call: called('last_day', ...columns(1)) };
    expect(differing(await compared({ ...last, sql: 'last_day(a)' }))).toEqual([]);
  });

  test('differences of dates are real seconds, those of timestamps ticks', async () => {
    const lists = [NEAR_DAYS, NEAR_DAYS];
    expect(await pairs([date, date], lists, operation('-'), '(a - b) * 86400')).toEqual([]);
    expect(await pairs([date, date], lists, called('date_diff', ...columns(2)), 'a - b')).toEqual([]);
    const moments = [MOMENTS, MOMENTS];
    const type = timestamp('us');
    expect(await pairs([type, type], moments, operation('-'), 'epoch_us(a) - epoch_us(b)', 5)).toEqual([]);
    const days = 'a::date - b::date';
    expect(await pairs([type, type], moments, called('date_diff', ...columns(2)), days, 5)).toEqual([]);
  });
});

const literal = (type: DataType, value: string | number): Expression => ({ kind: 'literal', type, value });
const plus = (left: Expression, operator: '+' | '-' | '*' | '/' | '//' | '%', right: Expression): Value =>
  evaluated({ kind: 'binary', operator, left, right });

describe('lengths of time', () => {
  const us = duration('us');

  test('a date moves by the days that a duration takes it over', () => {
    const day = literal(date, '2024-01-01');
    const hours = (n: number): Expression => literal(us, `PT${n}H`.replace('PT-', '-PT'));
    expect([36, 24, 23, 0, -1, -24, -25].map((n) => plus(day, '+', hours(n)))).toEqual(
      [1, 1, 0, 0, -1, -1, -2].map((n) => 19_723 + n),
    );
    expect([36, 1, -1].map((n) => plus(day, '-', hours(n)))).toEqual([-2, -1, 0].map((n) => 19_723 + n));
  });

  test('what a clock passes over is as much later as it is set forward', () => {
    const add = (zone: string, from: string, amount: string): Value =>
      evaluated({
        kind: 'binary',
        operator: '+',
        left: literal(timestamp('s', zone), from),
        right: literal(interval, amount),
      });
    const second = (at: string): bigint => BigInt(Date.parse(at) / 1_000);
    expect(add('Europe/Berlin', '2024-03-30T01:30:00Z', 'P1D')).toBe(second('2024-03-31T01:30:00Z'));
    expect(add('Pacific/Apia', '2011-12-29T22:00:00Z', 'P1D')).toBe(second('2011-12-30T22:00:00Z'));
    expect(add('Pacific/Apia', '2011-12-30T10:00:00Z', 'P-1D')).toBe(second('2011-12-30T10:00:00Z'));
  });

  test('a time of day goes round with durations too', () => {
    expect(plus(literal(time('us'), '23:00:00'), '+', literal(us, 'PT2H'))).toBe(3_600_000_000n);
    expect(plus(literal(time('us'), '00:00:00'), '-', literal(duration('ns'), 'PT0.000000001S'))).toBe(
      86_399_999_999_999n,
    );
  });

  test('multiplying and dividing rounds once, half away from zero', () => {
    const five = literal(us, 'PT0.000005S');
    const minusFive = literal(us, '-PT0.000005S');
    expect(plus(five, '/', literal(int64, 2))).toBe(3n);
    expect(plus(minusFive, '/', literal(int64, 2))).toBe(-3n);
    expect(plus(minusFive, '//', literal(int64, 2))).toBe(-2n);
    expect(plus(five, '/', literal(int64, -2))).toBe(-3n);
    expect(plus(five, '*', literal({ kind: 'float64' }, 0.5))).toBe(3n);
    expect(plus(five, '*', literal({ kind: 'decimal', precision: 3, scale: 2 }, '-0.50'))).toBe(-3n);
    expect(plus(five, '/', literal({ kind: 'float64' }, 0))).toBeNull();
    expect(plus(five, '//', literal(int64, 0))).toBeNull();
    expect(plus(five, '/', minusFive)).toBe(-1);
    expect(plus(five, '/', literal(duration('ms'), 'PT0.002S'))).toBe(0.0025);
    expect(() => plus(five, '*', literal({ kind: 'float64' }, 'NaN'))).toThrow('multiplied or divided by NaN');
  });

  test('a product with a float is that of its exact value', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 50n), 2n ** 50n), fc.integer({ min: -1023, max: 1023 }), (ticks, k) => {
        // k / 1024 is a float64 without an error.
        const found = plus(
          { kind: 'literal', type: us, value: durationText(ticks) },
          '*',
          literal({ kind: 'float64' }, k / 1024),
        );
        const twice = 2n * ticks * BigInt(k);
        const magnitude = ((twice < 0n ? -twice : twice) + 1024n) / 2048n;
        expect(found).toBe(twice < 0n ? -magnitude : magnitude);
      }),
      { numRuns: 50 },
    );
  });

  test('what does not fit is an error', () => {
    const most = literal(duration('us'), 'PT2562047788H');
    expect(() => plus(most, '*', literal(int64, 100))).toThrow('does not fit duration(us)');
    expect(() => plus(literal(date, '+5881580-07-11'), '+', literal(int64, 1))).toThrow('does not fit date');
    expect(() => plus(literal(date, '+5881580-07-11'), '+', literal(interval, 'P1D'))).toThrow('does not fit date');
    expect(() => plus(literal(interval, 'P2147483647M'), '+', literal(interval, 'P1M'))).toThrow(
      'than an interval can hold',
    );
    expect(() => plus(literal(interval, 'P1M'), '*', literal(int64, '9223372036854775807'))).toThrow(
      'than an interval can hold',
    );
    expect(() => plus(literal(timestamp('s'), '2024-01-01T00:00:00'), '+', literal(interval, 'PT0.5S'))).toThrow(
      'the interval is finer than timestamp(s)',
    );
  });

  test('the next such day is one to seven days away', () => {
    const names = ['monday', 'Tue', 'we', 'THURSDAY', 'fri', 'sat', 'su'];
    for (const [weekday, name] of names.entries()) {
      for (let day = -10; day < 10; day += 1) {
        const value = evaluated(called('next_day', literal(date, isoDay(day)), literal({ kind: 'utf8' }, name)));
        expect((((Number(value) + 3) % 7) + 7) % 7).toBe(weekday);
        expect(Number(value) - day).toBeGreaterThan(0);
        expect(Number(value) - day).toBeLessThanOrEqual(7);
      }
    }
    expect(() => evaluated(called('next_day', literal(date, '2024-01-01'), literal({ kind: 'utf8' }, 'm')))).toThrow(
      "'m' is no day of the week",
    );
  });

  // The values that Spark's documentation and its tests give.
  test.each([
    ['1997-02-28T10:30:00', '1996-10-30T00:00:00', 3.94959677],
    ['2015-02-28T23:59:59', '2015-01-31T00:00:00', 1],
    ['2015-01-30T11:52:00', '2015-01-30T11:50:00', 0],
    ['2014-02-28T00:00:00', '2014-03-31T00:00:00', -1],
    ['2024-03-15T00:00:00', '2024-02-16T12:00:00', 0.9516129],
  ])('months between %s and %s', (end, start, months) => {
    const [a, b] = [literal(timestamp('us'), end), literal(timestamp('us'), start)];
    expect(evaluated(called('months_between', a, b))).toBe(months);
  });
});

const isoDay = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10);
function durationText(micros: bigint): string {
  const magnitude = micros < 0n ? -micros : micros;
  return `${micros < 0n ? '-' : ''}PT${magnitude / 1_000_000n}.${String(magnitude % 1_000_000n).padStart(6, '0')}S`;
}
