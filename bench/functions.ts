/**
 * The functions, as they are deployed: how quickly one starts, and what the job of the demo takes in the emulator, where
 * network and disk are this machine's and two functions share its processors. So the counts of requests and of bytes are
 * what holds elsewhere, not the times.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Deployment, deploy } from '../infra/deploy.ts';
import { type Emulator, startEmulator } from '../infra/localstack/emulator.ts';
import { s3Store } from '../src/io/s3/s3-store.ts';
import { parseJob } from '../src/jobs/parse-job.ts';
import { startJob } from '../src/jobs/start-job.ts';
import { executionStarter } from '../src/jobs/step-functions.ts';
import type { Task } from '../src/plan/task.ts';
import { median, type Options, type Result } from './result.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const NODE_OPTIONS = '--max-old-space-size=192 --max-semi-space-size=1';

/** Runs of each; needs Python for the emulator. */
export async function* functions({ runs }: Options): AsyncGenerator<Result> {
  process.stderr.write(execFileSync(process.execPath, [join(root, 'scripts/bundle-functions.ts')]));
  await using emulator = await startEmulator({ freeze: [] });
  Object.assign(process.env, emulator.environment);
  const deployment = await deploy({ environment: emulator.environment, stage: 'bench', timeoutMs: 240_000 });
  const job = demoJob(deployment);
  yield* starts(runs, deployment);
  for (const name of ['demo job, cold', 'demo job, warm', 'demo job, warm']) {
    const startMs = performance.now();
    await run(job, deployment);
    yield { suite: 'functions', name, wall_ms: performance.now() - startMs };
  }
  yield* requests(deployment, emulator);
}

/** A process from its start until its handler can be called, until the first batch, until its answer. */
async function* starts(runs: number, { inputBucket, outputBucket }: Deployment): AsyncGenerator<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const bundle = join(root, 'dist/functions/execute-task/index.mjs');
  const samples: Record<'readyMs' | 'readyBytes' | 'firstBatchMs' | 'doneMs', number>[] = [];
  try {
    for (let index = 0; index < runs; index++) {
      const path = join(directory, 'task.json');
      writeFileSync(path, JSON.stringify(firstMonth(inputBucket, outputBucket, index)));
      const command = [join(root, 'bench/function-process.mjs'), bundle, path];
      const environment = { ...process.env, NODE_OPTIONS };
      samples.push(JSON.parse(execFileSync(process.execPath, command, { encoding: 'utf8', env: environment })));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const of = (figure: keyof (typeof samples)[0]): number => median(samples.map((sample) => sample[figure]));
  yield {
    suite: 'functions',
    name: 'execute-task, from process start',
    ready_ms: of('readyMs'),
    ready_mb: of('readyBytes') / 1e6,
    first_batch_ms: of('firstBatchMs'),
    answer_ms: of('doneMs'),
  };
}

/** One row group of the flights, two columns, to one file. */
function firstMonth(inputBucket: string, outputBucket: string, index: number): Task {
  const schema = [
    { name: 'origin', type: { kind: 'utf8' }, nullable: true },
    { name: 'delay', type: { kind: 'int64' }, nullable: true },
  ] as const;
  return {
    version: 1,
    jobId: `start-${Date.now()}-${index}`,
    stageId: 0,
    taskId: 0,
    plan: {
      kind: 'write',
      format: 'parquet',
      input: { kind: 'scan', sourceId: 'flights', format: 'parquet', schema, columns: ['origin', 'delay'] },
    },
    inputs: {
      flights: { kind: 'files', files: [{ uri: `s3://${inputBucket}/flights/2001.parquet`, rowGroups: [0] }] },
    },
    output: { uri: `s3://${outputBucket}/starts` },
  };
}

/** The text of the demo's job; its flights are put. */
function demoJob({ inputBucket, outputBucket }: Deployment): string {
  const command = [join(root, 'demo/cloud.ts'), `s3://${inputBucket}`, `s3://${outputBucket}`];
  return execFileSync(process.execPath, command, { encoding: 'utf8' });
}

async function run(job: string, { stateMachineArn }: Deployment): Promise<void> {
  const starter = executionStarter({ stateMachineArn });
  const { executionArn } = await startJob({ store: s3Store(), starter, job: parseJob(job) });
  for (;;) {
    const { status, error, cause } = await starter.describe(executionArn);
    if (status === 'SUCCEEDED') return;
    if (status !== 'RUNNING') throw new Error(`The demo's job ended as ${status}: ${error} ${cause}`);
    await sleep(20);
  }
}

interface Done {
  readonly durationMs: number;
  readonly requests: Readonly<Record<string, number>>;
  readonly estimatedCost: { readonly totalUsd: number };
}

/** What the first invocation of each function has asked of storage, and what its process holds now that it is idle. */
async function* requests({ functions: names }: Deployment, { endpoint }: Emulator): AsyncGenerator<Result> {
  for (const [name, deployed] of Object.entries(names)) {
    const [first] = await linesOf(deployed, endpoint);
    if (first === undefined) continue;
    const { requests: counts, durationMs, estimatedCost } = first;
    const {
      get = 0,
      head = 0,
      list = 0,
      put = 0,
      readClass = 0,
      writeClass = 0,
      bytesRead = 0,
      bytesWritten = 0,
    } = counts;
    yield {
      suite: 'functions',
      name: `${name}, first invocation`,
      duration_ms: durationMs,
      get,
      head,
      list,
      put,
      read_class: readClass,
      write_class: writeClass,
      read_mb: bytesRead / 1e6,
      written_mb: bytesWritten / 1e6,
      cost_usd: estimatedCost.totalUsd.toFixed(7),
      idle_mb: (await idleBytes(deployed, endpoint)) / 1e6,
    };
  }
}

async function linesOf(name: string, endpoint: string): Promise<Done[]> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      // The emulator takes the service from it, and does not look at the signature.
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/logs/aws4_request, SignedHeaders=host, Signature=0',
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Logs_20140328.FilterLogEvents',
    },
    body: JSON.stringify({ logGroupName: `/aws/lambda/${name}` }),
  });
  const { events = [] } = (await response.json()) as { events?: { message: string }[] };
  return events
    .filter(({ message }) => message.includes('"message":"done"'))
    .map(({ message }) => JSON.parse(message) as Done);
}

async function idleBytes(name: string, endpoint: string): Promise<number> {
  const response = await fetch(`${endpoint}/_millrace/functions/${name}`);
  const { invocations } = (await response.json()) as { invocations: { pid: number }[] };
  const status = readFileSync(`/proc/${invocations.at(-1)?.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
