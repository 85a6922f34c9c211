import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidArgument, MemoryBudgetExceeded, StorageUnavailable } from '../../src/errors.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import { MIN_PART_BYTES, type ObjectStore } from '../../src/io/object-store.ts';
import { parsePartName } from '../../src/io/part-name.ts';
import { UploadFiles } from '../../src/io/upload-files.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { all, noise } from './object-store-contract.ts';

const MIB = 1024 * 1024;
const destination = 'memory://tests/out';
const owner = { jobId: 'job-1', stageId: 2, taskId: 3, attemptId: 'a7' };

function complete(store: ObjectStore, files: UploadFiles): Promise<unknown> {
  return Promise.all(
    files.closed.map(({ path, uploadId, parts }) => store.completeUpload(`${destination}/${path}`, uploadId, parts)),
  );
}

describe('UploadFiles', () => {
  test('names files by partition, job, task and attempt, and shows them to nobody', async () => {
    const store = memoryStore();
    const budget = new MemoryBudget(64 * MIB);
    using memory = budget.reserve('Write');
    const files = new UploadFiles({ store, destination, owner, memory });
    const first = await files.create({ month: '1', 'a b': null }, 'parquet');
    const second = await files.create({}, 'snappy.parquet');
    await second.write(noise(5));
    await second.close(2);
    await first.write(noise(7));
    const pending = await first.close(1);
    expect(pending).toMatchObject({
      path: 'month=1/a%20b=__HIVE_DEFAULT_PARTITION__/part-job-1-2-3-a7-0.parquet',
      size: 7,
      rows: 1,
      crc32: crc32(noise(7)).toString(16).padStart(8, '0'),
      partition: { month: '1', 'a b': null },
    });
    expect(files.closed.map(({ path }) => path)).toEqual(['part-job-1-2-3-a7-1.snappy.parquet', pending.path]);
    expect(files.closed.map(({ path }) => parsePartName(path))).toEqual([owner, owner]);
    expect(await all(store.list(destination))).toEqual([]);
    await complete(store, files);
    expect((await store.get(`${destination}/${pending.path}`))?.bytes).toEqual(noise(7));
  });

  test('whatever is written, in whatever pieces and memory, is what the object holds', async () => {
    const pieces = fc.array(fc.nat({ max: 300_000 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.constantFrom(65_536, 100_000, 200_000), fc.boolean(), async (sizes, part, tight) => {
        const store = memoryStore({ minPartBytes: 1, faults: { seed: 1, maxDelayTurns: 3 } });
        const budget = new MemoryBudget(tight ? 600_000 : 8 * MIB);
        {
          using memory = budget.reserve('Write');
          const files = new UploadFiles({ store, destination, owner, memory, partBytes: part });
          const file = await files.create({}, 'bin');
          const shared = new Uint8Array(new SharedArrayBuffer(300_000));
          for (const [i, size] of sizes.entries()) {
            shared.set(noise(size, i));
            const piece = shared.subarray(0, size);
            await (i % 2 === 0 ? file.write(piece) : file.write(piece, crc32(piece)));
          }
          const content = Buffer.concat(sizes.map((size, i) => noise(size, i)));
          expect(file.size).toBe(content.byteLength);
          const pending = await file.close(0);
          expect(pending.crc32).toBe(crc32(content).toString(16).padStart(8, '0'));
          expect(pending.parts.slice(0, -1).every(({ size }) => size === part)).toBe(true);
          await complete(store, files);
          const stored = await store.get(`${destination}/${pending.path}`);
          expect(Buffer.compare(stored!.bytes, content)).toBe(0);
        }
        expect(budget.usedBytes).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('a thousand open files take 64 KiB each, not a part each', async () => {
    const budget = new MemoryBudget(128 * MIB);
    using memory = budget.reserve('Write');
    const files = new UploadFiles({ store: memoryStore(), destination, owner, memory });
    for (let i = 0; i < 1000; i++) await (await files.create({ i: `${i}` }, 'csv')).write(noise(100));
    expect(memory.heldBytes).toBe(1000 * 65_536);
    await files.abortAll();
    expect(memory.heldBytes).toBeLessThanOrEqual(2 * 65_536);
  });

  test('fills the next part while one is on its way, and no more than that', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((open) => {
      release = open;
    });
    const inner = memoryStore();
    let underWay = 0;
    const store: ObjectStore = Object.assign(Object.create(inner) as ObjectStore, {
      beginUpload: (uri: string) => inner.beginUpload(uri),
      uploadPart: async (uri: string, id: string, number: number, bytes: Uint8Array) => {
        expect(++underWay).toBe(1);
        await gate;
        underWay--;
        return inner.uploadPart(uri, id, number, bytes);
      },
    });
    const budget = new MemoryBudget(64 * MIB);
    using memory = budget.reserve('Write');
    const files = new UploadFiles({ store, destination, owner, memory, partBytes: MIN_PART_BYTES });
    const file = await files.create({}, 'bin');
    await file.write(noise(MIN_PART_BYTES));
    await file.write(noise(MIN_PART_BYTES));
    let third = false;
    const writing = file.write(noise(1)).then(() => {
      third = true;
    });
    await new Promise((next) => setImmediate(next));
    expect(third).toBe(false);
    expect(memory.heldBytes).toBeLessThanOrEqual(2 * MIN_PART_BYTES + 65_536);
    release();
    await writing;
    expect((await file.close(1)).parts.map(({ size }) => size)).toEqual([MIN_PART_BYTES, MIN_PART_BYTES, 1]);
  });

  test('a part that is on its way arrives while the next one is made, though nobody waits for it', async () => {
    // Of each part it takes a few turns of the event loop, as it does on a socket.
    const inner = memoryStore();
    const events: string[] = [];
    const store: ObjectStore = Object.assign(Object.create(inner) as ObjectStore, {
      beginUpload: (uri: string) => inner.beginUpload(uri),
      uploadPart: async (uri: string, id: string, number: number, bytes: Uint8Array) => {
        for (let turn = 0; turn < 10; turn++) await new Promise((next) => setImmediate(next));
        events.push(`part ${number} has arrived`);
        return inner.uploadPart(uri, id, number, bytes);
      },
    });
    using memory = new MemoryBudget(64 * MIB).reserve('Write');
    const files = new UploadFiles({ store, destination, owner, memory, partBytes: MIN_PART_BYTES });
    const file = await files.create({}, 'bin');
    const page = noise(MIN_PART_BYTES / 64);
    for (let pages = 1; pages <= 3 * 64; pages++) {
      await file.write(page);
      if (pages % 64 === 63) events.push(`part ${Math.ceil(pages / 64)} is nearly full`);
    }
    await file.close(1);
    expect(events).toEqual([
      'part 1 is nearly full',
      'part 1 has arrived',
      'part 2 is nearly full',
      'part 2 has arrived',
      'part 3 is nearly full',
      'part 3 has arrived',
    ]);
  });

  test('sends smaller parts when memory is short, and fails by name when it is too short for any', async () => {
    const content = noise(24 * MIB);
    const store = memoryStore();
    const enough = new MemoryBudget(18 * MIB);
    {
      using memory = enough.reserve('Write');
      const files = new UploadFiles({ store, destination, owner, memory });
      const file = await files.create({}, 'bin');
      for (let at = 0; at < content.length; at += MIB) await file.write(content.subarray(at, at + MIB));
      const { path } = await file.close(1);
      await complete(store, files);
      expect(Buffer.compare((await store.get(`${destination}/${path}`))!.bytes, content)).toBe(0);
    }
    expect(enough.usedBytes).toBe(0);

    using memory = new MemoryBudget(6 * MIB).reserve('Write');
    const files = new UploadFiles({ store, destination, owner, memory });
    const file = await files.create({}, 'bin');
    await expect(file.write(content)).rejects.toBeInstanceOf(MemoryBudgetExceeded);
    await expect(file.write(content)).rejects.toThrow(/Write/);
  });

  test('a failed part fails the next call, and aborting leaves no upload', async () => {
    const calm = memoryStore({ minPartBytes: 1 });
    const budget = new MemoryBudget(64 * MIB);
    using memory = budget.reserve('Write');
    let refuse = false;
    const store: ObjectStore = Object.assign(Object.create(calm) as ObjectStore, {
      beginUpload: (uri: string) => calm.beginUpload(uri),
      abortUpload: (uri: string, id: string) => calm.abortUpload(uri, id),
      uploadPart: (uri: string, id: string, number: number, bytes: Uint8Array) =>
        (refuse ? calm.withFaults({ seed: 1, unavailable: 1 }) : calm).uploadPart(uri, id, number, bytes),
    });
    const files = new UploadFiles({ store, destination, owner, memory, partBytes: 65_536 });
    await (await files.create({}, 'bin')).close(0);
    const file = await files.create({}, 'bin');
    await file.write(noise(65_536));
    refuse = true;
    await file.write(noise(65_536));
    await file.write(noise(1)).catch(() => undefined);
    await new Promise((next) => setImmediate(next));
    await expect(file.close(1)).rejects.toBeInstanceOf(StorageUnavailable);
    await expect(file.close(1)).rejects.toBeInstanceOf(StorageUnavailable);
    expect(await all(calm.listUploads(destination))).toHaveLength(2);
    await files.abortAll();
    expect(await all(calm.listUploads(destination))).toEqual([]);
    expect(files.closed).toHaveLength(1);
  });

  test('refuses ids and extensions that would change the path', async () => {
    using memory = new MemoryBudget(64 * MIB).reserve('Write');
    const store = memoryStore();
    const bad = [
      { jobId: '../x' },
      { jobId: '_x' },
      { jobId: '' },
      { attemptId: 'a-1' },
      { taskId: -1 },
      { stageId: 0.5 },
    ];
    for (const ids of bad) {
      expect(() => new UploadFiles({ store, destination, owner: { ...owner, ...ids }, memory })).toThrow(
        InvalidArgument,
      );
    }
    const files = new UploadFiles({ store, destination, owner, memory });
    await expect(files.create({}, '../x')).rejects.toBeInstanceOf(InvalidArgument);
  });

  test('part names have one meaning, though job ids have hyphens', () => {
    expect(parsePartName('x/part-a-1-2-3-4-b5-0.parquet')).toEqual({
      ...owner,
      jobId: 'a-1-2',
      taskId: 4,
      stageId: 3,
      attemptId: 'b5',
    });
    expect(parsePartName('x/other-a-1-2-3-b5-0.parquet')).toBeUndefined();
    expect(parsePartName('part-a.parquet')).toBeUndefined();
  });
});
