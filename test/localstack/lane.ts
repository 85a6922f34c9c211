/**
 * What the files of the lane share: an emulator, the functions as they are now, and deployments of them. Nobody waits for it here: it
 * is made beside the tests that need none of it, and each file asks this process for what it needs, and is answered when that is there.
 *
 *     GET /emulator      the emulator, or why there is none
 *     GET /functions     the directory of the functions' bundles
 *     GET /deployment    a deployment that nobody else has: it is the asking file's until the connection ends, as it does with its process
 */

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { type Deployment, deploy } from '../../infra/deploy.ts';
import { type Emulator, emulatorProblem, startEmulator } from '../../infra/localstack/emulator.ts';

/** What a file of the lane finds: an emulator, or why there is none. */
export type LaneState =
  | {
      readonly kind: 'ready';
      readonly endpoint: string;
      readonly environment: Readonly<Record<string, string>>;
      readonly dataDirectory: string;
    }
  /** This machine cannot run one: the tests are skipped, but for CI. */
  | { readonly kind: 'absent'; readonly reason: string }
  /** It should run, and does not: the tests fail. */
  | { readonly kind: 'broken'; readonly reason: string };

/** A line of JSON. */
export type LaneAnswer = { readonly value: unknown } | { readonly failure: string };

declare module 'vitest' {
  interface ProvidedContext {
    lane: { readonly kind: 'begun'; readonly url: string } | Extract<LaneState, { kind: 'absent' }>;
  }
}

/** As many as there are workers: so no file waits for another. */
const STAGES = ['test-1', 'test-2'] as const;
/** Small, so that tests reach the limits, and two cores are enough. */
const PARAMETERS = { maxConcurrency: 2, executeTaskMemoryMb: 512, executeTaskLargeMemoryMb: 1536 } as const;

interface Lane {
  readonly emulator: Promise<Emulator>;
  readonly functions: Promise<string>;
  readonly deployments: readonly Promise<Deployment>[];
}

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const reason = emulatorProblem();
  if (reason !== undefined) {
    note(`${reason}: the tests against it are ${process.env['CI'] ? 'failed' : 'skipped'}`);
    project.provide('lane', { kind: 'absent', reason });
    return undefined;
  }
  const ending = new AbortController();
  const giveUp = (): void => ending.abort();
  // A run that is interrupted ends without a word: it takes along what is being installed or deployed. An emulator ends by itself then.
  process.once('exit', giveUp);
  const lane = begin(ending.signal);
  const server = createServer(answersOf(lane));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  project.provide('lane', { kind: 'begun', url: `http://127.0.0.1:${port}` });
  // Or a file that waits is waited for.
  project.vitest.onCancel(() => server.closeAllConnections());
  return async () => {
    process.off('exit', giveUp);
    giveUp();
    server.close();
    server.closeAllConnections();
    await Promise.allSettled([lane.functions, ...lane.deployments]);
    await (await lane.emulator.catch(() => undefined))?.stop();
  };
}

function begin(signal: AbortSignal): Lane {
  const emulator = startEmulator({ onNote: note, signal });
  const functions = emulator.then(() => bundleFunctions(signal));
  const deployments: Promise<Deployment>[] = [];
  // One after the other: osls works in one directory.
  let last: Promise<unknown> = functions;
  for (const stage of STAGES) {
    const deployment = Promise.all([emulator, last]).then(([{ environment }]) => deployTo(environment, stage, signal));
    deployments.push(deployment);
    last = deployment;
  }
  // Who asks is told.
  for (const part of [functions, ...deployments]) part.catch(() => undefined);
  return { emulator, functions, deployments };
}

function deployTo(given: Emulator['environment'], stage: string, signal: AbortSignal): Promise<Deployment> {
  // How often osls looks whether it is done, in milliseconds.
  const environment = { ...given, SLS_AWS_MONITORING_FREQUENCY: '500' };
  return deploy({ environment, stage, parameters: PARAMETERS, timeoutMs: 240_000, signal });
}

async function bundleFunctions(signal: AbortSignal): Promise<string> {
  await promisify(execFile)(process.execPath, ['scripts/bundle-functions.ts'], { signal });
  return 'dist/functions';
}

function answersOf({ emulator, functions, deployments }: Lane): RequestListener {
  const state = emulator.then(
    ({ endpoint, environment, dataDirectory }): LaneState => ({ kind: 'ready', endpoint, environment, dataDirectory }),
    (error: unknown): LaneState => ({ kind: 'broken', reason: String(error) }),
  );
  const free = [...deployments];
  const waiting: ServerResponse[] = [];
  const giveOut = (): void => {
    const living = waiting.splice(0).filter((response) => !response.destroyed);
    for (const response of living) {
      const deployment = free.shift();
      if (deployment === undefined) {
        waiting.push(response);
        continue;
      }
      response.once('close', () => {
        free.push(deployment);
        giveOut();
      });
      void answerOf(deployment).then((line) => response.write(line));
    }
  };
  return ({ url }, response) => {
    if (url === '/deployment') {
      waiting.push(response);
      giveOut();
    } else {
      void answerOf(url === '/functions' ? functions : state).then((line) => response.end(line));
    }
  };
}

async function answerOf(part: Promise<unknown>): Promise<string> {
  const answer = await part.then(
    (value): LaneAnswer => ({ value }),
    (error: unknown): LaneAnswer => ({ failure: String(error) }),
  );
  return `${JSON.stringify(answer)}\n`;
}

function note(text: string): void {
  process.stderr.write(`emulator: ${text}\n`);
}
