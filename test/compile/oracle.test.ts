/** DuckDB says the same, where the semantics agree: random expressions as SQL over one random table. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import {
  bool,
  type DataType,
  date,
  decimal,
  float64,
  int32,
  int64,
  sameType,
  timestamp,
  typeName,
  utf8,
} from '../../src/columnar/data-type.ts';
import { field, type Schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { wholeOf } from '../../src/columnar/value.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import { ArithmeticOverflow, InvalidCast } from '../../src/errors.ts';
import type { ArithmeticOperator, TypedExpression } from '../../src/expressions/expression.ts';
import { callNode } from '../../src/expressions/functions/call-node.ts';
import { functionNamed } from '../../src/expressions/functions/registry.ts';
import { decimalText } from '../../src/expressions/literal.ts';
import { dateText, timestampText } from '../../src/expressions/temporal-text.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { duckRows, query } from '../support/duckdb.ts';
import { fuzzed } from '../support/fuzz.ts';
import { cell, random } from './arbitrary-expressions.ts';

const MONEY = decimal(15, 2);
const MICROS = timestamp('us');
/** Long decimals, of which DuckDB's sums, products and remainders have the same types. */
const LONG = decimal(25, 2);
const HUGE = decimal(38, 4);
const TYPES: readonly DataType[] = [bool, int32, int64, float64, MONEY, LONG, HUGE, utf8, date, MICROS];
const SCHEMA: Schema = { fields: TYPES.flatMap((type, n) => [field(`a${n}`, type), field(`b${n}`, type)]) };
const ROWS = 130;

/** Days and ticks that DuckDB's calendar has. */
const tameCell = (type: DataType): fc.Arbitrary<Value> => {
  if (type === date) return fc.integer({ min: -300_000, max: 300_000 });
  if (type === MICROS) return fc.bigInt(-(10n ** 16n), 10n ** 16n);
  if (type === LONG || type === HUGE) return fc.oneof(fc.bigInt(-99n, 99n), fc.bigInt(-(10n ** 24n), 10n ** 24n));
  if (type === float64) return fc.oneof(fc.integer({ min: -99, max: 99 }), fc.constantFrom(0.5, -2.5, 1e300, 0));
  return cell(type, true);
};

function table(): Value[][] {
  const next = random(11);
  const samples = TYPES.map((type) => fc.sample(tameCell(type), { numRuns: 200, seed: 5 }));
  return Array.from({ length: ROWS }, () =>
    SCHEMA.fields.map((_, n) => {
      const from = samples[n >> 1]!;
      return next() < 0.15 ? null : from[Math.floor(next() * from.length)]!;
    }),
  );
}

const column = (type: DataType): fc.Arbitrary<TypedExpression> =>
  fc.constantFrom(
    ...SCHEMA.fields.flatMap((f, index): TypedExpression[] =>
      f.type === type ? [{ kind: 'column', index, name: f.name, type, nullable: true }] : [],
    ),
  );

const leaf = (type: DataType): fc.Arbitrary<TypedExpression> =>
  fc.oneof(
    { weight: 3, arbitrary: column(type) },
    {
      weight: 1,
      arbitrary: tameCell(type).map((value): TypedExpression => ({ kind: 'literal', value, type, nullable: false })),
    },
  );

/** As much of the language as means the same in SQL. */
function expression(type: DataType, depth: number): fc.Arbitrary<TypedExpression> {
  if (depth === 0) return leaf(type);
  const deeper = (of: DataType): fc.Arbitrary<TypedExpression> => expression(of, depth - 1);
  const choices = [leaf(type)];
  const typed = { type, nullable: true };
  const cast = (from: DataType): void => {
    choices.push(deeper(from).map((input): TypedExpression => ({ kind: 'cast', input, ...typed })));
  };
  const operators = {
    int32: ['+', '-', '*', '//', '%'],
    int64: ['+', '-', '*', '//', '%'],
    float64: ['+', '-', '*', '/'],
  } as const;
  const arithmetic = (of: readonly ArithmeticOperator[], a: DataType, b: DataType): void => {
    choices.push(
      fc
        .tuple(fc.constantFrom(...of), deeper(a), deeper(b))
        .map(([operator, left, right]): TypedExpression => ({ kind: 'arithmetic', operator, left, right, ...typed })),
    );
  };
  if (type === int32 || type === int64 || type === float64) {
    arithmetic(operators[type.kind as keyof typeof operators], type, type);
  }
  if (type === HUGE) {
    arithmetic(['+', '-', '%'], HUGE, HUGE);
    arithmetic(['*'], LONG, MONEY);
    [int32, MONEY, LONG].forEach(cast);
  }
  if (type === LONG) [int32, MONEY, HUGE].forEach(cast);
  if (type === int32) {
    const part = fc.constantFrom('year', 'month', 'day', 'quarter', 'day_of_week', 'day_of_year');
    choices.push(
      fc
        .tuple(part, fc.constantFrom(date, MICROS).chain(deeper))
        .map(([name, argument]): TypedExpression => ({ kind: 'cast', input: call(name, [argument]), ...typed })),
    );
  }
  if (type === int64) cast(int32);
  if (type === float64) [int32, int64, MONEY].forEach(cast);
  if (type === MONEY) [int32, LONG, HUGE].forEach(cast);
  if (type === date) cast(MICROS);
  if (type === MICROS) cast(date);
  if (type === bool) choices.push(...predicates(deeper));
  choices.push(...numbers(type, deeper));
  choices.push(
    fc
      .tuple(deeper(bool), deeper(type), deeper(type))
      .map(
        ([condition, then, otherwise]): TypedExpression => ({ kind: 'if-else', condition, then, otherwise, ...typed }),
      ),
  );
  return fc.oneof(...choices);
}

/** Functions over numbers, cast to the type where their own is another. */
function numbers(type: DataType, deeper: (of: DataType) => fc.Arbitrary<TypedExpression>) {
  const made = (names: readonly string[], ...given: fc.Arbitrary<TypedExpression>[]): fc.Arbitrary<TypedExpression> =>
    fc.tuple(fc.constantFrom(...names), fc.tuple(...given)).map(([name, list]): TypedExpression => {
      const node = callNode(functionNamed(name), list);
      if (typeof node === 'string') throw new Error(node);
      return sameType(node.type, type) ? node : { kind: 'cast', input: node, type, nullable: true };
    });
  const digits = fc.constant<TypedExpression>({ kind: 'literal', value: 0n, type: int64, nullable: false });
  const pair = ['columns_min', 'columns_max'];
  if (type === int32 || type === int64) {
    pair.push('bitwise_and', 'bitwise_or', 'bitwise_xor');
    return [made(['abs', 'negate'], deeper(type)), made(pair, deeper(type), deeper(type))];
  }
  if (type !== float64 && type !== MONEY && type !== LONG && type !== HUGE) return [];
  const ofOne = ['abs', 'negate', 'floor', 'ceil', ...(type === float64 ? ['trunc'] : [])];
  return [made(ofOne, deeper(type)), made(pair, deeper(type), deeper(type)), made(['round'], deeper(type), digits)];
}

const call = (name: string, args: readonly TypedExpression[]): TypedExpression => ({
  kind: 'function',
  name,
  arguments: args,
  type: name === 'year' ? int32 : args.length === 2 ? bool : { kind: 'uint32' },
  nullable: true,
});

function predicates(deeper: (of: DataType) => fc.Arbitrary<TypedExpression>): fc.Arbitrary<TypedExpression>[] {
  const typed = { type: bool, nullable: true };
  return [
    fc
      .constantFrom(...TYPES)
      .chain((of) => fc.tuple(fc.constantFrom('=', '!=', '<', '<=', '>', '>=' as const), deeper(of), deeper(of)))
      .map(
        ([operator, left, right]): TypedExpression =>
          ({ kind: 'compare', operator, left, right, ...typed }) as TypedExpression,
      ),
    fc
      .tuple(fc.constantFrom('starts_with', 'ends_with', 'contains'), column(utf8), leaf(utf8))
      .map(([name, a, b]) => call(name, [a, b])),
    fc
      .tuple(fc.constantFrom('and' as const, 'or' as const), deeper(bool), deeper(bool))
      .map(([operator, left, right]): TypedExpression => ({ kind: 'logic', operator, left, right, ...typed })),
    deeper(bool).map((input): TypedExpression => ({ kind: 'not', input, ...typed })),
    fc
      .constantFrom(...TYPES)
      .chain(deeper)
      .map((input): TypedExpression => ({ kind: 'is-null', input, ...typed })),
  ];
}

const SQL_TYPES: Record<string, string> = {
  bool: 'boolean',
  int32: 'integer',
  int64: 'bigint',
  float64: 'double',
  utf8: 'varchar',
  date: 'date',
  uint32: 'uinteger',
};
const sqlType = (type: DataType): string =>
  type.kind === 'timestamp' ? 'timestamp' : (SQL_TYPES[type.kind] ?? typeName(type));

const FUNCTIONS: Record<string, string> = {
  ends_with: 'suffix',
  day_of_year: 'dayofyear',
  negate: '-',
  columns_min: 'least',
  columns_max: 'greatest',
  bitwise_xor: 'xor',
};
const OPERATORS: Record<string, string> = { bitwise_and: '&', bitwise_or: '|' };

function sqlOf(e: TypedExpression): string {
  switch (e.kind) {
    case 'column':
      return e.name;
    case 'literal':
      return `cast('${literalOf(e.value, e.type)}' as ${sqlType(e.type)})`;
    case 'cast':
      return `cast(${sqlOf(e.input)} as ${sqlType(e.type)})`;
    case 'not':
      return `(not ${sqlOf(e.input)})`;
    case 'is-null':
      return `(${sqlOf(e.input)} is null)`;
    case 'if-else': {
      const condition = sqlOf(e.condition);
      return `(case when ${condition} then ${sqlOf(e.then)} when not ${condition} then ${sqlOf(e.otherwise)} end)`;
    }
    case 'function': {
      const operator = OPERATORS[e.name];
      if (operator !== undefined) return `(${e.arguments.map(sqlOf).join(operator)})`;
      const args = (e.name === 'round' ? e.arguments.slice(0, 1) : e.arguments).map(sqlOf).join();
      return e.name === 'day_of_week' ? `(isodow(${args}) - 1)` : `${FUNCTIONS[e.name] ?? e.name}(${args})`;
    }
    case 'arithmetic':
    case 'compare':
    case 'logic':
      return `(${sqlOf(e.left)} ${e.operator} ${sqlOf(e.right)})`;
    default:
      throw new Error(`no SQL for ${e.kind}`);
  }
}

function literalOf(value: Value, type: DataType): string {
  if (type.kind === 'decimal') return decimalText(wholeOf(value ?? 0), type.scale);
  if (type.kind === 'date') return dateText(Number(value)).replace(/^-(\d+)(-.*)$/, '$1$2 (BC)');
  if (type.kind === 'timestamp') return timestampText(wholeOf(value ?? 0), type);
  return String(value);
}

test('DuckDB gives the same rows', async () => {
  const rows = table();
  const budget = new MemoryBudget(64 << 20);
  using input = budget.reserve('input');
  const layouts = [false, true].map((dictionary) =>
    batchFromRows(
      input,
      SCHEMA,
      rows,
      SCHEMA.fields.map(() => ({ dictionary })),
    ),
  );
  await duckRows({ schema: SCHEMA, rows }, 'select 1');
  const anyType = fc.constantFrom(...TYPES);
  let compared = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(
      expression(bool, 2),
      anyType.chain((type) => expression(type, 3)),
      async (filter, e) => {
        const sql = `select ${sqlOf(e)} from t where ${sqlOf(filter)} order by rowid`;
        let theirs: readonly (readonly Value[])[];
        try {
          theirs = await query(sql);
        } catch {
          refused++;
          return;
        }
        for (const batch of layouts) {
          using scratch = budget.reserve('program');
          using program = new RowProgram(
            { input: SCHEMA, filter, columns: [{ name: 'x', expression: e }], operator: 'Project' },
            scratch,
          );
          try {
            expect(readRows(budget.linear, program.apply(batch)), sql).toEqual(theirs);
            compared++;
          } catch (error) {
            if (!(error instanceof ArithmeticOverflow || error instanceof InvalidCast)) throw error;
            refused++;
          }
        }
      },
    ),
    fuzzed(200),
  );
  expect(compared).toBeGreaterThan(refused * 4);
});
