/** Whole tasks: files that DuckDB wrote, answers that DuckDB gives, and everything that goes wrong on the way. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataType, type RecordBatch } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bool, date, decimal, float64, int8, int32, int64, interval, utf8 } from '../src/columnar/data-type.ts';
import { type Field, field } from '../src/columnar/schema.ts';
import { abortJob } from '../src/commit/abort-job.ts';
import { readDecision } from '../src/commit/decision.ts';
import type { JobManifest, TaskManifest } from '../src/commit/manifest.ts';
import { listCommitted } from '../src/commit/read-manifest.ts';
import {
  InvalidArgument,
  InvalidPlan,
  JobAborted,
  MemoryBudgetExceeded,
  MillraceError,
  ObjectNotFound,
  OutputExists,
  TaskCancelled,
} from '../src/errors.ts';
import { executeTask, type TaskResult, type TaskServices } from '../src/execute-task.ts';
import { fileStore } from '../src/io/file-store.ts';
import { inParallel } from '../src/io/in-parallel.ts';
import { type MemoryStore, memoryStore } from '../src/io/memory-store.ts';
import type { ObjectStore } from '../src/io/object-store.ts';
import { borrowLinearMemory } from '../src/memory/process-memory.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import type { Task } from '../src/plan/task.ts';
import { expectSameRows } from './operators/contract.ts';
import { query } from './support/duckdb.ts';
import { lit } from './support/expressions.ts';
import { col, op } from './support/plans.ts';
import type { Row } from './support/task.ts';

const MIB = 1024 * 1024;
const directory = mkdtempSync(join(tmpdir(), 'millrace-task-'));
const sales = join(directory, 'sales.parquet');
const uri = 'mem://lake/sales.parquet';
let bytes: Uint8Array;

beforeAll(async () => {
  await query(`copy (
    select n as id, case when n % 11 = 0 then null else 'shop ' || (n % 7) end as shop,
      (((n * 37 % 100000) * 0.25)::decimal(15, 3)) as amount, date '2024-01-01' + (n % 60)::integer as day, n / 8 as weight
    from range(30000) t(n)) to '${sales}' (format parquet, row_group_size 5000)`);
  bytes = readFileSync(sales);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const fields: readonly Field[] = [
  field('id', int64),
  field('shop', utf8),
  field('amount', decimal(15, 3)),
  field('day', date),
  field('weight', float64),
];
const scan: PlanNode = { kind: 'scan', sourceId: 'sales', format: 'parquet', schema: fields };
const january: PlanNode = {
  kind: 'filter',
  input: scan,
  predicate: op(col('day'), '<', { kind: 'literal', type: date, value: '2024-02-01' }),
};

const taskOf = (plan: PlanNode | { uri: string }, overrides: Partial<Task> = {}): Task => ({
  version: 1,
  jobId: 'job',
  stageId: 0,
  taskId: 0,
  plan,
  inputs: { sales: { kind: 'files', files: [{ uri }] } },
  ...overrides,
});

async function lake(): Promise<MemoryStore> {
  const store = memoryStore();
  await store.put(uri, bytes);
  return store;
}

interface Outcome extends TaskResult {
  readonly rows: readonly Row[];
}

async function run(task: unknown, services: Partial<TaskServices> = {}): Promise<Outcome> {
  const rows: Row[] = [];
  const result = await executeTask(task, {
    store: services.store ?? (await lake()),
    memoryBytes: 64 * MIB,
    onBatch: (batch) => void rows.push(...rowsOf(batch)),
    ...services,
  });
  return { ...result, rows };
}

function rowsOf(batch: RecordBatch): Row[] {
  return Array.from({ length: batch.numRows }, (_, row) =>
    batch.schema.fields.map((_, column) => {
      const vector = batch.getChildAt(column);
      const value = vector?.get(row);
      if (value === null || vector === null) return null;
      if (DataType.isDecimal(vector.type)) return unscaled(value);
      return DataType.isDate(vector.type) ? Number(value) / 86_400_000 : value;
    }),
  );
}

function unscaled(words: Uint32Array): bigint {
  const value = words.reduce((sum, word, index) => sum | (BigInt(word) << BigInt(32 * index)), 0n);
  return BigInt.asIntN(128, value);
}

const names = ({ statistics }: TaskResult): string[] => statistics.operators.map(({ name }) => name);

/** Whoever borrows memory of this size next gets that of the last task, if that has given back all of it. */
function expectMemoryReturned(memoryBytes: number): void {
  using loan = borrowLinearMemory(memoryBytes);
  expect(loan.linear.committedBytes).toBeGreaterThan(65_536);
  expect(loan.linear.usedBytes).toBe(0);
}

describe('a task', () => {
  const groups: PlanNode = {
    kind: 'grouped-aggregate',
    input: january,
    groupBy: [{ name: 'shop', expression: col('shop') }],
    aggregates: [
      { name: 'n', function: 'count' },
      { name: 'total', function: 'sum', input: op(col('amount'), '*', col('amount')) },
      { name: 'last', function: 'max', input: col('day') },
      { name: 'weight', function: 'mean', input: col('weight') },
    ],
  };

  test.each<{ name: string; plan: PlanNode; sql: string; operators: string[] }>([
    {
      name: 'reads files',
      plan: scan,
      sql: 'select * from sales',
      operators: ['Scan'],
    },
    {
      name: 'filters',
      plan: january,
      sql: `select * from sales where day < '2024-02-01'`,
      operators: ['Filter', 'Scan'],
    },
    {
      name: 'filters and computes in one step',
      plan: {
        kind: 'filter',
        predicate: op(col('shop'), '=', lit('shop 3')),
        input: {
          kind: 'project',
          input: january,
          columns: [
            { name: 'double', expression: op(col('id'), '+', col('id')) },
            { name: 'shop', expression: col('shop') },
          ],
        },
      },
      sql: `select id + id, shop from sales where day < '2024-02-01' and shop = 'shop 3'`,
      operators: ['Filter + Project', 'Scan'],
    },
    {
      name: 'groups what a filter keeps in one step, and sorts it',
      plan: { kind: 'sort', input: groups, keys: [{ expression: col('shop') }] },
      sql: `select shop, count(*), sum(amount * amount), max(day), avg(weight) from sales
        where day < '2024-02-01' group by shop order by shop nulls last`,
      operators: ['Sort', 'Filter + GroupedAggregate', 'Scan'],
    },
    {
      name: 'aggregates everything to one row',
      plan: {
        kind: 'aggregate',
        input: scan,
        aggregates: [
          { name: 'n', function: 'count', input: col('shop') },
          { name: 'shops', function: 'count_distinct', input: col('shop') },
          { name: 'least', function: 'min', input: col('amount') },
        ],
      },
      sql: 'select count(shop), count(distinct shop), min(amount) from sales',
      operators: ['Aggregate', 'Scan'],
    },
    {
      name: 'takes the first rows of an order',
      plan: {
        kind: 'top-n',
        input: scan,
        keys: [{ expression: col('amount'), descending: true }, { expression: col('id') }],
        limit: 20,
        offset: 5,
      },
      sql: 'select * from sales order by amount desc, id limit 20 offset 5',
      operators: ['TopN', 'Scan'],
    },
    {
      name: 'looks at the rows around each row, and sums what is left of them',
      plan: {
        kind: 'aggregate',
        input: {
          kind: 'window-partition-and-dynamic-frame',
          input: {
            kind: 'window-partition-only',
            input: january,
            partitionBy: [col('shop'), col('day')],
            aggregates: [{ name: 'most', function: 'max', input: col('amount') }],
          },
          partitionBy: [col('shop')],
          orderBy: [{ expression: col('day'), descending: true }],
          frame: {
            unit: 'range',
            start: { kind: 'preceding', offset: { kind: 'literal', type: interval, value: 'P2D' } },
            end: { kind: 'current-row' },
          },
          functions: [{ kind: 'aggregate', aggregate: { name: 'total', function: 'sum', input: col('amount') } }],
        },
        aggregates: [
          { name: 'n', function: 'count' },
          { name: 'most', function: 'sum', input: col('most') },
          { name: 'total', function: 'sum', input: col('total') },
        ],
      },
      sql: `select count(*), sum(most), sum(total) from (
        select sum(amount) over (partition by shop order by day desc range between interval 2 day preceding and current row) total,
          max(amount) over (partition by shop, day) most
        from sales where day < '2024-02-01')`,
      operators: ['Aggregate', 'WindowPartitionAndDynamicFrame', 'WindowPartitionOnly', 'Filter', 'Scan'],
    },
    {
      name: 'limits',
      plan: { kind: 'limit', input: january, limit: 700, offset: 4000 },
      sql: `select * from sales where day < '2024-02-01' limit 700 offset 4000`,
      operators: ['Limit', 'Limit', 'Filter', 'Scan'],
    },
    {
      name: 'limits to nothing without reading',
      plan: { kind: 'limit', input: january, limit: 0 },
      sql: 'select * from sales limit 0',
      operators: ['EmptyScan'],
    },
    {
      name: 'takes one input after the other',
      plan: { kind: 'concat', inputs: [january, { kind: 'limit', input: scan, limit: 10 }] },
      sql: `(select * from sales where day < '2024-02-01') union all (select * from sales limit 10)`,
      operators: ['Concat', 'Filter', 'Scan', 'Limit', 'Scan'],
    },
    {
      name: 'honours the limit of a scan that filters',
      plan: { ...(scan as Extract<PlanNode, { kind: 'scan' }>), filter: op(col('id'), '>', col('weight')), limit: 8 },
      sql: 'select * from sales where id > weight limit 8',
      operators: ['Limit', 'Filter', 'Scan'],
    },
  ])('$name', async ({ plan, sql, operators }) => {
    const result = await run(taskOf(plan));
    const expected = await query(sql.replaceAll('sales', `'${sales}'`));
    expect(result.rows).toEqual(expected);
    expect(result.rowCount).toBe(expected.length);
    expect(names(result)).toEqual(operators);
    expectMemoryReturned(64 * MIB);
  });

  test('takes rows along, and text as JSON', async () => {
    const task = taskOf(
      { kind: 'in-memory-scan', sourceId: 'few', schema: [field('a', int64), field('b', utf8)] },
      { inputs: { few: { kind: 'rows', rows: [{ a: 1, b: 'x' }, { a: '9007199254740993' }] } } },
    );
    expect((await run(JSON.stringify(task))).rows).toEqual([
      [1n, 'x'],
      [9007199254740993n, null],
    ]);
  });

  test('finds its plan at a uri', async () => {
    const store = await lake();
    const plan: PlanNode = { kind: 'limit', input: scan, limit: 3 };
    await store.put('mem://plans/limit.json', Buffer.from(JSON.stringify(plan)));
    expect((await run(taskOf({ uri: 'mem://plans/limit.json' }), { store })).rowCount).toBe(3);
    const missing = run(taskOf({ uri: 'mem://plans/none.json' }), { store });
    await expect(missing).rejects.toThrow(ObjectNotFound);
    await store.put('mem://plans/bad.json', Buffer.from('{"kind":"scna"}'));
    await expect(run(taskOf({ uri: 'mem://plans/bad.json' }), { store })).rejects.toThrow(InvalidPlan);
  });

  test('does not fail for rows that an earlier filter has removed, be it for null', async () => {
    const path = join(directory, 'guarded.parquet');
    const values = '(true, 4), (true, 7), (null, 300), (false, 400)';
    await query(`copy (select * from (values ${values}) t(fits, n)) to '${path}' (format parquet)`);
    const guarded: PlanNode = {
      kind: 'filter',
      predicate: op({ kind: 'cast', input: col('n'), type: int8 }, '<', { kind: 'literal', type: int8, value: 5 }),
      input: {
        kind: 'filter',
        predicate: col('fits'),
        input: { ...(scan as Extract<PlanNode, { kind: 'scan' }>), schema: [field('fits', bool), field('n', int32)] },
      },
    };
    const inputs = { sales: { kind: 'files', files: [{ uri: `file://${path}` }] } } as const;
    const { rows } = await run(taskOf(guarded, { inputs }), { store: fileStore() });
    expect(rows).toEqual([[true, 4]]);
  });

  test('tells how far it is', async () => {
    const seen: number[] = [];
    const onBatch = () => new Promise<void>((wake) => setTimeout(wake, 200));
    const onProgress: TaskServices['onProgress'] = ({ operators }) => seen.push(operators[0]?.rowsOut ?? 0);
    const { statistics } = await run(taskOf(scan), { onBatch, onProgress });
    expect(seen.length).toBeGreaterThan(0);
    expect(Math.max(...seen)).toBeLessThanOrEqual(30_000);
    expect(statistics.wallMs).toBeGreaterThan(400);
    // Both waits of the consumer come after the first batch has left the scan.
    expect(statistics.firstBatchMs).toBeGreaterThan(0);
    expect(statistics.firstBatchMs).toBeLessThan(statistics.wallMs - 390);
    expect(statistics.limitBytes).toBe(64 * MIB);
    expect(statistics.peakBytes).toBeGreaterThan(0);
  });

  test('uses the memory that the task before it has touched', async () => {
    const memoryBytes = 48 * MIB;
    await run(taskOf(scan), { memoryBytes });
    using loan = borrowLinearMemory(memoryBytes);
    const { memory } = loan.linear;
    loan[Symbol.dispose]();
    await run(taskOf(scan), { memoryBytes });
    using again = borrowLinearMemory(memoryBytes);
    expect(again.linear.memory).toBe(memory);
  });
});

describe('a task that writes', () => {
  const output = { uri: 'mem://lake/out' };
  const write: PlanNode = { kind: 'write', input: january, format: 'parquet', partitionBy: ['shop'] };
  const commit = (mode: 'append' | 'overwrite' | 'error-if-exists'): PlanNode => ({
    kind: 'commit-write',
    input: write,
    mode,
    successFile: true,
  });
  const opened = async (store: ObjectStore) => Array.fromAsync(store.listUploads('mem://lake/'));
  const listed = async (store: ObjectStore) => (await Array.fromAsync(store.list('mem://lake/out/'))).map((o) => o.uri);

  test('commits its job: files that DuckDB reads back', async () => {
    const target = join(directory, 'committed');
    const task = taskOf(commit('overwrite'), {
      inputs: { sales: { kind: 'files', files: [{ uri: `file://${sales}` }] } },
      output: { uri: `file://${target}` },
    });
    const result = await run(task, { store: fileStore() });
    const expected = await query(`select * exclude shop, shop from '${sales}' where day < '2024-02-01'`);
    expect(result.rowCount).toBe(expected.length);
    const manifest = result.manifest as JobManifest;
    expect(result.rows.map(([path]) => path).sort()).toEqual(manifest.files.map(({ path }) => path).sort());
    const files = manifest.files.map(({ path }) => `'${join(target, path)}'`);
    const read = await query(
      `select id, amount, day, weight, shop from read_parquet([${files}], hive_partitioning = true)`,
    );
    expectSameRows(read, expected);
    expect(names(result)).toEqual(['CommitWrite', 'Write', 'Filter', 'Scan']);
    const recorded = JSON.parse(readFileSync(new URL(result.manifestUri ?? ''), 'utf8'));
    expect(recorded.statistics[0].operators.map(({ name }: { name: string }) => name)).toEqual(names(result));
    expect(readFileSync(join(target, '_SUCCESS'), 'utf8')).toBe(`${manifest.jobId}\n`);
  });

  test('without a commit leaves files that nobody sees, and a task manifest', async () => {
    const store = await lake();
    const result = await run(taskOf(write, { output }), { store });
    expect(await listed(store)).toEqual(['mem://lake/out/_millrace/job/stage-0/task-0.json']);
    expect((await opened(store)).length).toBe(8);
    expect(result.manifestUri).toBe('mem://lake/out/_millrace/job/stage-0/task-0.json');
    expect((result.manifest as TaskManifest).files.length).toBe(8);
    expect(result.rowCount).toBe((await query(`select 1 from '${sales}' where day < '2024-02-01'`)).length);
  });

  test('gives the recorded result without work when it is run again', async () => {
    const store = await lake();
    const first = await run(taskOf(commit('append'), { output }), { store });
    const before = await listed(store);
    await store.delete(uri);
    const again = await run(taskOf(commit('append'), { output }), { store });
    expect(again.rows).toEqual(first.rows);
    expect(again.manifest).toEqual(first.manifest);
    expect(again.rowCount).toBe(first.rowCount);
    expect(names(again)).toEqual(['CommitWrite', 'EmptyScan']);
    expect(await listed(store)).toEqual(before);
  });

  test('goes on where an attempt stopped between its task and its job', async () => {
    const store = await lake();
    const written = await run(taskOf(write, { output }), { store });
    await store.delete(uri);
    const result = await run(taskOf(commit('append'), { output }), { store });
    expect(result.rowCount).toBe(written.rowCount);
    expect((await listCommitted(store, output.uri)).live.length).toBe(1);
    expect(await opened(store)).toEqual([]);
  });

  test('is one result when two attempts race', async () => {
    const store = await lake();
    const task = taskOf(commit('append'), { output });
    const [a, b] = await Promise.all([run(task, { store }), run(task, { store })]);
    expect(a.manifest).toEqual(b.manifest);
    expect(a.rows).toEqual(b.rows);
    expect(await opened(store)).toEqual([]);
    const { files } = await listCommitted(store, output.uri);
    expect(files.reduce((sum, { rows }) => sum + rows, 0)).toBe(a.rowCount);
  });

  test('gives its result once, whatever the store does and however often it is run', async () => {
    const rowCount = (await query(`select 1 from '${sales}' where day < '2024-02-01'`)).length;
    // Some at a time: they mostly wait to try again.
    await inParallel([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 4, async (seed) => {
      const store = await lake();
      const faults = {
        unavailable: 0.05,
        lostAnswer: 0.05,
        lateEffect: 0.02,
        conflict: 0.1,
        ownRetry: 0.05,
        truncatedRead: 0.05,
      };
      let results = 0;
      for (let attempt = 0; attempt < 8; attempt += 1) {
        const faulty = store.withFaults({ seed: seed * 100 + attempt, ...faults, maxDelayTurns: 3 });
        const task = run(taskOf(commit('append'), { output }), { store: faulty });
        const outcome = await task.catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(MillraceError);
        else {
          results += 1;
          expect((outcome as Outcome).rowCount).toBe(rowCount);
        }
      }
      await store.settled();
      expect(results, `seed ${seed}`).toBeGreaterThan(0);
      const { live, files } = await listCommitted(store, output.uri);
      expect(live.length).toBe(1);
      expect(files.reduce((sum, { rows }) => sum + rows, 0)).toBe(rowCount);
      const visible = (await listed(store)).filter((path) => path.endsWith('.parquet'));
      expect(visible.length).toBe(files.length);
    });
  });

  test('does not begin where the mode is error-if-exists and a result is there', async () => {
    const store = await lake();
    await run(taskOf(commit('append'), { output, jobId: 'first' }), { store });
    await store.delete(uri);
    const second = run(taskOf(commit('error-if-exists'), { output, jobId: 'second' }), { store });
    await expect(second).rejects.toThrow(OutputExists);
  });

  test('does not begin when its job was aborted', async () => {
    const store = await lake();
    await abortJob({ store, destination: output.uri, jobId: 'job', reason: 'changed my mind' });
    await expect(run(taskOf(commit('append'), { output }), { store })).rejects.toThrow(JobAborted);
    expect(await opened(store)).toEqual([]);
  });

  test('writes one file with the schema when there are no rows', async () => {
    const store = await lake();
    const nothing: PlanNode = { kind: 'filter', input: scan, predicate: op(col('id'), '<', lit(0n)) };
    const plan: PlanNode = {
      kind: 'commit-write',
      mode: 'append',
      input: { kind: 'write', input: nothing, format: 'parquet' },
    };
    const result = await run(taskOf(plan, { output }), { store });
    expect(result.rowCount).toBe(0);
    expect((result.manifest as JobManifest).files.length).toBe(1);
  });

  test.each<{ name: string; services: (store: MemoryStore) => Partial<TaskServices>; error: unknown }>([
    {
      name: 'its input is missing',
      services: (store) => {
        void store.delete(uri);
        return {};
      },
      error: ObjectNotFound,
    },
    {
      name: 'it is cancelled in the middle',
      services: () => {
        const controller = new AbortController();
        const onProgress = () => controller.abort();
        return { signal: controller.signal, onProgress };
      },
      error: TaskCancelled,
    },
    {
      name: 'its memory is too small',
      services: () => ({ memoryBytes: MIB }),
      error: MemoryBudgetExceeded,
    },
  ])('leaves nothing behind when $name', async ({ services, error }) => {
    const store = await lake();
    const slow = slowed(store);
    const memoryBytes = 32 * MIB;
    const failed = run(taskOf(commit('append'), { output }), { store: slow, memoryBytes, ...services(store) });
    await expect(failed).rejects.toThrow(error as typeof MemoryBudgetExceeded);
    expect(await opened(store)).toEqual([]);
    expect(await listed(store)).toEqual([]);
    expect(await readDecision(store, output.uri, 'job')).toBeUndefined();
  });

  test('may be run again after it failed', async () => {
    const store = await lake();
    const task = taskOf(commit('append'), { output });
    await expect(run(task, { store, memoryBytes: MIB })).rejects.toThrow(MemoryBudgetExceeded);
    expect((await run(task, { store })).rowCount).toBeGreaterThan(0);
  });

  /** Uploads that take long enough for progress to be told while they are open. */
  function slowed(store: MemoryStore): ObjectStore {
    const wait = () => new Promise<void>((wake) => setTimeout(wake, 300));
    return new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== 'uploadPart') return value.bind(target);
        return async (...parameters: unknown[]) => {
          await wait();
          return value.apply(target, parameters);
        };
      },
    });
  }
});

describe('a task fails as promised when', () => {
  const outcome = (task: unknown, services: Partial<TaskServices> = {}): Promise<unknown> =>
    run(task, services).then(
      () => undefined,
      (error) => error,
    );

  test('it is no task at all', async () => {
    for (const task of [undefined, null, 7, 'no JSON', [], {}, { version: 2 }]) {
      expect(await outcome(task)).toBeInstanceOf(InvalidPlan);
    }
  });

  test('a column is unknown', async () => {
    const error = await outcome(taskOf({ kind: 'filter', input: scan, predicate: op(col('shpo'), '=', lit('x')) }));
    expect(error).toBeInstanceOf(InvalidPlan);
    expect((error as InvalidPlan).problems).toEqual([
      { path: expect.stringContaining('$.plan.predicate.left'), message: expect.stringMatching(/shpo.*shop/s) },
    ]);
  });

  test('a file is missing', async () => {
    const inputs = { sales: { kind: 'files', files: [{ uri: 'mem://lake/none.parquet' }] } } as const;
    const error = await outcome(taskOf(scan, { inputs }));
    expect(error).toBeInstanceOf(ObjectNotFound);
    expect((error as ObjectNotFound).operator).toBe('Scan');
    expect((error as ObjectNotFound).message).toBe('Scan: There is no object at mem://lake/none.parquet.');
  });

  test.each([0, -1, 1000, Number.NaN])('its budget is no budget: %d', async (memoryBytes) => {
    expect(await outcome(taskOf(scan), { memoryBytes })).toBeInstanceOf(InvalidArgument);
  });

  test('memory is short: it names the operator and the bytes, and gives all of it back', async () => {
    const sorted: PlanNode = { kind: 'sort', input: scan, keys: [{ expression: col('amount') }] };
    const error = await outcome(taskOf(sorted), { memoryBytes: 2 * MIB });
    expect(error).toBeInstanceOf(MemoryBudgetExceeded);
    expect((error as MemoryBudgetExceeded).operator).toBe('Sort');
    expect((error as MemoryBudgetExceeded).message).toMatch(/^Sort needs \d+ bytes more .* budget of 2097152 bytes/);
    expectMemoryReturned(2 * MIB);
  });

  test('it is cancelled before it begins', async () => {
    expect(await outcome(taskOf(scan), { signal: AbortSignal.abort() })).toBeInstanceOf(TaskCancelled);
  });

  test('it is cancelled in the middle, promptly', async () => {
    const controller = new AbortController();
    let batches = 0;
    const onBatch = () => {
      batches += 1;
      controller.abort(new Error('deadline'));
    };
    const error = await outcome(taskOf(scan), { signal: controller.signal, onBatch });
    expect(error).toBeInstanceOf(TaskCancelled);
    expect(batches).toBe(1);
    expectMemoryReturned(64 * MIB);
  });

  test('its deadline passes while nothing is read', async () => {
    const counted: PlanNode = {
      kind: 'aggregate',
      aggregates: [{ name: 'n', function: 'count' }],
      input: { kind: 'concat', inputs: Array.from({ length: 400 }, () => january) },
    };
    const error = await outcome(taskOf(counted), { signal: AbortSignal.timeout(20) });
    expect(error).toBeInstanceOf(TaskCancelled);
  });

  test('its consumer fails, with the error of the consumer', async () => {
    const mine = new RangeError('mine');
    const onBatch = async () => {
      throw mine;
    };
    expect(await outcome(taskOf(scan), { onBatch })).toBe(mine);
    expectMemoryReturned(64 * MIB);
  });
});
