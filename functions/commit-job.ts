import * as z from 'zod';
import { commitStagedJob } from '../src/jobs/finish-job.ts';
import { type FunctionHandler, functionHandler } from './middleware/function-handler.ts';
import { logger } from './middleware/observed.ts';
import { parseEvent, uri } from './parse-event.ts';
import { awsServices, type Services } from './services.ts';

const commitJobEvent = z.strictObject({ job: uri });

export interface CommitAnswer {
  readonly job: string;
  readonly manifest: string;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

/** Makes the files of a job visible, all of them or none. */
export function makeHandler(services: Services): FunctionHandler<CommitAnswer> {
  return functionHandler(services, async (event, { store, signal }) => {
    const { job } = parseEvent(commitJobEvent, event);
    logger.appendKeys({ job });
    const { manifest, manifestUri } = await commitStagedJob({ store, jobUri: job, signal });
    const { files, rows, bytes } = manifest.totals;
    return { job, manifest: manifestUri, files, rows, bytes };
  });
}

export const handler: FunctionHandler<CommitAnswer> = makeHandler(awsServices());
