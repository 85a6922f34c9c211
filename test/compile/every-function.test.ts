/**
 * Every function of the registry, over random arguments of every type that it takes, is computed over batches as the
 * interpreter computes it row by row: plain and dictionary columns, constants, nulls, literals. What the interpreter
 * refuses in some row, the program refuses too, and the other rows it gives.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Batch } from '../../src/columnar/batch.ts';
import { columnFromValues, constantColumn } from '../../src/columnar/column-from-values.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import type { DataType } from '../../src/columnar/data-type.ts';
import * as types from '../../src/columnar/data-type.ts';
import { field, type Schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import { MillraceError } from '../../src/errors.ts';
import { bindExpression } from '../../src/expressions/bind.ts';
import { canFail } from '../../src/expressions/can-fail.ts';
import type { Expression, TypedExpression } from '../../src/expressions/expression.ts';
import { expressionText } from '../../src/expressions/expression-text.ts';
import { FUNCTION_DEFINITIONS } from '../../src/expressions/functions/all-functions.ts';
import type { FunctionDefinition, Parameter } from '../../src/expressions/functions/function-definition.ts';
import { exampleExpression } from '../../src/expressions/functions/function-example.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import { valueToJson } from '../../src/expressions/literal.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { anyValue, FLAT_TYPES } from '../support/arbitrary-values.ts';
import { fuzzedCases, fuzzSeed } from '../support/fuzz.ts';
import { random } from './arbitrary-expressions.ts';

const TYPES: readonly DataType[] = [
  ...FLAT_TYPES,
  types.timestamp('us'),
  types.timestamp('s', 'UTC'),
  types.duration('us'),
  types.list(types.int64),
  types.list(types.utf8),
  types.list(types.float64),
  types.list(types.bool),
  types.list(types.list(types.int32)),
  types.fixedSizeList(types.float32, 3),
  types.embedding(types.float32, 3),
  types.struct(field('a', types.int64), field('b', types.utf8)),
  types.map(types.utf8, types.int64),
];

/** Text that functions make something of. */
const TEXTS = [
  '2001-01-31',
  '12:30:00',
  '-12.5',
  '{"a":[1,2,{"b":null}]}',
  'aGVsbG8=',
  'a.b.c',
  'fooBarBaz',
  'a%_b',
  '[a-c]+',
];
const SMALL = [-2n, -1n, 0n, 1n, 2n, 3n, 5n, 64n];
const ROWS = 70;
const RUNS = fuzzedCases(6);

/** Drawn once: a property library's values one by one would take longer than all the rest. */
const SAMPLES = TYPES.map((type) => {
  const drawn = fc.sample(anyValue(type), { numRuns: 60, seed: 3 });
  if (type.kind === 'utf8') return [...drawn, ...TEXTS];
  return type.kind === 'int64' ? [...drawn, ...SMALL, ...SMALL, ...SMALL, ...SMALL] : drawn;
});

interface Trial {
  readonly expression: TypedExpression;
  readonly types: readonly DataType[];
  readonly rows: readonly (readonly Value[])[];
  readonly pick: <T>(from: readonly T[]) => T;
}

/** A call that binds, or undefined. */
function trial(definition: FunctionDefinition, seed: number): Trial | undefined {
  const next = random(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
  const columns: number[] = [];
  const argument = (parameter: Parameter): Expression => {
    if (parameter.lambda !== undefined) return lambda(pick);
    const taken = TYPES.map((type, index) => ({ type, index })).filter(
      ({ type }) => type.kind !== 'null' && parameter.accept(type) !== undefined,
    );
    const { type, index } = taken.length > 0 ? pick(taken) : { type: types.utf8, index: TYPES.indexOf(types.utf8) };
    if (next() < 0.3) {
      const value = pick(SAMPLES[index] ?? []);
      return { kind: 'literal', type, value: valueToJson(value, type) };
    }
    return { kind: 'column', name: `c${columns.push(index) - 1}` };
  };
  const given = definition.parameters.filter((p) => p.default === undefined || next() < 0.7);
  const last = given.at(-1);
  const more = last?.repeats === true ? Array.from({ length: Math.floor(next() * 3) }, () => last) : [];
  const call: Expression = { kind: 'function', name: definition.name, arguments: [...given, ...more].map(argument) };
  const schema: Schema = { fields: columns.map((index, n) => field(`c${n}`, TYPES[index] as DataType)) };
  const expression = bindExpression(call, schema, new Problems(), '$');
  if (expression === undefined) return undefined;
  const rows = Array.from({ length: ROWS }, () => columns.map((index) => pick(SAMPLES[index] ?? [])));
  return { expression, types: columns.map((index) => TYPES[index] as DataType), rows, pick };
}

function exampleTrial({ name, examples }: FunctionDefinition, run: number): Trial | undefined {
  const example = examples[run % examples.length];
  const expression = example && bindExpression(exampleExpression(name, example), { fields: [] }, new Problems(), '$');
  if (expression === undefined) return undefined;
  return { expression, types: [], rows: Array.from({ length: ROWS }, () => []), pick: (from) => from[0] as never };
}

function lambda(pick: <T>(from: readonly T[]) => T): Expression {
  const parameter: Expression = { kind: 'parameter', name: 'x' };
  return { kind: 'lambda', parameters: ['x'], body: pick([parameter, { kind: 'is-null', input: parameter }]) };
}

/** The value of each row, or the error that it is. */
function interpreted({ expression, rows }: Trial): readonly (Value | MillraceError)[] {
  const evaluate = interpreter(expression);
  return rows.map((row) => {
    try {
      return evaluate({ value: (column) => row[column] ?? null, where: () => 'here' });
    } catch (error) {
      if (error instanceof MillraceError) return error;
      throw error;
    }
  });
}

function programmed({ expression, types: given, pick }: Trial, rows: readonly (readonly Value[])[]): Value[] {
  const budget = new MemoryBudget(256 << 20);
  using holding = budget.reserve('test');
  const schema: Schema = { fields: given.map((type, n) => field(`c${n}`, type)) };
  const columns = given.map((type, n) => {
    const values = rows.map((row) => row[n] ?? null);
    const [first = null] = values;
    if (values.every((value) => Object.is(value, first))) return constantColumn(holding, type, first, rows.length);
    return columnFromValues(holding, type, values, { dictionary: pick([true, false, false]) });
  });
  using program = new RowProgram({ input: schema, columns: [{ name: 'x', expression }], operator: 'Project' }, holding);
  const [column] = program.apply(new Batch(schema, rows.length, columns)).columns;
  return column === undefined ? [] : readColumn(budget.linear, column, rows.length);
}

const FUNCTIONS = FUNCTION_DEFINITIONS.filter((f) => !f.isVolatile);

describe('over batches as row by row', () => {
  test.each(FUNCTIONS.map((definition, index) => [definition.name, definition, index] as const))(
    '%s',
    (name, definition, index) => {
      let bound = 0;
      for (let run = 0; run < RUNS * 4 && bound < RUNS; run += 1) {
        const seed = fuzzSeed + index * 10_000 + run;
        // What takes literals of a kind that nobody guesses is tried on its examples.
        const tried =
          trial(definition, seed) ?? (run >= RUNS * 3 && bound === 0 ? exampleTrial(definition, run) : undefined);
        if (tried === undefined) continue;
        bound += 1;
        const results = interpreted(tried);
        const good = tried.rows.filter((_, row) => !(results[row] instanceof Error));
        const expected = results.filter((result) => !(result instanceof Error));
        expect(programmed(tried, good), `${expressionText(tried.expression)}, seed ${seed}`).toEqual(expected);
        const error = results.find((result) => result instanceof MillraceError);
        if (error !== undefined) {
          expect(canFail(tried.expression), `${name}, seed ${seed}: ${error.message}`).toBe(true);
          expect(() => programmed(tried, tried.rows), `${name}, seed ${seed}`).toThrow(MillraceError);
        }
        // What is said not to be null is not.
        if (!tried.expression.nullable) expect(expected, `${name}, seed ${seed}`).not.toContain(null);
      }
      expect(bound, name).toBeGreaterThan(0);
    },
  );
});
