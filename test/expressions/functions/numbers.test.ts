import { describe, expect, test } from 'vitest';
import { type DataType, decimal, float64, int8, int32, int64, uint64 } from '../../../src/columnar/data-type.ts';
import type { Value } from '../../../src/columnar/value.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import { columnName, combinations, compared } from './duckdb-agreement.ts';

const FLOATS = [null, 0, -0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-300, 1e300, 123.456, -1, 1, 2, 10, NaN, Infinity, -Infinity];
const TAME = FLOATS.filter((x) => x === null || Number.isFinite(x));
const WHOLE = [null, 0n, 1n, -1n, 7n, -7n, 2n ** 62n, 1_250n, -1_250n, -(2n ** 63n) + 1n, 2n ** 63n - 1n];
const MONEY: DataType = decimal(15, 2);
const CENTS = [null, 0n, 149n, 150n, -150n, -149n, 1n, 999n, 10n ** 15n - 1n];

const HUGE: DataType = decimal(38, 2);
const DIGITS = [null, 0n, 149n, 150n, -150n, -149n, -1n, 10n ** 37n + 50n, -(10n ** 37n) - 49n, 2n ** 63n];

const call = (name: string, count: number): Expression => ({
  kind: 'function',
  name,
  arguments: Array.from({ length: count }, (_, index) => ({ kind: 'column' as const, name: columnName(index) })),
});

interface Case {
  readonly name: string;
  readonly types: readonly DataType[];
  readonly lists: readonly (readonly Value[])[];
  readonly sql: string;
}

const floats = (name: string, sql: string, list: readonly Value[] = FLOATS): Case => ({
  name,
  types: [float64],
  lists: [list],
  sql,
});

/** The sign of a zero and the last digits of what libraries work out are nobody's promise. */
function same(ours: Value | undefined, theirs: Value | undefined): boolean {
  if (typeof ours === 'number' && typeof theirs === 'number') {
    if (Number.isNaN(ours) || Number.isNaN(theirs)) return Number.isNaN(ours) && Number.isNaN(theirs);
    return ours === theirs || Math.abs(ours - theirs) <= 1e-13 * Math.max(Math.abs(ours), Math.abs(theirs));
  }
  return ours === theirs || String(ours) === String(theirs);
}

const positive = TAME.filter((x) => x === null || Number(x) > 0);
const unit = [null, 0, 0.5, -0.5, 1, -1];

describe('numbers are as DuckDB has them', () => {
  test.each<Case>([
    floats('abs', 'abs(a)'),
    floats('negate', '-a'),
    floats(
      'sign',
      'sign(a)',
      FLOATS.filter((x) => !Number.isNaN(x)),
    ),
    floats('ceil', 'ceil(a)'),
    floats('floor', 'floor(a)'),
    floats('trunc', 'trunc(a)'),
    floats('round', 'round(a)'),
    floats('sqrt', 'sqrt(a)', [null, 0, 0.5, 2, 1e300, Infinity, NaN]),
    floats('cbrt', 'cbrt(a)'),
    floats('exp', 'exp(a)', [null, 0, 1, -1, 0.5, 700]),
    floats('ln', 'ln(a)', positive),
    floats('log2', 'log2(a)', positive),
    floats('log10', 'log10(a)', positive),
    floats('sin', 'sin(a)', [null, 0, 0.5, -2, 10]),
    floats('cos', 'cos(a)', [null, 0, 0.5, -2, 10]),
    floats('tan', 'tan(a)', [null, 0, 0.5, -2, 10]),
    floats('cot', 'cot(a)', [null, 0.5, -2, 10]),
    floats('sinh', 'sinh(a)', [null, 0, 0.5, -2]),
    floats('cosh', 'cosh(a)', [null, 0, 0.5, -2]),
    floats('tanh', 'tanh(a)', [null, 0, 0.5, -2]),
    floats('arcsin', 'asin(a)', unit),
    floats('arccos', 'acos(a)', unit),
    floats('arctan', 'atan(a)', unit),
    floats('arcsinh', 'asinh(a)', [null, 0, 0.5, -2]),
    floats('arccosh', 'acosh(a)', [null, 1, 2.5]),
    floats('arctanh', 'atanh(a)', [null, 0, 0.5, -0.5]),
    floats('radians', 'radians(a)', TAME),
    floats('degrees', 'degrees(a)', [null, 0, 1, -2.5]),
    floats('is_nan', 'isnan(a)'),
    floats('is_inf', 'isinf(a)'),
    { name: 'arctan2', types: [float64, float64], lists: [unit, unit], sql: 'atan2(a, b)' },
    { name: 'pow', types: [float64, float64], lists: [FLOATS, FLOATS], sql: 'pow(a, b)' },
    {
      name: 'log',
      types: [float64, float64],
      lists: [
        [2, 10, 0.5],
        [2, 10],
      ],
      sql: 'log(b, a)',
    },
    { name: 'abs', types: [int64], lists: [WHOLE], sql: 'abs(a)' },
    { name: 'abs', types: [HUGE], lists: [DIGITS], sql: 'abs(a)' },
    { name: 'negate', types: [HUGE], lists: [DIGITS], sql: '-a' },
    { name: 'ceil', types: [HUGE], lists: [DIGITS], sql: 'ceil(a)' },
    { name: 'floor', types: [HUGE], lists: [DIGITS], sql: 'floor(a)' },
    { name: 'round', types: [HUGE], lists: [DIGITS], sql: 'round(a)' },
    { name: 'columns_max', types: [HUGE, HUGE], lists: [DIGITS, DIGITS], sql: 'greatest(a, b)' },
    { name: 'columns_min', types: [int64, int64], lists: [WHOLE, WHOLE], sql: 'least(a, b)' },
    { name: 'clip', types: [int64, int64], lists: [WHOLE.slice(1), [-5n, 0n]], sql: 'greatest(a, b)' },
    { name: 'sign', types: [int64], lists: [WHOLE], sql: 'sign(a)' },
    { name: 'abs', types: [MONEY], lists: [CENTS], sql: 'abs(a)' },
    { name: 'ceil', types: [MONEY], lists: [CENTS], sql: 'ceil(a)' },
    { name: 'floor', types: [MONEY], lists: [CENTS], sql: 'floor(a)' },
    { name: 'round', types: [MONEY], lists: [CENTS], sql: 'round(a)' },
    { name: 'bitwise_and', types: [int64, int64], lists: [WHOLE, WHOLE], sql: 'a & b' },
    { name: 'bitwise_or', types: [int64, int64], lists: [WHOLE, WHOLE], sql: 'a | b' },
    { name: 'bitwise_xor', types: [int64, int64], lists: [WHOLE, WHOLE], sql: 'xor(a, b)' },
    {
      name: 'shift_left',
      types: [int64, int64],
      lists: [
        [0n, 1n, 7n, null],
        [0n, 1n, 8n, null],
      ],
      sql: 'a << b',
    },
    { name: 'shift_right', types: [int64, int64], lists: [WHOLE, [0n, 1n, 8n, 63n, null]], sql: 'a >> b' },
    { name: 'bit_count', types: [int64], lists: [WHOLE], sql: 'bit_count(a)' },
    { name: 'bit_count', types: [int8], lists: [[0, 1, -1, 127, -128]], sql: 'bit_count(a)' },
    { name: 'bin', types: [int64], lists: [[0n, 1n, 10n, 255n, -1n]], sql: 'bin(a)' },
    { name: 'factorial', types: [int32], lists: [[0, 1, 5, 20]], sql: 'factorial(a)' },
    { name: 'columns_max', types: [float64, float64], lists: [FLOATS, FLOATS], sql: 'greatest(a, b)' },
    { name: 'columns_min', types: [float64, float64], lists: [FLOATS, FLOATS], sql: 'least(a, b)' },
    { name: 'columns_sum', types: [int64, MONEY], lists: [[null, 1n, -7n], CENTS], sql: 'list_sum([a, b])' },
  ])('$name as $sql', async ({ name, types, lists, sql }) => {
    const rows = combinations(lists);
    const results = await compared({ types, rows, call: call(name, types.length), sql });
    expect(results.filter(({ ours, theirs }) => !same(ours, theirs))).toEqual([]);
  });
});

describe('what does not fit is an error', () => {
  test.each<[string, DataType, Value]>([
    ['abs', int64, -(2n ** 63n)],
    ['negate', int64, -(2n ** 63n)],
    ['abs', int8, -128],
    ['negate', uint64, 1n],
    ['factorial', int64, 21n],
    ['factorial', int64, -1n],
    ['round', int64, 2n ** 63n - 1n],
  ])('%s of %j %s', async (name, type, value) => {
    const isRound = name === 'round';
    const digits: Expression[] = isRound ? [{ kind: 'literal', type: int64, value: -1 }] : [];
    const { kind } = type;
    const expression: Expression = {
      kind: 'function',
      name,
      arguments: [{ kind: 'column', name: 'a' }, ...digits],
    };
    const [result] = await compared({ types: [type], rows: [[value]], call: expression, sql: `null::${sqlOf(kind)}` });
    expect(result?.ours).toBeUndefined();
  });
});

const sqlOf = (kind: string): string => (kind === 'int8' ? 'tinyint' : kind === 'uint64' ? 'ubigint' : 'bigint');

test('halves are rounded away from zero at any digit, and what is beyond the digits of a float is left', async () => {
  const lists = [
    [2.5, -2.5, 0.125, 1.005, 1e20, 123456.789, null],
    [-3n, -1n, 0n, 1n, 2n, 3n],
  ];
  const rows = combinations(lists);
  const results = await compared({ types: [float64, int64], rows, call: call('round', 2), sql: 'round(a, b::int)' });
  expect(results.filter(({ ours, theirs }) => !same(ours, theirs))).toEqual([]);
});
