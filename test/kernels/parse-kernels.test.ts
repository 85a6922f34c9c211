import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readColumn } from '../../src/columnar/column-values.ts';
import { type DataType, decimal, float32, float64 } from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { castFromText } from '../../src/expressions/casts/text-casts.ts';
import { parseTexts, type TextZone, textReader } from '../../src/kernels/parse-kernels.ts';
import { query } from '../support/duckdb.ts';
import { dirtyBits, readBits, sqlRows, withHolding, writeTexts, writeValidity } from './text-columns.ts';

const of = (kind: string): DataType => ({ kind }) as DataType;
const timestampOf = (unit: 's' | 'ms' | 'us' | 'ns', timezone: string | null = null): DataType => ({
  kind: 'timestamp',
  unit,
  timezone,
});

/** Undefined where a row has failed. */
function parsed(
  type: DataType,
  texts: readonly (string | Uint8Array | null)[],
  zone?: TextZone,
): (Value | undefined)[] {
  return withHolding((holding) => {
    const reader = textReader(type, zone)!;
    const { offsets, bytes, rows } = writeTexts(holding, texts);
    const validity = texts.includes(null) ? writeValidity(holding, texts) : 0;
    const values = reader.width === 0 ? dirtyBits(holding, rows) : holding.allocate(rows * reader.width).address;
    const failed = dirtyBits(holding, rows);
    const count = parseTexts(holding.linear, reader, offsets, bytes, rows, validity, values, failed);
    const failures = readBits(holding, failed, rows);
    expect(count).toBe(failures.filter(Boolean).length);
    if (reader.width === 0) readBits(holding, values, rows);
    const column = { type, validity: 0, values, bytes: 0, dictionary: undefined, width: reader.width, bits: undefined };
    const results = readColumn(holding.linear, column, rows);
    return results.map((value, row) => {
      if (texts[row] !== null && !failures[row]) return value;
      // Zero, and not minus zero.
      expect(value === false || value === 0n || Object.is(value, 0), `row ${row} is ${value}`).toBe(true);
      return texts[row] === null && !failures[row] ? null : undefined;
    });
  });
}

/** What a cast reads, in JavaScript. */
function cast(type: DataType, texts: readonly (string | null)[]): (Value | undefined)[] {
  const { convert } = castFromText(type)!;
  return texts.map((text) => (text === null ? null : convert(text)));
}

/** Failures are those of a cast, or for a type with more forms than the kernel knows at least no wrong values. */
function expectAsCast(type: DataType, texts: readonly (string | null)[], zone?: TextZone): void {
  const [actual, expected] = [parsed(type, texts, zone), cast(type, texts)];
  const { isComplete } = textReader(type, zone)!;
  for (const [row, value] of actual.entries()) {
    if (!isComplete && value === undefined) continue;
    expect(value, `${JSON.stringify(texts[row])} as ${JSON.stringify(type)}`).toEqual(expected[row]);
  }
}

const spaces = fc.constantFrom('', '', '', ' ', '\t', '\n \r', '\v\f', '\u00a0', '\0');
const spaced = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(spaces, text, spaces).map((parts) => parts.join(''));
const digits = (most: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...'0123456789', '0', '9'), { maxLength: most, size: 'max' }).map((all) => all.join(''));
const sign = fc.constantFrom('', '', '-', '+');
/** Some characters put in, taken out or exchanged. */
const spoilt = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      text,
      fc.nat(),
      fc.nat({ max: 2 }),
      fc.constantFrom('', '-', '+', '.', 'e', '0', '/', ':', ' ', 'x', 'é', '9'),
    )
    .map(([all, at, cut, put]) => all.slice(0, at % (all.length + 1)) + put + all.slice((at % (all.length + 1)) + cut));
const columnOf = (text: fc.Arbitrary<string>): fc.Arbitrary<(string | null)[]> =>
  fc.array(fc.option(fc.oneof({ weight: 3, arbitrary: spaced(text) }, spoilt(text)), { freq: 20 }), {
    maxLength: 100,
    size: 'max',
  });

const INTEGERS = [
  ['int8', 'tinyint'],
  ['int16', 'smallint'],
  ['int32', 'integer'],
  ['int64', 'bigint'],
  ['uint8', 'utinyint'],
  ['uint16', 'usmallint'],
  ['uint32', 'uinteger'],
  ['uint64', 'ubigint'],
] as const;

describe.each(INTEGERS)('%s', (kind, sqlName) => {
  const bits = Number(kind.replace(/\D/g, ''));
  const edges = [0n, 1n << BigInt(bits - 1), 1n << BigInt(bits), 1n << 63n, 1n << 64n, 10n ** 19n, 10n ** 20n];
  const near = fc
    .tuple(fc.constantFrom(...edges), fc.bigInt({ min: -3n, max: 3n }), fc.boolean())
    .map(([edge, more, isNegative]) => String(isNegative ? -(edge + more) : edge + more));
  const any = fc.tuple(sign, digits(25)).map((parts) => parts.join(''));

  test('is read as a cast reads it', () => {
    fc.assert(fc.property(columnOf(fc.oneof(near, any)), (texts) => expectAsCast(of(kind), texts)));
  });

  test('is read as DuckDB reads it, and so is what is too large by one', async () => {
    const least = kind.startsWith('u') ? 0n : -(1n << BigInt(bits - 1));
    const most = least === 0n ? (1n << BigInt(bits)) - 1n : -least - 1n;
    const texts = [least, least - 1n, most, most + 1n, 0n, 1n, most / 10n, most * 10n].map(String);
    texts.push('+5', '-0', '007', ' 12 ', '', ' ', '-', '+', '--1', '1-', 'x', '1 2', '1'.repeat(30));
    const rows = await query(`select try_cast(v as ${sqlName}) from (values ${sqlRows(texts)}) t(r, v) order by r`);
    const expected = rows.flat().map((value) => (value === null ? null : BigInt(value as number)));
    const actual = parsed(of(kind), texts).map((value) => (value === undefined ? null : BigInt(value as number)));
    expect(actual).toEqual(expected);
  });
});

const number = fc
  .tuple(
    sign,
    fc.oneof(digits(4), digits(21)),
    fc.constantFrom('', '.', '.', '.'),
    fc.oneof(digits(3), digits(22)),
    fc.oneof(
      fc.constant(''),
      fc
        .tuple(fc.constantFrom('e', 'E'), sign, digits(2), fc.constantFrom('', '', '0000000'))
        .map((all) => all.join('')),
    ),
  )
  .map((parts) => parts.join(''));

describe('decimals', () => {
  test('are read as a cast reads them', () => {
    fc.assert(
      fc.property(columnOf(number), fc.nat({ max: 17 }), fc.nat({ max: 18 }), (texts, p, s) => {
        expectAsCast(decimal(p + 1, Math.min(s, p + 1)), texts);
      }),
      { numRuns: 300 },
    );
  });

  test('are read as DuckDB reads them, rounded half away from zero', async () => {
    const texts = [
      '1.239',
      '1.235',
      '-1.235',
      '1.2349999999999999999',
      '.5',
      '5.',
      '.',
      '',
      '0.005',
      '0.0049',
      '-0.005',
    ];
    texts.push('999.994', '999.995', '-999.995', '1e2', '1e3', '1.5e-2', '00012.50', '+7', '9999', '-', '1e', '1.2.3');
    const rows = await query(`select try_cast(v as decimal(5,2)) from (values ${sqlRows(texts)}) t(r, v) order by r`);
    const expected = rows.flat().map((value) => value ?? undefined);
    expect(parsed(decimal(5, 2), texts)).toEqual(expected);
    // DuckDB refuses this one, whose digits do not fit before they are scaled down.
    expect(parsed(decimal(5, 2), ['123456e-3'])).toEqual([12_346n]);
  });

  test('of all widths and scales keep their edges', () => {
    for (let precision = 1; precision <= 18; precision++) {
      for (const scale of [0, 1, precision]) {
        if (scale > precision) continue;
        const nines = '9'.repeat(precision);
        const text = `${nines.slice(0, precision - scale)}.${nines.slice(precision - scale)}`;
        const texts = [
          text,
          `-${text}`,
          `${text}4999`,
          `${text}5`,
          `1e${precision - scale}`,
          `1e-${scale}`,
          `5e-${scale + 1}`,
        ];
        expect(parsed(decimal(precision, scale), texts), `decimal(${precision},${scale})`).toEqual([
          BigInt(nines),
          -BigInt(nines),
          BigInt(nines),
          undefined,
          undefined,
          1n,
          1n,
        ]);
      }
    }
  });

  test('of more digits have no reader', () => expect(textReader(decimal(19, 2))).toBeUndefined());
});

describe('floats', () => {
  const written = fc.oneof(
    number,
    fc.double().map(String),
    fc.double({ min: -1, max: 1 }).map(String),
    fc.double({ min: -1e6, max: 1e6 }).map((value) => value.toFixed(6)),
    fc.float().map(String),
    fc.tuple(digits(19), fc.integer({ min: -30, max: 30 })).map(([all, exponent]) => `${all}e${exponent}`),
  );

  test.each([float64, float32])('are read to the last bit', (type) => {
    fc.assert(
      fc.property(columnOf(written), (texts) => expectAsCast(type, texts)),
      { numRuns: 400 },
    );
  });

  /** Texts of values halfway between two floats, and a digit of the last place more or less. */
  const halfway = fc
    .tuple(
      fc.bigInt({ min: 1n << 52n, max: (1n << 53n) - 1n }),
      fc.integer({ min: -12, max: 10 }),
      fc.integer({ min: -1, max: 1 }),
    )
    .map(([mantissa, exponent, more]) => {
      const half = 2n * mantissa + 1n;
      // half × 2 ** (exponent − 1), exactly in decimal where it has at most 19 digits.
      const scaled = exponent > 0 ? half << BigInt(exponent - 1) : half * 5n ** BigInt(1 - exponent);
      const text = String(scaled + BigInt(more));
      return exponent > 0 ? text : `${text}e-${1 - exponent}`;
    });

  test('halfway between two go to the even one, and beside it to the near one', () => {
    fc.assert(
      fc.property(fc.array(halfway, { minLength: 50, maxLength: 50 }), (texts) => {
        expectAsCast(float64, texts);
        const short = texts.filter((text) => text.replace(/e.*/, '').length <= 19);
        expect(parsed(float64, short)).not.toContain(undefined);
      }),
    );
  });

  /** 19 digits, or nearly, as near as they come to a value halfway between two floats, above and below it. */
  const nearHalfway = fc
    .tuple(
      fc.bigInt({ min: 1n << 52n, max: (1n << 53n) - 1n }),
      fc.integer({ min: -27, max: 27 }),
      fc.integer({ min: -1, max: 1 }),
    )
    .map(([mantissa, exponent, more]) => {
      const half = 2n * mantissa + 1n;
      const five = 5n ** BigInt(Math.abs(exponent));
      let [above, below] = exponent < 0 ? [half * five, 1n] : [half, five];
      while (above / below >= 10n ** 19n) below *= 2n;
      while (above / below < 4n * 10n ** 18n) above *= 2n;
      return `${above / below + BigInt(more)}e${exponent}`;
    });

  test('nearly halfway between two are rounded by their last digit', () => {
    fc.assert(
      fc.property(fc.array(nearHalfway, { minLength: 100, maxLength: 100, size: 'max' }), (texts) => {
        expect(parsed(float64, texts)).toEqual(texts.map(Number));
      }),
    );
  });

  test('of up to 19 digits and exponents up to 27 are all read here', () => {
    const texts = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 19n - 1n }), fc.integer({ min: -27, max: 27 }));
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 100, size: 'max' }), (all) => {
        const written = all.map(([value, exponent]) => `${value}e${exponent}`);
        expect(parsed(float64, written)).toEqual(written.map(Number));
      }),
    );
  });

  test.each(['nan', 'inf', '-Infinity', '12345678901234567890', '1e28', '1e-28', '', '.', 'e5', '1e', '0x10', '1_000'])(
    '%j is left to another reader',
    (text) => {
      expect(parsed(float64, [text])).toEqual([undefined]);
    },
  );

  test('keep the sign of zero', () => {
    expect(parsed(float64, ['-0', '0', '-0.000e10', '-0e-99', '-.0'])).toEqual([-0, 0, -0, -0, -0]);
    expect(parsed(float32, ['-0', '0'])).toEqual([-0, 0]);
  });

  test('of 4 bytes that are halfway are left to another reader', () => {
    expect(parsed(float32, ['16777217', '16777216', '3.5e38', '0.1'])).toEqual([
      undefined,
      16_777_216,
      undefined,
      Math.fround(0.1),
    ]);
  });
});

describe('bools', () => {
  const words = ['true', 't', 'yes', 'y', '1', 'false', 'f', 'no', 'n', '0'];
  test('are read as a cast reads them', () => {
    const mixed = fc
      .tuple(fc.constantFrom(...words), fc.nat())
      .map(([word, capitals]) =>
        Array.from(word, (letter, at) => ((capitals >> at) & 1 ? letter.toUpperCase() : letter)).join(''),
      );
    const short = fc.array(fc.constantFrom('t', 'r', 'u', 'e', 'N', 'o', '0', '1', '\u0011'), { maxLength: 6 });
    fc.assert(
      fc.property(
        columnOf(
          fc.oneof(
            mixed,
            short.map((all) => all.join('')),
          ),
        ),
        (texts) => expectAsCast(of('bool'), texts),
      ),
    );
    expect(parsed(of('bool'), words)).toEqual(words.map((_, at) => at < 5));
  });

  test('of one byte are these and no others', () => {
    const all = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    const read = parsed(of('bool'), all);
    const known = all.filter((_, byte) => read[byte] !== undefined).map((byte) => String.fromCharCode(...byte));
    expect(known.join('')).toBe('01FNTYfnty');
  });
});

const two = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, '0'));
const twoTo = (most: number): fc.Arbitrary<string> =>
  fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(2, '0')) }, two);
const dateText = fc
  .tuple(
    fc
      .oneof(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 1890, max: 2110 }), fc.constantFrom(1677, 2262))
      .map((year) => String(year).padStart(4, '0')),
    twoTo(13),
    twoTo(32),
  )
  .map((parts) => parts.join('-'));

describe('dates', () => {
  test('are read as a cast reads them', () => {
    fc.assert(fc.property(columnOf(dateText), (texts) => expectAsCast(of('date'), texts)));
  });

  test('are all days of 10,000 years, and no others', () => {
    const last = Date.UTC(9999, 11, 31) / 86_400_000;
    const first = new Date(0).setUTCFullYear(0, 0, 1) / 86_400_000;
    const days = Array.from({ length: Math.floor((last - first) / 37) + 1 }, (_, at) => first + at * 37);
    days.push(last);
    const texts = days.map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10));
    expect(parsed(of('date'), texts)).toEqual(days);
    const wrong = [
      '2023-02-29',
      '1900-02-29',
      '2024-02-30',
      '2024-00-10',
      '2024-13-01',
      '2024-04-31',
      '2024-01-00',
      '2024-1-01',
      '20240101',
      '2024/01/01',
      '2024-01-1x',
      'x024-01-01',
      '2024-01-01x',
      '',
    ];
    expect(parsed(of('date'), wrong)).toEqual(wrong.map(() => undefined));
    expect(parsed(of('date'), ['2000-02-29', ' 2024-02-29\n', '0000-02-29'])).toEqual([
      11_016,
      19_782,
      expect.any(Number),
    ]);
  });
});

const clock = fc
  .tuple(twoTo(24), twoTo(60), fc.option(fc.tuple(twoTo(60), fc.option(digits(12)))))
  .map(
    ([hour, minute, second]) =>
      `${hour}:${minute}${second === null ? '' : `:${second[0]}${second[1] === null ? '' : `.${second[1]}`}`}`,
  );
const offset = fc.oneof(
  fc.constantFrom('', '', 'Z', 'z', ' UTC', '+', '+1'),
  fc
    .tuple(fc.constantFrom('+', '-', ' +'), twoTo(24), fc.constantFrom('', ':'), fc.oneof(fc.constant(''), twoTo(60)))
    .map((all) => all.join('')),
);
const momentText = fc
  .tuple(dateText, fc.option(fc.tuple(fc.constantFrom('T', ' ', 't', '  '), clock, offset)))
  .map(([day, rest]) => day + (rest ?? []).join(''));

describe.each(['s', 'ms', 'us', 'ns'] as const)('timestamps in %s', (unit) => {
  test('are read as a cast reads them, without zone, with UTC and in another zone', () => {
    fc.assert(
      fc.property(columnOf(momentText), (texts) => {
        expectAsCast(timestampOf(unit), texts, 'none');
        expectAsCast(timestampOf(unit, 'UTC'), texts, 'utc');
        expectAsCast(timestampOf(unit, 'Europe/Berlin'), texts, 'other');
      }),
      { numRuns: 60 },
    );
  });

  const texts = [
    '2001-02-03',
    '2001-02-03 04:05',
    '2001-02-03T04:05:06',
    '1969-12-31 23:59:59.999999999',
    '2001-02-03 04:05:06.1234567891',
  ];
  const zoned = [
    '2001-02-03 04:05Z',
    '2001-02-03 04:05:06.5+01',
    '2001-02-03 04:05:06-03:30',
    '1970-01-01T00:00:00+0545',
  ];

  test('are read here where the form is one of the frequent ones', () => {
    expect(parsed(timestampOf(unit), [...texts, ...zoned])).toEqual(cast(timestampOf(unit), [...texts, ...zoned]));
    expect(parsed(timestampOf(unit, 'UTC'), [...texts, ...zoned], 'utc')).toEqual(
      cast(timestampOf(unit, 'UTC'), [...texts, ...zoned]),
    );
    const berlin = timestampOf(unit, 'Europe/Berlin');
    expect(parsed(berlin, zoned, 'other')).toEqual(cast(berlin, zoned));
    expect(parsed(berlin, texts, 'other')).toEqual(texts.map(() => undefined));
  });

  test('that a clock does not show, or that are no such text, have failed', () => {
    const wrong = [
      '2001-02-03 24:01',
      '2001-02-03 00:60',
      '2001-02-03 00:00:60',
      '2001-02-03 00:00:00.',
      '2001-02-03 1:00',
      '2001-02-30 00:00',
      '2001-02-03 ',
      '2001-02-03T',
      '2001-02-03 00:00:0',
      '2001-02-03 00:00+24',
      '2001-02-03 00:00+01:60',
      '2001-02-03 00:00ZZ',
      '2001-02-03x00:00',
      '2001-02-03 00:00+1:30',
    ];
    expect(
      parsed(
        timestampOf(unit),
        wrong.map((text) => `${text}`),
      ),
    ).toEqual(wrong.map((text) => (text === '2001-02-03 ' ? expect.any(BigInt) : undefined)));
  });
});

test('timestamps in nanoseconds end in the years 1677 and 2262', () => {
  const texts = [
    '1677-09-21 00:12:44',
    '1677-09-21 00:12:43',
    '2262-04-11 23:47:15.999999999',
    '2262-04-11 23:47:16',
    '9999-12-31',
  ];
  const actual = parsed(timestampOf('ns'), texts);
  expect(actual.map((value) => value !== undefined)).toEqual([true, false, true, false, false]);
  expectAsCast(timestampOf('ns'), texts);
});

test('timestamps in microseconds are those of DuckDB', async () => {
  const texts = [
    '2001-02-03',
    '2001-02-03 04:05:06.1234567',
    '0001-01-01 00:00:00',
    '9999-12-31 23:59:59.999999',
    '2001-02-03T04:05:06+02',
    '2001-13-03',
  ];
  const rows = await query(`select try_cast(v as timestamp) from (values ${sqlRows(texts)}) t(r, v) order by r`);
  expect(parsed(timestampOf('us'), texts)).toEqual(rows.flat().map((value) => value ?? undefined));
});

test('no rows, and none but nulls', () => {
  for (const type of [of('int32'), of('bool'), float64, of('date'), timestampOf('us'), decimal(5, 2)]) {
    expect(parsed(type, [])).toEqual([]);
    expect(parsed(type, [null, null])).toEqual([null, null]);
  }
  for (const kind of ['utf8', 'time', 'interval', 'list']) expect(textReader(of(kind))).toBeUndefined();
});
