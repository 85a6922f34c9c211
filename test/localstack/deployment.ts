/** The stack of serverless.yml in the lane's emulator. */

import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Deployment, deploy } from '../../infra/deploy.ts';
import { emulator } from './harness.ts';

/** Small, so that tests reach the limits, and two cores are enough. */
const PARAMETERS = { maxConcurrency: 2, executeTaskMemoryMb: 512, executeTaskLargeMemoryMb: 1536 } as const;

let deploying: Promise<Deployment> | undefined;

/**
 * The one deployment of the lane, of the sources as they are now. The first file that asks waits for it, half a
 * minute or more; the others, which run after it, find it.
 */
export function deployment(): Promise<Deployment> {
  deploying ??= deployOnce();
  return deploying;
}

async function deployOnce(): Promise<Deployment> {
  const { environment, dataDirectory } = emulator();
  const path = join(dataDirectory, 'deployment.json');
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Deployment;
  await promisify(execFile)(process.execPath, ['scripts/bundle-functions.ts']);
  const deployed = await deploy({ environment, stage: 'test', parameters: PARAMETERS, timeoutMs: 240_000 });
  writeFileSync(path, JSON.stringify(deployed));
  return deployed;
}
