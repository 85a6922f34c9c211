import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { type DataType, decimal, timestamp } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { MillraceError } from '../../src/errors.ts';
import { bindExpression } from '../../src/expressions/bind.ts';
import type { BinaryOperator, Expression, TypedExpression } from '../../src/expressions/expression.ts';
import { expressionText } from '../../src/expressions/expression-text.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import type { JsonValue } from '../../src/expressions/literal.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { simplified } from '../../src/expressions/simplify.ts';

const columns = schema(
  field('a', types.bool),
  field('b', types.bool, false),
  field('i', types.int32),
  field('u', types.uint8),
  field('x', types.float64),
  field('m', decimal(15, 2)),
  field('d', types.date),
  field('t', timestamp('us')),
  field('n', timestamp('ns')),
  field('z', timestamp('us', 'Europe/Berlin')),
  field('w', timestamp('us', 'Atlantic/Azores')),
);

const col = (name: string): Expression => ({ kind: 'column', name });
const lit = (type: DataType, value: JsonValue): Expression => ({ kind: 'literal', type, value });
const int = (value: number): Expression => lit(types.int64, value);
const yes = lit(types.bool, true);
const no = lit(types.bool, false);
const unknown = lit(types.bool, null);
const op = (left: Expression, operator: BinaryOperator, right: Expression): Expression => ({
  kind: 'binary',
  operator,
  left,
  right,
});
const not = (input: Expression): Expression => ({ kind: 'not', input });
const year = (input: Expression): Expression => ({ kind: 'function', name: 'year', arguments: [input] });
const trunc = (unit: string, input: Expression): Expression => ({
  kind: 'function',
  name: 'date_trunc',
  arguments: [lit(types.utf8, unit), input],
});
const choose = (condition: Expression, then: Expression, otherwise: Expression): Expression => ({
  kind: 'if-else',
  condition,
  then,
  otherwise,
});

function bound(e: Expression): TypedExpression {
  const problems = new Problems();
  const typed = bindExpression(e, columns, problems, '$');
  expect(problems.found).toEqual([]);
  if (typed === undefined) throw new Error('not bound');
  return typed;
}

describe('calls of literals', () => {
  test('are worked out once', () => {
    const call = (name: string, ...given: Expression[]): Expression => ({ kind: 'function', name, arguments: given });
    const bound = (e: Expression) => {
      const typed = bindExpression(e, { fields: [] }, new Problems(), '$');
      return typed && simplified(typed);
    };
    const whole = (value: number) => lit(types.int64, value);
    expect(bound(call('factorial', whole(5)))).toMatchObject({ kind: 'literal', value: 120n });
    expect(bound(call('factorial', whole(-5)))).toMatchObject({ kind: 'function' });
    expect(bound(call('random', whole(1)))).toMatchObject({ kind: 'function' });
    expect(bound({ kind: 'list', items: [whole(1), lit(types.int64, null)] })).toMatchObject({ value: [1n, null] });
  });
});

describe('simplified', () => {
  test.each([
    [op(col('a'), 'and', yes), 'a'],
    [op(no, 'and', col('a')), 'false'],
    [op(col('a'), 'or', yes), 'true'],
    [op(no, 'or', col('a')), 'a'],
    [op(unknown, 'and', col('a')), 'null and a'],
    [op(unknown, 'or', unknown), 'null'],
    [not(not(col('a'))), 'a'],
    [not(op(col('x'), '<', col('x'))), 'x >= x'],
    [not(unknown), 'null'],
    [{ kind: 'is-null', input: col('b') }, 'false'],
    [{ kind: 'is-not-null', input: int(1) }, 'true'],
    [{ kind: 'is-null', input: col('a') }, 'a is null'],
    [choose(yes, col('i'), int(2)), 'cast(i as int64)'],
    [choose(unknown, col('i'), col('i')), 'null'],
    [op(int(1), '<', int(2)), 'true'],
    [op(lit(types.float64, 'NaN'), '=', lit(types.float64, 'NaN')), 'true'],
    [op(lit(types.float64, 'NaN'), '>', lit(types.float64, 'Infinity')), 'true'],
    [op(lit(types.float64, '-0'), '<', lit(types.float64, 0)), '-0 < 0'],
    [op(lit(types.utf8, 'z'), '<', lit(types.utf8, 'ä')), 'true'],
    // By bytes, not by UTF-16 units, of which a surrogate is less than U+FF61.
    [op(lit(types.utf8, '\u{1f986}'), '>', lit(types.utf8, '\uff61')), 'true'],
    [op(int(1), '+', int(2)), '3'],
    [op(int(-7), '//', int(2)), '-3'],
    [op(int(-7), '%', int(2)), '-1'],
    [op(int(7), '//', int(0)), 'null'],
    [op(lit(decimal(3, 2), '0.06'), '-', lit(decimal(3, 2), '0.01')), '0.05'],
    [op(lit(types.int8, 127), '+', lit(types.int8, 1)), '127 + 1'],
    [op(col('i'), '+', lit(types.int64, null)), 'null'],
    [op(col('i'), '<', int(5)), 'i < 5'],
    [op(int(5), '<', col('i')), 'i > 5'],
    [op(col('i'), '<', lit(types.int64, '3000000000')), 'cast(i as int64) < 3000000000'],
    [op(col('u'), '=', int(-1)), 'cast(u as int64) = -1'],
    [op(col('u'), '=', int(255)), 'u = 255'],
    [op(col('m'), '=', lit(decimal(4, 3), '0.050')), 'm = 0.05'],
    [op(col('m'), '=', lit(decimal(4, 3), '0.055')), 'cast(m as decimal(16, 3)) = 0.055'],
    [op(year(col('d')), '=', int(1995)), "d >= date '1995-01-01' and d < date '1996-01-01'"],
    [not(op(year(col('d')), '<', int(1995))), "d >= date '1995-01-01'"],
    [op(int(1995), '<', year(col('t'))), "t >= timestamp '1996-01-01T00:00:00'"],
    [op(year(col('n')), '=', int(3000)), 'year(n) = 3000'],
    [op(year(col('d')), '=', lit(types.int32, 2147483647)), 'year(d) = 2147483647'],
    [op(col('t'), '<=', lit(types.date, '1995-03-17')), "t < timestamp '1995-03-18T00:00:00'"],
    [op(year(col('d')), '=', year(col('t'))), 'year(d) = year(t)'],
    [
      op(year(col('z')), '=', int(1995)),
      "z >= timestamp '1994-12-31T23:00:00Z' and z < timestamp '1995-12-31T23:00:00Z'",
    ],
    // On 1 January 1912 the clocks were set back over five minutes that they had shown already.
    [op(year(col('w')), '<', int(1912)), 'year(w) < 1912'],
    [op(year(col('w')), '<', int(1913)), "w < timestamp '1913-01-01T02:00:00Z'"],
    [op(col('z'), '>', lit(types.date, '2024-03-30')), "cast(z as date) > date '2024-03-30'"],
    [
      op(trunc('month', col('d')), '=', lit(types.date, '1995-03-01')),
      "d >= date '1995-03-01' and d < date '1995-04-01'",
    ],
    [
      op(trunc('week', col('t')), '>', lit(timestamp('us'), '2024-03-11T00:00:00')),
      "t >= timestamp '2024-03-18T00:00:00'",
    ],
    [
      op(trunc('15 minutes', col('t')), '<=', lit(timestamp('us'), '2024-03-11T08:45:00')),
      "t < timestamp '2024-03-11T09:00:00'",
    ],
    [
      op(trunc('hour', col('t')), '=', lit(timestamp('us'), '2024-03-11T08:45:00')),
      "date_trunc('hour', t) = timestamp '2024-03-11T08:45:00'",
    ],
    [op(lit(types.date, '2024-02-28'), '+', int(2)), "date '2024-03-01'"],
    [op(lit(types.date, '2024-01-31'), '+', lit(types.interval, 'P1M')), "date '2024-02-29'"],
    [op(lit(types.date, '+5881580-07-11'), '+', int(1)), "date '+5881580-07-11' + 1"],
  ] as const)('%#: is cheaper', (e, text) => {
    const typed = bound(e);
    const result = simplified(typed);
    expect(expressionText(result)).toBe(text);
    expect(result.type).toEqual(typed.type);
  });

  test('means the same for periods as DuckDB computing them', async () => {
    const connection = await (await DuckDBInstance.create()).connect();
    await connection.run(`create table days as select unnest([
      date '1994-12-31', date '1995-01-01', date '1995-06-15', date '1995-12-31', date '1996-01-01', date '0001-01-01',
      date '9999-12-31', null]) as d`);
    await connection.run(`create table rows as select d, cast(d as timestamp) + to_microseconds(us) as t
      from days, (values (0), (1), (86399999999)) as clock(us)`);
    const literals = [int(1995), int(1996), int(0), int(-5)];
    const dates = ['1994-12-31', '1995-01-01', '1996-01-01'].map((text) => lit(types.date, text));
    for (const operator of ['=', '!=', '<', '<=', '>', '>='] as const) {
      const compared = [
        ...literals.flatMap((k) => [op(year(col('d')), operator, k), op(k, operator, year(col('t')))]),
        ...dates.map((k) => op(col('t'), operator, k)),
      ];
      for (const e of compared.flatMap((one) => [one, not(one)])) {
        // int64 is what DuckDB calls int8; timestamp(us) is its timestamp.
        const sql = (typed: TypedExpression): string => expressionText(typed).replaceAll('as int64', 'as bigint');
        const [before, after] = [bound(e), simplified(bound(e))];
        expect(expressionText(after)).not.toMatch(/year|cast/);
        const rows = await connection.runAndReadAll(
          `select count(*) filter ((${sql(before)}) is distinct from (${sql(after)})), count(*) from rows`,
        );
        expect(rows.getRows(), `${sql(before)} became ${sql(after)}`).toEqual([[0n, 24n]]);
      }
    }
  });

  test('means the same as before, wherever that has a value', () => {
    let compared = 0;
    fc.assert(
      fc.property(anyExpression, fc.array(anyRow, { minLength: 1, maxLength: 5 }), (e, rows) => {
        const before = bindExpression(e, columns, new Problems(), '$');
        if (before === undefined) return;
        const after = simplified(before);
        expect(after.type).toEqual(before.type);
        const [old, now] = [interpreter(before), interpreter(after)];
        for (const values of rows) {
          const row = { value: (index: number): Value => values[index] ?? null, where: () => 'here' };
          let expected: Value;
          try {
            expected = old(row);
          } catch (error) {
            // What overflowed may be gone now, or not.
            expect(error).toBeInstanceOf(MillraceError);
            continue;
          }
          compared += 1;
          expect(now(row), `${expressionText(before)} became ${expressionText(after)}`).toEqual(expected);
          if (expected === null) expect(after.nullable).toBe(true);
        }
      }),
      { numRuns: 4_000 },
    );
    expect(compared).toBeGreaterThan(1_000);
  });
});

const anyType = fc.constantFrom(
  types.bool,
  types.int8,
  types.int32,
  types.int64,
  types.uint8,
  types.uint64,
  types.float64,
  types.float32,
  types.date,
  decimal(15, 2),
  decimal(4, 3),
  timestamp('us'),
  timestamp('s'),
);
const days = fc.constantFrom('1994-12-31', '1995-01-01', '1995-12-31', '1996-01-01', '1970-01-01', '1969-12-31');
const anyLiteral: fc.Arbitrary<Expression> = fc.oneof(
  fc.constantFrom(yes, no, unknown),
  fc.constantFrom(0, 1, 2, 5, -1, 127, 255, 1995, 3_000_000_000).map(int),
  fc.tuple(anyType, fc.constantFrom(0, 1, -1, 127, 255, null)).map(([type, value]) => {
    const isTime = type.kind === 'date' || type.kind === 'timestamp';
    return lit(type, type.kind === 'bool' || isTime ? null : value);
  }),
  days.map((day) => lit(types.date, day)),
  days.map((day) => lit(timestamp('us'), `${day}T00:00:00`)),
  days.map((day) => lit(timestamp('us'), `${day}T23:59:59.999999`)),
  days.map((day) => lit(types.utf8, day)),
  fc.constantFrom(0.5, 1e300, 'NaN', '-0', 'Infinity').map((value) => lit(types.float64, value)),
  fc.constantFrom('0.05', '0.055', '1.50', '-9.999').map((value) => lit(decimal(4, 3), value)),
);
const comparisons = ['=', '!=', '<', '<=', '>', '>='] as const;
const anyExpression: fc.Arbitrary<Expression> = fc.letrec<{ e: Expression }>((tie) => ({
  e: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(
      anyLiteral,
      fc.constantFrom(...columns.fields).map((f) => col(f.name)),
    ),
    fc.tuple(tie('e'), fc.constantFrom(...comparisons), tie('e')).map(([a, o, b]) => op(a, o, b)),
    fc.tuple(tie('e'), fc.constantFrom('+', '-', '*', '/', '//', '%'), tie('e')).map(([a, o, b]) => op(a, o, b)),
    fc
      .tuple(fc.constantFrom('d', 't'), fc.constantFrom(...comparisons), fc.constantFrom(1994, 1995, 1970))
      .map(([name, o, k]) => op(year(col(name)), o, int(k))),
    fc
      .tuple(fc.constantFrom('d', 't'), fc.constantFrom(...comparisons), fc.constantFrom('year', '2 days', '3 months'))
      .map(([name, o, unit]) => op(trunc(unit, col(name)), o, lit(types.date, '1995-01-01'))),
    fc.tuple(tie('e'), fc.constantFrom('and', 'or'), tie('e')).map(([a, o, b]) => op(a, o, b)),
    tie('e').map(not),
    tie('e').map((input): Expression => ({ kind: 'is-null', input })),
    fc.tuple(tie('e'), anyType).map(([input, type]): Expression => ({ kind: 'cast', input, type })),
    fc.tuple(tie('e'), tie('e'), tie('e')).map(([condition, a, b]) => choose(condition, a, b)),
  ),
})).e;

const orNull = <T extends Value>(value: fc.Arbitrary<T>): fc.Arbitrary<Value> => fc.option<Value>(value);
/** Values of `columns`: days and times around the ends of years. */
const anyRow: fc.Arbitrary<readonly Value[]> = fc.tuple(
  orNull(fc.boolean()),
  fc.boolean(),
  orNull(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  orNull(fc.integer({ min: 0, max: 255 })),
  orNull(fc.double()),
  orNull(fc.bigInt({ min: -(10n ** 15n) + 1n, max: 10n ** 15n - 1n })),
  orNull(fc.constantFrom(9_130, 9_131, 9_495, 9_496, 0, -1)),
  orNull(fc.constantFrom(788_918_400_000_000n, 788_918_399_999_999n, 820_454_400_000_000n, 0n, -1n)),
  orNull(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
);
