import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { type DataType, decimal, timestamp, typeName } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { bindExpression, bindPredicate } from '../../src/expressions/bind.ts';
import { commonType } from '../../src/expressions/common-type.ts';
import type { BinaryOperator, Expression, TypedExpression } from '../../src/expressions/expression.ts';
import { expressionText } from '../../src/expressions/expression-text.ts';
import type { JsonValue } from '../../src/expressions/literal.ts';
import { Problems } from '../../src/expressions/problems.ts';

const columns = schema(
  field('i8', types.int8),
  field('i32', types.int32),
  field('i64', types.int64),
  field('u8', types.uint8),
  field('u32', types.uint32),
  field('u64', types.uint64),
  field('f32', types.float32),
  field('f64', types.float64),
  field('money', decimal(15, 2)),
  field('big', decimal(38, 10)),
  field('name', types.utf8),
  field('flag', types.bool),
  field('day', types.date),
  field('time', timestamp('us')),
  field('time_ms', timestamp('ms')),
  field('time_utc', timestamp('us', 'UTC')),
  field('time_paris', timestamp('us', 'Europe/Paris')),
  field('time_parris', timestamp('us', 'Europe/Parris')),
  field('sure', types.int32, false),
);

const col = (name: string): Expression => ({ kind: 'column', name });
const lit = (type: DataType, value: JsonValue): Expression => ({ kind: 'literal', type, value });
const op = (left: Expression, operator: BinaryOperator, right: Expression): Expression => ({
  kind: 'binary',
  operator,
  left,
  right,
});
const call = (name: string, ...args: Expression[]): Expression => ({ kind: 'function', name, arguments: args });
const choose = (condition: Expression, then: Expression, otherwise: Expression): Expression => ({
  kind: 'if-else',
  condition,
  then,
  otherwise,
});
const cast = (input: Expression, type: DataType): Expression => ({ kind: 'cast', input, type });

function bound(e: Expression): TypedExpression {
  const problems = new Problems();
  const typed = bindExpression(e, columns, problems, '$.e');
  expect(problems.found).toEqual([]);
  if (typed === undefined) throw new Error('not bound');
  return typed;
}
const shown = (e: Expression): string => {
  const typed = bound(e);
  return `${expressionText(typed)}: ${typeName(typed.type)}${typed.nullable ? '?' : ''}`;
};
function problemsOf(e: Expression): readonly string[] {
  const problems = new Problems();
  expect(bindExpression(e, columns, problems, '$.e')).toBeUndefined();
  return problems.found.map(({ path, message }) => `${path}: ${message}`);
}

const one = lit(types.int64, 1);

describe('coercion', () => {
  test.each([
    [op(col('i8'), '+', col('i32')), 'cast(i8 as int32) + i32: int32?'],
    [op(col('i8'), '+', col('u8')), 'cast(i8 as int16) + cast(u8 as int16): int16?'],
    [op(col('i32'), '+', col('u32')), 'cast(i32 as int64) + cast(u32 as int64): int64?'],
    [op(col('i64'), '+', col('u64')), 'cast(i64 as float64) + cast(u64 as float64): float64?'],
    [op(col('u64'), '+', one), 'u64 + 1: uint64?'],
    [op(col('i8'), '+', one), 'cast(i8 as int64) + 1: int64?'],
    [op(col('i8'), '*', col('f32')), 'cast(i8 as float32) * f32: float32?'],
    [op(col('i32'), '*', col('f32')), 'cast(i32 as float64) * cast(f32 as float64): float64?'],
    [op(col('flag'), '+', col('i32')), 'cast(flag as int32) + i32: int32?'],
    [op(col('i32'), '/', col('i32')), 'cast(i32 as float64) / cast(i32 as float64): float64?'],
    [op(one, '-', col('money')), '1.00 - money: decimal(16, 2)?'],
    [op(col('money'), '*', op(one, '-', col('money'))), 'money * (1.00 - money): decimal(31, 4)?'],
    [op(col('big'), '*', col('money')), 'big * money: decimal(38, 12)?'],
    [op(col('money'), '+', col('i64')), 'money + cast(i64 as decimal(21, 2)): decimal(22, 2)?'],
    [op(col('money'), '/', col('i32')), 'money / cast(i32 as decimal(10, 0)): decimal(26, 13)?'],
    [op(col('money'), '/', lit(types.int64, 3)), 'money / 3: decimal(19, 6)?'],
    [op(col('money'), '//', col('money')), 'money // money: decimal(15, 0)?'],
    [op(col('money'), '%', lit(decimal(2, 1), '0.5')), 'money % 0.5: decimal(3, 2)?'],
    [op(col('money'), '/', col('f64')), 'cast(money as float64) / f64: float64?'],
    [op(col('money'), '*', col('f64')), 'cast(money as float64) * f64: float64?'],
    [op(col('money'), '<', lit(types.int64, 24)), 'money < 24.00: bool?'],
    [op(col('money'), '=', lit(decimal(3, 3), '0.055')), 'cast(money as decimal(16, 3)) = 0.055: bool?'],
    [op(col('day'), '>=', lit(types.utf8, '1994-01-01')), "day >= date '1994-01-01': bool?"],
    [op(lit(types.utf8, '1994-01-01'), '>', col('time')), "timestamp '1994-01-01T00:00:00' > time: bool?"],
    [op(col('time'), '=', col('day')), 'cast(time as date) = day: bool?'],
    [op(col('time'), '<', col('time_ms')), 'time < cast(time_ms as timestamp(us)): bool?'],
    [op(col('flag'), '=', one), 'cast(flag as int64) = 1: bool?'],
    [op(col('name'), '=', lit(types.int64, null)), 'name = null: bool?'],
    [cast(one, decimal(15, 2)), '1.00: decimal(15, 2)'],
    [cast(col('sure'), types.float64), 'cast(sure as float64): float64'],
    [{ kind: 'is-not-null', input: col('i8') }, 'i8 is not null: bool'],
    [choose(col('flag'), col('i32'), lit(types.int64, null)), 'if(flag, i32, null): int32?'],
    [choose(col('flag'), col('day'), col('time')), 'if(flag, cast(day as timestamp(us)), time): timestamp(us)?'],
    [choose(col('flag'), col('name'), col('i8')), 'if(flag, name, cast(i8 as utf8)): utf8?'],
    [choose(col('flag'), col('day'), col('i8')), 'if(flag, cast(day as int32), cast(i8 as int32)): int32?'],
    [call('year', col('time_utc')), 'year(time_utc): int32?'],
    [call('hour', col('time')), 'hour(time): uint32?'],
    [call('year', col('time_paris')), 'year(time_paris): int32?'],
    [call('starts_with', col('name'), lit(types.utf8, "O'x")), "starts_with(name, 'O''x'): bool?"],
  ] as const)('%#: becomes explicit', (e, text) => {
    expect(shown(e)).toBe(text);
  });

  // DuckDB cuts a product to 18 digits where its operands have no more each; these stay below.
  test('gives sums and products of decimals the types of DuckDB', async () => {
    const connection = await (await DuckDBInstance.create()).connect();
    const pairs = [
      [decimal(8, 2), decimal(9, 3)],
      [decimal(5, 0), decimal(9, 9)],
      [decimal(10, 4), decimal(7, 1)],
    ] as const;
    for (const [a, b] of pairs) {
      for (const operator of ['+', '-', '*'] as const) {
        const sql = (type: DataType): string => `cast(0 as ${typeName(type)})`;
        const rows = await connection.runAndReadAll(`select typeof(${sql(a)} ${operator} ${sql(b)})`);
        const here = bindExpression(
          op(col('a'), operator, col('b')),
          schema(field('a', a), field('b', b)),
          new Problems(),
          '$',
        );
        expect(here && typeName(here.type).replace(', ', ',')).toBe(String(rows.getRows()[0]?.[0]).toLowerCase());
      }
    }
  });

  test('finds a common type whichever side comes first', () => {
    const all = columns.fields.map((f) => f.type);
    for (const a of all)
      for (const b of all) {
        const [ab, ba] = [commonType(a, b), commonType(b, a)];
        expect(ab?.kind).toBe(ba?.kind);
      }
  });

  test('knows where an integer division gives null', () => {
    expect(bound(op(col('sure'), '//', col('sure'))).nullable).toBe(true);
    expect(bound(op(col('sure'), '%', lit(types.int32, 0))).nullable).toBe(true);
    expect(bound(op(col('sure'), '%', lit(types.int32, 2))).nullable).toBe(false);
    expect(bound(op(col('sure'), '//', lit(types.float64, 0))).nullable).toBe(false);
    expect(bound(op(col('sure'), '+', lit(types.int32, 2))).nullable).toBe(false);
  });
});

describe('a problem', () => {
  test.each([
    [col('nam'), /^\$\.e\.name: There is no column "nam"\. Did you mean "name"\?$/],
    [call('yeer', col('day')), /^\$\.e\.name: There is no function "yeer"\. Did you mean "year"\?$/],
    [call('year'), /^\$\.e\.arguments: year takes one argument, and is given 0\.$/],
    [call('year', col('name')), /^\$\.e\.arguments\[0\]: year takes a date, .* and name is utf8\.$/],
    [
      call('year', col('time_parris')),
      /^\$\.e: There is no time zone 'Europe\/Parris'\. Did you mean "Europe\/Paris"\?$/,
    ],
    [call('hour', col('day')), /hour takes a time, a timestamp or an interval, and day is date/],
    [op(col('name'), '=', col('i32')), /^\$\.e: utf8 = int32 is not defined/],
    [op(col('i32'), '=', lit(types.utf8, '5')), /'5' cannot be compared with int32: write a literal of int32/],
    [
      op(col('day'), '=', lit(types.utf8, '1994-02-30')),
      /'1994-02-30' cannot be compared with date: expected a date that exists/,
    ],
    [op(col('name'), '=', col('time')), /utf8 = timestamp\(us\) is not defined/],
    [op(col('time'), '=', col('time_utc')), /One has a time zone/],
    [op(col('flag'), '+', col('flag')), /bool \+ bool is not defined/],
    [op(col('day'), '+', col('day')), /date \+ date is not defined/],
    [
      op(op(col('big'), '*', col('big')), '*', op(col('big'), '*', col('big'))),
      /would need 40 digits behind the point, and 38 is the most/,
    ],
    [choose(col('flag'), col('big'), lit(decimal(12, 12), '0.000000000001')), /a decimal of 40 digits would be needed/],
    [op(col('i32'), 'and', col('flag')), /^\$\.e\.left: An operand of and must be bool, and i32 is int32/],
    [lit(types.int8, 300), /^\$\.e\.value: 300 is no int8: expected a whole number from -128 to 127\.$/],
    [cast(col('name'), types.list(types.int32)), /^\$\.e: There is no cast from utf8 to list\(int32\)\.$/],
    [cast(col('day'), types.float64), /There is no cast from date to float64/],
    [choose(col('flag'), col('day'), col('f64')), /no common type: date and float64/],
    [{ kind: 'is-in', input: col('name'), list: [one] }, /no common type: utf8 and int64/],
  ] as const)('%#: says what, where and what to do', (e, message) => {
    const [found] = problemsOf(e);
    expect(found).toMatch(message);
  });

  test('does not hide the others', () => {
    const e = op(op(col('a'), '+', col('b')), 'and', call('nothing', col('c'), lit(types.int8, 999)));
    expect(problemsOf(e).map((text) => text.split(':')[0])).toEqual([
      '$.e.left.left.name',
      '$.e.left.right.name',
      '$.e.right.arguments[0].name',
      '$.e.right.arguments[1].value',
      '$.e.right.name',
    ]);
  });

  test('is that a predicate is no bool', () => {
    const problems = new Problems();
    expect(bindPredicate(col('i32'), columns, problems, '$')).toBeUndefined();
    expect(problems.found[0]?.message).toMatch(/A predicate must be bool/);
    expect(bindPredicate(lit(types.utf8, null), columns, new Problems(), '$')?.type).toEqual(types.bool);
  });
});
