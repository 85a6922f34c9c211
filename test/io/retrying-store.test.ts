import { describe, expect, test } from 'vitest';
import { ConditionalConflict, PreconditionFailed, StorageUnavailable } from '../../src/errors.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy, retry } from '../../src/io/backoff.ts';
import { type MemoryStore, memoryStore } from '../../src/io/memory-store.ts';
import { seededRandom } from '../../src/io/memory-store-faults.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { retryingStore } from '../../src/io/retrying-store.ts';
import { all, noise, obeysObjectStoreContract } from './object-store-contract.ts';

const policy: RetryPolicy = { ...DEFAULT_RETRY_POLICY, attempts: 40, sleep: async () => {} };

let seed = 0;
obeysObjectStoreContract('retryingStore', async () => ({
  store: retryingStore(memoryStore(), policy),
  base: 'memory://tests/x/',
}));

function flaky(store: MemoryStore): ObjectStore {
  return retryingStore(
    store.withFaults({ seed: ++seed, unavailable: 0.2, lostAnswer: 0.2, truncatedRead: 0.2, maxDelayTurns: 2 }),
    policy,
  );
}

describe('retryingStore', () => {
  test('gets reads and safe writes through', async () => {
    const calm = memoryStore();
    const store = flaky(calm);
    for (let i = 0; i < 50; i++) await store.put(`memory://tests/a${i}`, noise(i, i));
    for (let i = 0; i < 50; i++) {
      const into = new Uint8Array(i);
      await store.readInto(`memory://tests/a${i}`, 0, into);
      expect(into).toEqual(noise(i, i));
      expect((await store.get(`memory://tests/a${i}`))?.bytes).toEqual(noise(i, i));
      const uploadId = await store.beginUpload(`memory://tests/u${i}`);
      await store.uploadPart(`memory://tests/u${i}`, uploadId, 1, noise(1));
      await store.abortUpload(`memory://tests/u${i}`, uploadId);
      await store.delete(`memory://tests/a${i}`);
      expect(await store.head(`memory://tests/a${i}`)).toBeUndefined();
    }
    expect(await all(calm.list('memory://tests/'))).toEqual([]);
  });

  test('waits as long as the service asks for, within bounds', async () => {
    const calm = memoryStore();
    await calm.put('memory://tests/a', noise(10));
    const waited: number[] = [];
    const asked = [2_000, 86_400_000, undefined];
    const busy: ObjectStore = {
      ...calm,
      readInto: async (...read) => {
        const error = new StorageUnavailable('busy');
        if (asked.length === 0) return calm.readInto(...read);
        error.retryAfterMs = asked.shift();
        throw error;
      },
    };
    const sleep = async (ms: number): Promise<void> => void waited.push(ms);
    const store = retryingStore(busy, { ...DEFAULT_RETRY_POLICY, sleep, random: () => 0.5 });
    await store.readInto('memory://tests/a', 0, new Uint8Array(10));
    expect(waited).toEqual([2_050, 20_100, 200]);
  });

  test('goes on with a listing that broke off between pages, without gaps or repetition', async () => {
    const calm = memoryStore();
    for (let i = 0; i < 2_500; i++) await calm.put(`memory://tests/${i}`, noise(1));
    const expected = (await all(calm.list('memory://tests/'))).map(({ uri }) => uri);
    for (let i = 0; i < 10; i++) {
      expect((await all(flaky(calm).list('memory://tests/'))).map(({ uri }) => uri)).toEqual(expected);
    }
  });

  test('never repeats a conditional write: its failure may be its own success', async () => {
    const calm = memoryStore();
    const store = retryingStore(calm.withFaults({ seed: 1, lostAnswer: 1 }), policy);
    const conditional = store.put('memory://tests/a', noise(1), { ifNoneMatch: true });
    await expect(conditional).rejects.toBeInstanceOf(StorageUnavailable);
    expect(await calm.head('memory://tests/a')).toBeDefined();
    const conflicting = retryingStore(calm.withFaults({ seed: 1, conflict: 1 }), policy);
    const refused = conflicting.put('memory://tests/b', noise(1), { ifNoneMatch: true });
    await expect(refused).rejects.toBeInstanceOf(ConditionalConflict);
    const uploadId = await calm.beginUpload('memory://tests/c');
    const part = await calm.uploadPart('memory://tests/c', uploadId, 1, noise(1));
    await expect(store.completeUpload('memory://tests/c', uploadId, [part])).rejects.toBeInstanceOf(StorageUnavailable);
  });

  test('gives up after the tries that the policy allows', async () => {
    const store = retryingStore(memoryStore({ faults: { seed: 3, unavailable: 1 } }), { ...policy, attempts: 3 });
    await expect(store.head('memory://tests/a')).rejects.toBeInstanceOf(StorageUnavailable);
  });
});

describe('backing off', () => {
  test('waits randomly below a ceiling that doubles up to a maximum', async () => {
    const waits: number[] = [];
    const sleep = async (ms: number): Promise<void> => void waits.push(ms);
    const random = seededRandom(5);
    const failing = retry(
      { ...DEFAULT_RETRY_POLICY, attempts: 9, sleep, random },
      () => true,
      () => Promise.reject(new Error('no')),
    );
    await expect(failing).rejects.toThrow('no');
    const ceilings = [100, 200, 400, 800, 1600, 3200, 5000, 5000];
    expect(waits).toHaveLength(8);
    for (const [i, ms] of waits.entries()) expect(ms).toBeLessThanOrEqual(ceilings[i]!);
    expect(new Set(waits).size).toBe(8);
  });

  test('does not wait for an aborted signal, nor repeat what will not pass', async () => {
    let tries = 0;
    const refused = retry(
      policy,
      () => false,
      () => {
        tries++;
        return Promise.reject(new PreconditionFailed('memory://tests/a'));
      },
    );
    await expect(refused).rejects.toBeInstanceOf(PreconditionFailed);
    expect(tries).toBe(1);
    const controller = new AbortController();
    const waiting = retry(
      DEFAULT_RETRY_POLICY,
      () => true,
      () => {
        controller.abort(new Error('stop'));
        return Promise.reject(new Error('no'));
      },
      controller.signal,
    );
    await expect(waiting).rejects.toThrow('stop');
  });
});
