import * as z from 'zod';
import { abortStagedJob } from '../src/jobs/finish-job.ts';
import { failureOf, type JobFailure } from '../src/jobs/job-failure.ts';
import { type FunctionHandler, functionHandler } from './middleware/function-handler.ts';
import { logger } from './middleware/observed.ts';
import { parseEvent, uri } from './parse-event.ts';
import { awsServices, type Services } from './services.ts';

/** `failure` as a Catch of the state machine puts it; some failures, as a timeout, have no cause. */
const abortJobEvent = z.strictObject({
  job: uri,
  failure: z.strictObject({ Error: z.string(), Cause: z.string().optional() }),
});

/** What EventBridge tells of an execution that was stopped by hand or by its time limit; of it what is needed. */
const executionStopped = z.object({
  source: z.literal('aws.states'),
  'detail-type': z.literal('Step Functions Execution Status Change'),
  detail: z.object({
    status: z.enum(['ABORTED', 'TIMED_OUT']),
    executionArn: z.string().min(1).max(2048),
    /** JSON. Null where it was too long for an event, which that of a job never is. */
    input: z.string(),
  }),
});
const executionInput = z.strictObject({ job: uri });

interface Abort {
  readonly job: string;
  readonly failure: JobFailure;
}

/** An execution that was stopped does not come to the state that aborts its job. */
function stopped(event: unknown): Abort {
  const { status, executionArn, input } = parseEvent(executionStopped, event).detail;
  const { job } = parseEvent(executionInput, jsonOf(input));
  const failure =
    status === 'ABORTED'
      ? { error: 'ExecutionAborted', cause: `Its execution ${executionArn} was stopped by hand.` }
      : { error: 'ExecutionTimedOut', cause: `Its execution ${executionArn} ran for longer than it may.` };
  return { job, failure };
}

/** Undefined, which is no event, for what is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failed(event: unknown): Abort {
  const { job, failure } = parseEvent(abortJobEvent, event);
  return { job, failure: failureOf(failure) };
}

/** Aborts a job. The answer is the first failure that anyone has recorded for it. */
export function makeHandler(services: Services): FunctionHandler<JobFailure> {
  return functionHandler(services, async (event, { store, signal }) => {
    const isStop = typeof event === 'object' && event !== null && 'detail-type' in event;
    const { job, failure } = isStop ? stopped(event) : failed(event);
    logger.appendKeys({ job });
    return await abortStagedJob({ store, jobUri: job, failure, signal });
  });
}

export const handler: FunctionHandler<JobFailure> = makeHandler(awsServices());
