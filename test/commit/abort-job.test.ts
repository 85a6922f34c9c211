import { expect, test } from 'vitest';
import { abortJob } from '../../src/commit/abort-job.ts';
import { JobAborted } from '../../src/errors.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import { all } from '../io/object-store-contract.ts';
import { commit, contentsOfJob, job, readAll, runAttempt, runJob, without, writeAttempt } from './world.ts';

const destination = 'memory://tests/out';
const old = job('old', 'append', 1);
const next = job('next', 'append');

test('the first abort stands, with the name of its error', async () => {
  const store = memoryStore();
  const aborting = { store, destination, jobId: 'next', error: 'InvalidCast', reason: '"x" is no number' };
  const first = await abortJob(aborting);
  expect(first.standing).toMatchObject({ error: 'InvalidCast', reason: '"x" is no number', cause: 'requested' });
  const second = await abortJob({ ...aborting, error: 'Later', reason: 'later' });
  expect(second.standing).toEqual(first.standing);
  await expect(commit(store, destination, next)).rejects.toThrow('was aborted: InvalidCast: "x" is no number.');
});

test('an abort drops many uploads at once, and stops when it is told to', async () => {
  const store = memoryStore();
  const many = job('next', 'append', 30);
  for (const task of many.tasks) await runAttempt(store, destination, many, task, 'a1');
  const controller = new AbortController();
  let underWay = 0;
  let most = 0;
  const counting = without(store, 'abortUpload', async (...args) => {
    most = Math.max(most, ++underWay);
    await new Promise(setImmediate);
    underWay--;
    await store.abortUpload(...args);
    controller.abort(new Error('time is up'));
  });
  // As a listing that lags behind would have it: the manifests alone name the uploads.
  const blind = without(counting, 'listUploads', async function* () {});
  const aborting = { store: blind, destination, jobId: 'next', reason: 'the user said so' };
  await expect(abortJob({ ...aborting, signal: controller.signal })).rejects.toThrow('time is up');
  expect(most).toBe(16);
  expect((await all(store.listUploads(destination))).length).toBeGreaterThan(0);
  await abortJob(aborting);
  expect(await all(store.listUploads(destination))).toEqual([]);
});

test('after an abort there is no commit, and after a commit no abort', async () => {
  const store = memoryStore();
  await writeAttempt(store, destination, next, next.tasks[0]!, 'a1');
  const aborting = { store, destination, jobId: 'next', reason: 'the user said so' };
  expect(await abortJob(aborting)).toMatchObject({ decision: 'abort', abortedUploads: 2 });
  await expect(commit(store, destination, next)).rejects.toThrow(/the user said so/);
  await expect(commit(store, destination, next)).rejects.toBeInstanceOf(JobAborted);
  await runJob(store, destination, old);
  expect(await abortJob({ ...aborting, jobId: 'old' })).toEqual({ decision: 'commit', abortedUploads: 0 });
  expect(await readAll(store, destination)).toEqual(contentsOfJob(old));
});
