/** The reference is right: every aggregate gives what its examples say, as an operator runs it. */

import { expect, test } from 'vitest';
import { int64 } from '../../src/columnar/data-type.ts';
import { AGGREGATES } from '../../src/expressions/aggregate-functions.ts';
import { exampleCall, exampleInput } from '../../src/expressions/aggregate-reference.ts';
import type { AggregateFunction } from '../../src/expressions/expression.ts';
import { valueFromJson } from '../../src/expressions/literal.ts';
import { aggregateStage } from '../support/aggregates.ts';
import { runStages } from '../support/task.ts';

const NAMES = Object.keys(AGGREGATES) as AggregateFunction[];
const EXAMPLES = NAMES.flatMap((name) =>
  AGGREGATES[name].examples.map((example, index) => ({ title: `${name} ${index}`, name, example })),
);

test.each(EXAMPLES)('$title', async ({ name, example }) => {
  const schema = exampleInput(example);
  const stage = aggregateStage(schema, [], [exampleCall(name, example)]);
  const rows = example.values.map((value, row) => [
    valueFromJson(value, example.type) ?? null,
    ...(example.by === undefined ? [] : [valueFromJson(example.by[row] ?? null, int64) ?? null]),
  ]);
  const result = await runStages([stage], { schema, rows });
  const type = stage.schema.fields[0]?.type;
  expect(type).toBeDefined();
  expect(result.rows).toEqual([[type && valueFromJson(example.result, type)]]);
});

test('every aggregate has an example', () => {
  expect(NAMES.filter((name) => AGGREGATES[name].examples.length === 0)).toEqual([]);
});
