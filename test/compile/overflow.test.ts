/**
 * Directed cases at the edges of every check, which random values hardly meet: each pair of values fills a whole batch,
 * so that no other row can raise the flag for it.
 */

import { describe, expect, test } from 'vitest';
import {
  type DataType,
  date,
  decimal,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  timestamp,
  typeName,
  uint8,
  uint16,
  uint32,
  uint64,
} from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { rangeOf } from '../../src/compile/machine.ts';
import { simplerNumber } from '../../src/compile/simpler-numbers.ts';
import type { ArithmeticOperator, TypedExpression } from '../../src/expressions/expression.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import { wrapOverflow } from '../../src/planner/wrap-overflow.ts';
import { cellOf, column, Probe, probeAll, valuesOf } from './probe.ts';

const INTEGERS = [int8, int16, int32, int64, uint8, uint16, uint32, uint64];

const machine = (type: DataType): { bits: number; signed: boolean } => ({
  bits: Number(/\d+/.exec(type.kind)?.[0] ?? (type.kind === 'date' ? 32 : 64)),
  signed: !type.kind.startsWith('u'),
});

const EXPONENTS =
  process.env['EDGES'] === 'all'
    ? Array.from({ length: 65 }, (_, k) => k)
    : [0, 1, 3, 7, 8, 15, 16, 17, 30, 31, 32, 33, 46, 47, 48, 61, 62, 63, 64];

/** 2 ** k, one more and one less, and all of them negative, as far as the type has them. */
function edges(type: DataType): bigint[] {
  const { bits, signed } = machine(type);
  const { least, greatest } = rangeOf({ type: 'i64', bits, signed });
  const powers = EXPONENTS.filter((k) => k <= bits).map((k) => 1n << BigInt(k));
  const all = powers.flatMap((p) => [p, p - 1n, p + 1n, -p, 1n - p, -p - 1n]);
  return [...new Set([...all, least, greatest])].filter((v) => v >= least && v <= greatest);
}

function* pairs(type: DataType): Generator<readonly NonNullable<Value>[]> {
  const values = edges(type).map((v) => cellOf(v, type));
  for (const a of values) for (const b of values) yield [a, b];
}

describe.each(INTEGERS.map((type) => ({ name: typeName(type), type })))('arithmetic of $name', ({ type }) => {
  const cases = (['+', '-', '*', '//', '%'] as const).flatMap((operator) =>
    [false, true].map((dictionary) => ({ operator, dictionary })),
  );
  test.each(cases)('$operator sees every overflow; dictionary columns: $dictionary', ({ operator, dictionary }) => {
    const e: TypedExpression = {
      kind: 'arithmetic',
      operator: operator as ArithmeticOperator,
      left: column(0, type),
      right: column(1, type),
      type,
      nullable: true,
    };
    const { cases, missed, wrong, falseAlarms } = probeAll(new Probe(e, [type, type], { dictionary }), pairs(type));
    expect(missed).toEqual([]);
    expect(wrong).toEqual([]);
    // Products are bounded by bits only; all other checks are exact.
    expect(falseAlarms / cases).toBeLessThanOrEqual(operator === '*' && machine(type).bits >= 32 ? 0.1 : 0);
  });
});

describe.each(INTEGERS.map((type) => ({ name: typeName(type), type })))('$name wraps around', ({ type }) => {
  const { bits, signed } = machine(type);
  const wrapped = (exact: bigint): Value =>
    cellOf(signed ? BigInt.asIntN(bits, exact) : BigInt.asUintN(bits, exact), type);
  const OPERATORS = {
    '+': (a: bigint, b: bigint) => a + b,
    '-': (a: bigint, b: bigint) => a - b,
    '*': (a: bigint, b: bigint) => a * b,
  };
  const FUNCTIONS = {
    abs: (a: bigint) => (a < 0n ? -a : a),
    negate: (a: bigint) => -a,
    columns_sum: (a: bigint, b: bigint) => a + b + a,
  };
  const [a, b] = [column(0, type), column(1, type)];

  /** Compiled, a row and four rows at a time, and interpreted. */
  function check(e: TypedExpression, exact: (a: bigint, b: bigint) => bigint): void {
    const given = [...pairs(type)];
    const expected = given.map(([x, y]) => wrapped(exact(BigInt(x as bigint), BigInt(y as bigint))));
    const wrapping = wrapOverflow(e);
    const evaluate = interpreter(wrapping);
    expect(given.map((row) => evaluate({ value: (n) => row[n] ?? null, where: () => '' }))).toEqual(expected);
    for (const dictionary of [false, true]) {
      expect(valuesOf(simplerNumber(wrapping) ?? wrapping, [type, type], given, { dictionary })).toEqual(expected);
    }
  }

  test.each(Object.entries(OPERATORS))('with %s', (operator, exact) => {
    check(
      { kind: 'arithmetic', operator: operator as ArithmeticOperator, left: a, right: b, type, nullable: true },
      exact,
    );
  });

  test.each(Object.entries(FUNCTIONS))('in %s', (name, exact) => {
    const given = name === 'columns_sum' ? [a, b, a] : [a];
    check({ kind: 'function', name, arguments: given, type, nullable: true }, exact);
  });
});

describe.each(INTEGERS.map((type) => ({ name: typeName(type), type })))('functions of $name', ({ type }) => {
  const digits = (value: bigint): TypedExpression => ({ kind: 'literal', value, type: int64, nullable: false });
  const call = (name: string, ...given: TypedExpression[]): TypedExpression => {
    return { kind: 'function', name, arguments: given, type, nullable: true };
  };
  const ofOne = [
    call('abs', column(0, type)),
    call('sign', column(0, type)),
    ...[0n, 1n, 4n, 31n, 32n, 63n, 64n].flatMap((by) => [
      call('shift_left', column(0, type), digits(by)),
      call('shift_right', column(0, type), digits(by)),
    ]),
    ...[1n, 0n, -1n, -2n, -9n, -18n].map((kept) => call('round', column(0, type), digits(kept))),
  ];
  const ofTwo = ['pmod', 'bitwise_and', 'bitwise_or', 'bitwise_xor', 'columns_min', 'columns_max'].map((name) =>
    call(name, column(0, type), column(1, type)),
  );

  test.each([false, true])('see every overflow, and nothing else; dictionary columns: %s', (dictionary) => {
    const probed = [
      ...ofOne.map((e) =>
        probeAll(
          new Probe(e, [type], { dictionary }),
          edges(type).map((v) => [cellOf(v, type)]),
        ),
      ),
      ...ofTwo.map((e) => probeAll(new Probe(e, [type, type], { dictionary }), pairs(type))),
    ];
    expect(probed.flatMap(({ missed }) => missed)).toEqual([]);
    expect(probed.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(probed.map(({ falseAlarms }) => falseAlarms)).toEqual(probed.map(() => 0));
  });

  test('shift by the bits of each row', () => {
    for (const name of ['shift_left', 'shift_right']) {
      const probe = new Probe(call(name, column(0, type), column(1, int64)), [type, int64]);
      const tuples = edges(type).flatMap((v) =>
        [0n, 1n, 7n, 8n, 31n, 63n, 64n, 2n ** 62n].map((by) => [cellOf(v, type), by]),
      );
      const { missed, wrong, falseAlarms } = probeAll(probe, tuples);
      expect(missed).toEqual([]);
      expect(wrong).toEqual([]);
      expect(falseAlarms).toBe(0);
    }
  });
});

describe('functions of float64', () => {
  const values = [
    0,
    -0,
    NaN,
    Infinity,
    -Infinity,
    5e-324,
    0.49999999999999994,
    0.5,
    1.5,
    2.5,
    1.005,
    2.675,
    1e15 + 0.5,
    2 ** 52 - 0.5,
    2 ** 53,
    1e300,
  ].flatMap((x) => [x, -x]);
  const round = (kept: bigint): TypedExpression => ({
    kind: 'function',
    name: 'round',
    arguments: [column(0, float64), { kind: 'literal', value: kept, type: int64, nullable: false }],
    type: float64,
    nullable: false,
  });

  test.each([false, true])('are those of Math, bit by bit; dictionary columns: %s', (dictionary) => {
    const named = ['abs', 'negate', 'sign', 'ceil', 'floor', 'trunc', 'sqrt'].map((name): TypedExpression => {
      return { kind: 'function', name, arguments: [column(0, float64)], type: float64, nullable: false };
    });
    for (const e of [...named, ...[-308n, -300n, -1n, 0n, 1n, 2n, 15n, 22n, 300n].map(round)]) {
      const probe = new Probe(e, [float64], { dictionary });
      const { wrong } = probeAll(
        probe,
        values.map((x) => [x]),
      );
      expect(wrong).toEqual([]);
    }
  });
});

describe('decimal arithmetic', () => {
  const wide = decimal(18, 2);
  test.each(
    (['+', '-', '*'] as const).flatMap((operator) => [false, true].map((dictionary) => ({ operator, dictionary }))),
  )('$operator sees what does not fit 8 bytes; dictionary columns: $dictionary', ({ operator, dictionary }) => {
    const type = operator === '*' ? decimal(36, 4) : decimal(19, 2);
    const e: TypedExpression = {
      kind: 'arithmetic',
      operator,
      left: column(0, wide),
      right: column(1, wide),
      type,
      nullable: false,
    };
    const limit = 10n ** 18n;
    const values = [...edges(int64), limit - 1n, 1n - limit].filter((v) => v < limit && v > -limit);
    const tuples = values.flatMap((a) => values.map((b) => [a, b]));
    const { missed, wrong } = probeAll(new Probe(e, [wide, wide], { dictionary }), tuples);
    expect(missed).toEqual([]);
    expect(wrong).toEqual([]);
  });
});

describe('casts see every value that does not fit', () => {
  const [money, rate, whole, long] = [decimal(15, 2), decimal(7, 4), decimal(5, 0), decimal(25, 6)];
  const [seconds, micros, nanos] = [timestamp('s'), timestamp('us'), timestamp('ns')];
  const wholes: [DataType, DataType][] = [
    ...INTEGERS.flatMap((from) =>
      [...INTEGERS, money, whole, long, float32, float64].map((to): [DataType, DataType] => [from, to]),
    ),
    ...[money, rate, whole].flatMap((from) =>
      [...INTEGERS, money, rate, whole, long, float32, float64].map((to): [DataType, DataType] => [from, to]),
    ),
    [date, seconds],
    [date, micros],
    [date, nanos],
    ...[seconds, micros, nanos].flatMap((from) =>
      [date, seconds, micros, nanos].map((to): [DataType, DataType] => [from, to]),
    ),
  ];
  const named = wholes
    .filter(([from, to]) => from !== to)
    .map(([from, to]) => ({ name: `${typeName(from)} to ${typeName(to)}`, from, to }));

  test.each(named)('$name', ({ from, to }) => {
    const e: TypedExpression = { kind: 'cast', input: column(0, from), type: to, nullable: false };
    const limit = from.kind === 'decimal' ? 10n ** BigInt(from.precision) : 2n ** 65n;
    const tens = Array.from({ length: 19 }, (_, k) => 10n ** BigInt(k)).flatMap((p) => [
      p,
      p / 2n,
      p - 1n,
      p + 1n,
      p / 2n - 1n,
    ]);
    const signed = from.kind.startsWith('u') ? tens : tens.flatMap((v) => [v, -v]);
    const { bits, signed: hasSign } = machine(from);
    const { least, greatest } = rangeOf({ type: 'i64', bits, signed: hasSign });
    const values = [...edges(from), ...signed].filter((v) => v < limit && v > -limit && v >= least && v <= greatest);
    for (const dictionary of [false, true]) {
      const { missed, wrong, falseAlarms } = probeAll(
        new Probe(e, [from], { dictionary }),
        values.map((v) => [cellOf(v, from)]),
      );
      expect(missed).toEqual([]);
      expect(wrong).toEqual([]);
      expect(falseAlarms).toBe(0);
    }
  });

  const floats = [float32, float64].flatMap((from) =>
    [...INTEGERS, money, rate, whole].map((to) => ({ name: `${typeName(from)} to ${typeName(to)}`, from, to })),
  );
  test.each(floats)('$name', ({ from, to }) => {
    const e: TypedExpression = { kind: 'cast', input: column(0, from), type: to, nullable: false };
    const round = from === float32 ? Math.fround : (x: number): number => x;
    const near = (x: number): number[] => [
      x,
      x - 1,
      x + 1,
      x * (1 - 2 ** -52),
      x * (1 + 2 ** -52),
      x - 0.5,
      x + 0.5,
      x / 100,
      x / 10_000,
    ];
    const powers = Array.from({ length: 66 }, (_, k) => 2 ** k).concat(
      Array.from({ length: 20 }, (_, k) => Number(`1e${k}`)),
    );
    const values = [0, -0, NaN, Infinity, -Infinity, 1.005, 2.675, 0.5, 1e300, 5e-324, ...powers.flatMap(near)].flatMap(
      (x) => [round(x), round(-x)],
    );
    const { missed, wrong, falseAlarms } = probeAll(
      new Probe(e, [from]),
      values.map((v) => [v]),
    );
    expect(missed).toEqual([]);
    expect(wrong).toEqual([]);
    expect(falseAlarms).toBe(0);
  });
});

describe('parts of dates', () => {
  const parts = ['year', 'quarter', 'month', 'day', 'day_of_week', 'day_of_year'];
  const call = (name: string, of: DataType): TypedExpression => ({
    kind: 'function',
    name,
    arguments: [column(0, of)],
    type: name === 'year' ? int32 : uint32,
    nullable: false,
  });

  test.each(parts)('%s of every day of four centuries, and of the ends of time', (name) => {
    const probe = new Probe(call(name, date), [date]);
    const days = Array.from({ length: 146_097 / 7 }, (_, k) => k * 7 - 100_000);
    const { missed, wrong } = probeAll(
      probe,
      [...days, ...edges(date).map(Number)].map((d) => [d]),
    );
    expect(missed).toEqual([]);
    expect(wrong).toEqual([]);
  });

  test.each(parts)('%s four at a time, as far as that is done', (name) => {
    const most = 2 ** 24 - 1;
    const dense = Array.from({ length: 4 * 366 }, (_, day) => day);
    const starts = [-most, -5_000_000, -719_468 - 800, -135_200, -800, 10_957, 47_500, 700_000, most - 4 * 366];
    const sparse = Array.from({ length: 12_000 }, (_, k) => -most + k * 2_791);
    const days = [...starts.flatMap((start) => dense.map((day) => start + day)), ...sparse, most];
    const e = call(name, date);
    const rows = days.map((day) => [day]);
    const evaluate = interpreter(e);
    const expected = days.map((day) => evaluate({ value: () => day, where: () => '' }));
    expect(valuesOf(e, [date], rows, { bits: 24 })).toEqual(expected);
  });

  test.each(['s', 'ms', 'us', 'ns'] as const)('of a timestamp in %s', (unit) => {
    const type = timestamp(unit);
    for (const name of [...parts, 'hour', 'minute', 'second']) {
      const { missed, wrong } = probeAll(
        new Probe(call(name, type), [type]),
        edges(type).map((v) => [v]),
      );
      expect(missed).toEqual([]);
      expect(wrong).toEqual([]);
    }
  });
});
