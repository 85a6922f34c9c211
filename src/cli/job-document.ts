/** Jobs from files, as the command line takes them: with paths where others have uris. */

import { globUri, uriOf } from '../dataframe/places.ts';
import { Problems } from '../expressions/problems.ts';
import { deskStore } from '../io/desk-store.ts';
import type { Job } from '../jobs/job.ts';
import { parseJob } from '../jobs/parse-job.ts';
import { jsonDocument } from '../plan/json-document.ts';
import type { Task } from '../plan/task.ts';
import { readDocument, resolvedInput } from './documents.ts';

/** The job in a file, or of standard input for `-`, its paths resolved. @throws InvalidPlan */
export async function readJob(path: string, signal: AbortSignal): Promise<Job> {
  return jobOf(checkedJson(await readDocument(path, signal)));
}

/** The whole of a job as one task. @throws InvalidPlan, and what looking for its files may throw */
export async function jobTask(text: string, signal: AbortSignal): Promise<Task> {
  const { wholeJobTask } = await import('../jobs/whole-job-task.ts');
  return await wholeJobTask({ store: deskStore(), job: jobOf(checkedJson(text)), signal });
}

/** @throws InvalidPlan for what is no JSON document within its limits */
function checkedJson(text: string): unknown {
  const problems = new Problems();
  return jsonDocument(text, problems);
}

/** A path is no glob over uris, so those are resolved before the job is looked at. */
function jobOf(document: unknown): Job {
  const { plan, inputs, output, ...job } = parseJob(withResolvedGlobs(document));
  const resolved = Object.entries(inputs).map(([id, input]) => [
    id,
    input.kind === 'glob' ? input : resolvedInput(input),
  ]);
  return {
    ...job,
    plan: 'uri' in plan ? { uri: uriOf(plan.uri) } : plan,
    inputs: Object.fromEntries(resolved),
    output: { uri: uriOf(output.uri) },
  };
}

function withResolvedGlobs(document: unknown): unknown {
  if (!isRecord(document) || !isRecord(document['inputs'])) return document;
  const inputs = Object.entries(document['inputs']).map(([id, input]) => {
    const glob = isRecord(input) ? input['glob'] : undefined;
    return [id, isRecord(input) && typeof glob === 'string' ? { ...input, glob: globUri(glob) } : input];
  });
  return { ...document, inputs: Object.fromEntries(inputs) };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
