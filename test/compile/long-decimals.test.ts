/**
 * Decimals of 16 bytes at the edges of words and of digits: all pairs of powers of two and ten, their neighbours and
 * negatives. What fits is computed many rows at a time, none of which may raise the flag; what does not, alone.
 */

import { describe, expect, test } from 'vitest';
import {
  bool,
  type DataType,
  type DecimalType,
  decimal,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  typeName,
  uint8,
  uint32,
  uint64,
} from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { ArithmeticOperator, ComparisonOperator, TypedExpression } from '../../src/expressions/expression.ts';
import { random } from './arbitrary-expressions.ts';
import { cellOf, column, Probe, type ProbeForm, probeAll, valuesOf } from './probe.ts';

const ALL = process.env['EDGES'] === 'all';
const upTo = (end: number): number[] => Array.from({ length: end + 1 }, (_, k) => k);
const TWOS = ALL ? upTo(127) : [0, 1, 2, 31, 32, 33, 47, 62, 63, 64, 65, 95, 96, 97, 111, 125, 126, 127];
const TENS = ALL ? upTo(38) : [1, 2, 9, 10, 18, 19, 20, 27, 36, 37, 38];

/** 2 ** k and 10 ** k, one more and one less, and all of them negative, as far as the type has them. */
function edges({ precision }: DecimalType): bigint[] {
  const limit = 10n ** BigInt(precision);
  const powers = [...TWOS.map((k) => 1n << BigInt(k)), ...TENS.map((k) => 10n ** BigInt(k))];
  const all = powers.flatMap((p) => [p, p - 1n, p + 1n, -p, 1n - p, -p - 1n, p / 2n, -p / 2n]);
  return [...new Set([...all, limit - 1n, 1n - limit])].filter((v) => v < limit && v > -limit);
}

const allPairs = (a: readonly bigint[], b: readonly bigint[]): (readonly [bigint, bigint])[] =>
  a.flatMap((x) => b.map((y) => [x, y] as const));

const digits = (value: bigint): number => (value < 0n ? -value : value).toString().length;

/** So many of them that all overflows are met in some seconds: each is a batch of its own. */
const sample = <T>(of: readonly T[]): readonly T[] =>
  of.filter((_, n) => ALL || n % Math.ceil(of.length / 4_000) === 0);

const arithmetic = (
  operator: ArithmeticOperator,
  a: DataType,
  b: DataType,
  type: DataType,
): TypedExpression & { kind: 'arithmetic' } => ({
  kind: 'arithmetic',
  operator,
  left: column(0, a),
  right: column(1, b),
  type,
  nullable: true,
});

const FORMS: readonly ProbeForm[] = [{ width: 16 }, { width: 16, dictionary: true }];
const formName = ({ width, dictionary, longDecimals }: ProbeForm): string =>
  `${width} bytes${dictionary === true ? ', dictionaries' : ''}${longDecimals === true ? ', long results' : ''}`;

const EXACT = {
  '+': (a: bigint, b: bigint) => a + b,
  '-': (a: bigint, b: bigint) => a - b,
  '*': (a: bigint, b: bigint) => a * b,
} as const;

function checkArithmetic(
  e: TypedExpression & { kind: 'arithmetic' },
  exact: (a: bigint, b: bigint) => bigint,
  pairs: readonly (readonly [bigint, bigint])[],
  form: ProbeForm,
): { overflows: number } {
  const types = [e.left.type, e.right.type];
  const precision = e.type.kind === 'decimal' ? e.type.precision : 0;
  const fits = pairs.filter(([a, b]) => digits(exact(a, b)) <= precision);
  const overflows = pairs.filter(([a, b]) => digits(exact(a, b)) > precision);
  const results = valuesOf(e, types, fits, form);
  expect(results, 'a false alarm').toBeDefined();
  for (const [n, [a, b]] of fits.entries()) {
    if (results?.[n] !== exact(a, b)) expect.fail(`${a} ${e.operator} ${b} is not ${results?.[n]}`);
  }
  const probe = new Probe(e, types, form);
  for (const [a, b] of sample(overflows)) {
    const { compiled } = probe.run([a, b]);
    if (compiled !== undefined) expect.fail(`${a} ${e.operator} ${b} does not fit, and is not ${compiled}`);
  }
  return { overflows: overflows.length };
}

describe.each(FORMS.map((form) => ({ name: formName(form), form })))('two columns of $name', ({ form }) => {
  const [huge, long] = [decimal(38, 2), decimal(25, 2)];
  test.each(['+', '-', '*'] as const)('%s', (operator) => {
    const type = decimal(38, operator === '*' ? 4 : 2);
    const { overflows } = checkArithmetic(
      arithmetic(operator, huge, huge, type),
      EXACT[operator],
      allPairs(edges(huge), edges(huge)),
      form,
    );
    expect(overflows).toBeGreaterThan(0);
  });

  test('a sum whose type has room never raises the flag', () => {
    const e = arithmetic('+', long, long, decimal(26, 2));
    const { overflows } = checkArithmetic(e, EXACT['+'], allPairs(edges(long), edges(long)), form);
    expect(overflows).toBe(0);
    expect(new Probe(e, [long, long], form).kernel.canOverflow).toBe(false);
  });

  test('a product of fewer digits than there are never raises the flag', () => {
    const [a, b] = [decimal(20, 2), decimal(18, 2)];
    const e = arithmetic('*', a, b, decimal(38, 4));
    checkArithmetic(e, EXACT['*'], allPairs(edges(a), edges(b)), form);
    expect(new Probe(e, [a, b], form).kernel.canOverflow).toBe(false);
  });

  test.each(['=', '!=', '<', '<=', '>', '>='] as const)('%s', (operator) => {
    const tests: Record<ComparisonOperator, (a: bigint, b: bigint) => boolean> = {
      '=': (a, b) => a === b,
      '!=': (a, b) => a !== b,
      '<': (a, b) => a < b,
      '<=': (a, b) => a <= b,
      '>': (a, b) => a > b,
      '>=': (a, b) => a >= b,
    };
    const pairs = allPairs(edges(huge), edges(huge));
    const e = { kind: 'compare', operator, left: column(0, huge), right: column(1, huge) } as const;
    const results = valuesOf({ ...e, type: bool, nullable: false }, [huge, huge], pairs, form);
    expect(results).toEqual(pairs.map(([a, b]) => tests[operator](a, b)));
  });
});

describe('short columns whose results are long', () => {
  const [short, huge] = [decimal(18, 2), decimal(38, 2)];
  const form: ProbeForm = { width: 8, longDecimals: true };
  const words = edges(huge).filter((v) => BigInt.asIntN(64, v) === v);

  test.each(['+', '-', '*'] as const)('%s', (operator) => {
    const type = decimal(38, operator === '*' ? 4 : 2);
    const e = arithmetic(operator, huge, huge, type);
    checkArithmetic(e, EXACT[operator], allPairs(words, words), form);
    const probe = new Probe(e, [huge, huge], form);
    expect([probe.kernel.canOverflow, probe.kernel.outputs[0]?.width]).toEqual([false, 16]);
  });

  test('products of 18 digits each take 16 bytes and never raise the flag', () => {
    const e = arithmetic('*', short, short, decimal(36, 4));
    checkArithmetic(e, EXACT['*'], allPairs(edges(short), edges(short)), form);
    expect(new Probe(e, [short, short], form).kernel.canOverflow).toBe(false);
  });

  test('stay short where the bounds prove that enough', () => {
    const e = arithmetic('*', huge, huge, decimal(38, 4));
    const { kernel } = new Probe(e, [huge, huge], { ...form, bits: 24 });
    expect([kernel.canOverflow, kernel.assumesShort, kernel.outputs[0]?.width]).toEqual([false, false, 8]);
  });

  test('of a product of three the last may have too many digits', () => {
    const money = decimal(15, 2);
    const product: TypedExpression = {
      ...arithmetic('*', money, money, decimal(38, 6)),
      left: arithmetic('*', money, money, decimal(30, 4)),
    };
    const probe = new Probe(product, [money, money], { longDecimals: true });
    const { missed, wrong, falseAlarms } = probeAll(
      probe,
      allPairs(edges(money), edges(money)).filter((_, n) => n % 7 === 0),
    );
    expect([missed, wrong, falseAlarms]).toEqual([[], [], 0]);
  });
});

describe('division', () => {
  const [huge, money, rate] = [decimal(38, 6), decimal(15, 2), decimal(7, 4)];
  const cases = [
    ['/', huge, huge, decimal(38, 6)],
    ['/', huge, money, decimal(38, 6)],
    ['/', money, money, decimal(33, 18)],
    ['/', money, decimal(3, 0), decimal(19, 6)],
    ['/', decimal(38, 20), decimal(5, 0), decimal(38, 20)],
    ['/', money, decimal(38, 0), decimal(38, 25)],
    ['//', huge, huge, decimal(38, 0)],
    ['//', money, rate, decimal(17, 0)],
    ['//', rate, money, decimal(5, 0)],
    ['//', decimal(38, 0), decimal(38, 38), decimal(38, 0)],
    ['//', decimal(38, 38), decimal(38, 0), decimal(1, 0)],
    ['%', huge, huge, decimal(38, 6)],
    ['%', huge, money, decimal(19, 6)],
    ['%', money, rate, decimal(7, 4)],
    ['%', decimal(38, 0), decimal(38, 38), decimal(38, 38)],
    ['%', decimal(38, 38), decimal(38, 0), decimal(38, 38)],
  ] as const;
  const named = cases.flatMap(([operator, a, b, type]) =>
    [{}, { bits: 8 }].map((form) => {
      const name = `${typeName(a)} ${operator} ${typeName(b)}${form.bits === undefined ? '' : ', small'}`;
      return { name, operator, a, b, type, form };
    }),
  );
  test.each(named)('$name', ({ operator, a, b, type, form }) => {
    const within = (v: bigint): boolean => form.bits === undefined || (v < 256n && v > -256n);
    const [left, right] = [edges(a).filter(within), edges(b).filter(within)];
    const { missed, wrong, falseAlarms, cases } = probeAll(
      new Probe(arithmetic(operator, a, b, type), [a, b], form),
      sample(allPairs(left, right)),
    );
    expect([missed, wrong, falseAlarms]).toEqual([[], [], 0]);
    expect(cases).toBeGreaterThan(100);
  });

  // The guesses of a digit are wrong for few operands, which have no simple form.
  test('of operands of all lengths', () => {
    const next = random(29);
    const word = (): bigint => BigInt(Math.floor(next() * 2 ** 32));
    const anyLength = (): bigint => {
      const bits = 1 + Math.floor(next() * 126);
      const value = BigInt.asUintN(bits, (word() << 96n) | (word() << 64n) | (word() << 32n) | word());
      // Runs of ones and zeros are where guesses fail.
      const mask = next() < 0.5 ? (1n << BigInt(Math.floor(next() * bits))) - 1n : 0n;
      const result = (next() < 0.5 ? value | mask : value & ~mask) % 10n ** 38n;
      return next() < 0.5 ? result : -result;
    };
    const type = decimal(38, 0);
    const pairs = Array.from({ length: ALL ? 500_000 : 15_000 }, () => [anyLength(), anyLength()] as const);
    const form = { width: 16 } as const;
    const divisible = pairs.filter(([, b]) => b !== 0n);
    const rest = valuesOf(arithmetic('%', type, type, type), [type, type], divisible, form);
    expect(rest).toEqual(divisible.map(([a, b]) => a % b));
    const whole = valuesOf(arithmetic('//', type, type, type), [type, type], divisible, form);
    expect(whole).toEqual(divisible.map(([a, b]) => a / b));
    // With 30 digits more the dividend has up to 228 bits.
    const scaled = divisible.filter(([a, b]) => digits((a * 10n ** 30n) / b) <= 38);
    // Just below a multiple of divisor × 2 ** 64: the highest digits of divisor and rest are the same.
    for (const [n, [b]] of pairs.entries()) {
      const divisor = (b % 2n ** 98n) + 2n ** BigInt(94 + (n % 7));
      if (n % 4 === 0) scaled.push([(BigInt(1 + (n % 100)) * 2n ** 64n * divisor) / 10n ** 30n, divisor]);
    }
    const fine = arithmetic('//', decimal(38, 0), decimal(38, 30), decimal(38, 0));
    expect(valuesOf(fine, [fine.left.type, fine.right.type], scaled, form)).toEqual(
      scaled.map(([a, b]) => (a * 10n ** 30n) / b),
    );
    const products = pairs.filter(([a, b]) => digits(a * b) <= 38);
    expect(valuesOf(arithmetic('*', type, type, type), [type, type], products, form)).toEqual(
      products.map(([a, b]) => a * b),
    );
  });

  test('half way between two quotients it goes away from zero', () => {
    const e = arithmetic('/', decimal(38, 0), decimal(38, 0), decimal(38, 6));
    for (const divisor of [8n, 2n ** 33n, 2n ** 65n, 2n ** 100n]) {
      // Odd multiples of half a unit of the result, and what is just above and below.
      const half = (3n * divisor) / 2n;
      for (const dividend of [half, half - 1n, half + 1n].flatMap((v) => [v, -v])) {
        const { compiled, exact } = new Probe({ ...e, type: decimal(38, 0) }, [decimal(38, 0), decimal(38, 0)], {
          width: 16,
        }).run([dividend, divisor]);
        const magnitude = dividend === half - 1n || dividend === 1n - half ? 1n : 2n;
        expect(compiled).toBe(dividend < 0n ? -magnitude : magnitude);
        expect(compiled).toBe(exact);
      }
    }
  });
});

describe('casts', () => {
  const [huge, fine, long, money] = [decimal(38, 0), decimal(38, 20), decimal(25, 6), decimal(15, 2)];
  const longs = [huge, fine, long, decimal(38, 38)];
  const integers = [int8, int16, int32, int64, uint8, uint32, uint64];
  const floats = [float32, float64];
  const toShort = (to: DataType): ProbeForm[] => (to.kind === 'decimal' ? [{}, { longDecimals: true }] : [{}]);

  const fromLong = longs.flatMap((from) =>
    [...longs, money, decimal(3, 1), ...integers, ...floats]
      .filter((to) => to !== from)
      .map((to) => ({ name: `${typeName(from)} to ${typeName(to)}`, from, to })),
  );
  test.each(fromLong)('$name', ({ from, to }) => {
    const e: TypedExpression = { kind: 'cast', input: column(0, from), type: to, nullable: false };
    for (const width of [8, 16] as const) {
      const fits = (v: bigint): boolean => width === 16 || BigInt.asIntN(64, v) === v;
      const values = edges(from).filter(fits);
      for (const form of toShort(to)) {
        for (const dictionary of [false, true]) {
          const probe = new Probe(e, [from], { ...form, width, dictionary });
          const { missed, wrong, falseAlarms } = probeAll(
            probe,
            values.map((v) => [v]),
          );
          expect([missed, wrong, falseAlarms]).toEqual([[], [], 0]);
        }
      }
    }
  });

  test.each(floats)('to $kind what lies half way between two goes to the even one, and a bit decides', (to) => {
    const e: TypedExpression = { kind: 'cast', input: column(0, huge), type: to, nullable: false };
    const kept = to === float32 ? 24n : 53n;
    const values: bigint[] = [];
    for (let shift = 1n; shift < 126n - kept; shift++) {
      for (const mantissa of [1n << (kept - 1n), (1n << (kept - 1n)) + 1n, (1n << kept) - 1n]) {
        const middle = (mantissa << shift) + (1n << (shift - 1n));
        values.push(middle, middle - 1n, middle + 1n, -middle, 1n - middle, -middle - 1n);
      }
    }
    const fits = values.filter((v) => digits(v) <= 38);
    const { missed, wrong, falseAlarms } = probeAll(
      new Probe(e, [huge], { width: 16 }),
      fits.map((v) => [v]),
    );
    expect([missed, wrong, falseAlarms]).toEqual([[], [], 0]);
  });

  function toLong() {
    return [...integers, money, ...floats].flatMap((from) =>
      longs.map((to) => ({ name: `${typeName(from)} to ${typeName(to)}`, from, to })),
    );
  }
  const tried = [...fromLong, ...toLong()].filter(({ to }) => to.kind !== 'float32' && to.kind !== 'float64');
  test.each(tried)('$name is null where the value does not fit, if it is tried', ({ from, to }) => {
    const e: TypedExpression = { kind: 'cast', input: column(0, from), type: to, try: true, nullable: true };
    const probe = new Probe(e, [from], from.kind === 'decimal' && from.precision > 18 ? { width: 16 } : {});
    const { missed, wrong, falseAlarms } = probeAll(
      probe,
      sourceValues(from).map((v) => [v]),
    );
    expect([missed, wrong, falseAlarms]).toEqual([[], [], 0]);
    expect(probe.kernel.canOverflow).toBe(false);
  });

  test.each(toLong())('$name', ({ from, to }) => {
    const e: TypedExpression = { kind: 'cast', input: column(0, from), type: to, nullable: false };
    const probe = new Probe(e, [from], { longDecimals: true });
    const { missed, wrong, falseAlarms } = probeAll(
      probe,
      sourceValues(from).map((v) => [v]),
    );
    expect([missed, wrong, falseAlarms]).toEqual([[], [], 0]);
  });

  function sourceValues(from: DataType): NonNullable<Value>[] {
    if (from.kind === 'decimal') return edges(from);
    if (from === float32 || from === float64) {
      const round = from === float32 ? Math.fround : (x: number): number => x;
      const near = (x: number): number[] => [x, x * (1 - 2 ** -52), x * (1 + 2 ** -52), x - 0.5, x + 0.5, x / 3];
      const powers = [...upTo(130).map((k) => 2 ** k), ...upTo(40).map((k) => Number(`1e${k}`))];
      const tiny = upTo(40).map((k) => Number(`1e-${k}`));
      return [0, -0, NaN, Infinity, -Infinity, 1e300, ...[...powers, ...tiny].flatMap(near)].flatMap((x) => [
        round(x),
        round(-x),
      ]);
    }
    const bits = BigInt(/\d+/.exec(from.kind)?.[0] ?? 64);
    const [least, greatest] = from.kind.startsWith('u')
      ? [0n, 2n ** bits - 1n]
      : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
    return [...edges(decimal(38, 0)), least, greatest]
      .filter((v) => v >= least && v <= greatest)
      .map((v) => cellOf(v, from));
  }
});
