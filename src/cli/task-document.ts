/** Tasks as the command line takes them. */

import { uriOf } from '../dataframe/places.ts';
import { InvalidPlan } from '../errors.ts';
import { takeTask } from '../plan/take-document.ts';
import type { Task } from '../plan/task.ts';
import { readDocument, resolvedInput } from './documents.ts';

/**
 * The task in a file, at a uri, or of standard input for `-`; its paths resolved. A job, which has neither stage nor
 * task, is all of it as one task. @throws InvalidPlan
 */
export async function readTask(path: string, signal: AbortSignal): Promise<Task> {
  const text = await readDocument(path, signal);
  try {
    return withResolvedPaths(await takeTask(text));
  } catch (error) {
    if (!(error instanceof InvalidPlan) || !isOfJob(error)) throw error;
    const { jobTask } = await import('./job-document.ts');
    return await jobTask(text, signal);
  }
}

/** Whether a document that is no task may be meant to be a job. */
function isOfJob({ problems }: InvalidPlan): boolean {
  return ['$.stageId', '$.taskId'].every((member) => problems.some(({ path }) => path === member));
}

/** The task with uris where it has paths. */
function withResolvedPaths(task: Task): Task {
  const inputs = Object.entries(task.inputs).map(([id, input]) => [id, resolvedInput(input)] as const);
  return {
    ...task,
    plan: 'uri' in task.plan ? { uri: uriOf(task.plan.uri) } : task.plan,
    inputs: Object.fromEntries(inputs),
    ...(task.output && { output: { ...task.output, uri: uriOf(task.output.uri) } }),
  };
}
