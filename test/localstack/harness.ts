/** What the tests against the emulator share: the lane itself, buckets, functions and executions. */

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, type DescribeExecutionCommandOutput, SFNClient } from '@aws-sdk/client-sfn';
import { describe, inject, test } from 'vitest';
import type { LaneAnswer, LaneState } from './lane.ts';

const given = inject('lane');
const lane = given.kind === 'absent' ? given : ((await askLane('emulator')) as LaneState);
if (lane.kind === 'ready') Object.assign(process.env, lane.environment);

/** What the lane answers when it has it, which may take minutes. Throws where it cannot be had. */
export async function askLane(what: 'emulator' | 'functions' | 'deployment'): Promise<unknown> {
  if (given.kind === 'absent') throw new Error(given.reason);
  const asked = request(`${given.url}/${what}`, { agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  for await (const line of createInterface(response)) {
    // The connection may stay; it holds nobody up.
    asked.socket?.unref();
    const answer = JSON.parse(line) as LaneAnswer;
    if ('failure' in answer) throw new Error(answer.failure);
    return answer.value;
  }
  throw new Error('The lane has ended.');
}

/** `describe` for tests that need the emulator: skipped where none can run, failed where one should. */
export function describeLane(name: string, tests: () => void): void {
  if (lane.kind === 'ready') {
    describe(name, tests);
  } else if (lane.kind === 'absent' && !process.env['CI']) {
    describe.skip(name, tests);
  } else {
    describe(name, () => {
      test('has an emulator', () => {
        throw new Error(lane.reason);
      });
    });
  }
}

export interface LaneEmulator {
  readonly endpoint: string;
  /** AWS_* variables for a client in another process. Those of this process are set already. */
  readonly environment: Readonly<Record<string, string>>;
  /** Goes with the emulator. */
  readonly dataDirectory: string;
}

/** The emulator of the lane; inside `describeLane` there is one. */
export function emulator(): LaneEmulator {
  if (lane.kind !== 'ready') throw new Error(lane.reason);
  return lane;
}

/** Makes an empty bucket. Nobody removes it: it goes with the emulator. */
export async function freshBucket(): Promise<string> {
  const bucket = `test-${randomUUID()}`;
  using client = disposable(new S3Client({}));
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}

/** Waits until an execution has ended, in whatever way. */
export async function endOfExecution(executionArn: string): Promise<DescribeExecutionCommandOutput> {
  using client = disposable(new SFNClient({}));
  for (;;) {
    const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
    if (execution.status !== 'RUNNING') return execution;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const PATIENCE_MS = 100_000;

/** Waits until a condition holds, which `what` says in words. Throws where it does not for longer than anything here takes. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited for ${PATIENCE_MS / 1000} s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function disposable<Client extends { destroy(): void }>(client: Client): Client & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
}
