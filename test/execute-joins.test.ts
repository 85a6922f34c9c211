/** Whole tasks that join files: what stands above a join takes its columns in whatever form they come. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decimal, duration, int64, timestamp, utf8 } from '../src/columnar/data-type.ts';
import { field } from '../src/columnar/schema.ts';
import { executeTask } from '../src/execute-task.ts';
import { memoryStore } from '../src/io/memory-store.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import { query } from './support/duckdb.ts';
import { col, int, op } from './support/plans.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-joins-'));
const files = { trades: join(directory, 'trades.parquet'), shops: join(directory, 'shops.parquet') } as const;

beforeAll(async () => {
  await query(`copy (
    select n as id, 'shop ' || (n * 7 % 13) as shop, (n * 37 % 1000 * 0.25)::decimal(9, 2) as price,
      case when n % 17 = 0 then null else timestamp '2024-01-01' + to_seconds(n * 11 % 3600) end as moment
    from range(3000) t(n)) to '${files.trades}' (format parquet, row_group_size 1000)`);
  await query(`copy (
    select n as number, 'shop ' || (n % 10) as name, timestamp '2024-01-01' + to_seconds(n * 97 % 4000) as opened,
      'text ' || (n % 3) as note
    from range(40) t(n)) to '${files.shops}' (format parquet)`);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const trades: PlanNode = {
  kind: 'scan',
  sourceId: 'trades',
  format: 'parquet',
  schema: [field('id', int64), field('shop', utf8), field('price', decimal(9, 2)), field('moment', timestamp('us'))],
};
const shops: PlanNode = {
  kind: 'scan',
  sourceId: 'shops',
  format: 'parquet',
  schema: [field('number', int64), field('name', utf8), field('opened', timestamp('us')), field('note', utf8)],
};

/** The rows of a plan; numbers as JavaScript has them. */
async function rowsOf(plan: PlanNode): Promise<unknown[][]> {
  const store = memoryStore();
  for (const [name, file] of Object.entries(files)) await store.put(`mem://lake/${name}.parquet`, readFileSync(file));
  const inputs = Object.fromEntries(
    Object.keys(files).map((name) => [name, { kind: 'files', files: [{ uri: `mem://lake/${name}.parquet` }] }]),
  );
  const rows: unknown[][] = [];
  await executeTask(
    { version: 1, jobId: 'job', stageId: 0, taskId: 0, plan, inputs },
    {
      store,
      memoryBytes: 64 * 1024 * 1024,
      onBatch: (batch) => {
        for (const row of batch.toArray()) rows.push(Object.values(row?.toJSON() ?? {}).map(plain));
      },
    },
  );
  return rows;
}

const plain = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);

const counted = (input: PlanNode, ...names: string[]): PlanNode => ({
  kind: 'sort',
  input: {
    kind: 'grouped-aggregate',
    input,
    groupBy: names.map((name) => ({ name, expression: col(name) })),
    aggregates: [
      { name: 'n', function: 'count' },
      { name: 'least', function: 'min', input: col('id') },
    ],
  },
  keys: names.map((name) => ({ expression: col(name) })),
});

describe('a task', () => {
  test.each(['left', 'right'] as const)('groups and sorts all pairs, the %s side being collected', async (collect) => {
    const residual = op(op(col('id'), '+', col('number')), '<', int(600));
    const rows = await rowsOf(
      counted({ kind: 'cross-join', left: trades, right: shops, collect, residual }, 'note', 'shop'),
    );
    const sql = `select note, shop, count(*)::integer, min(id)::integer
      from '${files.trades}', '${files.shops}' where id + number < 600 group by all order by all`;
    expect(rows).toEqual(await query(sql));
  });

  test('counts all pairs, of which nothing is read', async () => {
    const input: PlanNode = { kind: 'cross-join', left: trades, right: shops };
    const rows = await rowsOf({ kind: 'aggregate', input, aggregates: [{ name: 'n', function: 'count' }] });
    expect(rows).toEqual([[120_000]]);
  });

  test('joins by sorting, and groups what comes out', async () => {
    const input: PlanNode = {
      kind: 'sort-merge-join',
      left: trades,
      right: shops,
      leftOn: [col('shop')],
      rightOn: [col('name')],
      joinType: 'outer',
    };
    const sql = `select note, name, count(*)::integer, min(id)::integer
      from '${files.trades}' full join '${files.shops}' on shop = name group by all order by all`;
    expect(await rowsOf(counted(input, 'note', 'name'))).toEqual(await query(sql));
  });

  test('limits a join in the order of its keys', async () => {
    const input: PlanNode = {
      kind: 'sort-merge-join',
      left: trades,
      right: shops,
      leftOn: [col('id')],
      rightOn: [col('number')],
      joinType: 'left',
    };
    const rows = await rowsOf({
      kind: 'limit',
      input: { kind: 'project', input, columns: ['id', 'name'].map((name) => ({ name, expression: col(name) })) },
      limit: 50,
      offset: 10,
    });
    const sql = `select id::integer, name from '${files.trades}' left join '${files.shops}' on id = number
      order by id limit 50 offset 10`;
    expect(rows).toEqual(await query(sql));
  });

  test('joins each row with the last that was there at its time', async () => {
    const input: PlanNode = {
      kind: 'asof-join',
      left: trades,
      right: shops,
      leftBy: [col('shop')],
      rightBy: [col('name')],
      leftOn: col('moment'),
      rightOn: col('opened'),
      strategy: 'backward',
      tolerance: { kind: 'literal', type: duration('s'), value: 'PT10M' },
    };
    const sql = `select note, number, count(*)::integer, min(id)::integer from (
      select id, case when within then note end as note, case when within then number end as number from (
        select *, opened >= moment - interval '10 minutes' as within
        from (from '${files.trades}' where moment is not null) asof left join '${files.shops}'
          on shop = name and moment >= opened)
      union all select id, null, null from '${files.trades}' where moment is null) group by all order by all`;
    expect(await rowsOf(counted(input, 'note', 'number'))).toEqual((await query(sql)).map((row) => row.map(plain)));
  });
});
