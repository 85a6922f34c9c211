import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { AccessDenied, InvalidArgument, ObjectNotFound, StorageFull } from '../../src/errors.ts';
import { asStorageErrors } from '../../src/io/file-errors.ts';
import { fileStore } from '../../src/io/file-store.ts';
import { writeAll } from '../../src/io/file-uploads.ts';
import { MIN_PART_BYTES } from '../../src/io/object-store.ts';
import { fileUri } from '../../src/io/uri.ts';
import { all, noise, obeysObjectStoreContract } from './object-store-contract.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-file-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let directories = 0;
function freshDirectory(): string {
  const directory = join(root, `d ${++directories}`);
  mkdirSync(directory);
  return directory;
}

obeysObjectStoreContract('fileStore', async () => ({ store: fileStore(), base: `${fileUri(freshDirectory())}/` }));

describe('fileStore', () => {
  test('leaves nothing of its own behind', async () => {
    const directory = freshDirectory();
    const store = fileStore();
    const uri = fileUri(join(directory, 'a'));
    await store.put(uri, noise(1));
    await expect(store.put(uri, noise(1), { ifNoneMatch: true })).rejects.toThrow();
    await store.abortUpload(uri, await store.beginUpload(uri));
    expect(readdirSync(directory)).toEqual(['a']);
  });

  test('completing again after a crash between link and tidying up only tidies up', async () => {
    const directory = freshDirectory();
    const store = fileStore();
    const uri = fileUri(join(directory, 'a'));
    const uploads = join(directory, '.millrace-uploads', 'a');
    for (const parts of [[noise(10)], [noise(MIN_PART_BYTES, 1), noise(3, 2)]]) {
      const uploadId = await store.beginUpload(uri);
      const receipts = [];
      for (const [i, part] of parts.entries()) receipts.push(await store.uploadPart(uri, uploadId, i + 1, part));
      execFileSync('cp', ['-al', join(uploads, uploadId), join(directory, 'kept')]);
      await store.completeUpload(uri, uploadId, receipts, { ifNoneMatch: true });
      // As a crash leaves it: the target stands, and the upload, with the same files, stands too.
      mkdirSync(uploads, { recursive: true });
      execFileSync('mv', [join(directory, 'kept'), join(uploads, uploadId)]);
      if (parts.length > 1) execFileSync('ln', [join(directory, 'a'), join(uploads, uploadId, 'whole-x')]);
      const { etag } = await store.completeUpload(uri, uploadId, receipts, { ifNoneMatch: true });
      expect(await store.head(uri)).toMatchObject({ etag, size: parts.reduce((sum, part) => sum + part.length, 0) });
      expect(readdirSync(directory)).toEqual(['a']);
      await store.delete(uri);
    }
  });

  test('a write that died leaves an upload that can be found and aborted', async () => {
    const directory = freshDirectory();
    const store = fileStore();
    const uri = fileUri(join(directory, 'x', 'a'));
    const uploadId = await store.beginUpload(uri);
    await store.uploadPart(uri, uploadId, 1, noise(10));
    const [found] = await all(store.listUploads(fileUri(directory)));
    expect(found).toMatchObject({ uri, uploadId });
    await store.abortUpload(uri, uploadId);
    expect(readdirSync(join(directory, 'x'))).toEqual([]);
  });

  test('begins, completes and aborts in one directory at the same time', async () => {
    const directory = freshDirectory();
    const store = fileStore({ sync: false });
    await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const uri = fileUri(join(directory, `f${i % 10}`));
        const uploadId = await store.beginUpload(uri);
        const part = await store.uploadPart(uri, uploadId, 1, noise(10));
        if (i % 3 === 0) await store.abortUpload(uri, uploadId);
        else await store.completeUpload(uri, uploadId, [part]);
      }),
    );
    expect(readdirSync(directory).sort()).toEqual(Array.from({ length: 10 }, (_, i) => `f${i}`));
  });

  test('writes only below its root, also through symbolic links', async () => {
    const inside = freshDirectory();
    const outside = freshDirectory();
    symlinkSync(outside, join(inside, 'way-out'));
    symlinkSync(inside, join(outside, 'way-in'));
    writeFileSync(join(outside, 'victim'), 'v');
    const store = fileStore({ root: inside });
    const out = fileUri(join(inside, 'way-out', 'a'));
    await expect(store.put(out, noise(1))).rejects.toBeInstanceOf(AccessDenied);
    await expect(store.beginUpload(fileUri(join(inside, 'way-out', 'x', 'y')))).rejects.toBeInstanceOf(AccessDenied);
    await expect(store.delete(fileUri(join(inside, 'way-out', 'victim')))).rejects.toBeInstanceOf(AccessDenied);
    await expect(store.put(fileUri(join(outside, 'a')), noise(1))).rejects.toBeInstanceOf(AccessDenied);
    await store.put(fileUri(join(outside, 'way-in', 'a')), noise(1));
    expect(readdirSync(outside).sort()).toEqual(['victim', 'way-in']);
    expect((await all(store.list(fileUri(inside)))).map(({ uri }) => uri)).toEqual([fileUri(join(inside, 'a'))]);
  });

  test('a symbolic link in place of the object is replaced, not followed', async () => {
    const directory = freshDirectory();
    const victim = join(freshDirectory(), 'victim');
    writeFileSync(victim, 'untouched');
    symlinkSync(victim, join(directory, 'a'));
    const store = fileStore();
    const uri = fileUri(join(directory, 'a'));
    await expect(store.put(uri, noise(1), { ifNoneMatch: true })).rejects.toThrow(/exists already/);
    await store.put(uri, noise(3));
    expect((await store.head(uri))?.size).toBe(3);
    expect((await store.get(fileUri(victim)))?.bytes).toEqual(new Uint8Array(Buffer.from('untouched')));
  });

  test('does not wait for a pipe', async () => {
    const directory = freshDirectory();
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(directory, 'pipe')]);
    const store = fileStore();
    const uri = fileUri(join(directory, 'pipe'));
    await expect(store.readInto(uri, 0, new Uint8Array(1))).rejects.toBeInstanceOf(ObjectNotFound);
    expect(await store.get(uri)).toBeUndefined();
    expect(await all(store.list(fileUri(directory)))).toEqual([]);
  });

  test('says what is wrong with a place that cannot be written', async () => {
    const directory = freshDirectory();
    writeFileSync(join(directory, 'file'), '');
    const store = fileStore();
    await expect(store.put(fileUri(join(directory, 'file', 'a')), noise(1))).rejects.toBeInstanceOf(InvalidArgument);
    await expect(store.put(fileUri(join(directory, 'n'.repeat(300))), noise(1))).rejects.toBeInstanceOf(
      InvalidArgument,
    );
    await expect(store.put(`${fileUri(directory)}/.millrace-uploads/a`, noise(1))).rejects.toThrow(/not objects/);
    await expect(store.put(`${fileUri(directory)}/`, noise(1))).rejects.toThrow(/directory/);
    await expect(store.put('file:///proc/millrace/a', noise(1))).rejects.toThrow();
  });

  test.runIf(existsSync('/dev/full'))('a full disk is StorageFull', async () => {
    const directory = freshDirectory();
    const store = fileStore();
    const uri = fileUri(join(directory, 'a'));
    const full = asStorageErrors(uri, 'write', async () => {
      const handle = await open('/dev/full', 'w');
      try {
        await writeAll(handle, noise(10));
      } finally {
        await handle.close();
      }
    });
    await expect(full).rejects.toBeInstanceOf(StorageFull);
    expect(await store.head(uri)).toBeUndefined();
  });

  test('refuses to list what it could not open again: a name that is not UTF-8', async () => {
    const directory = freshDirectory();
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.of(0xff, 0xfe)]), 'x');
    await expect(all(fileStore().list(fileUri(directory)))).rejects.toBeInstanceOf(InvalidArgument);
  });
});
