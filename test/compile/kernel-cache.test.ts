import { afterEach, expect, test, vi } from 'vitest';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import { float64, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, type Schema } from '../../src/columnar/schema.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import { bindExpression, bindPredicate } from '../../src/expressions/bind.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';

const SCHEMA: Schema = { fields: [field('n', int64), field('x', float64), field('s', utf8)] };
const ROWS = [
  [1n, 0.5, 'a'],
  [null, 2, 'b'],
  [3n, null, null],
];

const col = (name: string): Expression => ({ kind: 'column', name });
const op = (left: Expression, operator: '+' | '*' | '>', right: Expression): Expression => ({
  kind: 'binary',
  operator,
  left,
  right,
});
const int = (value: number): Expression => ({ kind: 'literal', type: int64, value });

/** What one task of a plan does: everything anew, as for the next invocation of a function. */
function runTask(): unknown {
  const budget = new MemoryBudget(16 << 20);
  using holding = budget.reserve('task');
  const problems = new Problems();
  const filter = bindPredicate(op(col('n'), '>', int(0)), SCHEMA, problems, '$');
  const expressions = [op(op(col('n'), '*', int(2)), '+', col('n')), op(col('x'), '*', col('x')), col('s')];
  const columns = expressions.map((e, n) => {
    const expression = bindExpression(e, SCHEMA, problems, '$');
    if (expression === undefined) throw new Error('not bound');
    return { name: `c${n}`, expression };
  });
  using program = new RowProgram({ input: SCHEMA, filter, columns, operator: 'Project' }, holding);
  return readRows(budget.linear, program.apply(batchFromRows(holding, SCHEMA, ROWS)));
}

afterEach(() => vi.restoreAllMocks());

test('a warm function compiles nothing: the next task of the same plan finds its kernels', () => {
  const cold = vi.spyOn(WebAssembly, 'Module');
  const first = runTask();
  expect(cold.mock.calls.length).toBeGreaterThan(0);
  cold.mockClear();
  expect(runTask()).toEqual(first);
  expect(cold.mock.calls.length).toBe(0);
});
