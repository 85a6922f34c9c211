/**
 * Deploying serverless.yml from a program: for tests, and for scripts that go on with what was deployed. By hand,
 * `npx osls deploy` does the same.
 */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// The process of vitest, which deploys too, has no `import.meta.resolve`.
const require = createRequire(import.meta.url);
const osls = require.resolve('osls/bin/serverless.js');

/** The functions of serverless.yml, and the bundle that each is made of. */
const BUNDLES = {
  'plan-stage': 'plan-stage',
  'execute-task': 'execute-task',
  'execute-task-large': 'execute-task',
  'commit-job': 'commit-job',
  'abort-job': 'abort-job',
  'start-on-object': 'start-on-object',
} as const;

/** A function as serverless.yml calls it. */
export type DeployedFunction = keyof typeof BUNDLES;

export interface DeployOptions {
  /** What the deployment has in its environment beside that of this process: AWS_* variables. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Part of every name: stages do not know of each other. */
  readonly stage: string;
  /** That of the environment, else us-east-1. */
  readonly region?: string;
  /** Values for `params` of serverless.yml. */
  readonly parameters?: Readonly<Record<string, string | number>>;
  /** Told each line of progress. */
  readonly onNote?: (note: string) => void;
  /** The deployment is stopped, half done, after so many milliseconds. */
  readonly timeoutMs?: number;
  /** Stops the deployment, half done. */
  readonly signal?: AbortSignal;
}

export interface Deployment {
  readonly stateMachineArn: string;
  readonly inputBucket: string;
  readonly outputBucket: string;
  readonly undeliveredEventsUrl: string;
  /** The names by which they are invoked. */
  readonly functions: Readonly<Record<DeployedFunction, string>>;
}

/** Deploys the bundles of `npm run build`, or brings what is deployed up to date. */
export async function deploy(options: DeployOptions): Promise<Deployment> {
  const { environment = {}, stage, parameters = {} } = options;
  for (const bundle of new Set(Object.values(BUNDLES))) {
    const file = `dist/functions/${bundle}/index.mjs`;
    if (!existsSync(`${root}${file}`)) throw new Error(`There is no ${file}. Run npm run build first.`);
  }
  const region = options.region ?? environment['AWS_REGION'] ?? process.env['AWS_REGION'] ?? 'us-east-1';
  const given = Object.entries(parameters).map(([name, value]) => `--param=${name}=${value}`);
  const lines = await run(['deploy', '--verbose', '--stage', stage, '--region', region, ...given], options);
  return deploymentOf(stage, lines);
}

/** The lines that osls has written. Rejects where it fails or takes too long. */
function run(
  parameters: readonly string[],
  { environment, onNote, timeoutMs = 900_000, signal }: DeployOptions,
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [osls, ...parameters], {
      cwd: root,
      env: { ...process.env, ...environment, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      signal,
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        for (const line of piece.split('\n')) if (line.trim() !== '') onNote?.(line.trim());
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(text.split('\n'));
      else reject(new Error(`osls ${parameters.join(' ')} ended with ${signal ?? code}:\n${text}`));
    });
  });
}

function deploymentOf(stage: string, lines: readonly string[]): Deployment {
  const outputs = new Map(
    lines.map((line) => [...line.trim().split(/: (?=\S+$)/), ''].slice(0, 2) as [string, string]),
  );
  const output = (name: string): string => {
    const value = outputs.get(name);
    // A stack that was rolled back has none.
    if (value === undefined) {
      const failures = lines.filter((line) => line.includes('FAILED')).map((line) => line.trim());
      throw new Error(`The stack of stage ${stage} has no ${name}: it was not deployed.\n${failures.join('\n')}`);
    }
    return value;
  };
  return {
    stateMachineArn: output('StateMachineArn'),
    inputBucket: output('InputBucketName'),
    outputBucket: output('OutputBucketName'),
    undeliveredEventsUrl: output('UndeliveredEventsUrl'),
    functions: functionNames(stage),
  };
}

function functionNames(stage: string): Record<DeployedFunction, string> {
  const names = Object.keys(BUNDLES) as DeployedFunction[];
  return Object.fromEntries(names.map((name) => [name, `millrace-${stage}-${name}`])) as Record<
    DeployedFunction,
    string
  >;
}
