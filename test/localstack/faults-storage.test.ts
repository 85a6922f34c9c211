/** Storage that refuses, breaks off and loses answers while a job runs: the result is the same. */

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Deployment } from '../../infra/deploy.ts';
import { deployment } from './deployment.ts';
import { describeLane, until } from './harness.ts';
import { errorsFromNow } from './lambda.ts';
import { type Disturbance, StorageProxy, type StorageRequest } from './storage-proxy.ts';
import { endingOf, Trial } from './trial.ts';

const DISTURBANCES: readonly Disturbance[] = [
  { kind: 'refuse', status: 503, code: 'SlowDown' },
  { kind: 'refuse', status: 500, code: 'InternalError' },
  { kind: 'break', when: 'before' },
  { kind: 'break', when: 'after' },
];
/** Of requests that are disturbed. */
const SHARE = 0.25;

/** Disturbs by the seed and the request alone, wherever it comes in time: by its operation and how often it was asked. */
function seeded(seed: number): (request: StorageRequest) => Disturbance | undefined {
  const times = new Map<string, number>();
  return ({ from, line }) => {
    // Names differ from run to run, operations do not.
    const [method, operation = ''] = /^(\w+).*?(x-id=\w+|uploadId|uploads|list-type|$)/.exec(line)?.slice(1) ?? [];
    const kind = `${from} ${method} ${operation}`;
    const time = (times.get(kind) ?? 0) + 1;
    times.set(kind, time);
    const draw = createHash('sha256').update(`${seed} ${kind} ${time}`).digest().readUInt32LE() / 2 ** 32;
    return DISTURBANCES[Math.floor((draw / SHARE) * DISTURBANCES.length)];
  };
}

let deployed: Deployment;
let proxy: StorageProxy;

describeLane('a job whose storage fails', () => {
  beforeAll(async () => {
    deployed = await deployment();
    proxy = await StorageProxy.before(deployed);
  });
  afterAll(() => proxy?.[Symbol.asyncDispose]());

  test.each([1, 2])('now and then, in every way, has the same result: seed %i', async (seed) => {
    using trial = await Trial.ofTasks(3, `seed-${seed}`, deployed);
    const disturb = seeded(seed);
    const disturbed = new Set<string>();
    using _ = proxy.disturb((request) => {
      const disturbance = disturb(request);
      if (disturbance !== undefined) disturbed.add(JSON.stringify(disturbance));
      return disturbance;
    });
    const ending = await endingOf(await trial.start());
    expect(ending, trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
    expect(disturbed.size, trial.jobId).toBeGreaterThan(1);
    await trial.expectResult();
  });

  test('for longer than a function tries waits for it', async () => {
    using trial = await Trial.ofTasks(1, 'outage', deployed);
    const errors = await errorsFromNow(deployed.functions['execute-task']);
    let refused = 0;
    const outage = proxy.disturb(({ from }) => {
      if (from !== 'execute-task') return undefined;
      refused++;
      return { kind: 'refuse', status: 503, code: 'SlowDown' };
    });
    const execution = await trial.start();
    await until('a task has failed', async () => (await errors()).length > 0);
    outage[Symbol.dispose]();
    expect(await endingOf(execution), trial.jobId).toMatchObject({ status: 'SUCCEEDED' });
    expect((await errors())[0]).toBe('StorageUnavailable');
    expect((await errors()).at(-1)).toBeNull();
    expect(refused).toBeGreaterThan(1);
    await trial.expectResult();
    expect(await trial.openUploads()).toEqual([]);
  });
});
