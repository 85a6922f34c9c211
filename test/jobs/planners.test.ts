/**
 * Planners at the same time, over a store that loses answers, refuses, delays and applies writes late, while objects
 * appear below the glob. Each seed is one schedule; to run one again: MILLRACE_SEED=<seed>.
 */

import { expect, test } from 'vitest';
import { CommitCorrupted, JobAborted, StorageUnavailable } from '../../src/errors.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import { seededRandom } from '../../src/io/memory-store-faults.ts';
import { abortStagedJob } from '../../src/jobs/finish-job.ts';
import { planStage } from '../../src/jobs/plan-stage.ts';
import { storeJob } from '../../src/jobs/store-job.ts';
import { parseTask } from '../../src/plan/parse-task.ts';
import type { Task } from '../../src/plan/task.ts';
import { VIRTUAL_RETRIES } from '../commit/world.ts';
import { itemsAt, job, ROW_WISE, readJson } from './lake.ts';

const onlySeed = process.env['MILLRACE_SEED'];
const seeds = onlySeed === undefined ? Array.from({ length: 100 }, (_, i) => i + 1) : [Number(onlySeed)];

test.each(seeds)('seed %i: all planners give one list, whose tasks are there and whole', async (seed) => {
  const random = seededRandom(seed);
  const store = memoryStore();
  const put = (n: number) => store.put(`mem://lake/${n}.parquet`, Buffer.alloc(10));
  for (let n = 0; n < 5; n++) await put(n);
  const client = (n: number) => {
    const rate = random() * 0.15;
    const faults = { unavailable: rate, lostAnswer: rate, lateEffect: rate / 2, conflict: rate, ownRetry: rate };
    return store.withFaults({ seed: seed * 1000 + n, ...faults, maxDelayTurns: 12 });
  };
  const document = job(ROW_WISE, { taskBytes: 20 });
  const storing = [1, 2].map(async (n) =>
    untilKnown(() => storeJob({ store: client(n), job: document, retryPolicy: VIRTUAL_RETRIES })),
  );
  const [{ jobUri }] = (await Promise.all(storing)) as [{ jobUri: string }, unknown];
  const clients = [3, 4, 5].map(client);
  const planning = clients.map((one) =>
    untilKnown(() => planStage({ store: one, jobUri, stageId: 0, retryPolicy: VIRTUAL_RETRIES })),
  );
  for (let n = 5; n < 10; n++) await put(n);
  const plans = await Promise.all(planning);
  for (const one of clients) await one.settled();
  plans.push(await planStage({ store, jobUri, stageId: 0 }));
  expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBe(1);
  const [plan] = plans;
  if (plan?.next !== 'map') throw new Error('nothing to map');
  const items = await itemsAt(store, plan.items.uri);
  expect(items.length).toBe(plan.taskCount);
  const named: string[] = [];
  for (const [taskId, { task }] of items.entries()) {
    const parsed: Task = parseTask(await readJson(store, task));
    expect(parsed).toMatchObject({ jobId: 'job-1', stageId: 0, taskId });
    const input = parsed.inputs['sales'];
    if (input?.kind === 'files') named.push(...input.files.map(({ uri }) => uri));
  }
  expect(new Set(named).size).toBe(named.length);
  expect(named.length).toBeGreaterThanOrEqual(5);
});

test.each(seeds.slice(0, 40))('seed %i: whoever fails first is who is told of, by everyone', async (seed) => {
  const store = memoryStore();
  await store.put('mem://lake/0.parquet', Buffer.alloc(10));
  const { jobUri } = await storeJob({ store, job: job() });
  const faults = {
    unavailable: 0.1,
    lostAnswer: 0.1,
    lateEffect: 0.05,
    conflict: 0.1,
    ownRetry: 0.1,
    maxDelayTurns: 12,
  };
  const told = await Promise.all(
    [1, 2, 3].map((n) => {
      const client = store.withFaults({ seed: seed * 1000 + n, ...faults });
      const failure = { error: `Error${n}`, cause: `cause ${n}.` };
      return untilKnown(() => abortStagedJob({ store: client, jobUri, failure, retryPolicy: VIRTUAL_RETRIES }));
    }),
  );
  expect(new Set(told.map(({ error, cause }) => `${error} ${cause}`)).size).toBe(1);
  const [first] = told;
  await expect(planStage({ store, jobUri, stageId: 0 })).rejects.toThrow(`${first?.error}: ${first?.cause}`);
  await expect(planStage({ store, jobUri, stageId: 0 })).rejects.toBeInstanceOf(JobAborted);
});

test('a list of tasks that is damaged is not taken for one', async () => {
  const store = memoryStore();
  await store.put('mem://lake/0.parquet', Buffer.alloc(10));
  const { jobUri } = await storeJob({ store, job: job() });
  for (const text of ['', '[]', '{}', '[{"task":"x"}]', '[{"task":"x","size":"huge"}]']) {
    await store.put(jobUri.replace('job.json', 'plan-0/items.json'), Buffer.from(text));
    await expect(planStage({ store, jobUri, stageId: 0 })).rejects.toBeInstanceOf(CommitCorrupted);
  }
});

/** Runs it again as long as its outcome is unknown, as a state machine does. */
async function untilKnown<Result>(action: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
    }
  }
  throw new Error('the outcome stays unknown');
}
