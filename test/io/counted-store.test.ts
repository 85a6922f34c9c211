import { expect, test } from 'vitest';
import { countedStore } from '../../src/io/counted-store.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { readTail } from '../../src/io/object-tail.ts';
import { retryingStore } from '../../src/io/retrying-store.ts';
import { sendRange } from '../support/http-server.ts';
import { s3Server } from '../support/s3-server.ts';
import { all, noise, obeysObjectStoreContract } from './object-store-contract.ts';

obeysObjectStoreContract('countedStore', async () => ({
  store: countedStore(memoryStore()).store,
  base: 'memory://tests/x/',
}));

test('counts what is asked of a store, and sums as it is billed', async () => {
  const { store, counts } = countedStore(memoryStore());
  const uri = 'memory://tests/a';
  await store.put(uri, noise(10));
  const uploadId = await store.beginUpload(uri);
  const part = await store.uploadPart(uri, uploadId, 1, noise(7));
  await store.completeUpload(uri, uploadId, [part]);
  await store.abortUpload(uri, uploadId);
  await store.readInto(uri, 0, new Uint8Array(5));
  await store.get(uri);
  await store.get(`${uri}/none`);
  await store.head(uri);
  await all(store.list(uri));
  await all(store.listUploads(uri));
  await store.delete(uri);
  expect(JSON.parse(JSON.stringify(counts()))).toEqual({
    put: 1,
    beginUpload: 1,
    uploadPart: 1,
    completeUpload: 1,
    abortUpload: 1,
    get: 3,
    head: 1,
    list: 2,
    delete: 1,
    writeClass: 6,
    readClass: 4,
    bytesRead: 12,
    bytesWritten: 17,
    throttled: 0,
    hedged: 0,
    hedgesWon: 0,
  });
});

test('the end of an object is one request where the store can, else two', async () => {
  const [uri, into] = ['memory://tests/a', new Uint8Array(100)];
  const stored = memoryStore();
  const { etag } = await stored.put(uri, noise(70));
  const two = countedStore(stored);
  await readTail(two.store, uri, into);
  expect(two.counts()).toMatchObject({ head: 1, get: 1, bytesRead: 70 });
  const tail: ObjectStore['readTail'] = async () => ({ uri, size: 70, etag, modifiedMs: 0 });
  const one = countedStore(Object.assign(Object.create(stored) as ObjectStore, { readTail: tail }));
  await readTail(one.store, uri, into);
  expect(one.counts()).toMatchObject({ head: 0, get: 1, bytesRead: 70 });
});

test('takes the word of a store that counts by itself, from now on', async () => {
  const content = noise(100);
  await using server = await s3Server((call, number) => {
    if (number === 2) call.answer.destroy();
    else sendRange(call, content);
  });
  await server.store.readInto('s3://bucket/a', 0, new Uint8Array(10));
  const { store, counts } = countedStore(server.store);
  expect(counts()).toMatchObject({ get: 0, bytesRead: 0 });
  for (let i = 0; i < 2; i++) await retryingStore(store).readInto('s3://bucket/a', 0, new Uint8Array(10));
  expect(counts()).toMatchObject({ get: 3, readClass: 3, bytesRead: 20 });
});
