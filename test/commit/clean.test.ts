import { describe, expect, test } from 'vitest';
import { clean } from '../../src/commit/clean.ts';
import { decisionUri } from '../../src/commit/work-paths.ts';
import { InvalidArgument, JobAborted } from '../../src/errors.ts';
import { type MemoryStore, memoryStore } from '../../src/io/memory-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { all } from '../io/object-store-contract.ts';
import { commit, contentsOfJob, job, readAll, runAttempt, runJob, writeAttempt } from './world.ts';

const destination = 'memory://tests/out';
const DAY_MS = 86_400_000;
const nothing = { abortedJobs: [], abortedUploads: [], deletedObjects: [], unfinishedJobs: [], unclearJobs: [] };

/** A store with a clock that is set by hand. */
function timed(): { store: MemoryStore; setDay: (day: number) => void } {
  let nowMs = 0;
  return {
    store: memoryStore({ now: () => nowMs }),
    setDay: (day) => {
      nowMs = day * DAY_MS;
    },
  };
}

describe('clean', () => {
  const late = job('late', 'append', 1);
  const task = late.tasks[0]!;

  test('aborts old undecided jobs for good, and leaves young ones alone', async () => {
    const { store, setDay } = timed();
    await runAttempt(store, destination, late, task, 'a1');
    const unmanifested = job('unmanifested', 'append', 1);
    await writeAttempt(store, destination, unmanifested, task, 'a1');
    setDay(5);
    const young = job('young', 'append', 1);
    await runAttempt(store, destination, young, task, 'a1');

    const report = await clean({ store, destination, olderThanMs: 3 * DAY_MS, nowMs: 6 * DAY_MS });
    expect(report.abortedJobs.toSorted()).toEqual(['late', 'unmanifested']);
    expect(report.abortedUploads).toHaveLength(4);
    await expect(commit(store, destination, late)).rejects.toBeInstanceOf(JobAborted);
    await expect(runAttempt(store, destination, unmanifested, task, 'a2')).rejects.toThrow(/abandoned/);
    await commit(store, destination, young);
    expect(await readAll(store, destination)).toEqual(contentsOfJob(young));
  });

  test('a job that is still at work on one thing is not old', async () => {
    const { store, setDay } = timed();
    const two = job('two', 'append', 2);
    await runAttempt(store, destination, two, two.tasks[0]!, 'a1');
    setDay(5);
    await writeAttempt(store, destination, two, two.tasks[1]!, 'a1');
    expect(await clean({ store, destination, olderThanMs: 3 * DAY_MS, nowMs: 6 * DAY_MS })).toEqual(nothing);
  });

  test('a dry run says the same and does nothing', async () => {
    const { store } = timed();
    await runJob(store, destination, job('done', 'append', 1));
    await runAttempt(store, destination, late, task, 'a1');
    await writeAttempt(store, destination, job('done', 'append', 1), task, 'zombie');
    const before = [await all(store.list(destination)), await all(store.listUploads(destination))];
    const options = { store, destination, olderThanMs: DAY_MS, nowMs: 2 * DAY_MS };
    const planned = await clean({ ...options, dryRun: true });
    expect([await all(store.list(destination)), await all(store.listUploads(destination))]).toEqual(before);
    expect(await clean(options)).toEqual(planned);
    expect(planned).toMatchObject({ abortedJobs: ['late'], unclearJobs: [], deletedObjects: [] });
    expect(planned.abortedUploads).toHaveLength(4);
    expect(await clean(options)).toEqual(nothing);
  });

  test('finishes the deletions of an overwrite that died', async () => {
    const { store } = timed();
    const old = job('old', 'append', 1);
    await runJob(store, destination, old);
    const next = job('next', 'overwrite', 1);
    await runAttempt(store, destination, next, task, 'a1');
    const dying: ObjectStore = new Proxy(store, {
      get: (target, name) =>
        name === 'delete' ? () => Promise.reject(new Error('killed')) : Reflect.get(target, name).bind(target),
    });
    await expect(commit(dying, destination, next)).rejects.toThrow('killed');
    const report = await clean({ store, destination, olderThanMs: DAY_MS, nowMs: 2 * DAY_MS });
    expect(report.deletedObjects).toHaveLength(2);
    expect(report.deletedObjects.every((uri) => uri.includes('part-old-'))).toBe(true);
    expect(await readAll(store, destination)).toEqual(contentsOfJob(next));
  });

  test('never touches a job that is going forward, or whose state is unclear', async () => {
    const { store } = timed();
    await runAttempt(store, destination, late, task, 'a1');
    const dying: ObjectStore = new Proxy(store, {
      get: (target, name) =>
        name === 'completeUpload' ? () => Promise.reject(new Error('killed')) : Reflect.get(target, name).bind(target),
    });
    await expect(commit(dying, destination, late)).rejects.toThrow('killed');
    const unclear = job('unclear', 'append', 1);
    await runAttempt(store, destination, unclear, task, 'a1');
    await store.put(decisionUri(destination, 'unclear'), Buffer.from('damaged'));
    const options = { store, destination, olderThanMs: 0, nowMs: DAY_MS };
    expect(await clean(options)).toEqual({ ...nothing, unfinishedJobs: ['late'], unclearJobs: ['unclear'] });
    expect(await all(store.listUploads(destination))).toHaveLength(4);
    await commit(store, destination, late);
    expect(await readAll(store, destination)).toEqual(contentsOfJob(late));
  });

  test('refuses an age that is none', async () => {
    const { store } = timed();
    for (const olderThanMs of [-1, Number.NaN]) {
      await expect(clean({ store, destination, olderThanMs })).rejects.toBeInstanceOf(InvalidArgument);
    }
  });
});
