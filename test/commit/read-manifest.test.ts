import { describe, expect, test } from 'vitest';
import { claimNext } from '../../src/commit/claim-sequence.ts';
import { listCommitted } from '../../src/commit/read-manifest.ts';
import { jobManifestUri } from '../../src/commit/work-paths.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { commit, contentsOfJob, job, readAll, runAttempt, runJob, VIRTUAL_RETRIES } from './world.ts';

const destination = 'memory://tests/out';

/** A reader's store on which `meanwhile` happens once, just after the reader has found no manifest at `uri`. */
function interrupted(store: ObjectStore, uri: string, meanwhile: () => Promise<unknown>): ObjectStore {
  let happened = false;
  return Object.assign(Object.create(store) as ObjectStore, {
    list: (prefix: string) => store.list(prefix),
    get: async (at: string) => {
      const found = await store.get(at);
      if (at === uri && !happened) {
        happened = true;
        await meanwhile();
      }
      return found;
    },
  });
}

/** Runs a job up to the point where only the completion of its commit is missing. */
async function almost(
  store: ObjectStore,
  jobId: string,
  mode: 'append' | 'overwrite',
): Promise<() => Promise<unknown>> {
  const pending = job(jobId, mode, 1);
  await runAttempt(store, destination, pending, pending.tasks[0]!, 'a1');
  const dying: ObjectStore = new Proxy(store, {
    get: (target, name) =>
      name === 'completeUpload' ? () => Promise.reject(new Error('killed')) : Reflect.get(target, name).bind(target),
  });
  await expect(commit(dying, destination, pending)).rejects.toThrow('killed');
  return () => commit(store, destination, pending);
}

describe('listCommitted', () => {
  test('nothing is committed where nothing was', async () => {
    expect(await listCommitted(memoryStore(), destination)).toEqual({ live: [], replaced: [], files: [] });
  });

  test('does not show a job without one that was committed before it', async () => {
    const store = memoryStore();
    const finishFirst = await almost(store, 'first', 'append');
    const finishSecond = await almost(store, 'second', 'append');
    const reader = interrupted(store, jobManifestUri(destination, 'first'), async () => {
      await finishFirst();
      await finishSecond();
    });
    const { live } = await listCommitted(reader, destination);
    expect(live.map(({ jobId }) => jobId)).toEqual(['first', 'second']);
  });

  test('sees a job that claims its number while the reader is at work', async () => {
    const store = memoryStore();
    await almost(store, 'stuck', 'append');
    const finishFirst = await almost(store, 'first', 'append');
    const reader = interrupted(store, jobManifestUri(destination, 'stuck'), async () => {
      await runJob(store, destination, job('newest', 'append', 1));
      await finishFirst();
    });
    const { live } = await listCommitted(reader, destination);
    expect(live.map(({ jobId }) => jobId)).toEqual(['first', 'newest']);
  });

  test('orders jobs by number, not by the arrival of their manifests', async () => {
    const store = memoryStore();
    const finish = await almost(store, 'replacing', 'overwrite');
    await runJob(store, destination, job('appended', 'append', 1));
    await finish();
    const { live, replaced } = await listCommitted(store, destination);
    expect(live.map(({ jobId }) => jobId)).toEqual(['replacing', 'appended']);
    expect(replaced).toEqual([]);
  });

  test('passes over claims that no decision names, and over strange files among them', async () => {
    const store = memoryStore();
    for (let i = 0; i < 3; i++) await claimNext(store, destination, 'old', VIRTUAL_RETRIES);
    await store.put(`${destination}/_millrace/_sequence/notes.txt`, Buffer.from('x'));
    const old = job('old', 'append', 1);
    const { manifest } = await runJob(store, destination, old);
    expect(manifest.sequence).toBe(4);
    expect(await readAll(store, destination)).toEqual(contentsOfJob(old));
  });

  test('numbers claims without gaps, however many claim at once', async () => {
    const store = memoryStore({ faults: { seed: 3, maxDelayTurns: 6 } });
    const numbers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => claimNext(store, destination, `job${i}`, VIRTUAL_RETRIES)),
    );
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  });
});
