/** The functions that a state machine calls around the tasks of a job, in the order in which it does. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeHandler as abortJob } from '../../functions/abort-job.ts';
import { makeHandler as commitJob } from '../../functions/commit-job.ts';
import { makeHandler as executeTask } from '../../functions/execute-task.ts';
import { makeHandler as planStage } from '../../functions/plan-stage.ts';
import { makeHandler as startOnObject } from '../../functions/start-on-object.ts';
import type { ExecutionStarter } from '../../src/jobs/execution.ts';
import { storeJob } from '../../src/jobs/store-job.ts';
import { created, notification, stopped } from '../jobs/events.ts';
import { DESTINATION, itemsAt, job, Lake, readJson } from '../jobs/lake.ts';
import { invoke } from './invoke.ts';

let lake: Lake;
beforeEach(() => {
  lake = new Lake();
});
afterEach(() => lake[Symbol.dispose]());

const WORK = `${DESTINATION}/_millrace/job-1`;

async function storedJob(): Promise<string> {
  await lake.add('mem://lake/1.parquet', 0, 3_000);
  await lake.add('mem://lake/2.parquet', 3_000, 5_000);
  return (await storeJob({ store: lake.store, job: job(undefined, { taskBytes: 1 }) })).jobUri;
}

describe('a job', () => {
  test('is planned, run and committed', async () => {
    const { store } = lake;
    const uri = await storedJob();
    const planned = await invoke(planStage({ store }), { job: uri, stage: 0 });
    const items = { bucket: 'out', key: `${WORK.slice('mem://out/'.length)}/plan-0/items.json` };
    expect(planned.answer).toEqual({ job: uri, stage: 0, next: 'map', taskCount: 2, items });
    for (const item of await itemsAt(store, `mem://${items.bucket}/${items.key}`)) {
      expect((await invoke(executeTask({ store }), item)).error).toBeUndefined();
    }
    const next = await invoke(planStage({ store }), { job: uri, stage: 1 });
    expect(next.answer).toEqual({ job: uri, stage: 1, next: 'commit', taskCount: 0, items: null });
    const { answer } = await invoke(commitJob({ store }), { job: uri });
    expect(answer).toMatchObject({ job: uri, manifest: `${WORK}/manifest.json`, files: 2, rows: 4_999 });
    expect(await readJson(store, `${WORK}/manifest.json`)).toMatchObject({ totals: { rows: 4_999 } });
    // Again, as a retry does: the same answer.
    expect((await invoke(commitJob({ store }), { job: uri })).answer).toEqual(answer);
  });

  test('is not committed while a task has no manifest', async () => {
    const { store } = lake;
    const uri = await storedJob();
    await invoke(planStage({ store }), { job: uri, stage: 0 });
    const { error } = await invoke(commitJob({ store }), { job: uri });
    expect(error).toMatchObject({ name: 'StageIncomplete' });
  });

  test('is aborted for the first failure, which stays', async () => {
    const { store } = lake;
    const uri = await storedJob();
    const Cause = JSON.stringify({ errorType: 'InvalidCast', errorMessage: 'Project: "x" is no date.', trace: ['at'] });
    const first = { error: 'InvalidCast', cause: 'Project: "x" is no date.' };
    const failure = { Error: 'InvalidCast', Cause };
    expect((await invoke(abortJob({ store }), { job: uri, failure })).answer).toEqual(first);
    const later = { Error: 'States.Timeout' };
    expect((await invoke(abortJob({ store }), { job: uri, failure: later })).answer).toEqual(first);
    expect((await invoke(commitJob({ store }), { job: uri })).error).toMatchObject({ name: 'JobAborted' });
  });

  test.each([
    ['ABORTED', 'ExecutionAborted', /run-job:one was stopped by hand\./],
    ['TIMED_OUT', 'ExecutionTimedOut', /run-job:one ran for longer than it may\./],
  ])('whose execution is %s is aborted', async (status, error, cause) => {
    const { store } = lake;
    const uri = await storedJob();
    const { answer } = await invoke(abortJob({ store }), stopped({ status, input: JSON.stringify({ job: uri }) }));
    expect(answer).toEqual({ error, cause: expect.stringMatching(cause) });
    expect((await invoke(planStage({ store }), { job: uri, stage: 0 })).error).toMatchObject({ name: 'JobAborted' });
    expect(await readJson(store, `${WORK}/decision.json`)).toMatchObject({ decision: 'abort', error });
  });

  test.each<[string, object]>([
    ['has failed, which its last states see to', { status: 'FAILED' }],
    ['is under way', { status: 'RUNNING' }],
    ['has another input', { input: '{"job":"mem://a/b","more":1}' }],
    ['has no input', { input: null }],
    ['has an input that is no JSON', { input: '{' }],
  ])('whose execution %s is not aborted', async (_, detail) => {
    const { store } = lake;
    const uri = await storedJob();
    const { error } = await invoke(abortJob({ store }), stopped({ input: JSON.stringify({ job: uri }), ...detail }));
    expect(error).toMatchObject({ name: 'InvalidArgument' });
    expect(await store.head(`${WORK}/decision.json`)).toBeUndefined();
  });

  test.each([
    ['plan-stage', planStage, { job: 'mem://a/b', stage: -1 }, /\$\.stage/],
    ['plan-stage', planStage, { job: 'mem://a/b', stage: 0, more: 1 }, /unknown key "more"/],
    ['commit-job', commitJob, { job: '' }, /\$\.job/],
    ['abort-job', abortJob, { job: 'mem://a/b' }, /\$\.failure/],
    ['abort-job', abortJob, { job: 'mem://a/b', failure: { Error: 1 } }, /\$\.failure\.Error/],
  ])('%s refuses an event that is none', async (_, makeHandler, event, message) => {
    const { error } = await invoke<unknown>(makeHandler({ store: lake.store }), event);
    expect(error).toMatchObject({ name: 'InvalidArgument', message: expect.stringMatching(message) });
  });
});

describe('an object', () => {
  /** Remembers names, as the service does. */
  function starter(): ExecutionStarter & { readonly started: [string, unknown][] } {
    const started: [string, unknown][] = [];
    return {
      started,
      start: async (name, input) => {
        const startedBefore = started.some(([other]) => other === name);
        if (!startedBefore) started.push([name, input]);
        return { executionArn: `arn:execution:${name}`, startedBefore };
      },
      describe: async () => ({ status: 'RUNNING' }),
    };
  }

  const trigger = {
    version: 1,
    on: { objects: 's3://amzn-s3-demo-bucket/in/*.parquet' },
    job: {
      version: 1,
      plan: job().plan,
      inputs: { sales: { kind: 'event-object' } },
      output: { uri: 's3://out/sales' },
    },
  };

  async function world() {
    const { store } = lake;
    const { etag } = await store.put('s3://amzn-s3-demo-bucket/in/a b.parquet', Buffer.from('content'));
    await store.put('s3://config/triggers/sales.json', Buffer.from(JSON.stringify(trigger)));
    await store.put('s3://config/triggers/broken.json', Buffer.from('{'));
    const executions = starter();
    const handler = startOnObject({ store }, () => ({ starter: executions, triggers: 's3://config/triggers/' }));
    return { store, executions, handler, etag };
  }

  test('starts one job, in whichever form it is told of, however often', async () => {
    const { executions, handler, etag } = await world();
    const first = await invoke(handler, notification('in/a+b.parquet', { eTag: etag }));
    expect(first.error).toBeUndefined();
    expect(first.answer).toMatchObject({
      started: [{ job: expect.stringMatching(/^s3:\/\/out\/sales\/_millrace\/.*\/job\.json$/), startedBefore: false }],
      ignored: [{ reason: 'not a valid trigger', uri: 's3://config/triggers/broken.json' }],
    });
    const again = await invoke(handler, created('in/a b.parquet', { etag }));
    expect(again.answer?.started).toEqual(first.answer?.started.map((one) => ({ ...one, startedBefore: true })));
    expect(executions.started).toHaveLength(1);
    expect(executions.started[0]?.[1]).toEqual({ job: first.answer?.started[0]?.job });
  });

  test('whose trigger has been changed since its job was started does not start another', async () => {
    const { store, executions, handler, etag } = await world();
    const first = await invoke(handler, created('in/a b.parquet', { etag }));
    for (const change of [{ taskBytes: 12_345 }, { output: { uri: 's3://out/elsewhere' } }]) {
      const changed = { ...trigger, job: { ...trigger.job, ...change } };
      await store.put('s3://config/triggers/sales.json', Buffer.from(JSON.stringify(changed)));
      const again = await invoke(handler, created('in/a b.parquet', { etag }));
      expect(again.error).toBeUndefined();
      expect(again.answer?.started).toMatchObject([
        { execution: first.answer?.started[0]?.execution, startedBefore: true },
      ]);
    }
    expect(executions.started).toHaveLength(1);
  });

  test('starts what it can where another trigger cannot start its own, and fails with that', async () => {
    const { store, executions, handler, etag } = await world();
    const lost = { ...trigger, job: { ...trigger.job, plan: { uri: 's3://config/no-plan.json' } } };
    await store.put('s3://config/triggers/a-lost.json', Buffer.from(JSON.stringify(lost)));
    const { error, answer } = await invoke(handler, created('in/a b.parquet', { etag }));
    expect(answer).toBeUndefined();
    expect(error).toMatchObject({ name: 'ObjectNotFound', message: expect.stringContaining('no-plan.json') });
    expect(executions.started).toHaveLength(1);
  });

  test('is not kept from its trigger by another one that is too large, which is not quoted in the log', async () => {
    const { store, executions, handler, etag } = await world();
    await store.put('s3://config/triggers/a-large.json', Buffer.alloc(2_000_000, ' '));
    const keys = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`key-${n}`, n]));
    await store.put('s3://config/triggers/a-strange.json', Buffer.from(JSON.stringify(keys)));
    const { answer, lines } = await invoke(handler, created('in/a b.parquet', { etag }));
    expect(answer?.ignored).toContainEqual({
      reason: 'not a valid trigger',
      uri: 's3://config/triggers/a-large.json',
    });
    expect(executions.started).toHaveLength(1);
    for (const line of lines) expect(JSON.stringify(line).length).toBeLessThan(10_000);
  });

  test.each([
    ['stale', 'in/a+b.parquet', 'another'],
    ['deleted', 'in/gone.parquet', 'any'],
    ['no trigger', 'elsewhere/a.parquet', 'any'],
  ])('that is %s starts nothing', async (reason, key, eTag) => {
    const { executions, handler } = await world();
    const { answer } = await invoke(handler, notification(key, { eTag }));
    expect(answer?.ignored.map((one) => one.reason)).toContain(reason);
    expect(executions.started).toEqual([]);
  });

  test('that was removed is nothing to start for', async () => {
    const { handler } = await world();
    const { answer } = await invoke(handler, notification('in/a+b.parquet', {}, 'ObjectRemoved:Delete'));
    expect(answer).toEqual({ started: [], ignored: [{ reason: 'no object created that a uri can name' }] });
  });
});
