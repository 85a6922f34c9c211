import { objectEvents } from '../src/jobs/object-events.ts';
import { type FunctionHandler, functionHandler } from './middleware/function-handler.ts';
import { awsServices, type Services } from './services.ts';
import { type Ignored, type Started, startJobs, startSettings } from './start-jobs.ts';

export interface StartAnswer {
  readonly started: readonly Started[];
  readonly ignored: readonly Ignored[];
}

/** Starts the jobs whose triggers match an object that has appeared, once per version of it. */
export function makeHandler(services: Services, settings: typeof startSettings): FunctionHandler<StartAnswer> {
  return functionHandler(services, async (event, { store, signal }) => {
    const events = objectEvents(event);
    if (events.length === 0) return { started: [], ignored: [{ reason: 'no object created that a uri can name' }] };
    return await startJobs(events, { ...settings(), store, signal });
  });
}

export const handler: FunctionHandler<StartAnswer> = makeHandler(awsServices(), startSettings);
