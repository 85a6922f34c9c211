/** The reference is right: every function gives what its examples say, interpreted and as an operator runs it. */

import { expect, test } from 'vitest';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import { bool, int64 } from '../../src/columnar/data-type.ts';
import { field, type Schema } from '../../src/columnar/schema.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import { bindExpression } from '../../src/expressions/bind.ts';
import { FUNCTION_DEFINITIONS } from '../../src/expressions/functions/all-functions.ts';
import { exampleExpression } from '../../src/expressions/functions/function-example.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import { type JsonValue, valueToJson } from '../../src/expressions/literal.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';

const SCHEMA: Schema = { fields: [field('n', int64), field('yes', bool)] };
const ROW = [7n, true];

// What waits for storage is tried in test/execute-async-calls.test.ts.
const EXAMPLES = FUNCTION_DEFINITIONS.filter((f) => !f.isAsync).flatMap((definition) =>
  definition.examples.map((example, index) => ({ name: `${definition.name} ${index}`, definition, example })),
);

test.each(EXAMPLES)('$name', ({ definition, example }) => {
  const problems = new Problems();
  const bound = bindExpression(exampleExpression(definition.name, example), SCHEMA, problems, '$');
  if (bound === undefined) throw new Error(JSON.stringify(problems.found));
  const value = interpreter(bound)({ value: (column) => ROW[column] ?? null, where: () => 'here' });
  expect(close(valueToJson(value, bound.type))).toEqual(close(example[1]));

  const budget = new MemoryBudget(16 << 20);
  using holding = budget.reserve('example');
  using program = new RowProgram(
    { input: SCHEMA, columns: [{ name: 'x', expression: bound }], operator: 'Project' },
    holding,
  );
  const batch = program.apply(batchFromRows(holding, SCHEMA, [ROW, ROW]));
  // What is random differs from row to row.
  const rows = readRows(budget.linear, batch).slice(0, definition.isVolatile ? 1 : 2);
  for (const [result] of rows) {
    expect(close(valueToJson(result ?? null, bound.type))).toEqual(close(example[1]));
  }
});

test('names are given once, and every function has an example', () => {
  const names = FUNCTION_DEFINITIONS.flatMap((f) => [f.name, ...f.aliases]);
  expect(new Set(names).size).toBe(names.length);
  expect(FUNCTION_DEFINITIONS.filter((f) => f.examples.length === 0 && !f.isVolatile).map((f) => f.name)).toEqual([]);
});

/** Examples have as many digits as people read. */
function close(value: JsonValue): unknown {
  if (typeof value === 'number' && Number.isFinite(value)) return Number(value.toPrecision(9));
  return Array.isArray(value) ? value.map(close) : value;
}
