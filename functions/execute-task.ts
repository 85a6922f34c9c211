import { executeTask } from '../src/execute-task.ts';
import { takeTask } from '../src/plan/take-document.ts';
import { answerOf, assertWrites, type ExecutedTask, processBudget } from './executed-task.ts';
import { type FunctionHandler, functionHandler } from './middleware/function-handler.ts';
import type { InvocationContext } from './middleware/invocation.ts';
import { logger } from './middleware/observed.ts';
import { awsServices, bundledUdfs, type Services } from './services.ts';
import { taskDocument } from './task-document.ts';

/** One task of a job, on its way to the first manifest: `{ task: uri }`, or the task itself. */
export function makeHandler(services: Services): FunctionHandler<ExecutedTask> {
  return functionHandler(services, (event, context) => work(event, context, services));
}

async function work(
  event: unknown,
  { store, signal, memoryLimitInMB }: InvocationContext,
  { udfs, downloads }: Services,
): Promise<ExecutedTask> {
  const task = await takeTask(await taskDocument(event, store, signal));
  const { jobId, stageId, taskId } = task;
  logger.appendKeys({ job: jobId, stage: stageId, task: taskId });
  assertWrites(task);
  const memoryBytes = processBudget(Number(memoryLimitInMB));
  const allowedUris = downloads && { downloads };
  return answerOf(await executeTask(task, { store, signal, memoryBytes, ownsProcess: true, udfs, allowedUris }));
}

export const handler: FunctionHandler<ExecutedTask> = makeHandler({
  ...awsServices(),
  udfs: bundledUdfs(import.meta.url),
});
