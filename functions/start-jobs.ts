/** From objects that have appeared to executions: `jobs/` says which jobs, the environment where they run. */

import { InvalidArgument } from '../src/errors.ts';
import type { ObjectStore } from '../src/io/object-store.ts';
import type { ExecutionStarter } from '../src/jobs/execution.ts';
import type { ObjectEvent } from '../src/jobs/object-events.ts';
import { startJob } from '../src/jobs/start-job.ts';
import { executionStarter } from '../src/jobs/step-functions.ts';
import { jobsForObject, readTriggers } from '../src/jobs/triggers.ts';
import { logger } from './middleware/observed.ts';

export interface Started {
  /** Uri of the job's document. */
  readonly job: string;
  readonly execution: string;
  /** An earlier delivery of the same event has started it. */
  readonly startedBefore: boolean;
}

export interface Ignored {
  readonly reason: string;
  /** Of the object, or of the trigger that is none. */
  readonly uri?: string;
}

export interface StartSettings {
  readonly starter: ExecutionStarter;
  /** Every uri that begins with it and ends in `.json` is a trigger. */
  readonly triggers: string;
}

let settings: StartSettings | undefined;

/** Those of the environment, looked at when first needed. @throws InvalidArgument where one is missing */
export function startSettings(): StartSettings {
  settings ??= {
    starter: executionStarter({ stateMachineArn: variable('MILLRACE_STATE_MACHINE_ARN') }),
    triggers: variable('MILLRACE_TRIGGERS'),
  };
  return settings;
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new InvalidArgument(`The environment variable ${name} is not set.`);
  return value;
}

interface Surroundings extends StartSettings {
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
}

/**
 * Starts the jobs of each event. One that cannot be started keeps no other one from it: the first failure is thrown at
 * the end, and the same events again start the rest.
 */
export async function startJobs(
  events: readonly ObjectEvent[],
  { store, signal, starter, triggers: prefix }: Surroundings,
): Promise<{ started: Started[]; ignored: Ignored[] }> {
  const { triggers, invalid } = await readTriggers(prefix, { store, signal });
  const started: Started[] = [];
  const ignored: Ignored[] = [];
  const failures: unknown[] = [];
  for (const { uri, error } of invalid) {
    logger.warn('a trigger is not valid, and starts nothing', { trigger: uri, problem: error.message });
    ignored.push({ reason: 'not a valid trigger', uri });
  }
  for (const event of events) {
    const found = await jobsForObject({ store, signal, triggers, event });
    if ('ignored' in found) {
      ignored.push({ reason: found.ignored, uri: event.uri });
      continue;
    }
    for (const job of found.jobs) {
      signal.throwIfAborted();
      try {
        // A trigger may have been changed between two deliveries of one event: the job that stands is the event's, and
        // so is the execution, even where the destination is another one now.
        const options = { store, signal, starter, job, name: job.jobId, keepExisting: true };
        const { jobUri, executionArn, startedBefore } = await startJob(options);
        logger.info(startedBefore ? 'job was started before' : 'job started', { job: jobUri, execution: executionArn });
        started.push({ job: jobUri, execution: executionArn, startedBefore });
      } catch (error) {
        logger.warn('a job was not started', { job: job.jobId, problem: errorText(error) });
        failures.push(error);
      }
    }
  }
  if (failures.length > 0) throw failures[0];
  return { started, ignored };
}

const MAX_PROBLEM_CHARACTERS = 1_000;

const errorText = (error: unknown): string => String(error).slice(0, MAX_PROBLEM_CHARACTERS);
