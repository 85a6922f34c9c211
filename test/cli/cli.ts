/** The real program, in a process of its own, as users run it. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
}

export interface CliOptions {
  readonly input?: string;
  readonly cwd?: string;
  /** Arguments of Node itself. */
  readonly node?: readonly string[];
}

/** The process, its standard input open unless `input` is given. */
export function startCli(args: readonly string[], { cwd, node = [] }: CliOptions = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [...node, MAIN, ...args], { cwd, env: { ...process.env, NO_COLOR: '1' } });
}

export async function cli(args: readonly string[], options: CliOptions = {}): Promise<Outcome> {
  const child = startCli(args, options);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const stdoutBytes = Buffer.concat(stdout);
  return { code, stdout: stdoutBytes.toString('utf8'), stdoutBytes, stderr: Buffer.concat(stderr).toString('utf8') };
}
