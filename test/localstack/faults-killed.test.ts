/** Functions that die half way, at moments which a held request fixes: the job goes on to one result. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeployedFunction, Deployment } from '../../infra/deploy.ts';
import { clean } from '../../src/commit/clean.ts';
import { retryingStore } from '../../src/io/retrying-store.ts';
import { deployment } from './deployment.ts';
import { describeLane, until } from './harness.ts';
import { changeFunction, errorsFromNow, soleProcess } from './lambda.ts';
import { StorageProxy } from './storage-proxy.ts';
import { endingOf, Trial } from './trial.ts';

let deployed: Deployment;
let proxy: StorageProxy;

const errorsOf = (name: DeployedFunction): ReturnType<typeof errorsFromNow> => errorsFromNow(deployed.functions[name]);

/** Removes what attempts have left, as `millrace clean` does once they are old enough. */
async function cleanUp({ store, destination }: Trial): Promise<void> {
  await clean({ store: retryingStore(store), destination, olderThanMs: 0, nowMs: Date.now() + 60_000 });
}

describeLane('a job whose functions die', () => {
  beforeAll(async () => {
    deployed = await deployment();
    proxy = await StorageProxy.before(deployed);
  });
  afterAll(() => proxy?.[Symbol.asyncDispose]());

  test('while a file is being uploaded: another attempt does it', async () => {
    using trial = await Trial.ofTasks(3, 'part', deployed);
    const small = await errorsOf('execute-task');
    const part = proxy.hold(trial.asksForFile('PUT', 1, 'partNumber=1'));
    const execution = await trial.start();
    await part.held;
    const opened = await trial.openUploads();
    await proxy.killSender(part);
    expect(await endingOf(execution), trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
    expect((await small()).filter((error) => error !== null)).toEqual(['Runtime.ExitError']);
    await trial.expectResult();
    // What the dead attempt has left is invisible, and is found by cleaning.
    const left = await trial.openUploads();
    expect(left).toHaveLength(1);
    expect(opened.map(({ uploadId }) => uploadId)).toContain(left[0]?.uploadId);
    await cleanUp(trial);
    expect(await trial.openUploads()).toEqual([]);
    await trial.expectResult();
  });

  test('between the files of a task and its manifest, twice: the large size does it', async () => {
    using trial = await Trial.ofTasks(1, 'files', deployed);
    const [small, large] = [await errorsOf('execute-task'), await errorsOf('execute-task-large')];
    const manifests = [1, 2].map(() => proxy.hold(trial.asks('PUT', 'stage-0/task-0.json')));
    const execution = await trial.start();
    for (const manifest of manifests) await proxy.killSender(manifest);
    expect(await endingOf(execution), trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
    expect(await small()).toEqual(['Runtime.ExitError', 'Runtime.ExitError']);
    expect(await large()).toEqual([null]);
    await trial.expectResult();
    expect(await trial.openUploads()).toHaveLength(2);
    await cleanUp(trial);
    expect(await trial.openUploads()).toEqual([]);
  });

  test('between the manifest of a task and the answer: the dead attempt has done it', async () => {
    using trial = await Trial.ofTasks(1, 'manifest', deployed);
    const small = await errorsOf('execute-task');
    const manifest = proxy.hold(trial.asks('PUT', 'stage-0/task-0.json'), 'after');
    const execution = await trial.start();
    await manifest.held;
    const written = await trial.document('stage-0/task-0.json');
    await proxy.killSender(manifest);
    expect(await endingOf(execution), trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
    expect(await small()).toEqual(['Runtime.ExitError', null]);
    expect(await trial.document('stage-0/task-0.json')).toEqual(written);
    const begun = proxy.requests.filter(trial.asksForFile('POST', 0, '?uploads'));
    expect(begun).toHaveLength(1);
    await trial.expectResult();
    expect(await trial.openUploads()).toEqual([]);
  });

  test('because their time is over: the large size does it', async () => {
    using trial = await Trial.ofTasks(1, 'time', deployed);
    await using _ = await changeFunction(deployed.functions['execute-task'], { timeoutSeconds: 8 });
    const [small, large] = [await errorsOf('execute-task'), await errorsOf('execute-task-large')];
    const part = proxy.hold(trial.asksForFile('PUT', 0, 'partNumber=1'));
    const execution = await trial.start();
    const { from } = await part.held;
    // Stopped, it cannot stop by itself before it is killed.
    process.kill(await soleProcess(deployed.functions[from]), 'SIGSTOP');
    await until('the small function has failed', async () => (await small()).length > 0);
    part.letGo();
    expect(await endingOf(execution), trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
    expect(await small()).toEqual(['Sandbox.Timedout']);
    expect(await large()).toEqual([null]);
    await trial.expectResult();
  });

  test('because they hold too much memory: the large size does it', async () => {
    using trial = await Trial.of('memory', deployed);
    await trial.addFile(`select n as id, 'shop ' || hash(n) as shop from range(1_000_000) t(n)`);
    // Told that it may use more than the emulator lets it: as if something beside the engine took the rest. Ready to be called it has
    // some 90 MB, and with this task some 190.
    await using _ = await changeFunction(deployed.functions['execute-task'], {
      memoryMb: 144,
      environment: { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024' },
    });
    const [small, large] = [await errorsOf('execute-task'), await errorsOf('execute-task-large')];
    const execution = await trial.start();
    expect(await endingOf(execution), trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
    expect(await small()).toEqual(['Runtime.OutOfMemory']);
    expect(await large()).toEqual([null]);
    await trial.expectResult();
  });

  test('shortly before their time is over, by themselves: the large size does it', async () => {
    using trial = await Trial.ofTasks(1, 'deadline', deployed);
    await using _ = await changeFunction(deployed.functions['execute-task'], { timeoutSeconds: 5 });
    const [small, large] = [await errorsOf('execute-task'), await errorsOf('execute-task-large')];
    const isPart = trial.asksForFile('PUT', 0, 'partNumber=1');
    const part = proxy.hold((request) => request.from === 'execute-task' && isPart(request));
    const execution = await trial.start();
    expect(await endingOf(execution), trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
    part.letGo();
    expect(await small()).toEqual(['DeadlineExceeded']);
    expect(await large()).toEqual([null]);
    await trial.expectResult();
    // It has dropped its upload before it answered.
    expect(await trial.openUploads()).toEqual([]);
  });

  test('while the list of tasks is put, and after: the first list stands', async () => {
    using trial = await Trial.ofTasks(3, 'plan', deployed);
    const planned = await errorsOf('plan-stage');
    const before = proxy.hold(trial.asks('PUT', 'plan-0/items.json'));
    const after = proxy.hold(trial.asks('PUT', 'plan-0/items.json'), 'after');
    const execution = await trial.start();
    await proxy.killSender(before);
    await after.held;
    const items = await trial.items();
    await proxy.killSender(after);
    expect(await endingOf(execution), trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
    expect(await planned()).toEqual(['Runtime.ExitError', 'Runtime.ExitError', null, null]);
    expect(await trial.items()).toEqual(items);
    await trial.expectResult();
    expect(await trial.openUploads()).toEqual([]);
  });

  test('during the commit, wherever: it goes forward', async () => {
    using trial = await Trial.ofTasks(3, 'commit', deployed);
    const committed = await errorsOf('commit-job');
    const steps = [
      proxy.hold(trial.asks('PUT', 'decision.json'), 'after'),
      proxy.hold(trial.asksForFile('POST', 1, '?uploadId='), 'after'),
      proxy.hold(trial.asks('PUT', 'manifest.json')),
      proxy.hold(trial.asks('PUT', 'manifest.json'), 'after'),
    ];
    const execution = await trial.start();
    for (const step of steps) await proxy.killSender(step);
    // The last of them died when it had put the manifest.
    const { manifest } = await trial.visible();
    expect(manifest).toBeDefined();
    expect(await endingOf(execution), trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
    expect(await committed()).toEqual([...Array<string>(4).fill('Runtime.ExitError'), null]);
    expect((await trial.visible()).manifest).toBe(manifest);
    await trial.expectResult();
    expect(await trial.openUploads()).toEqual([]);
  });
});
