import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { calendarDay, daysOf, isCalendarDay } from '../../src/expressions/calendar.ts';
import { type JsonValue, literalForm, valueFromJson, valueToJson } from '../../src/expressions/literal.ts';

const { decimal, timestamp } = types;

describe('a literal in JSON', () => {
  const accepted: readonly [types.DataType, JsonValue, Value][] = [
    [types.bool, true, true],
    [types.int8, -128, -128],
    [types.uint8, 255, 255],
    [types.int32, '7', 7],
    [types.int32, -0, 0],
    [types.int64, 5, 5n],
    [types.int64, '9223372036854775807', 9223372036854775807n],
    [types.int64, '-9223372036854775808', -9223372036854775808n],
    [types.uint64, '18446744073709551615', 18446744073709551615n],
    [types.float64, 0.1, 0.1],
    [types.float64, 'NaN', Number.NaN],
    [types.float64, '-0', -0],
    [types.float64, '-Infinity', Number.NEGATIVE_INFINITY],
    [types.float32, 0.1, Math.fround(0.1)],
    [decimal(5, 2), '1.50', 150n],
    [decimal(5, 2), '1.500', 150n],
    [decimal(5, 2), 1, 100n],
    [decimal(5, 2), '-999.99', -99999n],
    [decimal(38, 0), '9'.repeat(38), BigInt('9'.repeat(38))],
    [decimal(2, 2), '0.05', 5n],
    [types.utf8, 'häuser 🦆', 'häuser 🦆'],
    [types.utf8, '', ''],
    [types.date, '1970-01-01', 0],
    [types.date, '1969-12-31', -1],
    [types.date, '2000-02-29', 11_016],
    [types.date, '0000-03-01', -719_468],
    [types.date, '+010000-01-01', 2_932_897],
    [timestamp('us'), '1970-01-01T00:00:00.5', 500_000n],
    [timestamp('us'), '1969-12-31T23:59:59.999999', -1n],
    [timestamp('s'), '2001-01-31 08:00:00', 980_928_000n],
    [timestamp('ms'), '2001-01-31', 980_899_200_000n],
    [timestamp('ns', 'UTC'), '1970-01-01T00:00:00.000000001Z', 1n],
    [types.int16, null, null],
  ];

  test.each(accepted)('%o takes %o', (type, json, value) => {
    expect(valueFromJson(json, type)).toStrictEqual(value);
  });

  const refused: readonly [types.DataType, JsonValue][] = [
    [types.bool, 1],
    [types.bool, 'true'],
    [types.int8, 128],
    [types.int8, 1.5],
    [types.int8, true],
    [types.uint8, -1],
    [types.int32, '1e3'],
    [types.int32, ' 1'],
    [types.int32, '01'],
    [types.int32, ''],
    [types.int64, 2 ** 53],
    [types.int64, '9223372036854775808'],
    [types.int64, '9'.repeat(100_000)],
    [types.uint64, '18446744073709551616'],
    [types.float64, '1.5'],
    [types.float32, 1e39],
    [decimal(5, 2), 1.5],
    [decimal(5, 2), '1.505'],
    [decimal(5, 2), '1000'],
    [decimal(5, 2), '1.'],
    [decimal(5, 2), '.5'],
    [decimal(5, 2), '1e2'],
    [types.utf8, 5],
    [types.utf8, '\ud800'],
    [types.date, '2001-02-29'],
    [types.date, '1900-02-29'],
    [types.date, '2001-13-01'],
    [types.date, '2001-00-01'],
    [types.date, '2001-1-1'],
    [types.date, '20010101'],
    [types.date, 0],
    [types.date, '+9999999-01-01'],
    [timestamp('us'), '2001-01-31T24:00:00'],
    [timestamp('us'), '2001-01-31T08:60:00'],
    [timestamp('us'), '2001-01-31T08:00'],
    [timestamp('us'), '2001-01-31T08:00:00Z'],
    [timestamp('us'), '2001-01-31T08:00:00.0000001'],
    [timestamp('s'), '2001-01-31T08:00:00.5'],
    [timestamp('ns'), '2300-01-01T00:00:00'],
    [timestamp('us'), 5],
  ];

  test.each(refused)('%o refuses %o', (type, json) => {
    expect(valueFromJson(json, type)).toBeUndefined();
    expect(literalForm(type)).not.toBe('');
  });

  test('comes back from its value', () => {
    const int = (bits: number, signed: boolean) =>
      signed
        ? fc.bigInt({ min: -(1n << BigInt(bits - 1)), max: (1n << BigInt(bits - 1)) - 1n })
        : fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
    const typed: fc.Arbitrary<readonly [types.DataType, Value]> = fc.oneof(
      int(64, true).map((value) => [types.int64, value] as const),
      int(64, false).map((value) => [types.uint64, value] as const),
      int(32, true).map((value) => [types.int32, Number(value)] as const),
      fc.double().map((value) => [types.float64, value] as const),
      fc.float().map((value) => [types.float32, value] as const),
      fc
        .tuple(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), fc.nat({ max: 38 }))
        .map(([value, scale]) => [decimal(38, scale), value] as const),
      fc.string({ unit: 'binary' }).map((value) => [types.utf8, value] as const),
      int(32, true).map((value) => [types.date, Number(value)] as const),
      fc
        .tuple(int(64, true), fc.constantFrom<types.TimeUnit>('ms', 'us', 'ns'), fc.constantFrom(null, 'UTC'))
        .filter(([ticks, unit]) => unit !== 'ms' || (ticks < 10n ** 17n && ticks > -(10n ** 17n)))
        .map(([ticks, unit, zone]) => [timestamp(unit, zone), ticks] as const),
      fc
        .tuple(int(64, true), fc.constantFrom<types.TimeUnit>('s', 'ms', 'us', 'ns'))
        .map(([ticks, unit]) => [types.duration(unit), ticks] as const),
    );
    fc.assert(
      fc.property(typed, ([type, value]) => {
        const json = JSON.parse(JSON.stringify(valueToJson(value, type))) as JsonValue;
        expect(valueFromJson(json, type)).toStrictEqual(value);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the calendar', () => {
  test('agrees with JavaScript over all days that both know', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), (days) => {
        const date = new Date(days * 86_400_000);
        const expected = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
        expect(calendarDay(days)).toEqual(expected);
        expect(daysOf(expected)).toBe(days);
        expect(isCalendarDay(expected)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is its own inverse at the ends of 32 bits', () => {
    for (const days of [-(2 ** 31), 2 ** 31 - 1]) expect(daysOf(calendarDay(days))).toBe(days);
  });

  test('reads timestamps as DuckDB does', async () => {
    const connection = await (await DuckDBInstance.create()).connect();
    const texts = [
      '1582-10-14 23:59:59.999999',
      '1969-12-31 23:59:59.000001',
      '1992-02-29 12:34:56.7',
      '2262-04-11 00:00:00',
    ];
    for (const text of texts) {
      const rows = await connection.runAndReadAll(`select epoch_us(timestamp '${text}')`);
      expect(valueFromJson(text, timestamp('us')), text).toBe(rows.getRows()[0]?.[0]);
    }
  });
});
