/** Tasks whose plans read and write the objects that rows name, from the plan to the result. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordBatch } from 'apache-arrow';
import { afterAll, describe, expect, test } from 'vitest';
import { binary, int64, utf8 } from '../src/columnar/data-type.ts';
import { field } from '../src/columnar/schema.ts';
import { InvalidArgument, type MillraceError } from '../src/errors.ts';
import { executeTask, type TaskResult, type TaskServices } from '../src/execute-task.ts';
import type { Expression } from '../src/expressions/expression.ts';
import { FUNCTION_DEFINITIONS } from '../src/expressions/functions/all-functions.ts';
import { exampleExpression } from '../src/expressions/functions/function-example.ts';
import { valueToJson } from '../src/expressions/literal.ts';
import { fileStore } from '../src/io/file-store.ts';
import { type MemoryStore, memoryStore } from '../src/io/memory-store.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import type { Task } from '../src/plan/task.ts';
import { bindPlan } from '../src/planner/bind-plan.ts';
import { buildChain } from '../src/planner/build-chain.ts';
import { pushDown } from '../src/planner/push-down.ts';
import { runChain } from '../src/runtime/run-chain.ts';
import { query } from './support/duckdb.ts';
import { lit } from './support/expressions.ts';
import { observedStore } from './support/observed-store.ts';
import { col, int, op } from './support/plans.ts';
import { Collector, testBudget, testTask } from './support/task.ts';

const MIB = 1024 * 1024;
const directory = mkdtempSync(join(tmpdir(), 'millrace-async-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const call = (name: string, ...given: Expression[]): Expression => ({ kind: 'function', name, arguments: given });
const project = (input: PlanNode, columns: Readonly<Record<string, Expression>>): PlanNode => ({
  kind: 'project',
  input,
  columns: Object.entries(columns).map(([name, expression]) => ({ name, expression })),
});
const names: PlanNode = { kind: 'in-memory-scan', sourceId: 'names', schema: [field('name', utf8)] };

const taskOf = (plan: PlanNode, rows: readonly (string | null)[], output = 's3://lake/out'): Task => ({
  version: 1,
  jobId: 'job',
  stageId: 0,
  taskId: 0,
  plan,
  inputs: { names: { kind: 'rows', rows: rows.map((name) => ({ name })) } },
  output: { uri: output },
});

type Cells = readonly unknown[];

async function run(
  task: Task,
  services: Pick<TaskServices, 'store'> & Partial<TaskServices>,
): Promise<TaskResult & { rows: Cells[] }> {
  const rows: Cells[] = [];
  const onBatch = (batch: RecordBatch): void => {
    for (let row = 0; row < batch.numRows; row += 1) {
      rows.push(batch.schema.fields.map((_, column) => batch.getChildAt(column)?.get(row) as unknown));
    }
  };
  return { ...(await executeTask(task, { memoryBytes: 64 * MIB, onBatch, ...services })), rows };
}

async function failure(running: Promise<unknown>): Promise<MillraceError> {
  try {
    await running;
  } catch (error) {
    return error as MillraceError;
  }
  throw new Error('it did not fail');
}

const lake = async (): Promise<MemoryStore> => {
  const store = memoryStore();
  for (const name of ['a', 'b', 'c']) await store.put(`s3://lake/in/${name}`, text(name.repeat(5)));
  await store.put('s3://examples/hello.txt', text('hello'));
  return store;
};

const EXAMPLES = FUNCTION_DEFINITIONS.filter((f) => f.isAsync).flatMap((definition) =>
  definition.examples.map((example, index) => ({ name: `${definition.name} ${index}`, definition, example })),
);

test('every function that waits has examples', () => {
  expect(new Set(EXAMPLES.map(({ definition }) => definition.name))).toEqual(new Set(['url_download', 'url_upload']));
});

test.each(EXAMPLES)('$name', async ({ definition, example }) => {
  const plan = pushDown(bindPlan(project(names, { x: exampleExpression(definition.name, example) })));
  const { source, stages } = await buildChain(plan, {
    inputs: { names: { kind: 'rows', rows: [{ name: '' }] } },
    store: await lake(),
    uris: { downloads: { prefixes: ['s3://'] }, uploads: { prefixes: ['s3://examples/output'] } },
  });
  const memory = testBudget();
  const collector = new Collector(memory, plan.schema);
  await runChain({ source, stages }, collector, testTask(memory));
  const [field] = plan.schema.fields;
  expect(collector.rows.map(([value]) => valueToJson(value ?? null, field?.type ?? binary))).toEqual([example[1]]);
});

describe('a task', () => {
  const uri = call('concat', lit('s3://lake/in/'), col('name'));
  const bytes = call('url_download', uri, lit('null'));
  const content: Expression = { kind: 'cast', input: bytes, type: utf8 };

  test('reads what rows name, and computes with it', async () => {
    const plan = project(names, { name: col('name'), content, size: op(call('length_bytes', bytes), '+', int(1)) });
    const { rows, statistics } = await run(taskOf(plan, ['b', 'nothing', null, 'a', 'b']), { store: await lake() });
    expect(rows).toEqual([
      ['b', 'bbbbb', 6n],
      ['nothing', null, null],
      [null, null, null],
      ['a', 'aaaaa', 6n],
      ['b', 'bbbbb', 6n],
    ]);
    expect(statistics.operators.map(({ name }) => name)).toEqual(['Project', 'UrlDownload', 'Project', 'InMemoryScan']);
    const counters = { requests: 3, 'bytes read': 10, 'objects read': 2, 'rows failed': 1 };
    expect(statistics.operators[1]?.counters).toEqual(counters);
  });

  test('asks for no more than the rows that are wanted', async () => {
    const { store, asked } = observedStore(await lake());
    const filtered: PlanNode = {
      kind: 'filter',
      input: project(names, { name: col('name'), content }),
      predicate: op(col('name'), '!=', lit('a')),
    };
    const { rows } = await run(taskOf({ kind: 'limit', input: filtered, limit: 1 }, ['a', 'b', 'c']), { store });
    expect(rows).toEqual([['b', 'bbbbb']]);
    expect(asked).toEqual([{ operation: 'get', uri: 's3://lake/in/b' }]);
  });

  test('copies objects into its output, is written with their uris, and done again changes nothing', async () => {
    const store = await lake();
    const copies = project(names, {
      name: col('name'),
      copy: call('url_upload', bytes, lit('s3://lake/out/_files'), col('name')),
    });
    const plan: PlanNode = {
      kind: 'commit-write',
      input: { kind: 'write', input: copies, format: 'parquet' },
      mode: 'append',
    };
    const task = taskOf(plan, ['a', 'b', null, 'none', 'a']);
    const { manifest } = await run(task, { store });
    const path = manifest?.files[0]?.path ?? '';
    const local = join(directory, 'out.parquet');
    writeFileSync(local, (await store.get(`s3://lake/out/${path}`))?.bytes ?? '');
    expect(await query(`select * from '${local}'`)).toEqual([
      ['a', 's3://lake/out/_files/a'],
      ['b', 's3://lake/out/_files/b'],
      [null, null],
      ['none', null],
      ['a', 's3://lake/out/_files/a'],
    ]);
    expect((await store.get('s3://lake/out/_files/b'))?.bytes).toEqual(text('bbbbb'));
    const before = await store.head('s3://lake/out/_files/a');
    const again = await run({ ...task, jobId: 'another' }, { store });
    expect(again.statistics.operators.find(({ name }) => name === 'UrlUpload')?.counters['bytes written']).toBe(0);
    expect(await store.head('s3://lake/out/_files/a')).toEqual(before);
  });

  test('may not touch the documents of jobs, nor put anything beside its output', async () => {
    const store = await lake();
    for (const [location, name] of [
      ['s3://lake/out/_millrace/job', 'decision.json'],
      ['s3://lake/out', '_SUCCESS'],
      ['s3://lake/in', 'd'],
      ['s3://lake', 'out'],
    ] as const) {
      const plan = project(names, { x: call('url_upload', col('name'), lit(location), lit(name)) });
      const error = await failure(run(taskOf(plan, ['x']), { store }));
      expect(error.name).toBe('AccessDenied');
      expect(error.message).toMatch(/^UrlUpload, row 0: No permission to write s3:\/\/lake/);
    }
    const plan = project(names, { x: call('url_upload', col('name'), lit('s3://lake/in'), lit('d')) });
    const { rows } = await run(taskOf(plan, ['x']), { store, allowedUris: { uploads: ['s3://lake/in'] } });
    expect(rows).toEqual([['s3://lake/in/d']]);
  });

  test('reads files of its disk only where whoever runs it says so', async () => {
    writeFileSync(join(directory, 'secret'), 'hush');
    const plan = project(names, { x: { kind: 'cast', input: call('url_download', col('name')), type: utf8 } });
    const task = taskOf(plan, [`file://${directory}/secret`], `file://${directory}/out`);
    const refused = await failure(run(task, { store: fileStore() }));
    expect(refused.name).toBe('AccessDenied');
    const allowedUris = { downloads: [`file://${directory}`] };
    expect((await run(task, { store: fileStore(), allowedUris })).rows).toEqual([['hush']]);
    const wrong = failure(run(task, { store: fileStore(), allowedUris: { downloads: ['anything'] } }));
    expect(await wrong).toBeInstanceOf(InvalidArgument);
  });

  test('without memory for an object says which operator that was, and gives everything back', async () => {
    const store = memoryStore();
    await store.put('s3://lake/in/a', new Uint8Array(9 * MIB));
    const plan = project(names, { x: call('length_bytes', bytes) });
    const error = await failure(run(taskOf(plan, ['a']), { store, memoryBytes: 8 * MIB }));
    expect(error.name).toBe('MemoryBudgetExceeded');
    expect(error.message).toMatch(/^UrlDownload needs 9437184 bytes/);
    expect((await run(taskOf(plan, ['a']), { store, memoryBytes: 48 * MIB })).rows).toEqual([[BigInt(9 * MIB)]]);
  });

  test('gets through many objects with memory for few of them', async () => {
    const store = memoryStore();
    const rows = Array.from({ length: 60 }, (_, n) => `${n}`);
    for (const name of rows) await store.put(`s3://lake/in/${name}`, new Uint8Array(MIB).fill(Number(name)));
    const plan: PlanNode = {
      kind: 'aggregate',
      input: project(names, { size: call('length_bytes', bytes) }),
      aggregates: [{ name: 'total', function: 'sum', input: { kind: 'cast', input: col('size'), type: int64 } }],
    };
    const { rows: totals, statistics } = await run(taskOf(plan, rows), { store, memoryBytes: 16 * MIB });
    expect(totals).toEqual([[BigInt(60 * MIB)]]);
    expect(statistics.peakBytes).toBeLessThan(8 * MIB);
  });
});
