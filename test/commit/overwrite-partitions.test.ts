import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clean } from '../../src/commit/clean.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import {
  commit,
  contentsIn,
  contentsOfJob,
  job,
  readAll,
  readListed,
  runAttempt,
  runJob,
  type TestJob,
  without,
} from './world.ts';

const destination = 'memory://lake/table';
const of = (jobId: string, mode: TestJob['mode'], ...directories: (0 | 1)[]): TestJob => ({
  ...job(jobId, mode, 1),
  directories,
});

describe('overwriting partitions', () => {
  test('replaces what is in the directories that get files, and leaves all others', async () => {
    const store = memoryStore();
    const [old, next, more] = [
      of('old', 'append', 0, 1),
      of('next', 'overwrite-partitions', 1),
      of('more', 'append', 1),
    ];
    await runJob(store, destination, old);
    expect((await runJob(store, destination, next)).manifest.mode).toBe('overwrite-partitions');
    const expected = [...contentsIn(0, old), ...contentsOfJob(next)].sort();
    expect(await readAll(store, destination)).toEqual(expected);
    expect(await readListed(store, destination)).toEqual(expected);
    await runJob(store, destination, more);
    expect(await readAll(store, destination)).toEqual([...expected, ...contentsOfJob(more)].sort());
  });

  test('a job of a lower number that comes late loses its files there, and keeps the others', async () => {
    const store = memoryStore();
    const [late, next] = [of('late', 'append', 0, 1), of('next', 'overwrite-partitions', 1)];
    for (const task of late.tasks) await runAttempt(store, destination, late, task, 'a1');
    const dying = without(store, 'completeUpload', () => Promise.reject(new Error('killed')));
    await expect(commit(dying, destination, late)).rejects.toThrow('killed');
    await runJob(store, destination, next);
    expect((await commit(store, destination, late)).replaced).toBe(false);
    const expected = [...contentsIn(0, late), ...contentsOfJob(next)].sort();
    expect(await readAll(store, destination)).toEqual(expected);
    expect(await readListed(store, destination)).toEqual(expected);
  });

  test.each(['again', 'clean'] as const)('deletions that an interruption has left are done by %s', async (by) => {
    const store = memoryStore();
    const [old, next] = [of('old', 'append', 0, 1), of('next', 'overwrite-partitions', 0)];
    await runJob(store, destination, old);
    for (const task of next.tasks) await runAttempt(store, destination, next, task, 'a1');
    const dying = without(store, 'delete', () => Promise.reject(new Error('killed')));
    await expect(commit(dying, destination, next)).rejects.toThrow('killed');
    const expected = [...contentsIn(1, old), ...contentsOfJob(next)].sort();
    expect(await readAll(store, destination)).toEqual(expected);
    expect(await readListed(store, destination)).toHaveLength(3);
    if (by === 'again') await commit(store, destination, next);
    else await clean({ store, destination, olderThanMs: 0, nowMs: Date.now() + 1_000 });
    expect(await readListed(store, destination)).toEqual(expected);
  });

  test('any jobs one after the other leave what a map of directories would hold', async () => {
    const modes = fc.constantFrom('append' as const, 'overwrite' as const, 'overwrite-partitions' as const);
    const jobs = fc.array(fc.tuple(modes, fc.subarray([0, 1] as (0 | 1)[])), { maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(jobs, async (given) => {
        const store = memoryStore();
        let held: readonly [string[], string[]] = [[], []];
        for (const [index, [mode, directories]] of given.entries()) {
          const one = of(`job-${index}`, mode, ...directories);
          await runJob(store, destination, one);
          const [first, second] = held;
          const kept = (directory: 0 | 1, before: string[]): string[] => {
            const isReplaced =
              mode === 'overwrite' || (mode === 'overwrite-partitions' && directories.includes(directory));
            return [...(isReplaced ? [] : before), ...contentsIn(directory, one)];
          };
          held = [kept(0, first), kept(1, second)];
          expect(await readAll(store, destination)).toEqual(held.flat().sort());
          expect(await readListed(store, destination)).toEqual(held.flat().sort());
        }
      }),
      { numRuns: 40 },
    );
  });
});
