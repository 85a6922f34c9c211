import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { python } from './data.ts';

export interface MeasuredProcess {
  readonly status: number;
  readonly ms: number;
  readonly peak_bytes: number;
}

/**
 * Runs a command from its start to its end, its output unseen.
 * @throws Error where it fails.
 */
export function measureProcess(command: readonly string[]): MeasuredProcess {
  const script = fileURLToPath(new URL('measure-process.py', import.meta.url));
  const figures: MeasuredProcess = JSON.parse(execFileSync(python(), [script, ...command], { encoding: 'utf8' }));
  if (figures.status !== 0) throw new Error(`exit code ${figures.status}: ${command.join(' ')}`);
  return figures;
}
