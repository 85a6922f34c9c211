/** A process that dies between every two calls it makes to the store, and another that goes on. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { abortJob } from '../../src/commit/abort-job.ts';
import { clean } from '../../src/commit/clean.ts';
import { commitTask } from '../../src/commit/commit-task.ts';
import { JobAborted } from '../../src/errors.ts';
import { fileStore } from '../../src/io/file-store.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { fileUri } from '../../src/io/uri.ts';
import { Killed, mortalStore } from './mortal-store.ts';
import {
  commit,
  contentsOfJob,
  job,
  readAll,
  readListed,
  runAttempt,
  runJob,
  type TestJob,
  VIRTUAL_RETRIES,
  writeAttempt,
} from './world.ts';

interface World {
  readonly store: ObjectStore;
  readonly destination: string;
}

const root = mkdtempSync(join(tmpdir(), 'millrace-crash-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let directories = 0;

type Fate = 'before' | 'after';

const worlds: { name: string; fates: Fate[]; make: () => World }[] = [
  {
    name: 'memory',
    fates: ['before', 'after'],
    make: () => ({ store: memoryStore(), destination: 'memory://tests/out' }),
  },
  {
    name: 'file',
    // After one call is before the next: once is enough where each run costs a hundred system calls.
    fates: ['after'],
    make: () => ({ store: fileStore({ sync: false }), destination: fileUri(join(root, `d${++directories}`)) }),
  },
];

/** Runs `victim` once for each call it makes, killed there, before and after the call's effect; then `check`. */
async function killEverywhere(
  fates: readonly Fate[],
  prepare: () => Promise<World>,
  victim: (store: ObjectStore, world: World) => Promise<unknown>,
  check: (world: World, point: string) => Promise<void>,
): Promise<number> {
  let points = 0;
  for (const fate of fates) {
    for (let fatal = 0; ; fatal++) {
      const world = await prepare();
      const store = mortalStore(world.store, (call) => (call === fatal ? fate : undefined));
      const outcome = await victim(store, world).catch((error: unknown) => error);
      if (store.calls <= fatal) {
        expect(outcome).not.toBeInstanceOf(Error);
        break;
      }
      expect(outcome).toBeInstanceOf(Killed);
      await check(world, `killed ${fate} call ${fatal}`);
      points++;
    }
  }
  expect(points).toBeGreaterThan(2);
  return points;
}

const before = job('before', 'append', 1);

async function withOldResult(make: () => World): Promise<World> {
  const world = make();
  await runJob(world.store, world.destination, before);
  return world;
}

async function expectTidy({ store, destination }: World, live: readonly TestJob[]): Promise<void> {
  await clean({ store, destination, olderThanMs: 0, nowMs: Date.now() + 1000, retryPolicy: VIRTUAL_RETRIES });
  expect(await readListed(store, destination)).toEqual(live.flatMap(contentsOfJob).sort());
  expect(await Array.fromAsync(store.listUploads(`${destination}/`))).toEqual([]);
}

describe.each(worlds)('a process on the $name store that dies', ({ make, fates }) => {
  test.each(['append', 'overwrite'] as const)('while it commits a job (%s)', async (mode) => {
    const after = job('after', mode);
    const old = contentsOfJob(before);
    const live = mode === 'append' ? [before, after] : [after];
    const now = live.flatMap(contentsOfJob).sort();
    await killEverywhere(
      fates,
      async () => {
        const world = await withOldResult(make);
        for (const task of after.tasks) await runAttempt(world.store, world.destination, after, task, 'a1');
        return world;
      },
      (store, { destination }) => commit(store, destination, after, { successFile: true }),
      async (world, point) => {
        const { store, destination } = world;
        expect([old, now], point).toContainEqual(await readAll(store, destination));
        await commit(store, destination, after, { successFile: true });
        expect(await readAll(store, destination), point).toEqual(now);
        expect(await readListed(store, destination), point).toEqual(now);
        expect(Buffer.from((await store.get(`${destination}/_SUCCESS`))?.bytes ?? []).toString()).toBe('after\n');
        await commit(store, destination, after, { successFile: true });
        await expectTidy(world, live);
      },
    );
  });

  test('while it writes and commits a task, and another attempt follows', async () => {
    const after = job('after', 'append', 1);
    const [task] = after.tasks;
    await killEverywhere(
      fates,
      () => withOldResult(make),
      (store, { destination }) => runAttempt(store, destination, after, task!, 'a1'),
      async (world, point) => {
        const { store, destination } = world;
        expect(await readAll(store, destination), point).toEqual(contentsOfJob(before));
        await runAttempt(store, destination, after, task!, 'a2');
        expect(await readListed(store, destination), point).toEqual(contentsOfJob(before));
        await commit(store, destination, after);
        expect(await readAll(store, destination), point).toEqual([before, after].flatMap(contentsOfJob).sort());
        await expectTidy(world, [before, after]);
      },
    );
  });

  test('while it commits a task, and the same attempt is committed again', async () => {
    const after = job('after', 'append', 1);
    const [task] = after.tasks;
    const written = new Map<World, Awaited<ReturnType<typeof writeAttempt>>>();
    await killEverywhere(
      fates,
      async () => {
        const world = await withOldResult(make);
        written.set(world, await writeAttempt(world.store, world.destination, after, task!, 'a1'));
        return world;
      },
      (store, world) => commitTask({ ...written.get(world)!, store, destination: world.destination, statistics: null }),
      async (world, point) => {
        const { store, destination } = world;
        const outcome = await commitTask({ ...written.get(world)!, store, destination, statistics: null });
        expect(outcome.won, point).toBe(true);
        await commit(store, destination, after);
        await expectTidy(world, [before, after]);
      },
    );
  });

  test('while it aborts a job: nothing is ever seen, and nothing stays', async () => {
    const after = job('after', 'overwrite');
    const abort = (store: ObjectStore, { destination }: World): Promise<unknown> =>
      abortJob({ store, destination, jobId: after.jobId, reason: 'test', retryPolicy: VIRTUAL_RETRIES });
    await killEverywhere(
      fates,
      async () => {
        const world = await withOldResult(make);
        await runAttempt(world.store, world.destination, after, after.tasks[0]!, 'a1');
        await writeAttempt(world.store, world.destination, after, after.tasks[1]!, 'a1');
        return world;
      },
      abort,
      async (world, point) => {
        await abort(world.store, world);
        expect(await readAll(world.store, world.destination), point).toEqual(contentsOfJob(before));
        expect(await Array.fromAsync(world.store.listUploads(world.destination)), point).toEqual([]);
        await expect(commit(world.store, world.destination, after)).rejects.toBeInstanceOf(JobAborted);
        await expectTidy(world, [before]);
      },
    );
  });

  test('while it cleans: what is live stays whole', async () => {
    const after = job('after', 'overwrite');
    const cleaning = (store: ObjectStore, { destination }: World): Promise<unknown> =>
      clean({ store, destination, olderThanMs: 0, nowMs: Date.now() + 1000, retryPolicy: VIRTUAL_RETRIES });
    await killEverywhere(
      fates,
      async () => {
        const world = await withOldResult(make);
        await runJob(world.store, world.destination, after);
        await runAttempt(world.store, world.destination, job('lost', 'append'), after.tasks[0]!, 'a1');
        await writeAttempt(world.store, world.destination, after, after.tasks[0]!, 'zombie');
        return world;
      },
      cleaning,
      async (world, point) => {
        expect(await readAll(world.store, world.destination), point).toEqual(contentsOfJob(after));
        await expectTidy(world, [after]);
      },
    );
  });
});
