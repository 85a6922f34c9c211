/** Starts the emulator of the lane once, before the first of its files, and ends it after the last. */

import type { TestProject } from 'vitest/node';
import { emulatorProblem, startEmulator } from '../../infra/localstack/emulator.ts';

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

declare module 'vitest' {
  interface ProvidedContext {
    lane: LaneState;
  }
}

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const reason = emulatorProblem();
  if (reason !== undefined) {
    note(`${reason}: the tests against it are ${process.env['CI'] ? 'failed' : 'skipped'}`);
    project.provide('lane', { kind: 'absent', reason });
    return undefined;
  }
  try {
    const emulator = await startEmulator({ onNote: note });
    const { endpoint, environment, dataDirectory } = emulator;
    project.provide('lane', { kind: 'ready', endpoint, environment, dataDirectory });
    return emulator.stop;
  } catch (error) {
    project.provide('lane', { kind: 'broken', reason: String(error) });
    return undefined;
  }
}

function note(text: string): void {
  process.stderr.write(`emulator: ${text}\n`);
}
