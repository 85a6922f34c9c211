import { describe, expect, test } from 'vitest';
import { abortJob } from '../../src/commit/abort-job.ts';
import { commitTask } from '../../src/commit/commit-task.ts';
import { putOnce } from '../../src/commit/put-once.ts';
import {
  ConditionalConflict,
  InvalidArgument,
  JobAborted,
  PreconditionFailed,
  StorageUnavailable,
} from '../../src/errors.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { all } from '../io/object-store-contract.ts';
import { commit, contentsOfJob, job, readAll, readListed, runAttempt, VIRTUAL_RETRIES, writeAttempt } from './world.ts';

const destination = 'memory://tests/out';
const uri = 'memory://tests/once';
const bytes = Buffer.from('mine');

/** A store whose conditional puts first meet these answers, the effect happening or not, and then work. */
function answering(store: ObjectStore, answers: readonly { effect: boolean; error: Error }[]): ObjectStore {
  let call = 0;
  return Object.assign(Object.create(store) as ObjectStore, {
    get: (at: string) => store.get(at),
    put: async (at: string, content: Uint8Array, options?: { ifNoneMatch?: boolean }) => {
      const answer = answers[call++];
      if (answer === undefined || answer.effect) {
        const done = await store.put(at, content, options);
        if (answer === undefined) return done;
      }
      throw answer.error;
    },
  });
}

describe('putOnce', () => {
  const lost = new StorageUnavailable('lost');
  const conflict = new ConditionalConflict(uri);
  const exists = new PreconditionFailed(uri);

  test.each([
    ['a plain success', []],
    ['a 503 without effect', [{ effect: false, error: lost }]],
    ['an answer lost after the effect', [{ effect: true, error: lost }]],
    ["one's own retry answered with 412", [{ effect: true, error: exists }]],
    ['a 409', [{ effect: false, error: conflict }]],
    [
      'all of them',
      [
        { effect: false, error: conflict },
        { effect: false, error: lost },
        { effect: true, error: lost },
      ],
    ],
  ])('knows that the object is mine after %s', async (_, answers) => {
    const store = memoryStore();
    const outcome = await putOnce(answering(store, answers), uri, bytes, VIRTUAL_RETRIES);
    expect(outcome.mine).toBe(true);
    expect((await store.get(uri))?.bytes).toEqual(new Uint8Array(bytes));
  });

  test.each([
    ['a plain 412', []],
    ['a 409 that was not "exists"', [{ effect: false, error: conflict }]],
    ['a 503', [{ effect: false, error: lost }]],
  ])("knows that it is another's after %s", async (_, answers) => {
    const store = memoryStore();
    await store.put(uri, Buffer.from('theirs'));
    const outcome = await putOnce(answering(store, answers), uri, bytes, VIRTUAL_RETRIES);
    expect(outcome).toEqual({ mine: false, bytes: new Uint8Array(Buffer.from('theirs')) });
  });

  test('says that the outcome is unknown when the tries are used up', async () => {
    const store = memoryStore({ faults: { seed: 9, lostAnswer: 1 } });
    const asked = putOnce(store, uri, bytes, { ...VIRTUAL_RETRIES, attempts: 1 });
    await expect(asked).rejects.toThrow(/unknown.*seed 9/s);
    expect(await store.withFaults().head(uri)).toBeDefined();
  });
});

describe('commitTask', () => {
  const next = job('next', 'append', 1);
  const task = next.tasks[0]!;

  test('of two attempts with different file names exactly one wins, and the loser leaves nothing', async () => {
    const store = memoryStore();
    const outcomes = await Promise.all(['a', 'b', 'c'].map((id) => runAttempt(store, destination, next, task, id)));
    expect(outcomes.filter(({ won }) => won)).toHaveLength(1);
    const winner = outcomes.find(({ won }) => won)!.manifest;
    for (const { manifest } of outcomes) expect(manifest).toEqual(winner);
    expect((await all(store.listUploads(destination))).map(({ uploadId }) => uploadId).sort()).toEqual(
      winner.files.map(({ uploadId }) => uploadId).sort(),
    );
    await commit(store, destination, next);
    expect(await readListed(store, destination)).toEqual(contentsOfJob(next));
  });

  test('a zombie that finishes after the commit loses, and changes nothing', async () => {
    const store = memoryStore();
    const zombie = await writeAttempt(store, destination, next, task, 'zombie');
    await runAttempt(store, destination, next, task, 'a1');
    await commit(store, destination, next);
    const outcome = await commitTask({ ...zombie, destination, statistics: null });
    expect(outcome).toMatchObject({ won: false, manifest: { attemptId: 'a1' } });
    expect(await readListed(store, destination)).toEqual(contentsOfJob(next));
    expect(await all(store.listUploads(destination))).toEqual([]);
  });

  test('two runs under one attempt id are still two attempts', async () => {
    const store = memoryStore();
    const first = await writeAttempt(store, destination, next, task, 'same');
    const second = await writeAttempt(store, destination, next, task, 'same');
    expect((await commitTask({ ...first, destination, statistics: null })).won).toBe(true);
    expect((await commitTask({ ...second, destination, statistics: null })).won).toBe(false);
    expect((await commitTask({ ...first, destination, statistics: null })).won).toBe(true);
    await commit(store, destination, next);
    expect(await readAll(store, destination)).toEqual(contentsOfJob(next));
  });

  test('committing the same files again with other statistics does not take them back', async () => {
    const store = memoryStore();
    const written = await writeAttempt(store, destination, next, task, 'a1');
    await commitTask({ ...written, destination, statistics: { seconds: 1 } });
    const { manifest } = await commitTask({ ...written, destination, statistics: { seconds: 2 } });
    expect(manifest.statistics).toEqual({ seconds: 1 });
    await commit(store, destination, next);
    expect(await readAll(store, destination)).toEqual(contentsOfJob(next));
  });

  test('of an aborted job fails, and takes its uploads back', async () => {
    const store = memoryStore();
    await abortJob({ store, destination, jobId: 'next', reason: 'no longer wanted' });
    await expect(runAttempt(store, destination, next, task, 'a1')).rejects.toThrow(/no longer wanted/);
    expect(await all(store.listUploads(destination))).toEqual([]);
  });

  test('notices an abort that came between its look and its manifest, and has missed its uploads', async () => {
    const calm = memoryStore();
    const written = await writeAttempt(calm, destination, next, task, 'a1');
    const racing = Object.assign(Object.create(calm) as ObjectStore, {
      get: (at: string) => calm.get(at),
      abortUpload: (at: string, uploadId: string) => calm.abortUpload(at, uploadId),
      put: async (...args: Parameters<ObjectStore['put']>) => {
        // Its listing is over before these uploads are in it, as with an attempt that began them later.
        const blind = Object.assign(Object.create(calm) as ObjectStore, {
          get: (at: string) => calm.get(at),
          list: (prefix: string) => calm.list(prefix),
          put: (...inner: Parameters<ObjectStore['put']>) => calm.put(...inner),
          listUploads: () => calm.listUploads('memory://elsewhere/'),
        });
        await abortJob({ store: blind, destination, jobId: 'next', reason: 'race' });
        return calm.put(...args);
      },
    });
    const asked = commitTask({ ...written, store: racing, destination, statistics: null });
    await expect(asked).rejects.toBeInstanceOf(JobAborted);
    expect(await all(calm.listUploads(destination))).toEqual([]);
  });

  test('that a commit has left out fails, instead of waiting for a completion that never comes', async () => {
    const store = memoryStore();
    await runAttempt(store, destination, next, task, 'a1');
    await commit(store, destination, next);
    const late = runAttempt(store, destination, next, { stageId: 1, taskId: 7 }, 'a1');
    await expect(late).rejects.toBeInstanceOf(JobAborted);
    expect(await all(store.listUploads(destination))).toEqual([]);
  });

  test('keeps its uploads while the outcome is unknown', async () => {
    const store = memoryStore();
    const written = await writeAttempt(store, destination, next, task, 'a1');
    const deaf = store.withFaults({ seed: 4, lostAnswer: 1 });
    const reading = Object.assign(Object.create(deaf) as ObjectStore, {
      get: (at: string) => store.get(at),
      put: (...args: Parameters<ObjectStore['put']>) => deaf.put(...args),
    });
    const few = { ...VIRTUAL_RETRIES, attempts: 1 };
    const asked = commitTask({ ...written, store: reading, destination, statistics: null, retryPolicy: few });
    await expect(asked).rejects.toBeInstanceOf(StorageUnavailable);
    expect(await all(store.listUploads(destination))).toHaveLength(2);
    expect((await commitTask({ ...written, store, destination, statistics: null })).won).toBe(true);
  });

  test('refuses ids that are no path segments', async () => {
    const store = memoryStore();
    for (const jobId of ['..', 'a/b', '_sequence', '']) {
      const owner = { jobId, stageId: 0, taskId: 0, attemptId: 'a' };
      const asked = commitTask({ store, destination, owner, files: [], statistics: null });
      await expect(asked).rejects.toBeInstanceOf(InvalidArgument);
    }
  });
});
