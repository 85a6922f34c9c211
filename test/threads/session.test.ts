/** Sessions with threads: their queries begin by one, and are shared out once threads are there. */

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { int64 } from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import { col, InvalidArgument, Session } from '../../src/index.ts';
import { deskStore } from '../../src/io/desk-store.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import type { SourceStatistics } from '../../src/planner/optimizer/statistics.ts';
import { executeInThreads } from '../../src/threads/execute-in-threads.ts';
import { ThreadPool } from '../../src/threads/thread-pool.ts';
import { query } from '../support/duckdb.ts';
import { col as column } from '../support/plans.ts';
import { filesOf, pathOf, removeTables } from './tables.ts';

beforeAll(() =>
  query(`copy (select i % 100 as k, hash(i)::varchar as text from range(2500000) t(i))
    to '${pathOf('large-0.parquet')}' (format parquet, compression uncompressed)`),
);
afterAll(removeTables);

const SQL = (): string => `select k, count(*), max(text) from '${pathOf('large-0.parquet')}' group by k order by k`;

test('what is large is shared out as soon as there are threads, and gives the same', async () => {
  await using session = new Session({ threads: 2, memory: 512 * 1024 * 1024 });
  const large = await session.readParquet<{ k: bigint; text: string }>(pathOf('large-0.parquet'));
  const frame = large.groupBy('k').agg((c) => [c.k.count().alias('n'), c.text.max().alias('last')]);
  const sorted = frame.sort('k');
  expect(sorted.explain()).toMatch(
    /2 threads, where .* 25\.2 MB or more are read:\nSort by k\n {2}FinalAggregate.*\n {4}Exchange shares of/,
  );
  const theirs = (await query(SQL())).map((row) => row.map(String));
  for (let isShared = false; !isShared; ) {
    const { statistics, ...table } = await sorted.collect();
    expect(table.toRows().map((row) => Object.values(row).map(String))).toEqual(theirs);
    isShared = statistics?.operators.some(({ name }) => name === 'Exchange') === true;
  }
  expect(await sorted.explain({ analyze: true })).toMatch(/Exchange .* threads 2, shares \d/);
});

test('files whose columns are known to be small are not looked into for it', async () => {
  await using pool = new ThreadPool(2, 64 * 1024 * 1024);
  const plan: PlanNode = {
    kind: 'aggregate',
    input: { kind: 'scan', sourceId: 'large', format: 'parquet', schema: [field('k', int64)] },
    aggregates: [{ name: 'n', function: 'sum', input: column('k') }],
  };
  const task = { version: 1, jobId: 'job', stageId: 0, taskId: 0, plan, inputs: { large: filesOf('large') } };
  const footersRead = async (columns: SourceStatistics['columns']): Promise<number> => {
    const desk = deskStore();
    const readTail = vi.fn<NonNullable<ObjectStore['readTail']>>((...request) => desk.readTail!(...request));
    const store = Object.assign(Object.create(desk) as ObjectStore, { readTail });
    const { signal } = new AbortController();
    const services = { store, memoryBytes: 512 * 1024 * 1024, signal, statisticsOf: () => ({ rows: 2.5e6, columns }) };
    await executeInThreads(task, { ...services, leastBytes: 1e9 }, pool);
    return readTail.mock.calls.length;
  };
  expect(await footersRead(new Map([['k', { storedBytes: 1e8 }]]))).toBe(1);
  expect(await footersRead(new Map())).toBe(2);
});

test('another storage, and rows in memory, are read by one thread', async () => {
  await using session = new Session({ threads: 2 });
  const rows = session.fromRows([{ a: 1 }]).filter(col('a').gt(0));
  expect(rows.explain()).toContain('One thread: no part of the plan can be shared out.');
  await using stored = new Session({ threads: 2, storage: memoryStore() });
  expect(stored.range(0, 3).explain()).toContain('One thread: others would not find the storage of the session.');
  await using plain = new Session();
  expect(plain.range(0, 3).explain()).not.toContain('hread');
});

test.each([0, 1.5, 65, Number.NaN])('%s threads are none', (threads) => {
  expect(() => new Session({ threads })).toThrow(InvalidArgument);
});
