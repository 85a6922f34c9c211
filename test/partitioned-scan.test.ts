/** Files of a Hive partition, written by DuckDB: their partition columns, and filters that leave files unread. */

import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordBatch } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as types from '../src/columnar/data-type.ts';
import { field } from '../src/columnar/schema.ts';
import { executeTask, type TaskResult } from '../src/execute-task.ts';
import type { Expression } from '../src/expressions/expression.ts';
import { fileStore } from '../src/io/file-store.ts';
import { fileUri } from '../src/io/uri.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import type { ScanFile } from '../src/plan/task.ts';
import { query } from './support/duckdb.ts';
import { col, int, op } from './support/plans.ts';
import { resultBatch } from './support/record-batch-rows.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-partitions-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files: readonly ScanFile[] = [];

beforeAll(async () => {
  await query(`copy (select i as n, i * 0.5 as x, i % 4 as month, case when i % 3 > 0 then 'k' || i % 3 end as kind
    from range(60) t(i)) to '${directory}' (format parquet, partition_by (month, kind))`);
  files = globSync('**/*.parquet', { cwd: directory })
    .sort()
    .map((path) => {
      const [, month = '', kind = ''] = /^month=(\d+)\/kind=(\w+)\//.exec(path) ?? [];
      const value = kind === '__HIVE_DEFAULT_PARTITION__' ? null : kind;
      return { uri: fileUri(join(directory, path)), partition: { month: Number(month), kind: value } };
    });
});

const scan = (filter?: Expression): PlanNode => ({
  kind: 'scan',
  sourceId: 't',
  format: 'parquet',
  schema: [
    field('n', types.int64),
    field('month', types.int32),
    field('kind', types.utf8),
    field('x', types.decimal(21, 1)),
  ],
  filter,
});

async function run(plan: PlanNode, given: readonly ScanFile[] = files) {
  const rows: unknown[] = [];
  const onBatch = (batch: RecordBatch) => void rows.push(...resultBatch(batch).rows());
  const task = { version: 1, jobId: 'p', stageId: 0, taskId: 0, plan, inputs: { t: { kind: 'files', files: given } } };
  const { statistics } = await executeTask(task, { store: fileStore(), onBatch });
  return { rows, counters: counters(statistics), statistics };
}

const counters = ({ operators }: TaskResult['statistics']) =>
  operators.find(({ name }) => name === 'Scan')?.counters ?? {};

/** What DuckDB reads, in the order of n. */
async function expected(where: string): Promise<unknown[][]> {
  const sql = `select n, month::int as month, kind, x::decimal(21, 1) as x
    from read_parquet('${directory}/**/*.parquet', hive_partitioning = true) where ${where} order by n`;
  return (await query(sql)).map((row) => Object.values(row));
}

const text = (value: string): Expression => ({ kind: 'literal', type: types.utf8, value });
const sorted = (plan: PlanNode): PlanNode => ({ kind: 'sort', input: plan, keys: [{ expression: col('n') }] });

describe('a scan of partitions', () => {
  test('has the values of their columns, null among them', async () => {
    expect(files).toHaveLength(12);
    const { rows } = await run(sorted(scan()));
    expect(rows.map(String)).toEqual((await expected('true')).map(String));
  });

  test.each<[string, Expression, string, number]>([
    ['one value', op(col('month'), '=', int(2)), 'month = 2', 9],
    [
      'a value and rows',
      op(op(col('month'), '>', int(1)), 'and', op(col('n'), '<', int(30))),
      'month > 1 and n < 30',
      6,
    ],
    [
      'either of two',
      op(op(col('month'), '=', int(0)), 'or', op(col('kind'), '=', text('k1'))),
      "month = 0 or kind = 'k1'",
      6,
    ],
    ['no value', { kind: 'is-null', input: col('kind') }, 'kind is null', 8],
    [
      'a function of it',
      op({ kind: 'function', name: 'upper', arguments: [col('kind')] }, '=', text('K2')),
      "upper(kind) = 'K2'",
      8,
    ],
    [
      'what decides nothing',
      op(op(col('month'), '=', int(1)), 'or', op(col('n'), '<', int(9))),
      'month = 1 or n < 9',
      0,
    ],
    ['no partition', op(col('month'), '=', int(7)), 'month = 7', 12],
  ])('leaves files unread by a filter of %s', async (_, filter, where, pruned) => {
    const found = await run(sorted(scan(filter)));
    expect(found.rows.map(String)).toEqual((await expected(where)).map(String));
    expect(found.counters['files pruned']).toBe(pruned);
  });

  test.each([
    ['month', 5, 'month = 1', 9],
    ['kind', 5, "kind = 'k2'", 8],
    ['kind', 6, 'kind is null', 8],
  ])(
    'leaves files unread whose %s is not that of row %i, with which it is joined',
    async (name, row, where, pruned) => {
      const key = { kind: 'alias', name: 'key', input: col(name) } as const;
      const join: PlanNode = {
        kind: 'hash-join',
        left: scan(),
        right: {
          kind: 'project',
          input: scan(op(col('n'), '=', int(row))),
          columns: [{ name: 'key', expression: key }],
        },
        leftOn: [col(name)],
        rightOn: [col('key')],
        nullEqualsNull: [true],
        joinType: 'semi',
      };
      const found = await run(sorted(join));
      expect(found.rows.map(String)).toEqual((await expected(where)).map(String));
      // The last one is that of the probe side.
      expect(found.statistics.operators.findLast((one) => one.name === 'Scan')?.counters['files pruned']).toBe(pruned);
    },
  );

  test('counts rows without reading more than footers', async () => {
    const count: PlanNode = {
      kind: 'grouped-aggregate',
      input: scan(),
      groupBy: [{ name: 'month', expression: col('month') }],
      aggregates: [{ name: 'n', function: 'count' }],
    };
    const { rows, counters } = await run({ kind: 'sort', input: count, keys: [{ expression: col('month') }] });
    expect(rows).toEqual([0, 1, 2, 3].map((month) => [month, 15n]));
    // The end of each file at once, and nothing after.
    expect(counters['requests']).toBe(12);
  });

  test.each<[string, ScanFile['partition'], string]>([
    [
      'no column',
      { monht: 1 },
      '$.inputs.t.files[0].partition: The schema has no column "monht". Did you mean "month"?',
    ],
    ['no value of its type', { month: 'x' }, '$.inputs.t.files[0].partition.month: is no int32'],
  ])('refuses values of %s', async (_, partition, message) => {
    await expect(run(scan(), [{ uri: 'file:///none', partition }])).rejects.toThrow(message);
  });
});
