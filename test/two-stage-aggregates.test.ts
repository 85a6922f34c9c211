/** An aggregation shared by tasks: some write partial states of their part of the input, one makes the results of them. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { date, decimal, float64, int64, utf8 } from '../src/columnar/data-type.ts';
import { type Field, field } from '../src/columnar/schema.ts';
import { listCommitted } from '../src/commit/read-manifest.ts';
import { executeTask, type TaskServices } from '../src/execute-task.ts';
import type { AggregateCall } from '../src/expressions/expression.ts';
import { type MemoryStore, memoryStore } from '../src/io/memory-store.ts';
import type { AggregateStage, PlanNode } from '../src/plan/plan-node.ts';
import type { ScanFile } from '../src/plan/task.ts';
import { bindPlan } from '../src/planner/bind-plan.ts';
import { query } from './support/duckdb.ts';
import { lit } from './support/expressions.ts';
import { col, op } from './support/plans.ts';

const MIB = 1024 * 1024;
const directory = mkdtempSync(join(tmpdir(), 'millrace-stages-'));
const sales = join(directory, 'sales.parquet');
const store: MemoryStore = memoryStore();

beforeAll(async () => {
  await query(`copy (
    select n as id, case when n % 11 = 0 then null else 'shop ' || (n % 7) end as shop,
      (((n * 37 % 100000) * 0.25)::decimal(15, 3)) as amount, date '2024-01-01' + (n % 60)::integer as day, n / 8 as weight
    from range(12000) t(n)) to '${sales}' (format parquet, row_group_size 2048)`);
  await store.put('mem://lake/sales.parquet', readFileSync(sales));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const fields: readonly Field[] = [
  field('id', int64),
  field('shop', utf8),
  field('amount', decimal(15, 3)),
  field('day', date),
  field('weight', float64),
];

/** Whose states are values that files can bring back; others have parts, or bytes, which scans do not read yet. */
const plain: readonly AggregateCall[] = [
  { name: 'n', function: 'count' },
  { name: 'total', function: 'sum', input: col('amount'), filter: op(col('id'), '>', lit(5000n)) },
  { name: 'last', function: 'max', input: col('day') },
  { name: 'name', function: 'min', input: col('shop') },
];
const all: readonly AggregateCall[] = [
  ...plain,
  { name: 'days', function: 'approx_count_distinct', input: col('day') },
  { name: 'middle', function: 'approx_percentile', input: col('id'), options: { percentile: 0.5 } },
  { name: 'mean', function: 'mean', input: col('amount') },
  { name: 'spread', function: 'var', input: col('id') },
  { name: 'heaviest', function: 'max_by', input: col('id'), by: col('weight') },
  { name: 'exact days', function: 'count_distinct', input: col('day') },
  { name: 'exact middle', function: 'median', input: col('id') },
];
const sql = 'count(*), count(distinct day), median(id)';
const groupBy = [{ name: 'shop', expression: col('shop') }];
const final = { kind: 'final', schema: fields } as const;
const partial = { kind: 'partial' } as const;
const pieces: readonly ScanFile[] = [0, 2, 4].map((first) => ({
  uri: 'mem://lake/sales.parquet',
  rowGroups: [first, first + 1],
}));

async function run(jobId: string, plan: PlanNode, inputs: readonly (readonly ScanFile[])[]): Promise<unknown[]> {
  const rows: unknown[] = [];
  const sources = inputs.map((files, index) => [`part ${index}`, { kind: 'files', files }] as const);
  const task = { version: 1, jobId, stageId: 0, taskId: 0, plan, inputs: Object.fromEntries(sources) };
  const output = plan.kind === 'commit-write' ? { output: { uri: `mem://lake/${jobId}` } } : {};
  const onBatch: TaskServices['onBatch'] = (batch) =>
    void rows.push(...JSON.parse(JSON.stringify(batch.toArray(), text)));
  await executeTask({ ...task, ...output }, { store, memoryBytes: 64 * MIB, onBatch });
  return rows;
}

const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
const scanOf = (part: number, schema: readonly Field[] = fields): PlanNode => ({
  kind: 'scan',
  sourceId: `part ${part}`,
  format: 'parquet',
  schema,
});

for (const keys of [undefined, groupBy]) {
  const name = keys === undefined ? 'of all rows' : 'of groups';
  const aggregation = (aggregates: readonly AggregateCall[], input: PlanNode, stage?: AggregateStage): PlanNode =>
    keys === undefined
      ? { kind: 'aggregate', aggregates, input, stage }
      : { kind: 'grouped-aggregate', groupBy: keys, aggregates, input, stage };

  test(`${name}, states in files between the tasks`, async () => {
    const files: ScanFile[] = [];
    for (const [part, piece] of pieces.entries()) {
      const write: PlanNode = { kind: 'write', input: aggregation(plain, scanOf(0), partial), format: 'parquet' };
      const jobId = `${name} ${part}`.replaceAll(' ', '-');
      await run(jobId, { kind: 'commit-write', input: write, mode: 'append' }, [[piece]]);
      const written = await listCommitted(store, `mem://lake/${jobId}`);
      files.push(...written.files.map(({ path }) => ({ uri: `mem://lake/${jobId}/${path}` })));
    }
    const states = bindPlan(aggregation(plain, scanOf(0), partial)).schema.fields;
    const together = await run('final', aggregation(plain, scanOf(0, states), final), [files]);
    expect(together).toHaveLength(keys === undefined ? 1 : 8);
    expect(together).toEqual(await run('whole', aggregation(plain, scanOf(0)), [pieces]));
  });

  test(`${name}, in one plan`, async () => {
    const parts = pieces.map((_, part) => aggregation(all, scanOf(part), partial));
    const plan = aggregation(all, { kind: 'concat', inputs: parts }, final);
    const together = await run(
      'one',
      plan,
      pieces.map((piece) => [piece]),
    );
    expect(together).toEqual(await run('whole', aggregation(all, scanOf(0)), [pieces]));
    const by = keys === undefined ? '' : 'group by shop order by min(id)';
    const theirs = await query(`select ${sql} from '${sales}' ${by}`);
    const rows = together as Record<string, unknown>[];
    expect(rows.map((row) => [row['n'], row['exact days'], row['exact middle']])).toEqual(
      theirs.map((row) => [String(row[0]), String(row[1]), row[2]]),
    );
  });
}
