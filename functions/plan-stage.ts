import * as z from 'zod';
import { planStage } from '../src/jobs/plan-stage.ts';
import { type FunctionHandler, functionHandler } from './middleware/function-handler.ts';
import { logger } from './middleware/observed.ts';
import { parseEvent, uri } from './parse-event.ts';
import { awsServices, type Services } from './services.ts';

const planStageEvent = z.strictObject({ job: uri, stage: z.int().nonnegative() });

export interface PlannedStage {
  readonly job: string;
  /** The stage to map; where `next` is commit, the one after the last. */
  readonly stage: number;
  readonly next: 'map' | 'commit';
  readonly taskCount: number;
  /** The list of the stage's tasks, as a Map reads it. */
  readonly items: { readonly bucket: string; readonly key: string } | null;
}

/** Cuts the next stage of a job into tasks, or finds that none is left. */
export function makeHandler(services: Services): FunctionHandler<PlannedStage> {
  return functionHandler(services, async (event, { store, signal }) => {
    const { job, stage } = parseEvent(planStageEvent, event);
    logger.appendKeys({ job, stage });
    const planned = await planStage({ store, jobUri: job, stageId: stage, signal });
    if (planned.next === 'commit') return { job, stage, next: 'commit', taskCount: 0, items: null };
    const { bucket, key } = planned.items;
    return { job, stage, next: 'map', taskCount: planned.taskCount, items: { bucket, key } };
  });
}

export const handler: FunctionHandler<PlannedStage> = makeHandler(awsServices());
