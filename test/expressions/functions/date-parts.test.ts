import { describe, expect, test } from 'vitest';
import { type DataType, date, interval, time, timestamp } from '../../../src/columnar/data-type.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { compared } from './duckdb-agreement.ts';
import { called, columns, DAY_MICROS, DAYS, evaluated, MOMENTS, ZONES } from './times.ts';

/** In SQL, of the value `a`. DuckDB's fractions of a second include the seconds, its Sunday is 0 or 7. */
const DAY_PARTS = {
  year: 'year(a)',
  iso_year: 'isoyear(a)',
  quarter: 'quarter(a)',
  month: 'month(a)',
  week_of_year: 'week(a)',
  day: 'day(a)',
  day_of_week: 'isodow(a) - 1',
  day_of_year: 'dayofyear(a)',
};
const CLOCK_PARTS = {
  hour: 'hour(a)',
  minute: 'minute(a)',
  second: 'second(a)',
  millisecond: 'millisecond(a) % 1000',
  microsecond: 'microsecond(a) % 1000000',
  nanosecond: 'nanosecond(a) % 1000000000',
};
const INTERVAL_PARTS = { year: 'year(a)', month: 'month(a)', day: 'day(a)', ...CLOCK_PARTS };

/** Those that differ; nothing is expected to be an error. */
async function differing(type: DataType, values: readonly Value[], name: string, sql: string): Promise<unknown[]> {
  const found = await compared({
    types: [type],
    rows: [[null], ...values.map((value) => [value])],
    call: called(name, ...columns(1)),
    sql,
  });
  return found.filter(({ ours, theirs }) => ours === undefined || String(ours) !== String(theirs));
}

describe('parts are as DuckDB has them', () => {
  test.each(Object.entries(DAY_PARTS))('%s of a date', async (name, sql) => {
    expect(await differing(date, DAYS, name, sql)).toEqual([]);
  });

  test.each(Object.entries({ ...DAY_PARTS, ...CLOCK_PARTS }))('%s of a timestamp', async (name, sql) => {
    const near = MOMENTS.filter((us) => us < 2n ** 62n / 1_000n && us > -(2n ** 62n) / 1_000n);
    // For their nanoseconds DuckDB turns all timestamps into nanoseconds, which reach from 1677 to 2262.
    const moments = name === 'nanosecond' ? near : MOMENTS;
    expect(await differing(timestamp('us'), moments, name, sql)).toEqual([]);
    const milliseconds = moments.filter((us) => us % 1_000n === 0n).map((us) => us / 1_000n);
    expect(await differing(timestamp('ms'), milliseconds, name, sql)).toEqual([]);
    const nanoseconds = near.map((us) => us * 1_000n);
    expect(await differing(timestamp('ns'), nanoseconds, name, sql)).toEqual([]);
  });

  test.each(Object.entries({ ...DAY_PARTS, ...CLOCK_PARTS }))('%s on the clocks of places', async (name, sql) => {
    for (const [zone, moments] of Object.entries(ZONES)) {
      const there = sql.replace('(a)', `(timezone('${zone}', a))`);
      expect(await differing(timestamp('us', zone), moments, name, there), zone).toEqual([]);
    }
  });

  test.each(Object.entries(CLOCK_PARTS))('%s of a time', async (name, sql) => {
    const times = [0n, 1n, 59_999_999n, 3_600_000_000n, DAY_MICROS - 1n, DAY_MICROS / 3n];
    expect(await differing(time('us'), times, name, sql)).toEqual([]);
  });

  test.each(Object.entries(INTERVAL_PARTS))('%s of an interval', async (name, sql) => {
    const values = [0n, 1n, -1n, 3_599_999_999n, -3_599_999_999n, -61_000_000n, 100n * DAY_MICROS + 7n].flatMap((us) =>
      [0, 1, -1, 11, 12, -13, 2_000].map((n) => ({ months: n, days: -n, nanoseconds: us * 1_000n })),
    );
    expect(await differing(interval, values, name, sql)).toEqual([]);
  });

  test('nanoseconds before 1970 count upwards', async () => {
    const parts = ['second', 'millisecond', 'microsecond', 'nanosecond'] as const;
    const values = parts.map((name) =>
      evaluated(called(name, { kind: 'literal', type: timestamp('ns'), value: BEFORE })),
    );
    expect(values).toEqual([59, 999, 999_999, 999_999_999]);
  });
});

const BEFORE = '1969-12-31T23:59:59.999999999';
