/** Columns that no file has, in scans of every format: values of a Hive partition, and the uri of the file. */

import type { RecordBatch } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import * as types from '../src/columnar/data-type.ts';
import { field } from '../src/columnar/schema.ts';
import { InvalidPlan } from '../src/errors.ts';
import { executeTask } from '../src/execute-task.ts';
import type { Expression } from '../src/expressions/expression.ts';
import { memoryStore } from '../src/io/memory-store.ts';
import type { PlanNode, ScanNode } from '../src/plan/plan-node.ts';
import type { ScanFile, TaskInput } from '../src/plan/task.ts';
import { bindPlan } from '../src/planner/bind-plan.ts';
import { explainPlan } from '../src/planner/explain.ts';
import { pushDown } from '../src/planner/push-down.ts';
import { col, int, op } from './support/plans.ts';
import { resultBatch } from './support/record-batch-rows.ts';

const store = memoryStore();
const scanOf = (format: ScanNode['format'], more: Partial<ScanNode> = {}): ScanNode => ({
  kind: 'scan',
  sourceId: 't',
  format,
  schema: [field('month', types.int32), field('n', types.int64), field('none', types.utf8)],
  filePathColumn: 'path',
  ...more,
});

async function run(plan: PlanNode, inputs: Record<string, TaskInput>, destination?: string) {
  const rows: unknown[][] = [];
  const onBatch = (batch: RecordBatch) => void rows.push(...[...resultBatch(batch).rows()].map((row) => [...row]));
  const output = destination === undefined ? undefined : { uri: destination };
  const task = {
    version: 1,
    jobId: 'job',
    stageId: 0,
    taskId: 0,
    plan,
    inputs,
    output,
  };
  const { statistics } = await executeTask(task, { store, onBatch });
  return { rows, counters: statistics.operators.find(({ name }) => name === 'Scan')?.counters ?? {} };
}

/** A file for each of two months. */
async function written(format: 'parquet' | 'arrow' | 'csv' | 'json'): Promise<readonly ScanFile[]> {
  const schema = [field('month', types.int32), field('n', types.int64)];
  const input: PlanNode = { kind: 'in-memory-scan', sourceId: 'rows', schema };
  const rows = Array.from({ length: 6 }, (_, n) => ({ month: n % 2, n }));
  const plan = {
    kind: 'commit-write',
    mode: 'overwrite',
    input: { kind: 'write', input, format, partitionBy: ['month'] },
  } as const;
  const destination = `memory://lake/${format}`;
  const { rows: files } = await run(plan, { rows: { kind: 'rows', rows } }, destination);
  return files
    .map(([path]) => ({
      uri: `${destination}/${String(path)}`,
      partition: { month: Number(/month=(\d)/.exec(String(path))?.[1]) },
    }))
    .sort((a, b) => a.partition.month - b.partition.month);
}

describe.each(['parquet', 'arrow', 'csv', 'json'] as const)('files of %s', (format) => {
  test('have their uris and the values of their partition', async () => {
    const files = await written(format);
    expect(files.map(({ partition }) => partition)).toEqual([{ month: 0 }, { month: 1 }]);
    const read = (more: Partial<ScanNode>) => run(scanOf(format, more), { t: { kind: 'files', files } });
    const [first = '', second = ''] = files.map(({ uri }) => uri);
    expect((await read({})).rows).toEqual([
      ...[0n, 2n, 4n].map((n) => [0, n, null, first]),
      ...[1n, 3n, 5n].map((n) => [1, n, null, second]),
    ]);
    expect((await read({ columns: ['path', 'month'] })).rows).toContainEqual([second, 1]);
    const ofSecond: Expression = op(col('path'), '=', { kind: 'literal', type: types.utf8, value: second });
    for (const filter of [ofSecond, op(col('month'), '=', int(1))]) {
      const { rows, counters } = await read({ columns: ['n'], filter });
      expect(rows).toEqual([[1n], [3n], [5n]]);
      expect(counters['files pruned']).toBe(1);
    }
  });
});

test('the column of uris is explained, and has a name of its own', () => {
  expect(explainPlan(pushDown(bindPlan(scanOf('arrow', { columns: ['n', 'path'] }))))).toContain(
    'Scan t arrow columns n, path file path path',
  );
  expect(explainPlan(pushDown(bindPlan(scanOf('csv', { columns: ['n'] }))))).not.toContain('path');
  expect(() => bindPlan(scanOf('csv', { filePathColumn: 'n' }))).toThrow(InvalidPlan);
  const unknown = () => bindPlan(scanOf('csv', { filePathColumn: undefined, columns: ['path'] }));
  expect(unknown).toThrow(/path/);
});
