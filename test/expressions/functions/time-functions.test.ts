/** Time zones, conversions, dates made of parts, and times written by formats. */

import { describe, expect, test } from 'vitest';
import {
  type DataType,
  date,
  duration,
  float64,
  int64,
  time,
  timestamp,
  utf8,
} from '../../../src/columnar/data-type.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { bindExpression } from '../../../src/expressions/bind.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import type { JsonValue } from '../../../src/expressions/literal.ts';
import { Problems } from '../../../src/expressions/problems.ts';
import { query } from '../../support/duckdb.ts';
import { type Agreement, combinations, compared } from './duckdb-agreement.ts';
import { called, columns, DAY_MICROS, DAYS, evaluated, MOMENTS, ZONES } from './times.ts';

const literal = (type: DataType, value: JsonValue): Expression => ({ kind: 'literal', type, value });
const text = (value: string): Expression => literal(utf8, value);

async function differing(agreement: Agreement): Promise<unknown[]> {
  const found = await compared(agreement);
  return found.filter(({ ours, theirs }) => ours === undefined || String(ours) !== String(theirs));
}
const problem = (e: Expression): string => {
  const problems = new Problems();
  expect(bindExpression(e, { fields: [] }, problems, '$')).toBeUndefined();
  return problems.found.map(({ message }) => message).join(' ');
};

describe('time zones are those of DuckDB', () => {
  test.each(Object.entries(ZONES))('%s', async (zone, moments) => {
    const rows = moments.map((us) => [us]);
    const there = text(zone);
    const naive = { types: [timestamp('us')], rows };
    const zoned = { types: [timestamp('us', zone)], rows };
    const at = `timezone('${zone}', a)`;
    expect(await differing({ ...naive, call: called('replace_time_zone', ...columns(1), there), sql: at })).toEqual([]);
    expect(await differing({ ...zoned, call: called('replace_time_zone', ...columns(1)), sql: at })).toEqual([]);
    const from = called('from_utc_timestamp', ...columns(1), there);
    expect(await differing({ ...naive, call: from, sql: `timezone('${zone}', timezone('UTC', a))` })).toEqual([]);
    const to = called('to_utc_timestamp', ...columns(1), there);
    expect(await differing({ ...naive, call: to, sql: `timezone('UTC', ${at})` })).toEqual([]);
    const tokyo = called('replace_time_zone', ...columns(1), text('Asia/Tokyo'));
    expect(await differing({ ...zoned, call: tokyo, sql: `timezone('Asia/Tokyo', ${at})` })).toEqual([]);
    const converted = called('convert_time_zone', ...columns(1), text('Asia/Tokyo'), there);
    expect(await differing({ ...naive, call: converted, sql: at })).toEqual([]);
    const shown = { ...zoned, sql: `${at}::date` };
    expect(await differing({ ...shown, call: called('date', ...columns(1)) })).toEqual([]);
    expect(await differing({ ...shown, call: called('time', ...columns(1)), sql: `${at}::time` })).toEqual([]);
  });

  test('what cannot be is said when a plan is bound', () => {
    const at = literal(timestamp('us'), '2024-01-01T00:00:00');
    const inParis = literal(timestamp('us', 'Europe/Paris'), '2024-01-01T00:00:00Z');
    expect(problem(called('convert_time_zone', at, text('UTC')))).toContain('say in from_timezone');
    expect(problem(called('convert_time_zone', inParis, text('UTC'), text('UTC')))).toContain(
      'leave from_timezone out',
    );
    expect(problem(called('replace_time_zone', at, text('Europe/Pari')))).toContain('Did you mean "Europe/Paris"?');
    expect(problem(called('to_utc_timestamp', at, text('')))).toContain("There is no time zone ''");
    expect(problem(called('from_utc_timestamp', at, literal(utf8, null)))).toContain(
      'needs its time zones as literals',
    );
  });
});

describe('conversions', () => {
  test('counts since 1970 are floored', async () => {
    const rows = MOMENTS.map((us) => [us]);
    for (const [unit, ticks] of [
      ['s', 1_000_000n],
      ['ms', 1_000n],
      ['us', 1n],
    ] as const) {
      const call = called('to_unix_epoch', ...columns(1), text(unit));
      const sql = `epoch_us(a) // ${ticks} - (epoch_us(a) % ${ticks} < 0)::bigint`;
      expect(await differing({ types: [timestamp('us')], rows, call, sql })).toEqual([]);
    }
    const days = { types: [date], rows: DAYS.map((day) => [day]) };
    expect(
      await differing({ ...days, call: called('unix_date', ...columns(1)), sql: "a - date '1970-01-01'" }),
    ).toEqual([]);
    expect(await differing({ ...days, call: called('to_unix_epoch', ...columns(1)), sql: 'epoch(a)::bigint' })).toEqual(
      [],
    );
  });

  test('and back', async () => {
    const rows = [-1n, 0n, 1n, 1_230_219_000_123n, -62_135_596_800_000n].map((n) => [n]);
    const types = [int64];
    const millis = { types, rows, call: called('timestamp_millis', ...columns(1)), sql: 'make_timestamp(a * 1000)' };
    expect(await differing(millis)).toEqual([]);
    const micros = { types, rows, call: called('timestamp_micros', ...columns(1)), sql: 'make_timestamp(a)' };
    expect(await differing(micros)).toEqual([]);
    const call = called('timestamp_seconds', ...columns(1));
    const seconds = { types, rows, call, sql: "timezone('UTC', to_timestamp(a))" };
    expect(await differing({ ...seconds, rows: rows.slice(0, 3) })).toEqual([]);
    const floats = [1.5, -1.5, 0.1, 1_230_219_000.123, -0.0000005, 0.0000015].map((n) => [n]);
    const values = (await compared({ types: [float64], rows: floats, call, sql: 'a' })).map(({ ours }) => ours);
    expect(values).toEqual([1_500_000n, -1_500_000n, 100_000n, 1_230_219_000_123_000n, -1n, 2n]);
    expect(() => evaluated(called('timestamp_seconds', literal(float64, 'NaN')))).toThrow('cannot be represented');
    expect(() => evaluated(called('timestamp_seconds', literal(int64, '9223372036855')))).toThrow(
      'cannot be represented',
    );
    expect(() => evaluated(called('date_from_unix_date', literal(int64, '2147483648')))).toThrow(
      'cannot be represented',
    );
  });

  test('of durations, towards zero', () => {
    const of = (unit: string, value: string, type: DataType = duration('us')): Value =>
      evaluated(called(`total_${unit}`, literal(type, value)));
    const units = ['days', 'hours', 'minutes', 'seconds', 'milliseconds', 'microseconds', 'nanoseconds'];
    expect(units.map((unit) => of(unit, '-P1DT23H59M59.999999S'))).toEqual([
      -1n,
      -47n,
      -2_879n,
      -172_799n,
      -172_799_999n,
      -172_799_999_999n,
      -172_799_999_999_000n,
    ]);
    expect(of('milliseconds', '-PT0.000999999S', duration('ns'))).toBe(0n);
    expect(() => of('nanoseconds', 'PT2562047788H')).toThrow('cannot be represented');
  });
});

describe('dates and times of parts', () => {
  const parts = [
    [2024n, 2n, 29n],
    [2023n, 2n, 29n],
    [1900n, 2n, 29n],
    [0n, 12n, 31n],
    [-4n, 2n, 29n],
    [9999n, 12n, 31n],
    [2024n, 0n, 1n],
    [2024n, 13n, 1n],
    [2024n, 4n, 31n],
    [2024n, 1n, 0n],
  ];

  test('make_date makes those that DuckDB makes', async () => {
    for (const row of parts) {
      const call = called('make_date', ...row.map((part) => literal(int64, String(part))));
      const theirs = await query(`select make_date(${row.join()})`).then(
        ([found]) => found?.[0],
        () => 'refused',
      );
      if (theirs === 'refused') expect(() => evaluated(call)).toThrow('there is no day');
      else expect(evaluated(call), row.join()).toBe(theirs);
    }
    expect(() =>
      evaluated(called('make_date', ...[5_881_580n, 7n, 12n].map((n) => literal(int64, String(n))))),
    ).toThrow('does not fit date');
  });

  test('make_timestamp', async () => {
    const types = [int64, int64, int64, int64, int64, float64];
    const rows = combinations([[2024n, 1969n], [1n, 12n], [31n], [0n, 23n], [59n], [0, 59.999999, 1.0000005, 0.1]]);
    const sql = 'make_timestamp(a, b, c, d, e, f)';
    expect(await differing({ types, rows, call: called('make_timestamp', ...columns(6)), sql })).toEqual([]);
    const ltz = called('make_timestamp_ltz', ...columns(6), text('Europe/Berlin'));
    const there = `timezone('Europe/Berlin', ${sql})`;
    expect(await differing({ types, rows, call: ltz, sql: there })).toEqual([]);
    const of = (...given: number[]): Value =>
      evaluated(called('make_timestamp', ...given.map((n, i) => literal(i === 5 ? float64 : int64, n))));
    for (const wrong of [
      [2024, 1, 1, 24, 0, 0],
      [2024, 1, 1, 0, 60, 0],
      [2024, 1, 1, 0, 0, 60],
      [2024, 1, 1, 0, 0, -1],
    ]) {
      expect(() => of(...wrong)).toThrow('no clock shows');
    }
    expect(() =>
      evaluated(called('make_time', literal(int64, 23), literal(int64, 59), literal(float64, 59.9999999))),
    ).toThrow('does not fit time(us)');
  });

  test('now is one moment in a plan, and near', () => {
    const [a, b] = [evaluated(called('now')), evaluated(called('current_timestamp'))];
    expect(a).toBe(b);
    expect(Math.abs(Number(a) / 1_000 - Date.now())).toBeLessThan(60_000);
    expect(evaluated(called('current_date'))).toBe(Number((a as bigint) / DAY_MICROS));
    expect(evaluated(called('current_timezone'))).toBe('UTC');
  });
});

describe('formats write what DuckDB writes', () => {
  const DIRECTIVES = 'aAwdbBhmyYHIpMSfgzZjUWcxXGVuT%'.split('');
  const FORMATS = [...DIRECTIVES.map((letter) => `%${letter}`), ...'dmHIMSj'.split('').map((letter) => `%-${letter}`)];
  // DuckDB's %n reads three characters too many; it cuts years before 0 and behind 9999 in some directives, and its names of zones are those of the session.
  const moments = MOMENTS.filter((us) => us > -62_167_219_200_000_000n && us < 253_402_300_800_000_000n);
  const format = `${FORMATS.map((one) => one.replace('%Z', '')).join(' | ')} ö %%d`;

  test('of timestamps', async () => {
    const rows = moments.map((us) => [us]);
    const call = called('strftime', ...columns(1), text(format));
    expect(await differing({ types: [timestamp('us')], rows, call, sql: `strftime(a, '${format}')` })).toEqual([]);
  });

  test('of dates', async () => {
    const rows = DAYS.filter((day) => day > -719_500 && day < 2_932_897).map((day) => [day]);
    const call = called('strftime', ...columns(1), text(format));
    expect(await differing({ types: [date], rows, call, sql: `strftime(a, '${format}')` })).toEqual([]);
  });

  test.each(Object.entries(ZONES))('on the clock of %s', async (zone, there) => {
    await query(`set timezone = '${zone}'`);
    try {
      const rows = there.filter((us) => us > 0n).map((us) => [us]);
      const call = called('strftime', ...columns(1), text(`${format} %Z`));
      const sql = `strftime(a, '${format} %Z')`;
      expect(await differing({ types: [timestamp('us', zone)], rows, call, sql })).toEqual([]);
    } finally {
      await query("set timezone = 'UTC'");
    }
  });

  test('without a format it is ISO 8601, far years too', () => {
    const of = (type: DataType, value: string): Value => evaluated(called('strftime', literal(type, value)));
    expect(of(date, '-000001-02-03')).toBe('-000001-02-03');
    expect(of(timestamp('ns'), '1969-12-31T23:59:59.000000001')).toBe('1969-12-31T23:59:59.000000001');
    expect(of(timestamp('us', 'UTC'), '2024-05-15T08:30:00.5Z')).toBe('2024-05-15T08:30:00.5Z');
    expect(of(timestamp('us', '-03:30'), '2024-05-15T08:30:00Z')).toBe('2024-05-15T05:00:00-03:30');
    expect(of(timestamp('us', 'Africa/Monrovia'), '1906-08-16T00:00:00Z')).toBe('1906-08-15T23:16:52-00:43:08');
    expect(of(time('ns'), '08:30:00.000000001')).toBe('08:30:00.000000001');
  });

  test('directives that there are not are refused when a plan is bound', () => {
    const at = literal(date, '2024-01-01');
    expect(problem(called('strftime', at, text('%Q')))).toBe(
      'strftime: %Q is no directive of a format of dates and times.',
    );
    expect(problem(called('strftime', at, text('100%')))).toContain('% is no directive');
    expect(problem(called('strftime', at, text('%-a')))).toContain('%-a is no directive');
    expect(problem(called('strftime', literal(time('us'), '08:30:00'), text('%H %d')))).toContain('asks for a date');
    expect(evaluated(called('strftime', at, text('%.3f %6f %n %s %e %F %R %D')))).toBe(
      '.000 000000 000000000 1704067200  1 2024-01-01 00:00 01/01/24',
    );
  });

  test('what was written is read again', () => {
    const pattern = text('%Y-%m-%d %H:%M:%S.%6f %z');
    for (const us of moments.filter((one) => one % 3n === 0n)) {
      const at: Expression = called('timestamp_micros', literal(int64, String(us)));
      const zoned = called('replace_time_zone', at, text('Asia/Kolkata'));
      const written = called('strftime', zoned, pattern);
      const read = called('to_datetime', literal(utf8, String(evaluated(written))), pattern);
      expect(evaluated(read)).toBe(evaluated(zoned));
    }
  });
});
