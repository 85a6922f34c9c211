/** What a task gives by several threads, beside what it gives by one, and what DuckDB gives. */

import type { RecordBatch } from 'apache-arrow';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Batch } from '../../src/columnar/batch.ts';
import * as types from '../../src/columnar/data-type.ts';
import { type Field, field } from '../../src/columnar/schema.ts';
import { InvalidCast, MemoryBudgetExceeded, MillraceError, TaskCancelled, ThreadDied } from '../../src/errors.ts';
import { executeTask, type TaskResult } from '../../src/execute-task.ts';
import type { AggregateCall } from '../../src/expressions/expression.ts';
import { deskStore } from '../../src/io/desk-store.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import type { PlanNode, ScanFormat } from '../../src/plan/plan-node.ts';
import type { Task, TaskInput } from '../../src/plan/task.ts';
import type { SourceStatistics } from '../../src/planner/optimizer/statistics.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import { exchange } from '../../src/threads/exchange.ts';
import { executeInThreads } from '../../src/threads/execute-in-threads.ts';
import { type Thread, ThreadPool } from '../../src/threads/thread-pool.ts';
import { planOf } from '../planner/optimizer/random-plans.ts';
import { query, queryAsJson } from '../support/duckdb.ts';
import { fuzzed } from '../support/fuzz.ts';
import { col, int, op } from '../support/plans.ts';
import { filesOf, pathOf, removeTables, writeFiles } from './tables.ts';

const MIB = 1024 * 1024;
const MEMORY_BYTES = 512 * MIB;

/** Which says what threads it hands out. */
class WatchedPool extends ThreadPool {
  onTake: (threads: readonly Thread[]) => void = () => {};

  override take(count: number): readonly Thread[] {
    const threads = super.take(count);
    this.onTake(threads);
    return threads;
  }
}

const pool = new WatchedPool(3, 128 * MIB);

beforeAll(async () => {
  const rows = (count: number): string =>
    `select n as nth, nullif(n % 7, 5) as k, (n * 37) % 31 as n, case n % 5 when 0 then null when 1 then 'a' else (n % 4)::varchar end as s,
      nullif((n % 9) / 2, 3) as f, nullif(n % 3, 2)::boolean as b from range(${count}) t(n)`;
  await writeFiles('t0', rows(90), 5);
  await writeFiles('t1', rows(20), 2);
  await writeFiles('t2', rows(9), 1);
  await writeFiles(
    'sales',
    `select n as nth, n as id, case when n % 11 = 0 then null else 'shop ' || (n % 7) end as shop,
      ((n * 37 % 100000) * 0.25)::decimal(15, 3) as amount, date '2024-01-01' + (n % 60)::integer as day, n / 8 as weight,
      case when n = 8000 then 'none' else n::varchar end as number, [n, null, n % 3] as items from range(12000) t(n)`,
    3,
  );
  await writeFiles('shops', `select n as nth, 'shop ' || n as name, n * 10 as size from range(5) t(n)`, 1);
  const notes = `select i as id, 'text, ' || i as note from range(100000) t(i)`;
  await query(`copy (${notes}) to '${pathOf('notes-0.json')}' (format json)`);
  await query(`copy (${notes}) to '${pathOf('quoted-0.csv')}'`);
  await query(`copy (select i as id from range(400000) t(i)) to '${pathOf('plain-0.csv')}'`);
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  removeTables();
});

const SALES: readonly Field[] = [
  field('id', types.int64),
  field('shop', types.utf8),
  field('amount', types.decimal(15, 3)),
  field('day', types.date),
  field('weight', types.float64),
  field('number', types.utf8),
  field('items', types.list(types.int64)),
];
const sales: PlanNode = { kind: 'scan', sourceId: 'sales', format: 'parquet', schema: SALES };
const shops: PlanNode = {
  kind: 'scan',
  sourceId: 'shops',
  format: 'parquet',
  schema: [field('name', types.utf8), field('size', types.int64)],
};
const counting: PlanNode = { kind: 'aggregate', input: sales, aggregates: [{ name: 'n', function: 'count' }] };
/** As DuckDB names them. */
const SALES_SQL = () => `read_parquet('${pathOf('sales-*.parquet')}')`;

/** So few rows that it is worth sending all of them. */
const statisticsOf = (): SourceStatistics => ({ rows: 1000, columns: new Map() });

interface Outcome {
  readonly rows: readonly string[];
  readonly result: TaskResult;
}

function taskOf(plan: PlanNode, inputs: Readonly<Record<string, TaskInput>> = {}): Task {
  const text = JSON.stringify(plan);
  const files = ['t0', 't1', 't2', 'sales', 'shops'].filter((name) => text.includes(`"sourceId":"${name}"`));
  const named = Object.fromEntries(files.map((name) => [name, filesOf(name)]));
  return { version: 1, jobId: 'job', stageId: 0, taskId: 0, plan, inputs: { ...named, ...inputs } };
}

interface Options {
  readonly threads?: number;
  readonly memoryBytes?: number;
  readonly signal?: AbortSignal;
  readonly onBatch?: (batch: RecordBatch) => void;
}

async function run(
  task: Task,
  { threads = 3, memoryBytes = MEMORY_BYTES, signal = new AbortController().signal, onBatch }: Options = {},
): Promise<Outcome> {
  const rows: string[] = [];
  const services = {
    store: deskStore(),
    memoryBytes,
    signal,
    statisticsOf,
    leastBytes: 1,
    onBatch: (batch: RecordBatch) => {
      for (const row of batch.toArray()) rows.push(JSON.stringify(row, cell));
      onBatch?.(batch);
    },
  };
  const result = await (threads === 1 ? executeTask(task, services) : executeInThreads(task, services, pool));
  return { rows, result };
}

const cell = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value);
  return Object.is(value, -0) ? 0 : value;
};

const exchanges = ({ statistics }: TaskResult): number =>
  statistics.operators.filter(({ name }) => name === 'Exchange').length;

describe('by three threads as by one', () => {
  test('random plans', async () => {
    let divided = 0;
    const choices = fc.array(fc.nat(), { minLength: 5, maxLength: 60, size: 'max' });
    await fc.assert(
      fc.asyncProperty(choices, async (chosen) => {
        const task = taskOf(scanning(planOf(chosen)));
        const [one, three] = await Promise.all([outcome(task, 1), outcome(task, 3)]);
        if (three !== 'failed') divided += exchanges(three.result);
        // What fails here may not be asked for there, and the other way round: a join may end before it has read a side.
        if (one === 'failed' || three === 'failed') return;
        expect(three.rows.toSorted()).toEqual(one.rows.toSorted());
      }),
      fuzzed(15),
    );
    expect(divided).toBeGreaterThan(0);
  });

  test('rows come in the order of the files', async () => {
    const plan: PlanNode = {
      kind: 'project',
      input: {
        kind: 'explode',
        input: { kind: 'filter', input: sales, predicate: op(op(col('id'), '%', int(3)), '!=', int(0)) },
        columns: ['items'],
      },
      columns: ['id', 'items', 'shop'].map((name) => ({ name, expression: col(name) })),
    };
    const [one, three] = [await run(taskOf(plan), { threads: 1 }), await run(taskOf(plan))];
    expect(exchanges(three.result)).toBe(1);
    expect(three.rows).toEqual(one.rows);
    const limited: PlanNode = { kind: 'limit', input: plan, limit: 9000, offset: 77 };
    expect((await run(taskOf(limited))).rows).toEqual(one.rows.slice(77, 9077));
  });

  test.each<[string, string, ScanFormat, number, number]>([
    ['JSON by ranges of bytes', 'notes', { kind: 'json' }, 100_000, 1],
    ['CSV without quotes too', 'plain', { kind: 'csv', quote: null }, 400_000, 1],
    ['CSV with quotes by one thread', 'quoted', { kind: 'csv' }, 100_000, 0],
  ])('%s', async (_, sourceId, format, count, shared) => {
    const scan: PlanNode = { kind: 'scan', sourceId, format, schema: [field('id', types.int64)] };
    const plan: PlanNode = { kind: 'filter', input: scan, predicate: op(col('id'), '<', int(count - 7)) };
    const { rows, result } = await run(taskOf(plan, { [sourceId]: filesOf(sourceId) }));
    expect(rows).toHaveLength(count - 7);
    expect(rows.at(-1)).toBe(`{"id":"${count - 8}"}`);
    expect(exchanges(result)).toBe(shared);
  });
});

/** Rows of files instead of rows in memory. */
function scanning(node: PlanNode): PlanNode {
  if (node.kind === 'in-memory-scan')
    return { kind: 'scan', sourceId: node.sourceId, format: 'parquet', schema: node.schema };
  const text = JSON.stringify(node, (_, value) =>
    value?.kind === 'in-memory-scan' ? { ...value, kind: 'scan', format: 'parquet' } : value,
  );
  return JSON.parse(text) as PlanNode;
}

async function outcome(task: Task, threads: number): Promise<Outcome | 'failed'> {
  try {
    return await run(task, { threads });
  } catch (error) {
    if (error instanceof MillraceError) return 'failed';
    throw error;
  }
}

describe('as DuckDB', () => {
  const all: readonly AggregateCall[] = [
    { name: 'n', function: 'count' },
    { name: 'total', function: 'sum', input: col('amount'), filter: op(col('id'), '>', int(5000)) },
    { name: 'mean', function: 'mean', input: col('weight') },
    { name: 'least', function: 'min', input: col('day') },
    { name: 'last', function: 'max_by', input: col('id'), by: col('weight') },
    { name: 'first', function: 'first', input: col('id') },
    { name: 'days', function: 'count_distinct', input: col('day') },
  ];
  const sql = `count(*), sum(amount) filter (id > 5000), avg(weight), min(day), arg_max(id, weight), count(distinct day)`;

  for (const [name, aggregates, divided] of [
    ['in two stages', all.slice(0, -1), 'PartialGroupedAggregate'],
    ['of values that are sent', all, 'Filter + Project'],
  ] as const) {
    test(`groups of a join, ${name}`, async () => {
      const plan: PlanNode = {
        kind: 'grouped-aggregate',
        input: {
          kind: 'hash-join',
          left: { kind: 'filter', input: sales, predicate: op(col('id'), '>', int(100)) },
          right: shops,
          leftOn: [col('shop')],
          rightOn: [col('name')],
          joinType: 'inner',
        },
        groupBy: [{ name: 'shop', expression: col('shop') }],
        aggregates,
      };
      const { rows, result } = await run(taskOf(plan));
      expect(exchanges(result)).toBe(1);
      expect(result.statistics.operators.map((operator) => operator.name).join()).toContain(divided);
      const theirs =
        await query(`select shop, ${sql} from ${SALES_SQL()} where id > 100 and shop in ('shop 0', 'shop 1',
        'shop 2', 'shop 3', 'shop 4') group by shop order by shop`);
      const ours = rows.map((row) => Object.values(JSON.parse(row) as object)).toSorted();
      expect(ours.map((row) => row.map(String).slice(0, 2))).toEqual(theirs.map((row) => row.map(String).slice(0, 2)));
      expect(ours.map((row) => [row[3], row[5]])).toEqual(theirs.map((row) => [row[3], String(row[5])]));
    });
  }

  test('the first rows of a sort, and different rows', async () => {
    const keys = [{ expression: op(col('id'), '%', int(100)) }, { expression: col('id'), descending: true }];
    const plan: PlanNode = {
      kind: 'project',
      input: { kind: 'top-n', input: sales, keys, limit: 5, offset: 2 },
      columns: [{ name: 'id', expression: col('id') }],
    };
    const { rows, result } = await run(taskOf(plan));
    expect(exchanges(result)).toBe(1);
    const theirs = await queryAsJson(`select id from ${SALES_SQL()} order by id % 100, id desc limit 5 offset 2`);
    expect(rows).toEqual(theirs.map(([id]) => `{"id":"${id}"}`));
    const shopsOnly: PlanNode = { kind: 'project', input: sales, columns: [{ name: 'shop', expression: col('shop') }] };
    const different = await run(taskOf({ kind: 'dedup', input: shopsOnly }));
    const names = await query(`select distinct shop from ${SALES_SQL()}`);
    expect(different.rows.toSorted()).toEqual(names.map(([shop]) => JSON.stringify({ shop })).toSorted());
    expect(exchanges(different.result)).toBe(1);
  });
});

test('figures are those of all shares', async () => {
  const plan: PlanNode = {
    kind: 'aggregate',
    input: sales,
    aggregates: [{ name: 'n', function: 'sum', input: col('id') }],
  };
  const { result } = await run(taskOf(plan));
  const [, exchange, aggregate, scan] = result.statistics.operators;
  expect(exchange).toMatchObject({ name: 'Exchange', depth: 1, rowsOut: 3, counters: { threads: 3, shares: 3 } });
  expect(aggregate).toMatchObject({ name: 'Aggregate', depth: 2, rowsIn: 12_000, rowsOut: 3 });
  expect(scan).toMatchObject({ name: 'Scan', depth: 3, rowsOut: 12_000 });
  expect(scan?.counters['rows read']).toBe(12_000);
  expect(result.statistics.limitBytes).toBe(MEMORY_BYTES);
});

describe('what goes wrong in a thread', () => {
  const failing: PlanNode = {
    kind: 'filter',
    input: sales,
    predicate: op({ kind: 'cast', input: col('number'), type: types.int64 }, '>', int(-1)),
  };

  test('is the same error as without', async () => {
    const [one, three] = await Promise.allSettled([run(taskOf(failing), { threads: 1 }), run(taskOf(failing))]);
    const expected = one.status === 'rejected' ? (one.reason as InvalidCast) : undefined;
    const found = three.status === 'rejected' ? (three.reason as InvalidCast) : undefined;
    expect(found).toBeInstanceOf(InvalidCast);
    expect(found?.message).toBe(expected?.message);
    expect(found?.message).toContain('row 10666');
    expect(found?.operator).toBe(expected?.operator);
    expect(found?.retryable).toBe(false);
  });

  test('may be too little memory', async () => {
    const wide: PlanNode = {
      kind: 'dedup',
      input: {
        kind: 'project',
        input: { kind: 'explode', input: repeated(sales, 60), columns: ['times'] },
        columns: [
          { name: 'id', expression: col('id') },
          { name: 'times', expression: col('times') },
        ],
      },
    };
    const error = await run(taskOf(wide), { memoryBytes: (3 * 48 + 4 * 16) * MIB }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MemoryBudgetExceeded);
    expect((error as MemoryBudgetExceeded).operator).toBe('Dedup');
  });

  test('does not keep it from the next query', async () => {
    expect((await run(taskOf(counting))).rows).toEqual(['{"n":"12000"}']);
  });
});

/** With a list of so many different numbers in each row. */
function repeated(input: PlanNode, times: number): PlanNode {
  const items = Array.from({ length: times }, (_, at) => int(at));
  return {
    kind: 'project',
    input,
    columns: [
      { name: 'id', expression: col('id') },
      { name: 'times', expression: { kind: 'list', items } },
    ],
  };
}

test('a query that is cancelled ends in its threads', async () => {
  const abort = new AbortController();
  const plan: PlanNode = {
    kind: 'explode',
    input: repeated(sales, 60),
    columns: ['times'],
  };
  const running = run(taskOf(plan), { signal: abort.signal, onBatch: () => abort.abort() });
  await expect(running).rejects.toThrow(TaskCancelled);
  await expect(run(taskOf(plan), { signal: abort.signal })).rejects.toThrow(TaskCancelled);
});

test('queries at once have threads of their own', async () => {
  const plan: PlanNode = { kind: 'filter', input: sales, predicate: op(col('id'), '>=', int(0)) };
  const few: PlanNode = { kind: 'scan', sourceId: 't1', format: 'parquet', schema: [field('n', types.int64)] };
  let asked: Promise<Outcome> | undefined;
  const outer = run(taskOf(plan), {
    onBatch: () => {
      asked ??= run(taskOf({ kind: 'filter', input: few, predicate: op(col('n'), '>=', int(0)) }));
    },
  });
  const { rows } = await outer;
  expect(rows).toHaveLength(12_000);
  const inner = await asked;
  expect(inner?.rows).toHaveLength(20);
  expect(inner && exchanges(inner.result)).toBe(1);
});

describe('memory is given back', () => {
  const files = () => (filesOf('sales') as Extract<TaskInput, { kind: 'files' }>).files;
  const shares = (): Task[] => files().map((file) => taskOf(sales, { sales: { kind: 'files', files: [file] } }));
  const schema = { fields: SALES };

  test.each<[string, () => 'more' | 'done', number]>([
    ['at the end', () => 'more', 12_000],
    ['by who wants no more', () => 'done', 4096],
    [
      'after an error further up',
      () => {
        throw new InvalidCast('of a test');
      },
      4096,
    ],
  ])('%s', async (_, push, mostRows) => {
    const memory = new MemoryBudget(64 * MIB);
    const source = exchange({
      schema,
      shares: shares(),
      isOrdered: true,
      pool,
      threadBytes: 64 * MIB,
      onHeld: () => {},
    });
    let rows = 0;
    const output = {
      push: async ({ rowCount }: Batch) => {
        expect(memory.usedBytes).toBeGreaterThan(0);
        rows += rowCount;
        return push();
      },
    };
    const context = { memory, signal: new AbortController().signal };
    await runChain({ source, stages: [] }, output, context).catch((error: unknown) => {
      expect(error).toBeInstanceOf(InvalidCast);
    });
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThanOrEqual(mostRows);
    expect(memory.usedBytes).toBe(0);
  });
});

test('a thread that ends by itself is an error, and is no part of the next query', async () => {
  pool.onTake = ([, second]) => void second?.end();
  await expect(run(taskOf(counting))).rejects.toThrow(ThreadDied);
  pool.onTake = () => {};
  expect((await run(taskOf(counting))).rows).toEqual(['{"n":"12000"}']);
});
