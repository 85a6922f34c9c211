import { describe, expect, test } from 'vitest';
import { abortJob } from '../../src/commit/abort-job.ts';
import { clean } from '../../src/commit/clean.ts';
import { commitTask } from '../../src/commit/commit-task.ts';
import { listCommitted } from '../../src/commit/read-manifest.ts';
import { claimUri, decisionUri, jobManifestUri, taskManifestUri } from '../../src/commit/work-paths.ts';
import {
  CommitCorrupted,
  InvalidArgument,
  OutputExists,
  StorageUnavailable,
  UnsupportedFile,
} from '../../src/errors.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import { retryingStore } from '../../src/io/retrying-store.ts';
import { all } from '../io/object-store-contract.ts';
import {
  commit,
  contentsOfJob,
  job,
  readAll,
  readListed,
  runAttempt,
  runJob,
  VIRTUAL_RETRIES,
  without,
  writeAttempt,
} from './world.ts';

const destination = 'memory://tests/out';
const old = job('old', 'append', 1);
const next = job('next', 'append');

describe('commitJob', () => {
  test('waits for every task, and says which is missing', async () => {
    const store = memoryStore();
    await runAttempt(store, destination, next, next.tasks[0]!, 'a1');
    await expect(commit(store, destination, next)).rejects.toThrow(/stage 1 task 1 has no manifest yet/);
    expect(await store.head(decisionUri(destination, 'next'))).toBeUndefined();
    await runAttempt(store, destination, next, next.tasks[1]!, 'a1');
    const { manifest } = await commit(store, destination, next);
    expect(manifest.totals).toEqual({ files: 4, rows: 4, bytes: contentsOfJob(next).join('').length });
    expect(manifest.statistics).toEqual([{ attemptId: 'a1' }, { attemptId: 'a1' }]);
    expect(manifest.files.map(({ partition }) => partition)).toContainEqual({ n: '1' });
  });

  test('gives the same manifest again, also to one who asks for something else', async () => {
    const store = memoryStore();
    const first = await runJob(store, destination, next);
    expect(await commit(store, destination, next)).toEqual(first);
    expect(await commit(store, destination, { ...next, mode: 'overwrite', tasks: [] })).toEqual(first);
    expect(await readAll(store, destination)).toEqual(contentsOfJob(next));
  });

  test('puts _SUCCESS once for each job, so that nothing is told twice of it', async () => {
    const store = memoryStore();
    const told: string[] = [];
    const watched = without(store, 'put', async (uri, bytes, options) => {
      if (uri.endsWith('/_SUCCESS')) told.push(Buffer.from(bytes).toString());
      return store.put(uri, bytes, options);
    });
    await runJob(store, destination, old);
    await runJob(store, destination, next);
    for (const one of [old, old, next, next]) await commit(watched, destination, one, { successFile: true });
    expect(told).toEqual(['old\n', 'next\n']);
  });

  test('is not taken for done by the _SUCCESS of another job, where its own was not put', async () => {
    const store = memoryStore();
    await runJob(store, destination, next);
    await store.put(`${destination}/_SUCCESS`, Buffer.from('old\n'));
    const dead = without(store, 'put', async () => {
      throw new StorageUnavailable('no answer');
    });
    await expect(commit(dead, destination, next, { successFile: true })).rejects.toBeInstanceOf(StorageUnavailable);
  });

  test('a job without files is a result too', async () => {
    const store = memoryStore();
    await runJob(store, destination, old);
    await commit(store, destination, job('empty', 'overwrite', 0));
    expect(await readAll(store, destination)).toEqual([]);
    expect(await readListed(store, destination)).toEqual([]);
  });

  test('an overwrite keeps the old files until the new manifest stands', async () => {
    const calm = memoryStore();
    await runJob(calm, destination, old);
    const replacing = job('next', 'overwrite');
    for (const task of replacing.tasks) await runAttempt(calm, destination, replacing, task, 'a1');
    const deletedWhen: boolean[] = [];
    const store = without(calm, 'delete', async (uri) => {
      deletedWhen.push((await calm.head(jobManifestUri(destination, 'next'))) !== undefined);
      expect(uri).toContain('part-old-');
      await calm.delete(uri);
    });
    const { manifest } = await commit(store, destination, replacing);
    expect(deletedWhen).toEqual([true, true]);
    expect(manifest.replaces).toEqual(['old']);
    expect(await readListed(calm, destination)).toEqual(contentsOfJob(replacing));
  });

  test("an overwrite deletes nobody else's files", async () => {
    const store = memoryStore();
    await runJob(store, destination, old);
    await store.put(`${destination}/foreign.parquet`, Buffer.from('foreign'));
    await store.put(`${destination}/n=0/part-like.parquet`, Buffer.from('foreign too'));
    const replacing = job('next', 'overwrite');
    await runJob(store, destination, replacing);
    await clean({ store, destination, olderThanMs: 0, nowMs: Date.now() + 1000 });
    expect(await readListed(store, destination)).toEqual(
      [...contentsOfJob(replacing), 'foreign', 'foreign too'].sort(),
    );
  });

  test('error-if-exists refuses what is there, once and for all, and takes its uploads back', async () => {
    for (const present of ['a job', 'a file']) {
      const store = memoryStore();
      if (present === 'a job') await runJob(store, destination, old);
      else await store.put(`${destination}/x.parquet`, Buffer.from('x'));
      const before = await readListed(store, destination);
      const careful = job('careful', 'error-if-exists');
      await expect(runJob(store, destination, careful)).rejects.toBeInstanceOf(OutputExists);
      await expect(commit(store, destination, careful)).rejects.toBeInstanceOf(OutputExists);
      await expect(commit(store, destination, { ...careful, mode: 'append' })).rejects.toBeInstanceOf(OutputExists);
      expect(await all(store.listUploads(destination))).toEqual([]);
      expect(await readListed(store, destination)).toEqual(before);
    }
  });

  test('error-if-exists accepts what is hidden, and what was aborted', async () => {
    const store = memoryStore();
    await store.put(`${destination}/_log/x`, Buffer.from('x'));
    await store.put(`${destination}/.crc`, Buffer.from('x'));
    await abortJob({ store, destination, jobId: 'other', reason: 'test' });
    const careful = job('careful', 'error-if-exists');
    await runJob(store, destination, careful);
    expect(await readAll(store, destination)).toEqual(contentsOfJob(careful));
  });

  test('a late job whose number an overwrite has passed is committed, and replaced', async () => {
    const store = memoryStore();
    const late = job('late', 'append', 1);
    await runAttempt(store, destination, late, late.tasks[0]!, 'a1');
    const dying = without(store, 'completeUpload', () => Promise.reject(new Error('killed')));
    await expect(commit(dying, destination, late)).rejects.toThrow('killed');
    const replacing = job('replacing', 'overwrite');
    await runJob(store, destination, replacing);
    const outcome = await commit(store, destination, late);
    expect(outcome.replaced).toBe(true);
    expect(await readAll(store, destination)).toEqual(contentsOfJob(replacing));
    expect(await readListed(store, destination)).toEqual(contentsOfJob(replacing));
  });

  test('a commit that is resumed keeps the mode and the tasks that were decided', async () => {
    const store = memoryStore();
    await runJob(store, destination, old);
    const replacing = job('next', 'overwrite');
    for (const task of replacing.tasks) await runAttempt(store, destination, replacing, task, 'a1');
    const dying = without(store, 'completeUpload', () => Promise.reject(new Error('killed')));
    await expect(commit(dying, destination, replacing)).rejects.toThrow('killed');
    expect(await readAll(store, destination)).toEqual(contentsOfJob(old));
    const { manifest } = await commit(store, destination, { ...replacing, mode: 'append', tasks: [] });
    expect(manifest.mode).toBe('overwrite');
    expect(await readListed(store, destination)).toEqual(contentsOfJob(replacing));
  });

  test('a committer that is overtaken by another, and by an overwrite, while it checks a file learns that it is done', async () => {
    const store = memoryStore();
    const late = job('late', 'append', 1);
    await runAttempt(store, destination, late, late.tasks[0]!, 'a1');
    const dying = without(store, 'put', (uri, ...rest) =>
      uri.endsWith('manifest.json') ? Promise.reject(new Error('killed')) : store.put(uri, ...rest),
    );
    await expect(commit(dying, destination, late)).rejects.toThrow('killed');
    let overtaken = false;
    const overtaking = without(store, 'readInto', async (...args) => {
      if (!overtaken) {
        overtaken = true;
        await commit(store, destination, late);
        await runJob(store, destination, job('replacing', 'overwrite', 1));
      }
      return store.readInto(...args);
    });
    expect((await commit(overtaking, destination, late)).replaced).toBe(true);
    expect(overtaken).toBe(true);
  });

  test('a job whose manifest would be too large to be read is not decided', async () => {
    const store = memoryStore();
    for (const task of next.tasks) {
      const { owner, files } = await writeAttempt(store, destination, next, task, 'a1');
      await commitTask({ store, destination, owner, files, statistics: 'x'.repeat(30_000_000) });
    }
    await expect(commit(store, destination, next)).rejects.toBeInstanceOf(InvalidArgument);
    await expect(commit(store, destination, next)).rejects.toThrow(/for 4 files, and may have 50331648/);
    expect(await store.head(decisionUri(destination, 'next'))).toBeUndefined();
  });

  test('an object that is not what its task wrote stops the commit', async () => {
    for (const content of ['short', 'next task 0 fIrst']) {
      const store = memoryStore();
      const one = job('next', 'append', 1);
      const { manifest } = await runAttempt(store, destination, one, one.tasks[0]!, 'a1');
      await store.put(`${destination}/${manifest.files[0]!.path}`, Buffer.from(content));
      await expect(commit(store, destination, one)).rejects.toBeInstanceOf(CommitCorrupted);
      expect((await listCommitted(store, destination)).files).toEqual([]);
    }
  });

  test('a file that is lost stops the commit', async () => {
    const store = memoryStore();
    const one = job('next', 'append', 1);
    const { manifest } = await runAttempt(store, destination, one, one.tasks[0]!, 'a1');
    const { path, uploadId } = manifest.files[0]!;
    await store.abortUpload(`${destination}/${path}`, uploadId);
    await expect(commit(store, destination, one)).rejects.toThrow(/lost/);
  });

  test.each(['put', 'get', 'list', 'completeUpload', 'head', 'delete'] as const)(
    'gets through when the answers to %s are lost half of the time',
    async (call) => {
      for (let seed = 1; seed <= 30; seed++) {
        const calm = memoryStore();
        await runJob(calm, destination, old);
        const replacing = job('next', 'overwrite');
        for (const task of replacing.tasks) await runAttempt(calm, destination, replacing, task, 'a1');
        const deaf = calm.withFaults({ seed, lostAnswer: 0.5, lateEffect: 0.2, maxDelayTurns: 5 });
        const store = without(calm, call, deaf[call].bind(deaf) as never);
        const patient = { ...VIRTUAL_RETRIES, attempts: 40 };
        await commit(retryingStore(store, patient), destination, replacing, { retryPolicy: patient });
        await deaf.settled();
        expect(await readAll(calm, destination), `seed ${seed}`).toEqual(contentsOfJob(replacing));
        expect(await readListed(calm, destination), `seed ${seed}`).toEqual(contentsOfJob(replacing));
      }
    },
  );
});

describe('documents of the commit', () => {
  test.each([
    ['no JSON', 'x'],
    ['not UTF-8', Buffer.of(0xff)],
    ['nothing of ours', '{}'],
    ['cut off', '{"version":1,"jobId":"next"'],
    ['with a field too many', '{"version":1,"jobId":"next","nonce":"n","extra":1}'],
  ])('fail by type when they are %s', async (_, content) => {
    const bytes = Buffer.from(content);
    const store = memoryStore();
    await store.put(claimUri(destination, 1), bytes);
    await expect(listCommitted(store, destination)).rejects.toBeInstanceOf(CommitCorrupted);

    for (const uri of [
      decisionUri(destination, 'next'),
      jobManifestUri(destination, 'next'),
      taskManifestUri(destination, 'next', next.tasks[0]!),
    ]) {
      const other = memoryStore();
      await other.put(uri, bytes);
      await expect(commit(other, destination, next)).rejects.toBeInstanceOf(CommitCorrupted);
    }
  });

  test('of a later version are refused as such', async () => {
    const store = memoryStore();
    await store.put(decisionUri(destination, 'next'), Buffer.from('{"version":2,"news":true}'));
    await expect(commit(store, destination, next)).rejects.toBeInstanceOf(UnsupportedFile);
  });

  test('cannot name files outside the destination, or of the protocol itself', async () => {
    for (const path of ['../../etc/passwd', '/etc/passwd', '_millrace/x', 'a/../../b', '']) {
      const store = memoryStore();
      await runJob(store, destination, old);
      const manifest = JSON.parse(Buffer.from((await store.get(jobManifestUri(destination, 'old')))!.bytes).toString());
      manifest.files[0].path = path;
      await store.put(jobManifestUri(destination, 'old'), Buffer.from(JSON.stringify(manifest)));
      await expect(listCommitted(store, destination)).rejects.toBeInstanceOf(CommitCorrupted);
    }
  });

  test('of another task in place of the right one are noticed', async () => {
    const store = memoryStore();
    await runAttempt(store, destination, next, next.tasks[0]!, 'a1');
    const misplaced = (await store.get(taskManifestUri(destination, 'next', next.tasks[0]!)))!.bytes;
    await store.put(taskManifestUri(destination, 'next', next.tasks[1]!), misplaced);
    await expect(commit(store, destination, next)).rejects.toBeInstanceOf(CommitCorrupted);
  });

  test('a job id that is no path segment is refused before anything is touched', async () => {
    for (const jobId of ['..', 'a/b', '_sequence']) {
      await expect(commit(memoryStore(), destination, { ...next, jobId })).rejects.toBeInstanceOf(InvalidArgument);
    }
    await expect(
      commit(memoryStore(), destination, { ...next, tasks: [next.tasks[0]!, next.tasks[0]!] }),
    ).rejects.toThrow(/twice/);
  });
});
