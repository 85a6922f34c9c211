import { describe, expect, test } from 'vitest';
import {
  AccessDenied,
  ConditionalConflict,
  InvalidArgument,
  ObjectChanged,
  PreconditionFailed,
  StorageFull,
  StorageUnavailable,
  UploadNotFound,
} from '../../src/errors.ts';
import { type MemoryStore, memoryStore } from '../../src/io/memory-store.ts';
import { storeRouter } from '../../src/io/store-router.ts';
import { all, noise, obeysObjectStoreContract } from './object-store-contract.ts';

let buckets = 0;
obeysObjectStoreContract('memoryStore', async () => ({ store: memoryStore(), base: `memory://b${++buckets}/x/` }));
obeysObjectStoreContract('memoryStore with delays', async () => ({
  store: memoryStore({ faults: { seed: 7, maxDelayTurns: 5 } }),
  base: 'memory://tests/x/',
}));
obeysObjectStoreContract('storeRouter', async () => ({
  store: storeRouter({ memory: memoryStore() }),
  base: 'memory://tests/x/',
}));

describe('storeRouter', () => {
  test('names the schemes it knows when asked for another', async () => {
    const store = storeRouter({ memory: memoryStore() });
    await expect(store.get('gopher://b/a')).rejects.toThrow(/no store for gopher: uris; known are memory/);
    expect(() => store.list('gopher://b/a')).toThrow(InvalidArgument);
  });
});

describe('memoryStore with faults', () => {
  const uri = 'memory://tests/a';

  test('a refused request has no effect, and the seed is in the message', async () => {
    const store = memoryStore({ faults: { seed: 42, unavailable: 1 } });
    await expect(store.put(uri, noise(1))).rejects.toThrow(/seed 42/);
    expect(await store.withFaults().head(uri)).toBeUndefined();
  });

  test('a lost answer follows the effect', async () => {
    const store = memoryStore({ faults: { seed: 1, lostAnswer: 1 } });
    await expect(store.put(uri, noise(1))).rejects.toBeInstanceOf(StorageUnavailable);
    expect((await store.withFaults().head(uri))?.size).toBe(1);
  });

  test('a late effect comes after the client was told that there is no answer', async () => {
    const store = memoryStore({ faults: { seed: 1, lateEffect: 1, maxDelayTurns: 50 } });
    await expect(store.put(uri, noise(1))).rejects.toBeInstanceOf(StorageUnavailable);
    await store.settled();
    expect((await store.withFaults().head(uri))?.size).toBe(1);
  });

  test('conditional writes meet others (409) and their own repetition (412)', async () => {
    let store = memoryStore({ faults: { seed: 1, conflict: 1 } });
    await store.put(uri, noise(1));
    await expect(store.put(`${uri}1`, noise(1), { ifNoneMatch: true })).rejects.toBeInstanceOf(ConditionalConflict);
    store = store.withFaults({ seed: 1, ownRetry: 1 });
    await expect(store.put(`${uri}1`, noise(1), { ifNoneMatch: true })).rejects.toBeInstanceOf(PreconditionFailed);
    expect((await store.head(`${uri}1`))?.size).toBe(1);
    const uploadId = await store.beginUpload(`${uri}2`);
    const part = await store.uploadPart(`${uri}2`, uploadId, 1, noise(5));
    await expect(store.completeUpload(`${uri}2`, uploadId, [part])).rejects.toBeInstanceOf(UploadNotFound);
    expect((await store.head(`${uri}2`))?.size).toBe(5);
  });

  test('reads break off, and meet replaced objects', async () => {
    const store = memoryStore();
    const { etag } = await store.put(uri, noise(10));
    const truncating = store.withFaults({ seed: 1, truncatedRead: 1 });
    await expect(truncating.readInto(uri, 0, new Uint8Array(10))).rejects.toBeInstanceOf(StorageUnavailable);
    const replacing = store.withFaults({ seed: 1, replacedObject: 1 });
    await expect(replacing.readInto(uri, 0, new Uint8Array(10), { etag })).rejects.toBeInstanceOf(ObjectChanged);
  });

  test('prefixes can be forbidden and the store full', async () => {
    const store = memoryStore({ faults: { seed: 1, deniedPrefixes: ['memory://tests/x/'], capacityBytes: 10 } });
    await expect(store.put('memory://tests/x/a', noise(1))).rejects.toBeInstanceOf(AccessDenied);
    await expect(all(store.list('memory://tests/x/'))).rejects.toBeInstanceOf(AccessDenied);
    await store.put(uri, noise(8));
    await store.put(uri, noise(10));
    await expect(store.put(`${uri}2`, noise(1))).rejects.toBeInstanceOf(StorageFull);
    const uploadId = await store.beginUpload(`${uri}2`);
    await expect(store.uploadPart(`${uri}2`, uploadId, 1, noise(1))).rejects.toBeInstanceOf(StorageFull);
  });

  test('the same seed gives the same run, another seed another', async () => {
    const run = async (seed: number): Promise<string> => {
      const store: MemoryStore = memoryStore({
        faults: { seed, unavailable: 0.2, lostAnswer: 0.2, lateEffect: 0.1, maxDelayTurns: 4 },
      });
      const log: string[] = [];
      await Promise.all(
        Array.from({ length: 30 }, (_, i) =>
          store.put(`${uri}${i % 5}`, noise(i), { ifNoneMatch: true }).then(
            () => log.push(`${i}`),
            (error: Error) => log.push(`${i} ${error.name}`),
          ),
        ),
      );
      return log.join();
    };
    expect(await run(1)).toBe(await run(1));
    expect(await run(1)).not.toBe(await run(2));
  });
});
