/** The emulator keeps the promises on which the tests of jobs stand: it kills, freezes and begins anew as AWS does. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateStateMachineCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { beforeAll, expect, test } from 'vitest';
import { describeLane, emulator, endOfExecution, freshBucket } from './harness.ts';
import { callAws, createFunction, invoke, killRunning, logsOf, recordOf } from './lambda.ts';

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
    await until(() => stateOf(pid) === 'T');
    const waiting = invoke('obedient', { to: 'wait' });
    await until(async () => Object.keys((await recordOf('obedient')).running).length > 0);
    await until(() => stateOf(pid) !== 'T');
    process.kill(pid, 'SIGKILL');
    await waiting;
  });

  test('has a log as on AWS', async () => {
    await invoke('hasty', { to: 'hang' });
    const { requestId } = (await recordOf('hasty')).invocations.at(-1) ?? { requestId: '' };
    let lines: readonly string[] = [];
    await until(async () => {
      lines = await logsOf('hasty');
      return lines.some((line) => line.startsWith(`REPORT RequestId: ${requestId}`));
    });
    const own = lines.slice(lines.findIndex((line) => line.startsWith(`START RequestId: ${requestId}`)));
    expect(own[1]).toContain('asked to hang');
    expect(own[2]).toContain('Task timed out after 1.00 seconds');
    expect(own.at(-1)).toMatch(/Memory Size: 256 MB\tMax Memory Used: \d+ MB/);
  });
});

describeLane('events of objects', () => {
  const key = 'a b+c/ü%20.parquet';

  test('carry keys as AWS writes them, and a sequencer that grows', async () => {
    await createFunction('listener', {
      source: "export const handler = async (event) => console.log('event ' + JSON.stringify(event));",
    });
    const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:listener';
    const bucket = await freshBucket();
    const s3 = new S3Client({});
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: bucket,
        NotificationConfiguration: {
          EventBridgeConfiguration: {},
          LambdaFunctionConfigurations: [{ LambdaFunctionArn: functionArn, Events: ['s3:ObjectCreated:*'] }],
        },
      }),
    );
    const events = (action: string, body: unknown): Promise<unknown> =>
      callAws('events', '/', body, {
        'x-amz-target': `AWSEvents.${action}`,
        'content-type': 'application/x-amz-json-1.1',
      });
    await events('PutRule', { Name: 'objects', EventPattern: JSON.stringify({ source: ['aws.s3'] }) });
    await events('PutTargets', { Rule: 'objects', Targets: [{ Id: '1', Arn: functionArn }] });
    for (let i = 0; i < 2; i++) await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'same' }));
    s3.destroy();

    let received: ObjectEvent[] = [];
    await until(async () => {
      received = (await logsOf('listener').catch(() => [])).flatMap((line) => {
        const json = /event (\{.*\})/.exec(line)?.[1];
        return json === undefined ? [] : [JSON.parse(json) as ObjectEvent];
      });
      return received.length === 4;
    });
    const notified = received.flatMap((event) => event.Records?.map(({ s3: { object } }) => object) ?? []);
    const bridged = received.flatMap((event) => (event.detail ? [event.detail.object] : []));
    expect(notified.map((object) => object.key)).toEqual(Array(2).fill('a+b%2Bc/%C3%BC%2520.parquet'));
    expect(bridged.map((object) => object.key)).toEqual([key, key]);
    expect(new Set([...notified, ...bridged].map((object) => object.sequencer)).size).toBe(4);
  });
});

interface ObjectEvent {
  readonly Records?: readonly { readonly s3: { readonly object: EventObject } }[];
  readonly detail?: { readonly object: EventObject };
}

interface EventObject {
  readonly key: string;
  readonly sequencer: string;
}

describeLane('a distributed Map', () => {
  test('goes through more items than Python has frames', async () => {
    const bucket = await freshBucket();
    const s3 = new S3Client({});
    const items = Array.from({ length: 1100 }, (_, task) => ({ task }));
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'items.json', Body: JSON.stringify(items) }));
    s3.destroy();
    const client = new SFNClient({});
    const { stateMachineArn } = await client.send(
      new CreateStateMachineCommand({
        name: 'long-map',
        roleArn: 'arn:aws:iam::000000000000:role/test',
        definition: JSON.stringify(mapOver(bucket)),
      }),
    );
    const { executionArn = '' } = await client.send(new StartExecutionCommand({ stateMachineArn }));
    client.destroy();
    expect((await endOfExecution(executionArn)).output).toBe(JSON.stringify(items));
  });
});

function mapOver(bucket: string): unknown {
  return {
    StartAt: 'Map',
    States: {
      Map: {
        Type: 'Map',
        MaxConcurrency: 1,
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          ReaderConfig: { InputType: 'JSON' },
          Parameters: { Bucket: bucket, Key: 'items.json' },
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Pass',
          States: { Pass: { Type: 'Pass', End: true } },
        },
        End: true,
      },
    },
  };
}

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
      await until(() => !existsSync(dataDirectory));
    }
    await until(async () => !(await reach('127.0.0.1', Number(new URL(endpoint).port))));
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

/** Fails by the time limit of the test. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** The letter by which the kernel tells what a process is doing: T, it was stopped. */
function stateOf(pid: number): string | undefined {
  return /State:\s+(\w)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
}
