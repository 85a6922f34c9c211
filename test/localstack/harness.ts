/** What the tests against the emulator share: the lane itself, buckets, functions and executions. */

import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, type DescribeExecutionCommandOutput, SFNClient } from '@aws-sdk/client-sfn';
import { describe, inject, test } from 'vitest';

const lane = inject('lane');
if (lane.kind === 'ready') Object.assign(process.env, lane.environment);

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
