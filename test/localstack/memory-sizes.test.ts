/**
 * No task is ever killed for memory, whatever its plan, its data, the size of its function, and what the same process has
 * done before: it succeeds, or it fails with `MemoryBudgetExceeded`. The emulator kills as AWS does, by resident bytes.
 */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import { s3Store } from '../../src/io/s3/s3-store.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import type { Task } from '../../src/plan/task.ts';
import { query } from '../support/duckdb.ts';
import { col, int, op } from '../support/plans.ts';
import { askLane, describeLane, emulator, freshBucket, until } from './harness.ts';
import { createFunction, invoke, recordOf } from './lambda.ts';

const FACTS: PlanNode = {
  kind: 'scan',
  sourceId: 'facts',
  format: 'parquet',
  schema: [
    field('id', types.int64),
    field('key', types.int64),
    field('day', types.int64),
    field('x', types.float64),
    field('text', types.utf8),
  ],
};
const written = (input: PlanNode, partitionBy?: string[]): PlanNode => ({
  kind: 'write',
  format: 'parquet',
  compression: 'snappy',
  input,
  ...(partitionBy && { partitionBy }),
});

/** By the state that they keep: none, the rows of 30 partitions, all rows, a group for every second row. */
const PLANS = {
  stream: written({
    kind: 'project',
    input: { kind: 'filter', input: FACTS, predicate: op(col('day'), '<', int(27)) },
    columns: ['id', 'day', 'x', 'text', 'key'].map((name) => ({ name, expression: col(name) })),
  }),
  partitions: written(FACTS, ['day']),
  sort: written({ kind: 'sort', input: FACTS, keys: [{ expression: col('x') }] }),
  groups: written({
    kind: 'grouped-aggregate',
    input: FACTS,
    groupBy: [{ name: 'key', expression: col('key') }],
    aggregates: [
      { name: 'n', function: 'count' },
      { name: 'last', function: 'max', input: col('text') },
    ],
  }),
} as const;
type PlanName = keyof typeof PLANS;
interface Trial {
  readonly plan: PlanName;
  /** Of the file, from its first on. */
  readonly rowGroups: number;
}
const ROW_GROUPS = 24;
const ROW_GROUP_ROWS = 49_152;
/**
 * A ladder of sizes, since what matters happens where memory is just enough; but none of which it is known that chance decides
 * whether it is, since a new process takes one or two megabytes more or less: 4 and 7 row groups by groups in 256 MB.
 */
const TRIALS: readonly Trial[] = [
  ...[1, 24].map((rowGroups) => ({ plan: 'stream', rowGroups }) as const),
  ...[1, 24].map((rowGroups) => ({ plan: 'partitions', rowGroups }) as const),
  ...[1, 3, 6, 9, 13, 24].map((rowGroups) => ({ plan: 'sort', rowGroups }) as const),
  ...[1, 3, 6, 12, 24].map((rowGroups) => ({ plan: 'groups', rowGroups }) as const),
];
/** What DuckDB says, by name of the plan and row groups. */
const rowsOf = new Map<string, number>();

let bucket = '';
let bundle = '';
let jobs = 0;

async function makeFile(): Promise<void> {
  bucket = await freshBucket();
  const path = join(emulator().dataDirectory, 'facts.parquet');
  const rows = ROW_GROUPS * ROW_GROUP_ROWS;
  await query(`copy (select i as id, (hash(i) % ${rows / 2})::bigint as key, (hash(i + 7) % 30)::bigint as day,
    random() as x, md5(i::varchar) as text from range(${rows}) r(i))
    to '${path}' (format parquet, compression snappy, row_group_size ${ROW_GROUP_ROWS})`);
  await s3Store().put(`s3://${bucket}/facts.parquet`, readFileSync(path));
  for (const { plan, rowGroups } of TRIALS) {
    const counted = {
      stream: 'count(*) filter (day < 27)',
      groups: 'count(distinct key)',
      sort: 'count(*)',
      partitions: 'count(*)',
    };
    const [row] = await query(`select ${counted[plan]} from '${path}' where id < ${rowGroups * ROW_GROUP_ROWS}`);
    rowsOf.set(`${plan} ${rowGroups}`, Number(row?.[0]));
  }
}

/** A function of the bundle that is deployed, with the settings that serverless.yml gives it. */
async function makeFunction(name: string, memoryMb: number): Promise<void> {
  await createFunction(name, {
    source: `export { handler } from ${JSON.stringify(pathToFileURL(bundle).href)};`,
    memoryMb,
    timeoutSeconds: 300,
    environment: {
      POWERTOOLS_SERVICE_NAME: 'execute-task',
      NODE_OPTIONS: '--max-old-space-size=192 --max-semi-space-size=1',
    },
  });
}

function taskOf({ plan, rowGroups }: Trial): Task {
  jobs += 1;
  return {
    version: 1,
    jobId: `job-${jobs}`,
    stageId: 0,
    taskId: 0,
    plan: PLANS[plan],
    inputs: {
      facts: {
        kind: 'files',
        files: [{ uri: `s3://${bucket}/facts.parquet`, rowGroups: Array.from({ length: rowGroups }, (_, n) => n) }],
      },
    },
    output: { uri: `s3://${bucket}/out-${jobs}` },
  };
}

/** What has become of a task: its rows are right, or it failed with the one error that it may fail with. */
async function outcomeOf(name: string, trial: Trial): Promise<'done' | 'MemoryBudgetExceeded'> {
  const { payload, error } = await invoke(name, taskOf(trial));
  if (error !== undefined) {
    expect(error.errorType, `${name}, ${trial.plan} ${trial.rowGroups}: ${error.errorMessage}`).toBe(
      'MemoryBudgetExceeded',
    );
    return 'MemoryBudgetExceeded';
  }
  expect(payload).toMatchObject({ rows: rowsOf.get(`${trial.plan} ${trial.rowGroups}`) });
  return 'done';
}

/** Ends the process of a function, so that its next invocation begins with a new one. */
async function makeCold(name: string): Promise<void> {
  const pid = (await recordOf(name)).invocations.at(-1)?.pid;
  if (pid === undefined || !isThere(pid)) return;
  process.kill(pid, 'SIGKILL');
  // An invocation that came before would be given to the one that ends.
  await until(`the process of ${name} is gone`, () => !isThere(pid));
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const MORE_TRIES = 5;

/** Whether a task that is tried again ends as said. */
async function becomes(
  name: string,
  trial: Trial,
  outcome: string | undefined,
  prepare: (name: string) => Promise<void> = () => Promise.resolve(),
): Promise<boolean> {
  for (let tries = 0; tries < MORE_TRIES; tries += 1) {
    await prepare(name);
    if ((await outcomeOf(name, trial)) === outcome) return true;
  }
  return false;
}

function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state;
  };
  return items
    .map((item) => ({ item, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

describeLane('a function, never killed for memory,', () => {
  beforeAll(async () => {
    bundle = resolve(String(await askLane('functions')), 'execute-task/index.mjs');
    await makeFile();
  });

  test.each([256, 320])('of %d MB does warm, after any other task, what it does cold', async (memoryMb) => {
    const name = `warm-${memoryMb}`;
    await makeFunction(name, memoryMb);
    const cold = new Map<Trial, string>();
    for (const trial of TRIALS) {
      cold.set(trial, await outcomeOf(name, trial));
      await makeCold(name);
    }
    // Neither the small nor the large ones alone would show anything.
    expect(new Set(cold.values())).toEqual(new Set(['done', 'MemoryBudgetExceeded']));
    const seed = memoryMb;
    const warm = new Map<Trial, string>();
    for (const trial of shuffled(TRIALS, seed)) warm.set(trial, await outcomeOf(name, trial));
    // Of a size at which chance decides, more tries of either kind become both; what was left behind makes all of a kind fail.
    const different = TRIALS.filter((trial) => warm.get(trial) !== cold.get(trial));
    const confirmed: Trial[] = [];
    for (const trial of different) if (!(await becomes(name, trial, cold.get(trial)))) confirmed.push(trial);
    expect([...new Set((await recordOf(name)).invocations.slice(TRIALS.length).map(({ pid }) => pid))]).toHaveLength(1);
    for (const trial of confirmed) {
      const isChance = await becomes(name, trial, warm.get(trial), makeCold);
      expect({ ...trial, isChance }, `${warm.get(trial)} warm, ${cold.get(trial)} cold, seed ${seed}`).toEqual({
        ...trial,
        isChance: true,
      });
    }
  });

  test.each([384, 512, 1024])('of %d MB does any task, or fails by name', async (memoryMb) => {
    const name = `sized-${memoryMb}`;
    await makeFunction(name, memoryMb);
    for (const trial of shuffled(TRIALS, memoryMb)) await outcomeOf(name, trial);
    const { invocations } = await recordOf(name);
    expect(new Set(invocations.map(({ pid }) => pid)).size).toBe(1);
    expect(invocations.some(({ error }) => error === null)).toBe(true);
  });
});
