/** The store against a service that speaks S3: the contract of all stores, and what only S3 has. */

import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { completeFile } from '../../src/commit/complete-file.ts';
import { CommitCorrupted } from '../../src/errors.ts';
import { DEFAULT_RETRY_POLICY } from '../../src/io/backoff.ts';
import { countedStore } from '../../src/io/counted-store.ts';
import { MIN_PART_BYTES } from '../../src/io/object-store.ts';
import { retryingStore } from '../../src/io/retrying-store.ts';
import { s3Store } from '../../src/io/s3/s3-store.ts';
import { all, noise, obeysObjectStoreContract } from '../io/object-store-contract.ts';
import { describeLane, freshBucket } from './harness.ts';

const hex = (...pieces: Uint8Array[]): string => crc32(Buffer.concat(pieces)).toString(16).padStart(8, '0');

describeLane('s3Store', () => {
  const store = s3Store();
  let bases = 0;
  let bucket: Promise<string> | undefined;
  const freshBase = async (): Promise<string> => {
    bucket ??= freshBucket();
    return `s3://${await bucket}/${++bases}/`;
  };

  // Under the emulator several conditional completions of one key succeed at once; S3 lets one.
  obeysObjectStoreContract('s3Store', async () => ({ store, base: await freshBase() }), {
    racingCompletions: false,
  });

  test('knows the checksum of a put and of an upload without reading them', async () => {
    const base = await freshBase();
    await store.put(`${base}a`, new TextEncoder().encode('123456789'));
    expect(await store.head(`${base}a`, { checksum: true })).toMatchObject({ crc32: 'cbf43926' });
    const pieces = [noise(MIN_PART_BYTES, 3), noise(77, 4)] as const;
    const uploadId = await store.beginUpload(`${base}b`);
    const parts = [
      await store.uploadPart(`${base}b`, uploadId, 1, pieces[0]),
      await store.uploadPart(`${base}b`, uploadId, 2, pieces[1]),
    ];
    const wrong = { ifNoneMatch: true, crc32: '00000000' };
    await expect(store.completeUpload(`${base}b`, uploadId, parts, wrong)).rejects.toBeInstanceOf(CommitCorrupted);
    expect(await store.head(`${base}b`)).toBeUndefined();
    await store.completeUpload(`${base}b`, uploadId, parts, { ifNoneMatch: true, crc32: hex(...pieces) });
    expect(await store.head(`${base}b`, { checksum: true })).toMatchObject({ crc32: hex(...pieces) });
  });

  test('completes with the part that is there, where the receipt is of the same bytes under another etag', async () => {
    const base = await freshBase();
    const bytes = noise(1000);
    const uploadId = await store.beginUpload(`${base}a`);
    const part = await store.uploadPart(`${base}a`, uploadId, 1, bytes);
    const late = [{ ...part, etag: '0'.repeat(32) }];
    await expect(
      store.completeUpload(`${base}a`, uploadId, late, { crc32: hex(noise(1000, 2)) }),
    ).rejects.toBeInstanceOf(CommitCorrupted);
    await store.completeUpload(`${base}a`, uploadId, late, { ifNoneMatch: true, crc32: hex(bytes) });
    expect((await store.get(`${base}a`))?.bytes).toEqual(bytes);
  });

  test('a file that somebody else completed is recognised without reading it', async () => {
    const base = await freshBase();
    const uploadId = await store.beginUpload(`${base}a`);
    const parts = [await store.uploadPart(`${base}a`, uploadId, 1, noise(1000))];
    const file = { path: 'a', uploadId, parts, size: 1000, rows: 1, crc32: hex(noise(1000)), partition: {} };
    const counted = countedStore(store);
    const options = {
      store: retryingStore(counted.store),
      destination: base.slice(0, -1),
      policy: DEFAULT_RETRY_POLICY,
      verification: 'checksum' as const,
      signal: undefined,
    };
    const first = await completeFile(file, options);
    expect(await completeFile(file, options)).toEqual(first);
    expect(counted.counts()).toMatchObject({ completeUpload: 2, get: 0 });
    await expect(completeFile({ ...file, crc32: '00000000' }, options)).rejects.toBeInstanceOf(CommitCorrupted);
  });

  test('counts pages, not listings', async () => {
    const base = await freshBase();
    await Promise.all(Array.from({ length: 1_001 }, (_, i) => store.put(`${base}${i}`, new Uint8Array(3))));
    const { store: same, counts } = countedStore(store);
    expect(await all(same.list(base))).toHaveLength(1_001);
    await same.readInto(`${base}7`, 1, new Uint8Array(2));
    expect(counts()).toMatchObject({ list: 2, get: 1, writeClass: 2, readClass: 1, bytesRead: 2, bytesWritten: 0 });
  });
});
