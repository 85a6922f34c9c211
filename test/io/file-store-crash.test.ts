/** The file store in a process that is killed (SIGKILL) at any moment, between two system calls of one write too. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { PreconditionFailed } from '../../src/errors.ts';
import { fileStore } from '../../src/io/file-store.ts';
import { MIN_PART_BYTES } from '../../src/io/object-store.ts';
import { fileUri } from '../../src/io/uri.ts';
import { all, noise } from './object-store-contract.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-kill-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Says when an upload is ready, then completes it; puts small objects meanwhile. */
const WRITER = `
import { fileStore } from ${JSON.stringify(new URL('../../src/io/file-store.ts', import.meta.url).href)};
const base = process.argv[2];
const store = fileStore({ sync: false });
const part = Buffer.alloc(${MIN_PART_BYTES}, 'x');
for (let i = 0; ; i++) {
  const uri = base + 'big-' + i;
  const uploadId = await store.beginUpload(uri);
  const parts = [await store.uploadPart(uri, uploadId, 1, part), await store.uploadPart(uri, uploadId, 2, part)];
  process.stdout.write(JSON.stringify({ uri, uploadId, parts }) + '\\n');
  await Promise.all([
    store.completeUpload(uri, uploadId, parts, { ifNoneMatch: true }),
    store.put(base + 'small-' + i, Buffer.alloc(1000, 'y'), { ifNoneMatch: true }),
  ]);
}
`;

test('leaves each object whole or absent, and lets every upload be completed by another process', async () => {
  const script = join(root, 'writer.mjs');
  writeFileSync(script, WRITER);
  const store = fileStore({ sync: false });
  for (let round = 0; round < 12; round++) {
    const base = `${fileUri(join(root, `round-${round}`))}/`;
    const ready = await killedWriter(script, base, round * 7);
    for (const { uri, size } of await all(store.list(base))) {
      expect(size, uri).toBe(uri.includes('small-') ? 1000 : 2 * MIN_PART_BYTES);
    }
    for (const { uri, uploadId, parts } of ready) {
      await store.completeUpload(uri, uploadId, parts, { ifNoneMatch: true }).catch((error: unknown) => {
        // The dead process had completed it, and was killed before or after it tidied up.
        expect(['UploadNotFound', 'PreconditionFailed']).toContain((error as Error).name);
        if (error instanceof PreconditionFailed) return store.abortUpload(uri, uploadId);
        return undefined;
      });
      const bytes = (await store.get(uri))!.bytes;
      expect(Buffer.compare(bytes, Buffer.alloc(2 * MIN_PART_BYTES, 'x')), uri).toBe(0);
    }
    for (const { uri, uploadId } of await all(store.listUploads(base))) await store.abortUpload(uri, uploadId);
    expect(await all(store.listUploads(base))).toEqual([]);
    await store.put(`${base}after`, noise(1));
  }
});

interface Ready {
  readonly uri: string;
  readonly uploadId: string;
  readonly parts: { number: number; size: number; etag: string }[];
}

/** Kills a writer `delayMs` after its first upload was ready, and gives what it had announced. */
async function killedWriter(script: string, base: string, delayMs: number): Promise<Ready[]> {
  const child: ChildProcess = spawn(process.execPath, [script, base], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await once(child.stdout!, 'data');
  await setTimeout(delayMs);
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Ready);
}
