/** Values of the tables of Iceberg's specification, "Partition Transforms" and appendix B; calendars as DuckDB has them. */

import { describe, expect, test } from 'vitest';
import * as types from '../../../src/columnar/data-type.ts';
import { type DataType, date, decimal, int32, int64, timestamp, utf8 } from '../../../src/columnar/data-type.ts';
import { ArithmeticOverflow } from '../../../src/errors.ts';
import type { JsonValue } from '../../../src/expressions/literal.ts';
import { call, col, evaluated, lit, problemsOf, shown } from './calls.ts';
import { compared } from './duckdb-agreement.ts';

const MANY = 2 ** 31 - 1;
const bucket = (type: DataType, value: JsonValue, count: number): string =>
  shown(call('partition_iceberg_bucket', lit(type, value), lit(int64, count)));

describe('buckets', () => {
  test.each<[DataType, JsonValue, number]>([
    [int32, 34, 2017239379],
    [int64, 34, 2017239379],
    [types.uint8, 34, 2017239379],
    [decimal(9, 2), '14.20', -500754589],
    [decimal(38, 2), '14.20', -500754589],
    [date, '2017-11-16', -653330422],
    [types.time('us'), '22:31:08', -662762989],
    [types.time('ns'), '22:31:08', -662762989],
    [timestamp('s'), '2017-11-16T22:31:08', -2047944441],
    [timestamp('ms'), '2017-11-16T22:31:08', -2047944441],
    [timestamp('us'), '2017-11-16T22:31:08', -2047944441],
    [timestamp('us', 'America/Los_Angeles'), '2017-11-16T22:31:08Z', -2047944441],
    [timestamp('us'), '2017-11-16T22:31:08.000001', -1207196810],
    [timestamp('ns'), '2017-11-16T22:31:08.000001001', -1207196810],
    [utf8, 'iceberg', 1210000089],
    [types.uuid, 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 1488055340],
    [types.fixedSizeBinary(4), 'AAECAw==', -188683207],
    [types.binary, 'AAECAw==', -188683207],
  ])('of %o %s', (type, value, hash) => {
    const positive = hash & 0x7fff_ffff;
    expect(bucket(type, value, MANY)).toBe(`int32: ${positive % MANY}`);
    expect(bucket(type, value, 16)).toBe(`int32: ${positive % 16}`);
  });

  test('34 is in the fourth of 16, and null in none', () => {
    expect(bucket(int32, 34, 16)).toBe('int32: 3');
    expect(bucket(int32, null, 16)).toBe('int32: null');
  });
});

describe('truncation', () => {
  test.each<[DataType, JsonValue, number, string]>([
    [int32, 1, 10, 'int32: 0'],
    [int32, -1, 10, 'int32: -10'],
    [int64, 1, 10, 'int64: "0"'],
    [int64, -1, 10, 'int64: "-10"'],
    [int64, -10, 10, 'int64: "-10"'],
    [decimal(9, 2), '10.65', 50, 'decimal(9, 2): "10.50"'],
    [decimal(9, 2), '-0.05', 10, 'decimal(9, 2): "-0.10"'],
    [utf8, 'iceberg', 3, 'utf8: "ice"'],
    [utf8, '\u{1F600}\u{1F601}x', 2, 'utf8: "\u{1F600}\u{1F601}"'],
    [utf8, 'ab', 3, 'utf8: "ab"'],
    [types.binary, 'AQIDBAU=', 3, 'binary: "AQID"'],
  ])('%o %s to %d', (type, value, width, expected) => {
    expect(shown(call('partition_iceberg_truncate', lit(type, value), lit(int64, width)))).toBe(expected);
  });

  test('below the least value there is nothing', () => {
    const e = call('partition_iceberg_truncate', col('a'), lit(int64, 10));
    expect(() => evaluated([types.int8], [-128], e)).toThrow(ArithmeticOverflow);
    expect(() => evaluated([decimal(3, 1)], [-999n], e)).toThrow(ArithmeticOverflow);
  });
});

describe('periods', () => {
  const EDGES = ['1969-12-31 23:59:59.999999', '1970-01-01 00:00:00', '1969-12-31 00:00:00', '1969-01-01 00:00:00'];
  const TIMES = [...EDGES, '2017-11-16 22:31:08', '2000-02-29 12:00:00', '0001-01-01 00:59:59', '9999-12-31 23:59:59'];
  const micros = TIMES.map((text) => BigInt(Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`)) * 1000n);
  const rows = micros.map((us, n) => [TIMES[n]?.includes('.999999') ? us + 999_999n : us]);

  test.each([
    ['partition_years', 'year(a) - 1970'],
    ['partition_months', '(year(a) - 1970) * 12 + month(a) - 1'],
    ['partition_days', 'a::date'],
    ['partition_hours', 'floor(epoch_us(a) / 3600000000)::integer'],
  ])('%s is %s', async (name, sql) => {
    const of = call(name, col('a'));
    for (const { ours, theirs, row } of await compared({ types: [timestamp('us')], rows, call: of, sql })) {
      expect(ours, String(row)).toEqual(typeof theirs === 'bigint' ? Number(theirs) : theirs);
    }
  });

  test('a zone changes nothing, nor does a date', () => {
    const moment = lit(timestamp('ms', 'Pacific/Kiritimati'), '1969-12-31T23:30:00Z');
    expect(shown(call('partition_days', moment))).toBe('date: "1969-12-31"');
    expect(shown(call('partition_hours', moment))).toBe('int32: -1');
    expect(shown(call('partition_years', lit(date, '1969-12-31')))).toBe('int32: -1');
    expect(shown(call('partition_months', lit(date, '2017-12-01')))).toBe('int32: 575');
  });

  test('what does not fit is an overflow', () => {
    expect(() => evaluated([timestamp('s')], [2n ** 62n], call('partition_days', col('a')))).toThrow(
      ArithmeticOverflow,
    );
    expect(() => evaluated([timestamp('s')], [2n ** 62n], call('partition_hours', col('a')))).toThrow(
      ArithmeticOverflow,
    );
  });
});

describe('what Iceberg does not have', () => {
  test.each([
    ['a bucket of floats', 'partition_iceberg_bucket', types.float64, 16],
    ['a bucket of bools', 'partition_iceberg_bucket', types.bool, 16],
    ['a bucket of lists', 'partition_iceberg_bucket', types.list(int32), 16],
    ['no buckets', 'partition_iceberg_bucket', int32, 0],
    ['truncated floats', 'partition_iceberg_truncate', types.float64, 10],
    ['truncated dates', 'partition_iceberg_truncate', date, 10],
    ['a width of nothing', 'partition_iceberg_truncate', int32, 0],
  ])('%s', (_, name, type, by) => {
    expect(problemsOf([type], call(name, col('a'), lit(int64, by)))).toHaveLength(1);
  });
});
