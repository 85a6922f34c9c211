/**
 * AWS on this machine: S3, Lambda, Step Functions, EventBridge and what a deployment needs, without Docker and without an
 * account. LocalStack runs as one process; functions run as processes of this Node beside it, killed for memory and
 * time, and frozen between invocations, as AWS does.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findPython, preparePython } from './python-environment.ts';

const START_TIMEOUT_MS = 120_000;
const MOST_PORTS_TRIED = 100;
const SERVICES = 's3,lambda,stepfunctions,events,sts,iam,logs,cloudformation,cloudwatch,sqs,sns,ssm';
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
} as const;

export interface EmulatorOptions {
  /** For its data and its log; removed in the end. A new temporary folder if left out. */
  readonly dataDirectory?: string;
  /** Patterns of the names of the functions that sleep between invocations, as on AWS. All if left out. */
  readonly freeze?: readonly string[];
  /** Told, in a few words, what takes long. */
  readonly onNote?: (note: string) => void;
  /** Gives up installing and starting, at once; of no effect on an emulator that has been started. */
  readonly signal?: AbortSignal;
}

/** Ends with its owner's process, or before that with `stop`. */
export interface Emulator extends AsyncDisposable {
  readonly endpoint: string;
  /** What clients and functions need in their environment to talk to the emulator. */
  readonly environment: Readonly<Record<string, string>>;
  /** Its data and `emulator.log`; removed in the end. */
  readonly dataDirectory: string;
  /** Resolves once it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Why the emulator cannot run here, in one line. */
export function emulatorProblem(): string | undefined {
  if (process.platform === 'win32') return 'The emulator runs on Linux and macOS only';
  return findPython() === undefined ? 'The emulator needs Python 3.11, 3.12 or 3.13 in PATH' : undefined;
}

/** Starts an emulator on a free port of the loopback interface; installs it first if need be. */
export async function startEmulator({
  dataDirectory,
  freeze = ['*'],
  onNote = () => undefined,
  signal,
}: EmulatorOptions = {}): Promise<Emulator> {
  const python = findPython();
  if (python === undefined) throw new Error(emulatorProblem());
  const interpreter = await preparePython(python, onNote, signal);
  signal?.throwIfAborted();
  const data = dataDirectory ?? (await mkdtemp(join(tmpdir(), 'millrace-emulator-')));
  await mkdir(data, { recursive: true });
  const port = await freePort();
  const child = launch(interpreter, data, environmentOf(data, port, freeze));
  const emulator = emulatorOf(child, data, port);
  try {
    await untilReady(child, emulator, signal);
  } catch (error) {
    await emulator.stop();
    throw error;
  }
  return emulator;
}

function environmentOf(data: string, port: number, freeze: readonly string[]): Record<string, string> {
  const passedOn = ['PATH', 'LANG', 'LC_ALL', 'LD_LIBRARY_PATH'];
  return {
    // No AWS_ENDPOINT_URL: LocalStack itself would ask it.
    ...Object.fromEntries(passedOn.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
    ...CREDENTIALS,
    PYTHONPATH: fileURLToPath(new URL('.', import.meta.url)),
    EMULATOR_NODE: process.execPath,
    EMULATOR_FREEZE: freeze.join(','),
    HOME: data,
    FILESYSTEM_ROOT: data,
    TMPDIR: data,
    CONFIG_DIR: data,
    XDG_CACHE_HOME: data,
    GATEWAY_LISTEN: `127.0.0.1:${port}`,
    LOCALSTACK_HOST: `127.0.0.1:${port}`,
    SERVICES,
    OVERRIDE_IN_DOCKER: '0',
    DNS_ADDRESS: '0',
    DISABLE_EVENTS: '1',
    DISABLE_CORS_CHECKS: '1',
    SKIP_SSL_CERT_DOWNLOAD: '1',
  };
}

/** The child leads a process group, in which its functions are too, and ends when its standard input does. */
function launch(interpreter: string, data: string, environment: Record<string, string>): ChildProcess {
  const log = openSync(join(data, 'emulator.log'), 'a');
  const child = spawn(interpreter, ['-m', 'millrace_emulator'], {
    cwd: data,
    env: environment,
    detached: true,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  child.unref();
  // A pipe is a socket here, and holds its owner up otherwise.
  (child.stdin as unknown as { unref(): void }).unref();
  return child;
}

function emulatorOf(child: ChildProcess, data: string, port: number): Emulator {
  const endpoint = `http://127.0.0.1:${port}`;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // Nothing is worth an orderly end: the data goes too.
  const stop = async (): Promise<void> => {
    child.ref();
    killGroup(child);
    await ended;
    await rm(data, { recursive: true, force: true, maxRetries: 10 });
  };
  return {
    endpoint,
    environment: { AWS_ENDPOINT_URL: endpoint, ...CREDENTIALS },
    dataDirectory: data,
    ended,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function untilReady(
  child: ChildProcess,
  { endpoint, dataDirectory }: Emulator,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    // By its process id: another program may have taken the port first.
    const answer = await fetch(`${endpoint}/_millrace/health`).then(
      (response) => response.json(),
      () => undefined,
    );
    signal?.throwIfAborted();
    if ((answer as { pid?: number } | undefined)?.pid === child.pid) return;
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || performance.now() > deadline) {
      const what = ended ? 'ended at its start' : `was not ready after ${START_TIMEOUT_MS / 1000} s`;
      throw new Error(
        `The emulator ${what}. The end of its log:\n${await lastLines(join(dataDirectory, 'emulator.log'), 20)}`,
      );
    }
    await sleep(100);
  }
}

async function lastLines(path: string, count: number): Promise<string> {
  return (await readFile(path, 'utf8')).trimEnd().split('\n').slice(-count).join('\n');
}

/** Below those that the system gives to whoever asks for none in particular: until the emulator listens, somebody will. */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < MOST_PORTS_TRIED; tries += 1) {
    const port = randomInt(10_000, 32_768);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error(`The emulator has found no free port of 127.0.0.1 among ${MOST_PORTS_TRIED}`);
}
