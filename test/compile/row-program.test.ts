import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readColumn } from '../../src/columnar/column-values.ts';
import { bool } from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import { ArithmeticOverflow, InvalidCast, InvalidValue } from '../../src/errors.ts';
import { collectColumns } from '../../src/expressions/columns.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { expressionText } from '../../src/expressions/expression-text.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { LinearMemory } from '../../src/memory/linear-memory.ts';
import { fuzzed } from '../support/fuzz.ts';
import { expression, INPUT, placed, type RandomBatch, randomBatch, TYPES } from './arbitrary-expressions.ts';

const budget = new MemoryBudget(256 << 20, 64 << 20, new LinearMemory(256 << 20, true));

/** What the interpreter gives for the rows that the filter keeps, or the class of its error. */
function expected(filter: TypedExpression | undefined, roots: readonly TypedExpression[], { rows }: RandomBatch) {
  const keep = filter && interpreter(filter);
  const outputs = roots.map(interpreter);
  try {
    return rows
      .map((cells) => ({ value: (index: number): Value => cells[index] ?? null, where: () => 'here' }))
      .filter((row) => keep === undefined || keep(row) === true)
      .map((row) => outputs.map((output) => output(row)));
  } catch (error) {
    if (error instanceof ArithmeticOverflow || error instanceof InvalidCast || error instanceof InvalidValue)
      return 'an error';
    throw error;
  }
}

const found = { equal: 0, failed: 0, compiled: 0, total: 0 };

function check(filter: TypedExpression | undefined, roots: readonly TypedExpression[], seed: number): void {
  const read = new Set<number>();
  for (const e of [filter, ...roots]) if (e !== undefined) collectColumns(e, read);
  const random = randomBatch(seed, read);
  using input = budget.reserve('input');
  using scratch = budget.reserve('program');
  const batch = placed(input, random);
  const columns = roots.map((e, n) => ({ name: `c${n}`, expression: e }));
  using program = new RowProgram({ input: INPUT, filter, columns, operator: 'Project' }, scratch);
  const want = expected(filter, roots, random);
  found.total++;
  const text = [filter, ...roots].map((e) => (e === undefined ? '' : expressionText(e))).join(' | ');
  if (typeof want === 'string') {
    expect(() => program.apply(batch), text).toThrow(/^Project, row \d+: /);
    found.failed++;
    return;
  }
  if (program.tryApply(batch) !== undefined) found.compiled++;
  const got = program.apply(batch);
  expect(got.rowCount, text).toBe(want.length);
  const values = got.columns.map((column) => readColumn(budget.linear, column, got.rowCount));
  for (const [n, root] of roots.entries()) expect(values[n], expressionText(root)).toEqual(want.map((row) => row[n]));
  found.equal++;
}

describe('a row program', () => {
  const anyExpression = fc.constantFrom(...TYPES).chain((type) => expression(type, 3));
  const parameters = fuzzed(300);

  test('gives what the interpreter gives, without a filter', () => {
    fc.assert(
      fc.property(anyExpression, anyExpression, fc.nat(), (a, b, seed) => check(undefined, [a, b], seed)),
      parameters,
    );
  });

  test('gives what the interpreter gives, with a filter', () => {
    fc.assert(
      fc.property(expression(bool, 3), anyExpression, anyExpression, fc.nat(), (filter, a, b, seed) =>
        check(filter, [a, b], seed),
      ),
      parameters,
    );
  });

  test('most random batches were compiled, and some failed', () => {
    console.log(found);
    expect(found.compiled).toBeGreaterThan(found.equal / 2);
    expect(found.failed).toBeGreaterThan(0);
  });
});
