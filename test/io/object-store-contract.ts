/** What every object store owes, run over each of them. */

import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  InvalidArgument,
  MalformedFile,
  ObjectChanged,
  ObjectNotFound,
  PreconditionFailed,
  UploadNotFound,
} from '../../src/errors.ts';
import { inParallel, REQUESTS_AT_ONCE } from '../../src/io/in-parallel.ts';
import { MIN_PART_BYTES, type ObjectInfo, type ObjectStore } from '../../src/io/object-store.ts';
import { readTail } from '../../src/io/object-tail.ts';

export interface StoreUnderTest {
  readonly store: ObjectStore;
  /** A prefix, ending in a slash, under which nothing is yet. */
  readonly base: string;
}

/**
 * Without `racingCompletions` that race is left out, and not counted as skipped: the service under test is an imitation
 * that lets several win, so nothing about a store could be learnt from it.
 */
export function obeysObjectStoreContract(
  name: string,
  make: () => Promise<StoreUnderTest>,
  { racingCompletions = true }: { racingCompletions?: boolean } = {},
): void {
  describe(`${name} as an object store`, () => {
    describe('reading', () => {
      test('gives the bytes of a range, also into shared memory and at an odd offset', async () => {
        const { store, base } = await make();
        const content = noise(100_000);
        await store.put(`${base}a`, content);
        const shared = new Uint8Array(new SharedArrayBuffer(200_000), 7, 60_000);
        await store.readInto(`${base}a`, 33_333, shared);
        expect(Buffer.from(shared).equals(content.subarray(33_333, 93_333))).toBe(true);
        await store.readInto(`${base}a`, 100_000, new Uint8Array(0));
      });

      test('fails where the object ends before the range does', async () => {
        const { store, base } = await make();
        await store.put(`${base}a`, noise(10));
        await expect(store.readInto(`${base}a`, 5, new Uint8Array(6))).rejects.toBeInstanceOf(MalformedFile);
        await expect(store.readInto(`${base}a`, 11, new Uint8Array(1))).rejects.toBeInstanceOf(MalformedFile);
      });

      test('tells what is not there', async () => {
        const { store, base } = await make();
        expect(await store.head(`${base}a`)).toBeUndefined();
        expect(await store.get(`${base}a`)).toBeUndefined();
        await expect(store.readInto(`${base}a`, 0, new Uint8Array(1))).rejects.toBeInstanceOf(ObjectNotFound);
        await store.put(`${base}dir/a`, noise(1));
        expect(await store.head(`${base}dir`)).toBeUndefined();
        expect(await store.get(`${base}dir`)).toBeUndefined();
        await expect(store.readInto(`${base}dir`, 0, new Uint8Array(1))).rejects.toBeInstanceOf(ObjectNotFound);
      });

      test('refuses to read another version than the one asked for', async () => {
        const { store, base } = await make();
        const { etag } = await store.put(`${base}a`, noise(10, 1));
        await store.readInto(`${base}a`, 0, new Uint8Array(10), { etag });
        const replaced = await store.put(`${base}a`, noise(10, 2));
        expect(replaced.etag).not.toBe(etag);
        await expect(store.readInto(`${base}a`, 0, new Uint8Array(10), { etag })).rejects.toBeInstanceOf(ObjectChanged);
        expect(await store.head(`${base}a`)).toMatchObject({ uri: `${base}a`, size: 10, etag: replaced.etag });
      });

      test('gives the end of an object, and says with it how large it is', async () => {
        const { store, base } = await make();
        const { etag } = await store.put(`${base}a`, noise(1000));
        const end = new Uint8Array(300);
        expect(await readTail(store, `${base}a`, end)).toMatchObject({ uri: `${base}a`, size: 1000, etag });
        expect(Buffer.from(end).equals(noise(1000).subarray(700))).toBe(true);
        const more = new Uint8Array(1500);
        expect(await readTail(store, `${base}a`, more, { etag })).toMatchObject({ size: 1000, etag });
        expect(Buffer.from(more.subarray(0, 1000)).equals(noise(1000))).toBe(true);
        await store.put(`${base}empty`, new Uint8Array(0));
        expect(await readTail(store, `${base}empty`, more)).toMatchObject({ size: 0 });
        expect(await readTail(store, `${base}nowhere`, more)).toBeUndefined();
        await store.put(`${base}a`, noise(1000, 2));
        await expect(readTail(store, `${base}a`, end, { etag })).rejects.toBeInstanceOf(ObjectChanged);
      });

      test('gets a whole object up to the size that was agreed', async () => {
        const { store, base } = await make();
        const { etag } = await store.put(`${base}a`, noise(1000));
        expect(await store.get(`${base}a`, { maxBytes: 1000 })).toEqual({ bytes: noise(1000), etag });
        await expect(store.get(`${base}a`, { maxBytes: 999 })).rejects.toBeInstanceOf(InvalidArgument);
      });

      test('stops when the signal is aborted', async () => {
        const { store, base } = await make();
        await store.put(`${base}a`, noise(10));
        const signal = AbortSignal.abort(new Error('enough'));
        await expect(store.head(`${base}a`, { signal })).rejects.toThrow('enough');
        await expect(store.readInto(`${base}a`, 0, new Uint8Array(1), { signal })).rejects.toThrow('enough');
        await expect(store.put(`${base}b`, noise(1), { signal })).rejects.toThrow('enough');
        expect(await store.head(`${base}b`)).toBeUndefined();
      });
    });

    describe('putting', () => {
      test('replaces an object, whole, and keeps no reference to the bytes given', async () => {
        const { store, base } = await make();
        const bytes = noise(10);
        await store.put(`${base}a`, bytes);
        bytes.fill(0);
        expect((await store.get(`${base}a`))?.bytes).toEqual(noise(10));
        const buffer = Buffer.from(noise(10));
        await store.put(`${base}a`, buffer);
        buffer.fill(0);
        const got = (await store.get(`${base}a`))!.bytes;
        expect(got).toEqual(noise(10));
        got.fill(0);
        expect((await store.get(`${base}a`))?.bytes).toEqual(noise(10));
        await store.put(`${base}a`, noise(3, 2));
        expect((await store.get(`${base}a`))?.bytes).toEqual(noise(3, 2));
        await store.put(`${base}empty`, new Uint8Array(0));
        expect((await store.head(`${base}empty`))?.size).toBe(0);
      });

      test('creates only where nothing is, when asked to', async () => {
        const { store, base } = await make();
        await store.put(`${base}a`, noise(1), { ifNoneMatch: true });
        await expect(store.put(`${base}a`, noise(2), { ifNoneMatch: true })).rejects.toBeInstanceOf(PreconditionFailed);
        expect((await store.get(`${base}a`))?.bytes).toEqual(noise(1));
      });

      test('lets exactly one of twenty create', async () => {
        const { store, base } = await make();
        const outcomes = await Promise.allSettled(
          Array.from({ length: 20 }, (_, i) => store.put(`${base}a`, Uint8Array.of(i), { ifNoneMatch: true })),
        );
        const winners = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
        expect(winners).toHaveLength(1);
        expect((await store.get(`${base}a`))?.bytes).toEqual(Uint8Array.from(winners));
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(PreconditionFailed);
        }
        expect(await all(store.listUploads(base))).toEqual([]);
      });

      test('accepts keys with odd characters, and keeps them apart', async () => {
        const { store, base } = await make();
        const keys = ODD_KEYS.map((key) => base + key);
        for (const [i, key] of keys.entries()) await store.put(key, Uint8Array.of(i));
        for (const [i, key] of keys.entries()) expect((await store.get(key))?.bytes).toEqual(Uint8Array.of(i));
        expect((await all(store.list(base))).map(({ uri }) => uri)).toEqual(keys.toSorted(byBytes));
        for (const key of keys) await store.delete(key);
        expect(await all(store.list(base))).toEqual([]);
      });

      test('refuses keys that lead elsewhere', async () => {
        const { store, base } = await make();
        for (const key of ['../a', 'a/../../b', './a', 'a/%2e%2e/b', 'a\u0000b', 'a\nb']) {
          await expect(store.put(base + key, noise(1))).rejects.toBeInstanceOf(InvalidArgument);
          await expect(store.get(base + key)).rejects.toBeInstanceOf(InvalidArgument);
        }
      });

      test('deletes, also what is not there', async () => {
        const { store, base } = await make();
        await store.put(`${base}a/b`, noise(1));
        await store.delete(`${base}a/b`);
        await store.delete(`${base}a/b`);
        await store.delete(`${base}never/was`);
        expect(await store.head(`${base}a/b`)).toBeUndefined();
      });
    });

    describe('listing', () => {
      test('gives more than a page in order of bytes, by prefix', async () => {
        const { store, base } = await make();
        const keys = Array.from({ length: 1_203 }, (_, i) => `${base}${['d/', 'd-', 'd.', 'd'][i % 4]}${i}`);
        await inParallel(keys, REQUESTS_AT_ONCE, (key) => store.put(key, Uint8Array.of(1, 2, 3)));
        const listed = await all(store.list(base));
        expect(listed.map(({ uri }) => uri)).toEqual(keys.toSorted(byBytes));
        expect(listed[5]).toEqual(await store.head(listed[5]!.uri));

        const prefix = `${base}d/1`;
        const expected = keys.filter((key) => key.startsWith(prefix)).toSorted(byBytes);
        expect((await all(store.list(prefix))).map(({ uri }) => uri)).toEqual(expected);
        expect(await all(store.list(`${base}nothing/here`))).toEqual([]);
      });

      test('can be left before its end', async () => {
        const { store, base } = await make();
        for (const key of ['a', 'b', 'c']) await store.put(base + key, noise(1));
        const seen: ObjectInfo[] = [];
        for await (const info of store.list(base)) {
          seen.push(info);
          if (seen.length === 2) break;
        }
        expect(seen.map(({ uri }) => uri)).toEqual([`${base}a`, `${base}b`]);
      });
    });

    describe('uploading', () => {
      test('shows nothing before completion, then the parts in the order of their numbers', async () => {
        const { store, base } = await make();
        const uri = `${base}x y/a`;
        const [first, second] = [noise(MIN_PART_BYTES, 1), noise(1_000_003, 2)];
        const uploadId = await store.beginUpload(uri);
        const part2 = await store.uploadPart(uri, uploadId, 2, second);
        const part1 = await store.uploadPart(uri, uploadId, 1, first);
        expect(part2).toMatchObject({ number: 2, size: 1_000_003 });
        expect(await store.head(uri)).toBeUndefined();
        expect(await all(store.list(base))).toEqual([]);
        const [open] = await all(store.listUploads(base));
        expect(open).toMatchObject({ uri, uploadId });
        expect(Math.abs(open!.startedMs - Date.now())).toBeLessThan(60_000);
        expect(await all(store.listUploads(`${base}other`))).toEqual([]);

        const { etag } = await store.completeUpload(uri, uploadId, [part1, part2]);
        expect(await store.head(uri)).toMatchObject({ size: first.length + second.length, etag });
        const found = (await store.get(uri))!.bytes;
        expect(crc32(found)).toBe(crc32(Buffer.concat([first, second])));
        expect(await all(store.listUploads(base))).toEqual([]);
      });

      test('takes the last of several parts with one number', async () => {
        const { store, base } = await make();
        const uploadId = await store.beginUpload(`${base}a`);
        const replaced = await store.uploadPart(`${base}a`, uploadId, 1, noise(10, 1));
        const part = await store.uploadPart(`${base}a`, uploadId, 1, noise(20, 2));
        await expect(store.completeUpload(`${base}a`, uploadId, [replaced])).rejects.toBeInstanceOf(InvalidArgument);
        await store.completeUpload(`${base}a`, uploadId, [part]);
        expect((await store.get(`${base}a`))?.bytes).toEqual(noise(20, 2));
      });

      test('refuses parts that are missing, out of order or too small', async () => {
        const { store, base } = await make();
        const uri = `${base}a`;
        const uploadId = await store.beginUpload(uri);
        const part1 = await store.uploadPart(uri, uploadId, 1, noise(10, 1));
        const part2 = await store.uploadPart(uri, uploadId, 2, noise(10, 2));
        const wrong = [[], [part2], [part2, part1], [part1, part2], [part1, part1], [{ ...part1, etag: 'x' }]];
        for (const parts of wrong) {
          await expect(store.completeUpload(uri, uploadId, parts)).rejects.toBeInstanceOf(InvalidArgument);
        }
        await expect(store.uploadPart(uri, uploadId, 0, noise(1))).rejects.toBeInstanceOf(InvalidArgument);
        expect(await store.head(uri)).toBeUndefined();
        await store.completeUpload(uri, uploadId, [part1]);
      });

      test('completes once', async () => {
        const { store, base } = await make();
        const uploadId = await store.beginUpload(`${base}a`);
        const part = await store.uploadPart(`${base}a`, uploadId, 1, noise(10));
        await store.completeUpload(`${base}a`, uploadId, [part]);
        await expect(store.completeUpload(`${base}a`, uploadId, [part])).rejects.toBeInstanceOf(UploadNotFound);
        await expect(store.uploadPart(`${base}a`, uploadId, 1, noise(1))).rejects.toBeInstanceOf(UploadNotFound);
        await store.abortUpload(`${base}a`, uploadId);
        expect((await store.head(`${base}a`))?.size).toBe(10);
      });

      test('is gone when aborted, and aborting again does nothing', async () => {
        const { store, base } = await make();
        const uploadId = await store.beginUpload(`${base}a`);
        const part = await store.uploadPart(`${base}a`, uploadId, 1, noise(10));
        await store.abortUpload(`${base}a`, uploadId);
        await store.abortUpload(`${base}a`, uploadId);
        await store.abortUpload(`${base}a`, 'nonsense/../id');
        await expect(store.completeUpload(`${base}a`, uploadId, [part])).rejects.toBeInstanceOf(UploadNotFound);
        await expect(store.uploadPart(`${base}a`, uploadId, 1, noise(1))).rejects.toBeInstanceOf(UploadNotFound);
        await expect(store.uploadPart(`${base}a`, 'nonsense/../id', 1, noise(1))).rejects.toBeInstanceOf(
          UploadNotFound,
        );
        expect(await store.head(`${base}a`)).toBeUndefined();
        expect(await all(store.listUploads(base))).toEqual([]);
      });

      test('completes on condition, and stays open where the condition fails', async () => {
        const { store, base } = await make();
        const uri = `${base}a`;
        const uploadId = await store.beginUpload(uri);
        const part = await store.uploadPart(uri, uploadId, 1, noise(10));
        await store.put(uri, noise(3));
        const exclusive = { ifNoneMatch: true };
        await expect(store.completeUpload(uri, uploadId, [part], exclusive)).rejects.toBeInstanceOf(PreconditionFailed);
        expect((await store.head(uri))?.size).toBe(3);
        expect(await all(store.listUploads(base))).toHaveLength(1);
        await store.delete(uri);
        await store.completeUpload(uri, uploadId, [part], exclusive);
        expect((await store.head(uri))?.size).toBe(10);
      });

      if (racingCompletions) {
        test('lets exactly one of twenty uploads of one key complete on condition', async () => {
          const { store, base } = await make();
          const uri = `${base}a`;
          const outcomes = await Promise.allSettled(
            Array.from({ length: 20 }, async (_, i) => {
              const uploadId = await store.beginUpload(uri);
              const part = await store.uploadPart(uri, uploadId, 1, Uint8Array.of(i));
              await store.completeUpload(uri, uploadId, [part], { ifNoneMatch: true });
            }),
          );
          const winners = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
          expect(winners).toHaveLength(1);
          expect((await store.get(uri))?.bytes).toEqual(Uint8Array.from(winners));
          expect(await all(store.listUploads(base))).toHaveLength(19);
        });
      }
    });
  });
}

const ODD_KEYS = [
  'a b',
  'a%20b',
  'a+b',
  'a%2Bb',
  'a#b',
  'a?b=c&d',
  'ü',
  'u\u0308',
  '数据/表.parquet',
  '😀',
  '\uffee',
  '~',
  '\'"',
  'x=1%2F2/__HIVE_DEFAULT_PARTITION__',
  '.hidden',
  '100%',
  '...',
  '$(date)',
  '*',
  '-rf',
];

/** `length` bytes that look random, the same for the same seed. */
export function noise(length: number, seed: number = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0, state = seed; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  return Array.fromAsync(items);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
