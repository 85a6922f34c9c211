/** The emulator keeps the promises on which the tests of jobs stand: it kills, freezes and begins anew as AWS does. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, expect, test } from 'vitest';
import { describeLane, emulator, until } from './harness.ts';
import { createFunction, invoke, killRunning, logsOf, recordOf } from './lambda.ts';

/** Does what its event says; tells how often its process has been asked. */
const SOURCE = `
  import v8 from 'node:v8';
  let calls = 0;
  export async function handler(event, context) {
    calls++;
    console.log('asked to ' + event.to);
    if (event.to === 'throw') throw Object.assign(new Error('as asked'), { name: 'AsAsked' });
    if (event.to === 'hang') for (;;);
    if (event.to === 'wait') await new Promise((resolve) => setTimeout(resolve, 60_000));
    if (event.to === 'exit') process.exit(3);
    if (event.to === 'allocate') {
      const held = [];
      for (let i = 0; i < 64; i++) held.push(Buffer.alloc(16 * 1024 * 1024, 1));
    }
    return {
      calls,
      pid: process.pid,
      node: process.version,
      heapLimit: v8.getHeapStatistics().heap_size_limit,
      requestId: context.awsRequestId,
      remaining: context.getRemainingTimeInMillis(),
    };
  }`;

interface Answer {
  readonly calls: number;
  readonly pid: number;
  readonly node: string;
  readonly heapLimit: number;
  readonly requestId: string;
  readonly remaining: number;
}

const ask = async (name: string, to?: string): Promise<Answer> => (await invoke(name, { to })).payload as Answer;

describeLane('a function', () => {
  beforeAll(async () => {
    await createFunction('obedient', { source: SOURCE, timeoutSeconds: 10 });
    await createFunction('hasty', { source: SOURCE, timeoutSeconds: 1 });
  });

  test('runs in the Node of the project, its process kept for the next event', async () => {
    const first = await ask('obedient');
    const second = await ask('obedient');
    expect(first.node).toBe(process.version);
    expect(first.remaining).toBeGreaterThan(0);
    expect(first.remaining).toBeLessThanOrEqual(10_000);
    expect(second).toMatchObject({ pid: first.pid, calls: first.calls + 1 });
    expect(second.requestId).not.toBe(first.requestId);
  });

  test('fails with the name of the error that it throws, and lives on', async () => {
    const { pid, calls } = await ask('obedient');
    expect((await invoke('obedient', { to: 'throw' })).error).toMatchObject({
      errorType: 'AsAsked',
      errorMessage: 'as asked',
    });
    expect(await ask('obedient')).toMatchObject({ pid, calls: calls + 2 });
  });

  test.each(['hang', 'wait'])('is killed when its time is over: %s', async (to) => {
    const { pid } = await ask('hasty');
    const { error } = await invoke('hasty', { to });
    expect(error?.errorType).toBe('Sandbox.Timedout');
    expect(error?.errorMessage).toMatch(/Task timed out after 1\.00 seconds$/);
    expect(isAlive(pid)).toBe(false);
    expect(await ask('hasty')).toMatchObject({ calls: 1 });
  });

  test('is killed when it holds more memory than it may', async () => {
    await createFunction('greedy', { source: SOURCE, memoryMb: 256 });
    const before = await ask('greedy');
    const { error } = await invoke('greedy', { to: 'allocate' });
    expect(error).toMatchObject({ errorType: 'Runtime.OutOfMemory' });
    expect(error?.errorMessage).toMatch(/signal: killed$/);
    const { invocations } = await recordOf('greedy');
    expect(invocations.map((one) => one.error)).toEqual([null, 'Runtime.OutOfMemory']);
    expect(invocations[0]?.peakBytes).toBeLessThan(256 * 1024 * 1024);
    expect(invocations[1]?.peakBytes).toBeGreaterThan(256 * 1024 * 1024);
    const after = await ask('greedy');
    expect(after.calls).toBe(1);
    expect(after.pid).not.toBe(before.pid);
  });

  test('may hold as much as it was given', async () => {
    await createFunction('modest', { source: SOURCE, memoryMb: 1536 });
    expect((await invoke('modest', { to: 'allocate' })).error).toBeUndefined();
    expect((await recordOf('modest')).invocations[0]?.peakBytes).toBeGreaterThan(1024 * 1024 * 1024);
  });

  test('fails when its process exits', async () => {
    const { error } = await invoke('obedient', { to: 'exit' });
    expect(error?.errorType).toBe('Runtime.ExitError');
    expect(error?.errorMessage).toMatch(/Runtime exited with error: exit status 3$/);
    expect((await ask('obedient')).calls).toBe(1);
  });

  test('fails when its process is killed half way', async () => {
    const [{ error }] = await Promise.all([invoke('obedient', { to: 'wait' }), killRunning('obedient')]);
    expect(error?.errorType).toBe('Runtime.ExitError');
    expect(error?.errorMessage).toMatch(/signal: killed$/);
    expect((await ask('obedient')).calls).toBe(1);
  });

  test('has the heap that AWS gives it, but for what its own NODE_OPTIONS say', async () => {
    await createFunction('common', { source: SOURCE, memoryMb: 1000 });
    await createFunction('thrifty', {
      source: SOURCE,
      memoryMb: 1000,
      environment: { NODE_OPTIONS: '--max-old-space-size=200 --max-semi-space-size=16' },
    });
    const [common, thrifty] = [await ask('common'), await ask('thrifty')];
    // Three semi spaces come on top of the old space.
    expect(common.heapLimit).toBeGreaterThanOrEqual(900 * 1024 * 1024);
    expect(thrifty.heapLimit).toBe((200 + 3 * 16) * 1024 * 1024);
  });

  test('sleeps between its invocations', async () => {
    const { pid } = await ask('obedient');
    await until('the process sleeps', () => stateOf(pid) === 'T');
    const waiting = invoke('obedient', { to: 'wait' });
    await until('it is invoked', async () => Object.keys((await recordOf('obedient')).running).length > 0);
    await until('the process is awake', () => stateOf(pid) !== 'T');
    process.kill(pid, 'SIGKILL');
    await waiting;
  });

  test('has a log as on AWS', async () => {
    await invoke('hasty', { to: 'hang' });
    const { requestId } = (await recordOf('hasty')).invocations.at(-1) ?? { requestId: '' };
    let lines: readonly string[] = [];
    await until('the log has a report', async () => {
      lines = await logsOf('hasty');
      return lines.some((line) => line.startsWith(`REPORT RequestId: ${requestId}`));
    });
    const own = lines.slice(lines.findIndex((line) => line.startsWith(`START RequestId: ${requestId}`)));
    expect(own[1]).toContain('asked to hang');
    expect(own[2]).toContain('Task timed out after 1.00 seconds');
    expect(own.at(-1)).toMatch(/Memory Size: 256 MB\tMax Memory Used: \d+ MB/);
  });
});

describeLane('an emulator', () => {
  test('can be reached from this machine only', async () => {
    const port = Number(new URL(emulator().endpoint).port);
    await expect(reach('127.0.0.1', port)).resolves.toBe(true);
    // The loopback interface has more addresses: who listens on every interface listens on these too.
    await expect(reach('127.0.0.2', port)).resolves.toBe(false);
  });

  test.each(['is told to', 'its owner is killed'])('ends, its data with it, when %s', async (occasion) => {
    const script = `
      import { once } from 'node:events';
      import { startEmulator } from './infra/localstack/emulator.ts';
      const emulator = await startEmulator();
      console.log(JSON.stringify({ endpoint: emulator.endpoint, dataDirectory: emulator.dataDirectory }));
      await once(process.stdin.resume(), 'end');
      await emulator.stop();`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exit = once(owner, 'exit');
    const { endpoint, dataDirectory } = await firstLine(owner);
    const client = new S3Client({ endpoint });
    await client.send(new CreateBucketCommand({ Bucket: 'only-here' }));
    client.destroy();
    expect(existsSync(dataDirectory)).toBe(true);
    if (occasion === 'is told to') {
      owner.stdin?.end();
      expect(await exit).toEqual([0, null]);
      expect(existsSync(dataDirectory)).toBe(false);
    } else {
      owner.kill('SIGKILL');
      await until('its directory is gone', () => !existsSync(dataDirectory));
    }
    await until('nobody listens', async () => !(await reach('127.0.0.1', Number(new URL(endpoint).port))));
  });
});

async function firstLine(child: ChildProcess): Promise<{ endpoint: string; dataDirectory: string }> {
  for await (const chunk of child.stdout ?? [])
    return JSON.parse(String(chunk)) as { endpoint: string; dataDirectory: string };
  throw new Error('The owner printed nothing');
}

/** True if something accepts connections there. */
function reach(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** The letter by which the kernel tells what a process is doing: T, it was stopped. */
function stateOf(pid: number): string | undefined {
  return /State:\s+(\w)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
}
