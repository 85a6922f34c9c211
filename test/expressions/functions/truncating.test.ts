import { describe, expect, test } from 'vitest';
import { type DataType, date, time, timestamp } from '../../../src/columnar/data-type.ts';
import type { Value } from '../../../src/columnar/value.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import { timeZone } from '../../../src/expressions/time-zone.ts';
import { stepFromText, truncater } from '../../../src/expressions/truncation.ts';
import { query } from '../../support/duckdb.ts';
import { type Compared, compared } from './duckdb-agreement.ts';
import { called, columns, DAY_MICROS, DAYS, evaluated, MOMENTS, ZONES } from './times.ts';

const CLOCK_UNITS = ['microsecond', 'millisecond', 'second', 'minute', 'hour'];
const DAY_UNITS = ['day', 'week', 'month', 'quarter', 'year', 'decade', 'century', 'millennium'];
/** Before the year 0 DuckDB's decades and longer end with the year that should begin them. */
const hasYears = (unit: string): boolean => ['decade', 'century', 'millennium'].includes(unit);
const YEAR_0_DAYS = -719_528;

const text = (value: string): Expression => ({ kind: 'literal', type: { kind: 'utf8' }, value });
const literal = (type: DataType, value: string): Expression => ({ kind: 'literal', type, value });

async function truncated(
  type: DataType,
  values: readonly Value[],
  unit: string,
  sql: string = `date_trunc('${unit}', a)`,
): Promise<readonly Compared[]> {
  const rows = [[null], ...values.map((value) => [value])];
  return compared({ types: [type], rows, call: called('date_trunc', text(unit), ...columns(1)), sql });
}
const differing = (found: readonly Compared[]): unknown[] =>
  found.filter(({ ours, theirs }) => ours === undefined || String(ours) !== String(theirs));

describe('the beginning of a step is that of DuckDB', () => {
  test.each([...CLOCK_UNITS, ...DAY_UNITS])('of a timestamp: %s', async (unit) => {
    const moments = MOMENTS.filter((us) => !hasYears(unit) || us >= BigInt(YEAR_0_DAYS) * DAY_MICROS);
    expect(differing(await truncated(timestamp('us'), moments, unit))).toEqual([]);
  });

  test.each(DAY_UNITS)('of a date: %s', async (unit) => {
    const days = DAYS.filter((day) => !hasYears(unit) || day >= YEAR_0_DAYS);
    expect(differing(await truncated(date, days, unit, `date_trunc('${unit}', a)::date`))).toEqual([]);
  });

  test.each(['15 minutes', '2 hours', '10 seconds'])('several: %s', async (unit) => {
    const moments = MOMENTS.filter((us) => us > -(10n ** 17n) / 2n && us < 10n ** 17n);
    const sql = `time_bucket(interval '${unit}', a)`;
    expect(differing(await truncated(timestamp('us'), moments, unit, sql))).toEqual([]);
  });

  test.each(['7 hours', '9 days', '5 months', '2 years'])('several, from an origin: %s', async (unit) => {
    const origin = unit.endsWith('days') || unit.endsWith('hours') ? '2001-02-03 04:05:06' : '2001-02-01 00:00:00';
    const moments = MOMENTS.filter((us) => us > -(10n ** 16n) && us < 10n ** 16n);
    const found = await compared({
      types: [timestamp('us')],
      rows: moments.map((us) => [us]),
      call: called('truncate', ...columns(1), text(unit), literal(timestamp('us'), origin)),
      sql: `time_bucket(interval '${unit}', a, timestamp '${origin}')`,
    });
    expect(differing(found)).toEqual([]);
  });

  // In the hour that the clock shows twice DuckDB always takes the second one.
  test.each(Object.entries(ZONES))('on the clock of %s', async (zone, moments) => {
    const there = timeZone(zone);
    if (there === undefined) throw new Error(zone);
    const shown = (us: Value | undefined): bigint =>
      BigInt(us as bigint) + BigInt(there.offsetAt(Number((us as bigint) / 1_000_000n))) * 1_000_000n;
    // A step whose beginning the clock passes over begins where it is set; DuckDB's begins before.
    const isSetAt = (us: bigint): boolean =>
      there.offsetAt(Number(us / 1_000_000n)) !== there.offsetAt(Number(us / 1_000_000n) - 1);
    await query(`set timezone = '${zone}'`);
    try {
      for (const unit of [...CLOCK_UNITS, ...DAY_UNITS]) {
        const found = (await truncated(timestamp('us', zone), moments, unit)).slice(1);
        const wrong = found.filter(({ row: [value], ours, theirs }) => {
          if (ours === theirs) return false;
          if (typeof ours !== 'bigint' || typeof value !== 'bigint' || ours > value) return true;
          return shown(ours) === shown(theirs) ? ours > (theirs as bigint) : !isSetAt(ours);
        });
        expect(wrong, unit).toEqual([]);
        expect(found.filter(({ ours, theirs }) => ours === theirs).length, unit).toBeGreaterThan(found.length / 2);
      }
    } finally {
      await query("set timezone = 'UTC'");
    }
  });
});

test('all moments of a day begin with the same one, also where the clock shows midnight twice', () => {
  const begin = (unit: string, at: string): Value =>
    evaluated(called('date_trunc', text(unit), literal(timestamp('s', 'America/Havana'), at)));
  const midnight = BigInt(Date.parse('2024-11-03T04:00Z') / 1_000);
  for (const at of ['04:00:00', '04:30:00', '05:00:00', '05:30:00', '23:00:00']) {
    expect(begin('day', `2024-11-03T${at}Z`)).toBe(midnight);
  }
  expect(begin('hour', '2024-11-03T04:30:00Z')).toBe(midnight);
  expect(begin('hour', '2024-11-03T05:30:00Z')).toBe(midnight + 3_600n);
});

test('a day begins when the clock first shows it', () => {
  const day = (zone: string, at: string): Value =>
    evaluated(called('date_trunc', text('day'), literal(timestamp('s', zone), at)));
  const second = (at: string): bigint => BigInt(Date.parse(at) / 1_000);
  // Clocks went from 23:59:59 to 01:00:00.
  expect(day('America/Havana', '2024-03-10T12:00:00Z')).toBe(second('2024-03-10T05:00Z'));
  expect(day('Pacific/Apia', '2011-12-30T23:00:00Z')).toBe(second('2011-12-30T10:00Z'));
  expect(day('Pacific/Apia', '2011-12-30T09:59:59Z')).toBe(second('2011-12-29T10:00Z'));
});

test('a step begins before what it holds, and with itself', () => {
  const units = ['minute', '20 minutes', 'hour', '5 hours', 'day', '3 days', 'week', 'month', '7 months', 'year'];
  for (const [zone, moments] of Object.entries(ZONES)) {
    for (const unit of units) {
      const truncate = truncater(stepFromText(unit) ?? fail(unit), timestamp('us', zone));
      // In 1892 Apia had the same day twice: there steps of hours begin again.
      const once = moments.filter((us) => zone !== 'Pacific/Apia' || us > 0n);
      const sorted = once.toSorted((a, b) => (a < b ? -1 : 1));
      let last = -(2n ** 63n);
      for (const moment of sorted) {
        const begin = BigInt(truncate(moment));
        expect(begin <= moment && begin >= last, `${unit} of ${moment} in ${zone}`).toBe(true);
        expect(truncate(begin), `${unit} of ${moment} in ${zone}`).toBe(begin);
        last = begin;
      }
    }
  }
});

const fail = (unit: string): never => {
  throw new Error(unit);
};

test('times of day have hours and less', () => {
  const of = (unit: string): Value =>
    evaluated(called('date_trunc', text(unit), literal(time('us'), '23:59:59.987654')));
  expect(['hour', '20 minutes', 'second', 'millisecond', 'us', '7 hours'].map(of)).toEqual(
    [82_800, 85_200, 86_399, 86_399.987, 86_399.987654, 75_600].map((s) => BigInt(Math.round(s * 1e6))),
  );
  expect(() => of('day')).toThrow('A time of day has hours, minutes and seconds only.');
});

test('units that there are not are refused', () => {
  const of = (unit: string, type: DataType = timestamp('s')): Value =>
    evaluated(called('date_trunc', text(unit), literal(type, '2024-01-01T00:00:00')));
  for (const unit of ['', 'fortnight', '0 days', '-1 day', 'day day', '1.5 hours', 'mins of']) {
    expect(() => of(unit)).toThrow(/is no unit to truncate to such as 'hour'/);
  }
  expect(() => of('1500 ms')).toThrow('Steps of 1500000000 ns do not begin at whole ticks of s.');
  expect(of('ms')).toBe(1_704_067_200n);
  expect(of('  3   WEEKS ')).toBe(1_704_067_200n - (1_704_067_200n % 86_400n) - BigInt(((19_723 + 3) % 21) * 86_400));
});
