import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { type DataType, decimal } from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { castToText } from '../../src/expressions/casts/text-casts.ts';
import { formatTexts, type TimeForm, textWriter } from '../../src/kernels/format-kernels.ts';
import { query } from '../support/duckdb.ts';
import { readTexts, withHolding, writeBytes } from './text-columns.ts';

const of = (kind: string): DataType => ({ kind }) as DataType;
const timestampOf = (unit: 's' | 'ms' | 'us' | 'ns', timezone: string | null = null): DataType => ({
  kind: 'timestamp',
  unit,
  timezone,
});

function written(
  type: DataType,
  values: readonly Value[],
  form?: TimeForm,
  decimalWidth?: 8 | 16,
): string[] | undefined {
  return withHolding((holding) => {
    const { linear } = holding;
    const writer = textWriter(type, form)!;
    const column = columnFromValues(holding, type, values, decimalWidth === undefined ? {} : { width: decimalWidth });
    const offsets = holding.allocate((values.length + 1) * 4).address;
    const room = writer.mostBytes * values.length;
    const to = holding.allocate(room).address;
    linear.u8.fill(0xab, to, to + room + 64);
    const { values: address, width, validity } = column;
    const table = writer.table && writeBytes(holding, writer.table);
    const total = formatTexts(linear, writer, address, width, values.length, validity, offsets, to, table);
    if (total < 0) return undefined;
    expect(linear.u32[offsets / 4 + values.length]).toBe(total);
    expect(linear.u8.slice(to + total + 16, to + total + 64).every((byte) => byte === 0xab)).toBe(true);
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

describe('long decimals', () => {
  test('are written as a cast writes them', () => {
    fc.assert(
      fc.property(columnOf(wholes(38)), fc.nat({ max: 38 }), fc.boolean(), (values, scale, isShort) => {
        const most = isShort ? 2n ** 63n : 10n ** 38n;
        const fitting = values.filter((value) => value === null || BigInt(value as bigint) ** 2n < most ** 2n);
        const type = decimal(38, scale);
        expect(written(type, fitting, {}, isShort ? 8 : 16)).toEqual(cast(type, fitting));
      }),
    );
  });

  test('are written as DuckDB writes them', async () => {
    const rows = await query(`
      select (x::decimal(38,20))::varchar, (y::decimal(38,0))::varchar
      from (values ('0', '0'), ('1.5', '10000000000000000000'), ('-0.00000000000000000001', '-99999999999999999999'),
                   ('123456789012345678.98765432109876543210', '-99999999999999999999999999999999999999')) t(x, y)
    `);
    const scaled = [0n, 150_000_000_000_000_000_000n, -1n, 12345678901234567898765432109876543210n];
    expect(written(decimal(38, 20), scaled)).toEqual(rows.map(([text]) => text));
    const whole = [0n, 10n ** 19n, -(10n ** 20n) + 1n, -(10n ** 38n) + 1n];
    expect(written(decimal(38, 0), whole)).toEqual(rows.map(([, text]) => text));
  });
});

describe.each([
  { kind: 'float32', bits: 32, least: -149, most: 127 },
  { kind: 'float64', bits: 64, least: -1074, most: 1023 },
] as const)('$kind', ({ kind, bits, least, most }) => {
  const view = new DataView(new ArrayBuffer(8));
  const fromBits = (pattern: bigint): number => {
    view.setBigUint64(0, BigInt.asUintN(bits, pattern) << BigInt(64 - bits));
    return bits === 32 ? view.getFloat32(0) : view.getFloat64(0);
  };
  const toBits = (value: number): bigint => {
    if (bits === 32) view.setFloat32(0, value);
    else view.setFloat64(0, value);
    return view.getBigUint64(0) >> BigInt(64 - bits);
  };

  test('is written as a cast writes it', () => {
    const any = fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }).map(fromBits);
    const usual = fc
      .tuple(fc.maxSafeInteger(), fc.integer({ min: -20, max: 20 }), fc.nat({ max: 15 }))
      .map(([digits, ten, cut]) => fromBits(toBits(Math.trunc(digits / 10 ** cut) * 10 ** ten)));
    fc.assert(
      fc.property(columnOf(fc.oneof(any, usual)), (values) => {
        expect(written(of(kind), values)).toEqual(cast(of(kind), values));
      }),
    );
  });

  test('is written as a cast writes it near every power of two', () => {
    const values = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let power = least; power <= most; power += 1) {
      for (const step of [-2n, -1n, 0n, 1n]) values.push(fromBits(toBits(2 ** power) + step));
    }
    expect(written(of(kind), values)).toEqual(cast(of(kind), values));
  });

  test('is read as what it was', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }).map(fromBits)), (values) => {
        const finite = values.filter(Number.isFinite);
        expect(written(of(kind), finite)?.map((text) => fromBits(toBits(Number(text))))).toEqual(finite);
      }),
    );
  });
});

test('floats halfway between two texts end with the even digit', () => {
  const values = [1048576.25, 390251.625, 48453.8125, 0.000244140625, 390251.875];
  const texts = ['1048576.2', '390251.62', '48453.812', '0.00024414062', '390251.88'];
  expect(written(of('float32'), values)).toEqual(texts);
  expect(cast(of('float32'), values)).toEqual(texts);
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
  for (const kind of ['utf8', 'float16', 'interval', 'duration', 'list']) expect(textWriter(of(kind))).toBeUndefined();
  expect(textWriter(timestampOf('us'), { suffix: '+00:53:28' })).toBeUndefined();
});
