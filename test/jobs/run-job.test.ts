/** Whole jobs in one process, step by step as the state machine takes them. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  InvalidArgument,
  InvalidPlan,
  JobAborted,
  ObjectChanged,
  ObjectNotFound,
  OutputExists,
  StageIncomplete,
} from '../../src/errors.ts';
import { executeTask } from '../../src/execute-task.ts';
import { abortStagedJob, commitStagedJob } from '../../src/jobs/finish-job.ts';
import type { Job } from '../../src/jobs/job.ts';
import { planStage } from '../../src/jobs/plan-stage.ts';
import { storeJob } from '../../src/jobs/store-job.ts';
import { wholeJobTask } from '../../src/jobs/whole-job-task.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import type { Task } from '../../src/plan/task.ts';
import { col } from '../support/plans.ts';
import { DESTINATION, glob, itemsAt, job, Lake, ROW_WISE, readJson, runItem, SCAN, uris } from './lake.ts';

let lake: Lake;
beforeEach(() => {
  lake = new Lake();
});
afterEach(() => lake[Symbol.dispose]());

const WORK = `${DESTINATION}/_millrace/job-1`;

const GROUPED: PlanNode = {
  kind: 'grouped-aggregate',
  input: SCAN,
  groupBy: [{ name: 'shop', expression: col('shop') }],
  aggregates: [{ name: 'n', function: 'count' }],
};

/** Stage 0, its tasks, stage 1, commit. */
async function runWholeJob(document: Job) {
  const { store } = lake;
  const { jobUri } = await storeJob({ store, job: document });
  const plan = await planStage({ store, jobUri, stageId: 0 });
  if (plan.next !== 'map') throw new Error('there is nothing to map');
  const items = await itemsAt(store, plan.items.uri);
  for (const item of items) await runItem(store, item);
  expect(await planStage({ store, jobUri, stageId: 1 })).toEqual({ next: 'commit', stageId: 1 });
  return { plan, items, jobUri, outcome: await commitStagedJob({ store, jobUri }) };
}

describe('a job', () => {
  test('that works row by row is many tasks, and equals DuckDB', async () => {
    await lake.add('mem://lake/a/1.parquet', 0, 3000);
    await lake.add('mem://lake/a/2.parquet', 3000, 5000);
    await lake.add('mem://lake/b/3.parquet', 5000, 25_000, 4096);
    await lake.store.put('mem://lake/a/_temporary/x.parquet', Buffer.from('none'));
    const { plan, items, outcome } = await runWholeJob(job(ROW_WISE, { taskBytes: 40_000 }));
    expect(plan).toEqual({
      next: 'map',
      stageId: 0,
      taskCount: items.length,
      items: { bucket: 'out', key: 'sales/_millrace/job-1/plan-0/items.json', uri: `${WORK}/plan-0/items.json` },
    });
    expect(items.length).toBeGreaterThan(3);
    expect(new Set(items.map(({ size }) => size))).toEqual(new Set(['small']));
    const tasks = (await Promise.all(items.map(({ task }) => readJson(lake.store, task)))) as Task[];
    const files = tasks.flatMap(({ inputs }) => (inputs['sales']?.kind === 'files' ? inputs['sales'].files : []));
    expect(files.filter(({ uri }) => uri.endsWith('3.parquet')).flatMap(({ rowGroups }) => rowGroups)).toEqual([
      0, 1, 2, 3, 4,
    ]);
    expect(files.every(({ etag }) => etag !== undefined)).toBe(true);
    const expected = await lake.duck('select id, shop, id + 1 from sales where id != 7 order by id');
    expect(await lake.committedRows('id')).toEqual(expected);
    expect(outcome.manifest.totals.rows).toBe(24_999);
    expect(outcome.manifestUri).toBe(`${WORK}/manifest.json`);
  });

  test('of any other plan is one large task', async () => {
    await lake.add('mem://lake/1.parquet', 0, 3000);
    await lake.add('mem://lake/2.parquet', 3000, 5001);
    const { items } = await runWholeJob(job(GROUPED, { taskBytes: 1 }));
    expect(items.map(({ size }) => size)).toEqual(['large']);
    const expected = await lake.duck('select shop, count(*)::ubigint from sales group by all order by shop');
    expect((await lake.committedRows('shop')).map(String)).toEqual(expected.map(String));
  });

  test('is one task where a scan has a limit, and where there are no files', async () => {
    await lake.add('mem://lake/1.parquet', 0, 3000);
    await lake.add('mem://lake/2.parquet', 3000, 5001);
    const limited = await runWholeJob(job({ ...SCAN, limit: 10 } as PlanNode, { taskBytes: 1 }));
    expect(limited.items.length).toBe(1);
    expect(limited.outcome.manifest.totals.rows).toBe(10);
    const none = await runWholeJob(job(SCAN, { jobId: 'none', inputs: { sales: { kind: 'files', files: [] } } }));
    expect(none.items.length).toBe(1);
    expect(none.outcome.manifest.totals).toEqual({ files: 0, rows: 0, bytes: 0 });
  });

  test('whose filter rules out row groups of a large file has no tasks for them', async () => {
    await lake.add('mem://lake/1.parquet', 0, 20_480, 2048);
    const few: PlanNode = {
      kind: 'filter',
      input: SCAN,
      predicate: {
        kind: 'binary',
        operator: '<',
        left: col('id'),
        right: { kind: 'literal', type: { kind: 'int64' }, value: 3000 },
      },
    };
    const { items, outcome } = await runWholeJob(job(few, { taskBytes: 100 }));
    expect(items.length).toBe(2);
    expect(outcome.manifest.totals.rows).toBe(3000);
    const nothing = {
      ...few,
      predicate: { ...few.predicate, right: { kind: 'literal', type: { kind: 'int64' }, value: -1 } },
    };
    const empty = await runWholeJob(job(nothing as PlanNode, { jobId: 'empty', taskBytes: 100 }));
    expect(empty.items.length).toBe(1);
    expect(empty.outcome.manifest.totals.rows).toBe(0);
  });

  test('is planned, run and committed again without another result', async () => {
    const { store } = lake;
    await lake.add('mem://lake/1.parquet', 0, 3000);
    await lake.add('mem://lake/2.parquet', 3000, 6000);
    const { jobUri } = await storeJob({ store, job: job(ROW_WISE, { taskBytes: 1 }) });
    const first = await planStage({ store, jobUri, stageId: 0 });
    await lake.add('mem://lake/3.parquet', 6000, 9000);
    expect(await planStage({ store, jobUri, stageId: 0 })).toEqual(first);
    const items = await itemsAt(store, `${WORK}/plan-0/items.json`);
    expect(items.length).toBe(2);
    for (const item of [...items, ...items]) await runItem(store, item);
    const committed = await commitStagedJob({ store, jobUri });
    expect(await commitStagedJob({ store, jobUri })).toEqual(committed);
    for (const stageId of [0, 1])
      expect(await planStage({ store, jobUri, stageId })).toEqual({ next: 'commit', stageId });
    for (const item of items) await runItem(store, item);
    expect(committed.manifest.totals.rows).toBe(5999);
    expect((await lake.committedRows('id')).length).toBe(5999);
  });

  test('runs at a desk as one task, with the same result', async () => {
    const { store } = lake;
    await lake.add('mem://lake/1.parquet', 0, 3000);
    const task = await wholeJobTask({ store, job: job() });
    expect(task).toMatchObject({ jobId: 'job-1', taskId: 0, plan: { kind: 'commit-write' } });
    const result = await executeTask(task, { store });
    expect(result.manifestUri).toBe(`${WORK}/manifest.json`);
    expect(await lake.committedRows('id')).toEqual(
      await lake.duck('select id, shop, id + 1 from sales where id != 7 order by id'),
    );
  });

  test('that runs at a desk and in the cloud at once is done by one of them', async () => {
    const { store } = lake;
    await lake.add('mem://lake/1.parquet', 0, 3000);
    await lake.add('mem://lake/2.parquet', 3000, 6000);
    const document = job(ROW_WISE, { taskBytes: 1 });
    const { jobUri } = await storeJob({ store, job: document });
    await planStage({ store, jobUri, stageId: 0 });
    const [first, second] = await itemsAt(store, `${WORK}/plan-0/items.json`);
    if (first === undefined || second === undefined) throw new Error('two tasks were expected');
    await runItem(store, first);
    await executeTask(await wholeJobTask({ store, job: document }), { store });
    expect((await lake.committedRows('id')).length).toBe(5999);
    await expect(runItem(store, second)).rejects.toBeInstanceOf(JobAborted);
    expect((await commitStagedJob({ store, jobUri })).manifest.totals.rows).toBe(5999);
    expect(await lake.committedRows('id')).toEqual(
      await lake.duck('select id, shop, id + 1 from sales where id != 7 order by id'),
    );
  });
});

describe('a job that cannot run', () => {
  const stored = async (document: Job) => (await storeJob({ store: lake.store, job: document })).jobUri;

  test('for its plan is refused before anything is stored', async () => {
    const wrong = job({ kind: 'project', input: SCAN, columns: [{ name: 'x', expression: col('shopp') }] });
    await expect(stored(wrong)).rejects.toThrow(InvalidPlan);
    await expect(stored(wrong)).rejects.toThrow(/\$\.plan\.input\.input\.columns\[0\].*shop/s);
    expect(await uris(lake.store, DESTINATION)).toEqual([]);
  });

  test.each<[string, Job['inputs'][string], abstract new (...args: never[]) => Error, RegExp]>([
    ['glob', glob('mem://lake/none/*.parquet'), InvalidArgument, /mem:\/\/lake\/none\/\*\.parquet matches no object/],
    ['file', { kind: 'files', files: [{ uri: 'mem://lake/x.parquet' }] }, ObjectNotFound, /x\.parquet/],
    ['version', { kind: 'files', files: [{ uri: 'mem://lake/1.parquet', etag: 'old' }] }, ObjectChanged, /old/],
  ])('for its %s fails when it is planned', async (_, input, kind, text) => {
    await lake.add('mem://lake/1.parquet', 0, 10);
    const jobUri = await stored(job(ROW_WISE, { inputs: { sales: input } }));
    const planning = planStage({ store: lake.store, jobUri, stageId: 0 });
    await expect(planning).rejects.toBeInstanceOf(kind);
    await expect(planning).rejects.toThrow(text);
    expect(await uris(lake.store, DESTINATION)).toEqual([jobUri]);
  });

  test('for its number of tasks says how large they have to be', async () => {
    for (let n = 0; n < 10_001; n++) await lake.store.put(`mem://lake/${n}.parquet`, Buffer.alloc(100));
    const jobUri = await stored(job(ROW_WISE, { taskBytes: 100 }));
    await expect(planStage({ store: lake.store, jobUri, stageId: 0 })).rejects.toThrow(
      /10001 tasks of 100 bytes each, and may have 10000. Raise its taskBytes, to 200/,
    );
  });

  test('for the length of the names of its files says so before its tasks', async () => {
    const files = Array.from({ length: 38_000 }, (_, n) => ({ uri: `mem://lake/${n + 10_000}${'x'.repeat(390)}` }));
    for (const { uri } of files) await lake.store.put(uri, Buffer.alloc(1));
    const jobUri = await stored(job(GROUPED, { inputs: { sales: { kind: 'files', files } } }));
    const planning = planStage({ store: lake.store, jobUri, stageId: 0 });
    await expect(planning).rejects.toBeInstanceOf(InvalidArgument);
    await expect(planning).rejects.toThrow(/document of task 0 would have \d+ bytes/);
  });

  test('for what the destination holds says so before its tasks', async () => {
    await lake.add('mem://lake/1.parquet', 0, 10);
    await runWholeJob(job());
    const { plan } = job();
    const refused = job(ROW_WISE, { jobId: 'second', plan: { ...plan, mode: 'error-if-exists' } as PlanNode });
    const jobUri = await stored(refused);
    await expect(planStage({ store: lake.store, jobUri, stageId: 0 })).rejects.toBeInstanceOf(OutputExists);
  });

  test('for a stage it does not have', async () => {
    const jobUri = await stored(job());
    for (const stageId of [2, -1, 0.5]) {
      await expect(planStage({ store: lake.store, jobUri, stageId })).rejects.toThrow(InvalidArgument);
    }
    await expect(planStage({ store: lake.store, jobUri, stageId: 1 })).rejects.toThrow(/not planned/);
  });
});

describe('a job of which a task fails', () => {
  async function halfWay() {
    const { store } = lake;
    await lake.add('mem://lake/1.parquet', 0, 3000);
    await lake.add('mem://lake/2.parquet', 3000, 6000);
    const { jobUri } = await storeJob({ store, job: job(ROW_WISE, { taskBytes: 1 }) });
    await planStage({ store, jobUri, stageId: 0 });
    const [first, second] = await itemsAt(store, `${WORK}/plan-0/items.json`);
    if (first === undefined || second === undefined) throw new Error('two tasks were expected');
    await runItem(store, second);
    return { store, jobUri, first };
  }

  test('is incomplete, and says which tasks are missing', async () => {
    const { store, jobUri } = await halfWay();
    for (const step of [planStage({ store, jobUri, stageId: 1 }), commitStagedJob({ store, jobUri })]) {
      await expect(step).rejects.toBeInstanceOf(StageIncomplete);
      await expect(step).rejects.toThrow(/1 of its 2 tasks: 0\./);
    }
    expect(await lake.committedRows('id')).toEqual([]);
  });

  test('keeps the first failure, and nothing of it is visible', async () => {
    const { store, jobUri, first } = await halfWay();
    const failure = { error: 'InvalidCast', cause: '"x" is no number.' };
    expect(await abortStagedJob({ store, jobUri, failure })).toEqual(failure);
    expect(await abortStagedJob({ store, jobUri, failure: { error: 'StageIncomplete', cause: 'later' } })).toEqual(
      failure,
    );
    for (const step of [
      planStage({ store, jobUri, stageId: 0 }),
      planStage({ store, jobUri, stageId: 1 }),
      commitStagedJob({ store, jobUri }),
      runItem(store, first),
    ]) {
      await expect(step).rejects.toBeInstanceOf(JobAborted);
      await expect(step).rejects.toThrow('InvalidCast: "x" is no number.');
    }
    expect(await Array.fromAsync(store.listUploads('mem://out/'))).toEqual([]);
    expect((await uris(store, DESTINATION)).filter((uri) => !uri.includes('/_millrace/'))).toEqual([]);
  });

  test('after its commit stays committed, and an abort says so', async () => {
    const { store, jobUri, first } = await halfWay();
    await runItem(store, first);
    await commitStagedJob({ store, jobUri });
    const answer = await abortStagedJob({ store, jobUri, failure: { error: 'States.Timeout', cause: 'too long' } });
    expect(answer.error).toBe('States.Timeout');
    expect(answer.cause).toMatch(/^too long\n.*decided to be committed/);
    expect((await lake.committedRows('id')).length).toBe(5999);
  });

  test('before it was read is aborted with the failure given', async () => {
    const failure = { error: 'InvalidPlan', cause: 'no job' };
    for (const jobUri of ['nonsense', 'mem://out/_millrace/x/job.json', 's3://bucket/other.json']) {
      expect(await abortStagedJob({ store: lake.store, jobUri, failure })).toEqual(failure);
    }
    expect(await uris(lake.store, 'mem://out/')).toEqual([]);
  });
});
