import { describe, expect, test } from 'vitest';
import { InvalidArgument } from '../../src/errors.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import { storeRouter } from '../../src/io/store-router.ts';
import { noise, obeysObjectStoreContract } from './object-store-contract.ts';

obeysObjectStoreContract('storeRouter', async () => ({
  store: storeRouter({ memory: async () => memoryStore() }),
  base: 'memory://tests/x/',
}));

describe('storeRouter', () => {
  test('gets a store when the first uri needs it, and once', async () => {
    let asked = 0;
    const memory = memoryStore();
    const store = storeRouter({
      memory,
      s3: async () => {
        asked++;
        return memory;
      },
    });
    await store.put('memory://tests/a', noise(1));
    expect(asked).toBe(0);
    await Promise.all([store.head('s3://tests/a').catch(() => {}), store.head('s3://tests/a').catch(() => {})]);
    expect(asked).toBe(1);
  });

  test('says which schemes there are', async () => {
    const store = storeRouter({ memory: memoryStore() });
    await expect(store.head('ftp://host/a')).rejects.toThrow(/no store for ftp: uris; known are memory/);
    expect(() => store.list('ftp://host/a')).toThrow(InvalidArgument);
  });
});
