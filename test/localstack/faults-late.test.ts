/** Processes that sleep for long, and attempts that come when all is over: readers see what they saw before. */

import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeployedFunction, Deployment } from '../../infra/deploy.ts';
import { deployment } from './deployment.ts';
import { describeLane, until } from './harness.ts';
import { errorsFromNow, invoke, recordOf, soleProcess } from './lambda.ts';
import { StorageProxy } from './storage-proxy.ts';
import { endingOf, Trial } from './trial.ts';

const MAPPED: readonly DeployedFunction[] = ['plan-stage', 'execute-task', 'commit-job'];

let deployed: Deployment;
let proxy: StorageProxy;

const isAsleep = (pid: number): boolean =>
  execFileSync('ps', ['-o', 'state=', '-p', `${pid}`], { encoding: 'utf8' }).startsWith('T');

/** The process that has answered last, for each function; all of them asleep by then. */
async function sleepers(): Promise<number[]> {
  const pids = [];
  for (const name of MAPPED) {
    const pid = (await recordOf(deployed.functions[name])).invocations.at(-1)?.pid ?? 0;
    await until(`${name} sleeps`, () => isAsleep(pid));
    pids.push(pid);
  }
  return pids;
}

async function runToItsEnd(label: string): Promise<number[]> {
  using trial = await Trial.ofTasks(1, label, deployed);
  expect(await endingOf(await trial.start()), trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
  await trial.expectResult();
  expect(await trial.openUploads()).toEqual([]);
  return await sleepers();
}

beforeAll(async () => {
  deployed = await deployment();
  proxy = await StorageProxy.before(deployed);
});
afterAll(() => proxy?.[Symbol.asyncDispose]());

describeLane('a process that was asleep', () => {
  test('goes on where storage has closed its connections meanwhile', async () => {
    const pids = await runToItsEnd('awake');
    const errors = await Promise.all(MAPPED.map((name) => errorsFromNow(deployed.functions[name])));
    proxy.closeIdleConnections();
    expect(await runToItsEnd('closed')).toEqual(pids);
    for (const of of errors) expect(new Set(await of())).toEqual(new Set([null]));
  });

  test('for longer than requests and connections may last, between and in the middle of them, goes on', async () => {
    using trial = await Trial.ofTasks(2, 'nap', deployed);
    const [planner, worker] = [deployed.functions['plan-stage'], deployed.functions['execute-task']];
    const errors = await Promise.all([planner, worker].map((name) => errorsFromNow(name)));
    const part = proxy.hold(trial.asksForFile('PUT', 1, 'partNumber=1'));
    const execution = await trial.start();
    await part.held;
    const pid = await soleProcess(worker);
    process.kill(pid, 'SIGSTOP');
    part.letGo();
    // The planner of the stage sleeps as long, and is asked again at its end.
    await sleep(21_000);
    process.kill(pid, 'SIGCONT');
    expect(await endingOf(execution), trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
    for (const of of errors) expect(await of()).toEqual([null, null]);
    const planners = (await recordOf(planner)).invocations.slice(-2).map((one) => one.pid);
    expect(planners[1]).toBe(planners[0]);
    await trial.expectResult();
    expect(await trial.openUploads()).toEqual([]);
  });
});

describeLane('an attempt that comes late', () => {
  test('at a task, when the job is committed, has the result of the winner', async () => {
    using trial = await Trial.ofTasks(1, 'zombie', deployed);
    const { functions } = deployed;
    const winner = proxy.hold(
      ({ from, line }) => from === 'execute-task' && line.includes(`${trial.jobId}/plan-0/tasks-`),
    );
    const execution = await trial.start();
    await winner.held;
    const task = (await trial.items())[0]?.task;
    const held = [];
    const answers = [];
    for (const matches of [
      trial.asksForFile('POST', 0, '?uploads'),
      trial.asksForFile('PUT', 0, 'partNumber=1'),
      trial.asks('PUT', 'stage-0/task-0.json'),
    ]) {
      const request = proxy.hold(matches);
      answers.push(invoke(functions['execute-task'], { task }));
      await request.held;
      held.push(request);
    }
    const part = proxy.hold(trial.asksForFile('PUT', 0, 'partNumber=1'), 'after');
    answers.push(invoke(functions['execute-task-large'], { task }));
    await part.held;
    const stopped = await soleProcess(functions['execute-task-large']);
    process.kill(stopped, 'SIGSTOP');
    part.letGo();

    winner.letGo();
    expect(await endingOf(execution), trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
    await trial.expectResult();
    const visible = await trial.visible();
    const won = await trial.document('stage-0/task-0.json');
    // Only now do the others go on.
    for (const request of held) request.letGo();
    process.kill(stopped, 'SIGCONT');
    for (const answer of await Promise.all(answers)) {
      expect(answer, trial.jobId).toEqual({
        payload: { manifest: trial.work('stage-0/task-0.json'), rows: 4999, files: 1 },
      });
    }
    expect(await trial.document('stage-0/task-0.json')).toEqual(won);
    expect(await trial.visible()).toEqual(visible);
    expect(await trial.openUploads()).toEqual([]);
  });

  test('at the commit, when somebody else has committed, changes nothing', async () => {
    using trial = await Trial.ofTasks(2, 'second', deployed);
    const decision = proxy.hold(trial.asks('PUT', 'decision.json'));
    const execution = await trial.start();
    await decision.held;
    const job = trial.work('job.json');
    const answer = await invoke(deployed.functions['commit-job'], { job });
    expect(answer.error, trial.jobId).toBeUndefined();
    await trial.expectResult();
    const visible = await trial.visible();
    decision.letGo();
    const { status, output } = await endingOf(execution);
    expect({ status, answer: JSON.parse(output ?? 'null') }, trial.jobId).toEqual({
      status: 'SUCCEEDED',
      answer: answer.payload,
    });
    expect(await trial.visible()).toEqual(visible);
    expect(await trial.openUploads()).toEqual([]);
  });

  test('at the commit, when the job is replaced already, brings nothing back', async () => {
    using trial = await Trial.ofTasks(2, 'replaced', deployed);
    const file = proxy.hold(trial.asksForFile('POST', 1, '?uploadId='));
    const execution = await trial.start();
    await file.held;
    const answer = await invoke(deployed.functions['commit-job'], { job: trial.work('job.json') });
    expect(answer.error, trial.jobId).toBeUndefined();
    const next = await trial.start(undefined, { jobId: `${trial.jobId}-next`, mode: 'overwrite' });
    expect(await endingOf(next), trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
    await trial.expectResult();
    const visible = await trial.visible();
    file.letGo();
    expect(await endingOf(execution), trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
    expect(await trial.visible()).toEqual(visible);
    expect(await trial.openUploads()).toEqual([]);
  });
});
