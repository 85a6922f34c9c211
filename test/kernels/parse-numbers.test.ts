import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal, float32, float64 } from '../../src/columnar/data-type.ts';
import { textReader } from '../../src/kernels/parse-kernels.ts';
import { query } from '../support/duckdb.ts';
import { sqlRows } from './text-columns.ts';
import { columnOf, digits, expectAsCast, of, parsed, sign, timestampOf } from './text-reading.ts';

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

test('no rows, and none but nulls', () => {
  for (const type of [of('int32'), of('bool'), float64, of('date'), timestampOf('us'), decimal(5, 2)]) {
    expect(parsed(type, [])).toEqual([]);
    expect(parsed(type, [null, null])).toEqual([null, null]);
  }
  for (const kind of ['utf8', 'time', 'interval', 'list']) expect(textReader(of(kind))).toBeUndefined();
});
