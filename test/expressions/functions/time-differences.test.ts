/** Differences of dates and times, and parts by name, beside DuckDB. */

import { describe, expect, test } from 'vitest';
import {
  type DataType,
  date,
  duration,
  float64,
  interval,
  time,
  timestamp,
  utf8,
} from '../../../src/columnar/data-type.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { call, col, evaluated, lit, problemsOf } from './calls.ts';
import { type Agreement, combinations, compared } from './duckdb-agreement.ts';
import { DAY_MICROS, DAYS, MOMENTS, ZONES } from './times.ts';

async function differing(agreement: Agreement): Promise<unknown[]> {
  const found = await compared(agreement);
  return found.filter(({ ours, theirs }) => ours === undefined || String(ours) !== String(theirs));
}

const CALENDAR = ['year', 'quarter', 'month', 'week', 'day'] as const;
const CLOCK = ['hour', 'minute', 'second', 'millisecond', 'microsecond'] as const;
const UNITS = [...CALENDAR, ...CLOCK];
/** DuckDB rounds the quarters of years before 0 to the other side. */
const MODERN = DAYS.filter((day) => day > -719_500 && day < 800_000);
/** Of the pairs some, each value with others. */
const pairsOf = (values: readonly Value[]): Value[][] =>
  values.flatMap((value, n) => [1, 2, 3, 7, 11].map((step) => [value, values[(n + step) % values.length] ?? null]));
const isModern = (us: bigint): boolean => us > -62_100_000_000_000_000n && us < 250_000_000_000_000_000n;

describe('date_diff counts what DuckDB counts', () => {
  test.each(UNITS)('%s', async (unit) => {
    const over = (types: readonly DataType[], rows: readonly (readonly Value[])[]): Promise<unknown[]> =>
      differing({
        types,
        rows,
        call: call('date_diff', lit(utf8, unit), col('a'), col('b')),
        sql: `date_diff('${unit}', a, b)`,
      });
    expect(await over([date, date], [...pairsOf(MODERN), [null, 1], [1, null]])).toEqual([]);
    expect(await over([timestamp('us'), timestamp('us')], pairsOf(MOMENTS.filter(isModern)))).toEqual([]);
    expect(await over([timestamp('ms'), date], [[1_700_000_000_999n, 20_000]])).toEqual([]);
  });

  test.each(CLOCK)('%s of times', async (unit) => {
    const times = [0n, 1n, 59_999_999n, 3_600_000_000n, DAY_MICROS - 1n, DAY_MICROS / 3n];
    const sought = call('date_diff', lit(utf8, `${unit}s`), col('a'), col('b'));
    const rows = combinations([times, times]);
    expect(
      await differing({ types: [time('us'), time('us')], rows, call: sought, sql: `date_diff('${unit}', a, b)` }),
    ).toEqual([]);
  });

  test('on the clocks of places', () => {
    const berlin = timestamp('us', 'Europe/Berlin');
    const at = (moment: string) => lit(berlin, moment);
    const over = (unit: string, from: string, to: string): Value =>
      evaluated([], [], call('date_diff', lit(utf8, unit), at(from), at(to)));
    // Midnight there is an hour or two before midnight in UTC.
    expect(over('day', '2024-03-30T22:59:00Z', '2024-03-30T23:01:00Z')).toBe(1n);
    expect(over('year', '2023-12-31T22:59:00Z', '2023-12-31T23:01:00Z')).toBe(1n);
    // On the day on which clocks go forward.
    expect(over('hour', '2024-03-30T23:30:00Z', '2024-03-31T22:00:00Z')).toBe(23n);
    expect(over('day', '2024-03-30T23:30:00Z', '2024-03-31T21:59:00Z')).toBe(0n);
  });

  test('what cannot be is said when a plan is bound', () => {
    const over = (...given: Parameters<typeof call>[1][]): string =>
      problemsOf([date, utf8, time('us')], call('date_diff', ...given)).join(' ');
    expect(over(lit(utf8, 'fortnight'), col('a'), col('a'))).toContain('one of year, iso_year, quarter, month');
    expect(over(col('b'), col('a'), col('a'))).toContain('The unit of date_diff is a literal');
    expect(over(col('a'), col('a'), col('a'))).toContain('The unit of date_diff is a literal');
    expect(over(lit(utf8, 'day'), col('c'), col('c'))).toContain('A time has no day');
    expect(over(lit(utf8, 'month'), col('c'), col('c'))).toContain('has no year');
    expect(over(lit(utf8, 'hour'), col('c'), col('a'))).toContain('Cast one of them');
    expect(over(col('b'), col('a'))).toContain('The unit of date_diff is a literal');
    expect(over(lit(utf8, '2024-01-05'), col('a'))).toBe('');
  });
});

describe('age', () => {
  test('is that of DuckDB', async () => {
    const moments = MOMENTS.filter(isModern);
    const both = { types: [timestamp('us'), timestamp('us')], call: call('age', col('a'), col('b')), sql: 'age(a, b)' };
    const text = (value: unknown): string =>
      JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each));
    const found = await compared({ ...both, rows: [...pairsOf(moments), [null, 1n]] });
    expect(found.filter(({ ours, theirs }) => text(ours) !== text(theirs))).toEqual([]);
    const days = await compared({
      ...both,
      types: [date, date],
      sql: 'age(a::timestamp, b::timestamp)',
      rows: pairsOf(MODERN),
    });
    expect(days.filter(({ ours, theirs }) => text(ours) !== text(theirs))).toEqual([]);
  });

  test('does not mix clocks', () => {
    expect(problemsOf([date, timestamp('us', 'UTC')], call('age', col('a'), col('b'))).join()).toContain('or neither');
  });
});

describe('date_part', () => {
  test.each([
    'year',
    'Quarter',
    'months',
    'week',
    'day',
    'dow',
    'isodow',
    'doy',
    'isoyear',
    'hour',
    'minutes',
    'second',
  ])('gives the %s that DuckDB gives', async (name) => {
    const rows = MOMENTS.map((us) => [us]);
    const sought = call('date_part', lit(utf8, name), col('a'));
    expect(await differing({ types: [timestamp('us')], rows, call: sought, sql: `date_part('${name}', a)` })).toEqual(
      [],
    );
  });

  test('what cannot be is said when a plan is bound', () => {
    const over = (name: string, column: string): string =>
      problemsOf([date, time('us')], call('date_part', lit(utf8, name), col(column))).join(' ');
    expect(over('fortnight', 'a')).toContain('The part is a literal: one of year, ');
    expect(over('hour', 'a')).toContain('hour takes a time, a timestamp or an interval, and not date');
    expect(over('hour', 'b')).toBe('');
    expect(over('year', 'b')).toContain('year takes a date');
  });
});

describe('a list of formats', () => {
  const formats = ['%d.%m.%Y', '%Y-%m-%d', '%Y-%m-%d %H:%M:%S'];
  const list = { kind: 'list', items: formats.map((format) => lit(utf8, format)) } as const;

  test('is tried in its order, as DuckDB does', async () => {
    const rows = [['01.02.2024'], ['2024-02-01'], ['2024-02-01 08:30:00'], [null]];
    const sql = `strptime(a, [${formats.map((format) => `'${format}'`)}])`;
    expect(await differing({ types: [utf8], rows, call: call('to_datetime', col('a'), list), sql })).toEqual([]);
    const tried = { types: [utf8], rows: [['x'], ['30.02.2024']], sql: `try_${sql}` };
    expect(await differing({ ...tried, call: call('try_strptime', col('a'), list) })).toEqual([]);
    const dates = { types: [utf8], rows: rows.slice(0, 2), sql: `${sql}::date` };
    expect(await differing({ ...dates, call: call('to_date', col('a'), list) })).toEqual([]);
  });

  test('refuses what none of them reads, and an empty list', () => {
    expect(() => evaluated([utf8], ['x'], call('to_date', col('a'), list))).toThrow(
      "of the formats '%d.%m.%Y', '%Y-%m-%d'",
    );
    const none = lit({ kind: 'list', item: utf8 }, []);
    expect(problemsOf([utf8], call('to_datetime', col('a'), none)).join()).toContain('at least one format');
    expect(problemsOf([utf8], call('to_date', col('a'), lit({ kind: 'list', item: utf8 }, ['%Q']))).join()).toContain(
      '%Q',
    );
  });
});

describe('lengths of time with the other sign', () => {
  test('are those of DuckDB', async () => {
    const values = [0n, 1n, -90_061_000_000n].flatMap((us) =>
      [0, 5, -13].map((months) => [{ months, days: -months, nanoseconds: us * 1_000n }]),
    );
    const found = await compared({ types: [interval], rows: values, call: call('negate', col('a')), sql: '-a' });
    for (const { ours, theirs } of found) expect(ours).toEqual(theirs);
    expect(evaluated([duration('ms')], [1_500n], call('negate', col('a')))).toBe(-1_500n);
    const least = { months: -(2 ** 31), days: 0, nanoseconds: 0n };
    expect(() => evaluated([interval], [least], call('negate', col('a')))).toThrow('greater than an interval can hold');
    expect(() => evaluated([duration('ms')], [-(2n ** 63n)], call('negate', col('a')))).toThrow();
  });
});

test('from_unixtime takes fractions of a second', async () => {
  const rows = [[0.5], [-0.25], [1_230_219_000.125], [null]];
  const sought = call('from_unixtime', col('a'), lit(utf8, '%Y-%m-%d %H:%M:%S.%f'));
  const sql = "strftime(timezone('UTC', to_timestamp(a)), '%Y-%m-%d %H:%M:%S.%f')";
  expect(await differing({ types: [float64], rows, call: sought, sql })).toEqual([]);
  expect(Object.keys(ZONES)).toContain('Europe/Berlin');
});
