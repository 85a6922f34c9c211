import { z } from 'zod';
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

/** Aborts a job. The answer is the first failure that anyone has recorded for it. */
export function makeHandler(services: Services): FunctionHandler<JobFailure> {
  return functionHandler(services, async (event, { store, signal }) => {
    const { job, failure } = parseEvent(abortJobEvent, event);
    logger.appendKeys({ job });
    return await abortStagedJob({ store, jobUri: job, failure: failureOf(failure), signal });
  });
}

export const handler: FunctionHandler<JobFailure> = makeHandler(awsServices());
