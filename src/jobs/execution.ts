/** What runs jobs, seen from here: executions by name, started once and looked at. */

import type { RequestOptions } from '../io/object-store.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';

export interface ExecutionState {
  readonly status: ExecutionStatus;
  /** Name of the error that it failed with. */
  readonly error?: string;
  readonly cause?: string;
  readonly output?: unknown;
}

export interface StartedExecution {
  readonly executionArn: string;
  /** An execution of this name was there. One that is still running, with the same input, may not be told apart. */
  readonly startedBefore: boolean;
}

export interface ExecutionStarter {
  /**
   * Starts an execution, unless there is or was one with that name. `input` is JSON data.
   * @throws InvalidArgument, AccessDenied; ServiceUnavailable where the outcome is unknown: the same again finds out
   */
  start(name: string, input: unknown, options?: RequestOptions): Promise<StartedExecution>;
  /** How an execution is doing. @throws as `start` */
  describe(executionArn: string, options?: RequestOptions): Promise<ExecutionState>;
}
