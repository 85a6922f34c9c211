import { expect, test } from 'vitest';
import { int64 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { emptyScan } from '../../src/operators/sources/empty-scan.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import { Collector, expectAllReturned, testBudget, testTask } from '../support/task.ts';

test('an empty scan has a schema and no rows', async () => {
  const memory = testBudget();
  const source = emptyScan({ schema: schema(field('n', int64)) });
  const collector = new Collector(memory, source.schema);
  await runChain({ source, stages: [] }, collector, testTask(memory));
  expect(collector.rows).toEqual([]);
  expect(source.schema.fields.map(({ name }) => name)).toEqual(['n']);
  expectAllReturned(memory);
});
