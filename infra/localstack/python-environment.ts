/**
 * The emulator's own Python: a virtual environment below `.localstack/`, which git ignores, with the versions that
 * requirements.txt names. Its folder is named by what it was made of, and appears by a rename when it is whole: so it is
 * made anew when the pins change, an interrupted installation is not taken for one, and of two at once either wins.
 */

import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const HOME = fileURLToPath(new URL('../../.localstack', import.meta.url));
/** Writes LocalStack's index of services into the environment, where `__main__.py` tells it to look. */
const PREPARE_CATALOG = `
import sys
from localstack import config
config.dirs.static_libs = sys.prefix
from localstack.aws.spec import main
sys.exit(main())
`;
/** Best known first. Others have not been seen to work: 3.10 is too old for LocalStack, 3.14 too new for the pins. */
const COMMANDS = ['python3.11', 'python3.12', 'python3.13', 'python3'];
const VERSIONS = /^3\.1[123]\./;

export interface Python {
  /** Path of the executable. */
  readonly path: string;
  readonly version: string;
}

/** The first suitable Python in PATH. */
export function findPython(): Python | undefined {
  for (const command of COMMANDS) {
    const script = 'import sys; print(sys.executable, *sys.version_info[:3], sep="\\n")';
    const { status, stdout } = spawnSync(command, ['-c', script], { encoding: 'utf8' });
    if (status !== 0) continue;
    const [path = '', ...numbers] = stdout.trim().split('\n');
    const version = numbers.join('.');
    if (VERSIONS.test(version)) return { path, version };
  }
  return undefined;
}

/** Path of an environment's interpreter, installed first if need be, which takes about a minute. */
export async function preparePython(
  python: Python,
  onNote: (note: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const parts = [
    readFileSync(REQUIREMENTS),
    PREPARE_CATALOG,
    python.version,
    python.path,
    process.platform,
    process.arch,
  ];
  const key = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);
  const folder = join(HOME, `venv-${key}`);
  const interpreter = join(folder, 'bin/python');
  if (existsSync(interpreter)) return interpreter;

  await mkdir(HOME, { recursive: true });
  await removeAbandoned();
  const staging = join(HOME, `installing-${process.pid}`);
  onNote(`installing the emulator with Python ${python.version} into .localstack/ (once; about a minute, 360 MB)`);
  const began = performance.now();
  try {
    await install(python, staging, signal);
    await rename(staging, folder).catch((error: unknown) => {
      // Another process was faster.
      if (!existsSync(interpreter)) throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  onNote(`installed in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  return interpreter;
}

async function install(python: Python, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const run = (command: string, parameters: readonly string[]): Promise<void> => runStep(command, parameters, signal);
  const uv = spawnSync('uv', ['--version']).status === 0;
  const interpreter = join(folder, 'bin/python');
  if (uv) {
    await run('uv', ['venv', '--quiet', '--python', python.path, folder]);
    await run('uv', ['pip', 'install', '--quiet', '--python', interpreter, '--requirements', REQUIREMENTS]);
  } else {
    await run(python.path, ['-m', 'venv', folder]);
    // Most modules are never imported: those that are, Python compiles then.
    const options = ['--quiet', '--no-input', '--no-compile', '--requirement', REQUIREMENTS];
    await run(interpreter, ['-m', 'pip', 'install', ...options]);
  }
  await run(interpreter, ['-c', PREPARE_CATALOG]);
}

async function runStep(command: string, parameters: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  try {
    await promisify(execFile)(command, parameters, { maxBuffer: 64 * 1024 * 1024, signal, killSignal: 'SIGKILL' });
  } catch (error) {
    signal?.throwIfAborted();
    const { stderr = '', message } = error as { stderr?: string; message: string };
    const end = (stderr || message).trim().split('\n').slice(-15).join('\n');
    throw new Error(`The emulator could not be installed: ${command} ${parameters.join(' ')} failed with\n${end}`);
  }
}

/** Removes what installations left whose process is gone. */
async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(HOME)) {
    const pid = /^installing-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(HOME, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
