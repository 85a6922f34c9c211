/**
 * The stack of serverless.yml in the lane's emulator. Tests change its functions' settings, kill their processes and count their
 * errors: so a file that imports this has a stack to itself, until its process ends.
 */

import type { Deployment } from '../../infra/deploy.ts';
import { askLane, emulator } from './harness.ts';

const deployed = take();
// Here, where no time limit is, and not in a hook or a test of the file.
await deployed.catch(() => undefined);

/** The deployment of this file, of the sources as they are now. */
export function deployment(): Promise<Deployment> {
  return deployed;
}

async function take(): Promise<Deployment> {
  emulator();
  return (await askLane('deployment')) as Deployment;
}
