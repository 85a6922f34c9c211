import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { type DataType, decimal } from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { castToText } from '../../src/expressions/casts/text-casts.ts';
import { formatTexts, type TimeForm, textWriter } from '../../src/kernels/format-kernels.ts';
import { query } from '../support/duckdb.ts';
import { readTexts, withHolding } from './text-columns.ts';

const of = (kind: string): DataType => ({ kind }) as DataType;
const timestampOf = (unit: 's' | 'ms' | 'us' | 'ns', timezone: string | null = null): DataType => ({
  kind: 'timestamp',
  unit,
  timezone,
});

function written(type: DataType, values: readonly Value[], form?: TimeForm): string[] | undefined {
  return withHolding((holding) => {
    const { linear } = holding;
    const writer = textWriter(type, form)!;
    const column = columnFromValues(holding, type, values);
    const offsets = holding.allocate((values.length + 1) * 4).address;
    const room = writer.mostBytes * values.length;
    const to = holding.allocate(room).address;
    linear.u8.fill(0xab, to, to + room + 64);
    const { values: address, width, validity } = column;
    const total = formatTexts(linear, writer, address, width, values.length, validity, offsets, to);
    if (total < 0) return undefined;
    expect(linear.u32[offsets / 4 + values.length]).toBe(total);
    expect(linear.u8.slice(to + total + 8, to + total + 32).every((byte) => byte === 0xab)).toBe(true);
    return readTexts(holding, offsets, to, values.length);
  });
}

/** What a cast writes, in JavaScript. */
const cast = (type: DataType, values: readonly Value[]): string[] => {
  const { convert } = castToText(type)!;
  return values.map((value) => (value === null ? '' : String(convert(value))));
};

/** Of as many digits as may be, near powers of ten, and negative. */
const wholes = (digits: number): fc.Arbitrary<bigint> =>
  fc
    .tuple(
      fc.nat({ max: digits }),
      fc.bigInt({ min: 0n, max: 10n ** 20n }),
      fc.integer({ min: -2, max: 2 }),
      fc.boolean(),
    )
    .chain(([size, any, more, isNegative]) =>
      fc
        .constantFrom(any % 10n ** BigInt(size), 10n ** BigInt(size) + BigInt(more))
        .map((value) => (isNegative ? -value : value)),
    );
const columnOf = (value: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> =>
  fc.array(fc.option(value, { freq: 10 }), { maxLength: 100, size: 'max' });

describe.each(['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'])('%s', (kind) => {
  const bits = Number(kind.replace(/\D/g, ''));
  const wrapped = (value: bigint): bigint =>
    kind.startsWith('u') ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value);
  const held = (value: bigint): Value => (bits === 64 ? wrapped(value) : Number(wrapped(value)));

  test('is written in its digits', () => {
    fc.assert(
      fc.property(columnOf(wholes(19).map(held)), (values) => {
        expect(written(of(kind), values)).toEqual(values.map((value) => (value === null ? '' : String(value))));
      }),
    );
  });

  test('is written at its edges', () => {
    const edges = [
      0n,
      1n,
      -1n,
      9n,
      10n,
      1n << BigInt(bits - 1),
      (1n << BigInt(bits - 1)) - 1n,
      (1n << BigInt(bits)) - 1n,
    ];
    expect(written(of(kind), edges.map(held))).toEqual(edges.map((value) => String(wrapped(value))));
  });
});

test('every number of up to 6 digits, and every power of ten and its neighbours', () => {
  const values = Array.from({ length: 100_000 }, (_, n) => n * 10 + (n % 10));
  expect(written(of('int32'), values)).toEqual(values.map(String));
  const near = Array.from({ length: 19 }, (_, n) => [
    10n ** BigInt(n) - 1n,
    10n ** BigInt(n),
    10n ** BigInt(n) + 1n,
  ]).flat();
  expect(written(of('uint64'), near)).toEqual(near.map(String));
});

describe('decimals', () => {
  test('are written as a cast writes them', () => {
    fc.assert(
      fc.property(columnOf(wholes(17)), fc.nat({ max: 18 }), (values, scale) => {
        const type = decimal(18, scale);
        const fitting = values.filter((value) => value === null || BigInt(value as bigint) ** 2n < 10n ** 36n);
        expect(written(type, fitting)).toEqual(cast(type, fitting));
      }),
    );
  });

  test('are written as DuckDB writes them', async () => {
    const rows = await query(`
      select (x::decimal(18,5))::varchar, (y::decimal(18,0))::varchar
      from (values (0, 0), (1.5, 12), (-0.00001, -7), (9999999999999.99999, 999999999999999999)) t(x, y)
    `);
    expect(written(decimal(18, 5), [0n, 150_000n, -1n, 999_999_999_999_999_999n])).toEqual(rows.map(([text]) => text));
    expect(written(decimal(18, 0), [0n, 12n, -7n, 999_999_999_999_999_999n])).toEqual(rows.map(([, text]) => text));
    // DuckDB leaves out the zero where no digit may stand before the point.
    expect(written(decimal(3, 3), [0n, 1n, -500n])).toEqual(['0.000', '0.001', '-0.500']);
  });
});

test('bools', () => {
  const values = Array.from({ length: 100 }, (_, row) => (row % 7 === 0 ? null : row % 3 === 0));
  expect(written(of('bool'), values)).toEqual(values.map((value) => (value === null ? '' : String(value))));
});

describe('dates', () => {
  test('are written as a cast writes them, whatever their year', () => {
    const days = fc.oneof(
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.integer({ min: -800_000, max: 3_000_000 }),
    );
    fc.assert(
      fc.property(columnOf(days), (values) => {
        expect(written(of('date'), values)).toEqual(cast(of('date'), values));
      }),
    );
    const edges = [-(2 ** 31), 2 ** 31 - 1, 0, -1, -719_528, -719_529, 2_932_896, 2_932_897];
    expect(written(of('date'), edges)).toEqual(cast(of('date'), edges));
  });

  test('are all days of 400 years', () => {
    const days = Array.from({ length: 146_097 }, (_, at) => at - 40_000);
    const texts = days.map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10));
    expect(written(of('date'), days)).toEqual(texts);
  });
});

describe.each(['s', 'ms', 'us', 'ns'] as const)('in %s', (unit) => {
  const perSecond = 10n ** BigInt({ s: 0, ms: 3, us: 6, ns: 9 }[unit]);
  const perDay = 86_400n * perSecond;
  const most = 2n ** 63n - 1n;
  const inDates = (value: bigint): bigint => {
    const limit = perDay * (1n << 31n);
    return limit > most ? value : value % limit;
  };
  const any = fc.bigInt({ min: -most, max: most }).map(inDates);
  const usual = fc
    .tuple(
      fc.bigInt({ min: -62_135_596_800n, max: 9_000_000_000n }),
      fc.bigInt({ min: 0n, max: perSecond - 1n }),
      fc.nat({ max: 9 }),
    )
    .map(([second, fraction, zeros]) =>
      inDates(BigInt.asIntN(64, second * perSecond + (fraction / 10n ** BigInt(zeros)) * 10n ** BigInt(zeros))),
    );

  test('timestamps are written as a cast writes them, and of UTC', () => {
    fc.assert(
      fc.property(columnOf(fc.oneof(any, usual)), (values) => {
        expect(written(timestampOf(unit), values)).toEqual(cast(timestampOf(unit), values));
        const utc = timestampOf(unit, 'UTC');
        expect(written(utc, values, { suffix: '+00' })).toEqual(cast(utc, values));
      }),
    );
  });

  test('timestamps have the form that is asked for', () => {
    const values = [0n, 1n, -1n, 10n * perSecond, 951_827_696n * perSecond];
    const digits = perSecond.toString().length - 1;
    const texts = cast(timestampOf(unit), values).map((text) => {
      const [whole = '', fraction = ''] = text.replace(' ', 'T').split('.');
      return `${whole}${digits === 0 ? '' : `.${fraction.padEnd(digits, '0')}`}Z`;
    });
    expect(written(timestampOf(unit), values, { separator: 'T', isFixed: true, suffix: 'Z' })).toEqual(texts);
  });

  test('timestamps beyond the days of a date are left to others', () => {
    const beyond = perDay * (1n << 31n);
    if (beyond > most) return expect(unit).toMatch(/[un]s/);
    expect(written(timestampOf(unit), [beyond - 1n, -beyond])).toEqual(cast(timestampOf(unit), [beyond - 1n, -beyond]));
    expect(written(timestampOf(unit), [0n, beyond])).toBeUndefined();
    expect(written(timestampOf(unit), [-beyond - 1n])).toBeUndefined();
  });

  test('times are written as a cast writes them', () => {
    if (unit !== 'us' && unit !== 'ns') return expect(textWriter(timestampOf(unit))).toBeDefined();
    const type: DataType = { kind: 'time', unit };
    const ticks = usual.map((value) => ((value % perDay) + perDay) % perDay);
    fc.assert(
      fc.property(columnOf(ticks), (values) => {
        expect(written(type, values)).toEqual(cast(type, values));
      }),
    );
    expect(written(type, [0n, perDay - 1n])).toEqual(cast(type, [0n, perDay - 1n]));
  });
});

test('timestamps in microseconds are those of DuckDB', async () => {
  const values = [0n, 1n, -1n, 123_000n, 1_700_000_000_000_000n, -62_135_596_800_000_000n, 253_402_300_799_999_999n];
  const rows = await query(
    `select make_timestamp(v)::varchar from (values ${values.map((value) => `(${value}::bigint)`)}) t(v)`,
  );
  expect(written(timestampOf('us'), values)).toEqual(rows.flat());
});

test('no rows, and types that have no writer', () => {
  expect(written(of('int32'), [])).toEqual([]);
  expect(written(of('int32'), [null, null])).toEqual(['', '']);
  for (const kind of ['utf8', 'float64', 'interval', 'duration', 'list']) expect(textWriter(of(kind))).toBeUndefined();
  expect(textWriter(decimal(19, 0))).toBeUndefined();
  expect(textWriter(timestampOf('us'), { suffix: '+00:53:28' })).toBeUndefined();
});
