/**
 * From an event to jobs: triggers are documents in storage, each a glob and a job.
 *
 *     event ──▶ is the object there, in this version? ──▶ triggers whose glob matches ──▶ one job each
 *                 └── gone: deleted, another: stale          └── below its own output: never
 *
 * The id of a job is made of the trigger's name and the object's version, so that the same event gives the same job,
 * however often it comes. An event that comes late finds a newer version, whose own event starts the job for it.
 */

import { InvalidArgument, InvalidPlan } from '../errors.ts';
import { Problems } from '../expressions/problems.ts';
import { plainEtag } from '../io/etag.ts';
import { escapeGlob, parseGlob } from '../io/glob.ts';
import { inParallel, REQUESTS_AT_ONCE } from '../io/in-parallel.ts';
import type { ObjectInfo, ObjectStore } from '../io/object-store.ts';
import { retryingStore } from '../io/retrying-store.ts';
import { directoryPrefix } from '../io/uri.ts';
import { checkFiles } from '../plan/check-task.ts';
import { parsedOrProblems } from '../plan/issue-text.ts';
import { jsonDocument, valid } from '../plan/json-document.ts';
import { refersToPlan } from '../plan/parse-task.ts';
import type { Job, JobInput } from './job.ts';
import { stableName } from './job-names.ts';
import { triggerWithPlanSchema, triggerWithReferenceSchema } from './job-schema.ts';
import type { ObjectEvent } from './object-events.ts';
import { checkJobPlan } from './parse-job.ts';
import type { Trigger, TriggerInput } from './trigger.ts';

/** A trigger, and what its document is called. */
export interface NamedTrigger {
  readonly name: string;
  readonly trigger: Trigger;
}

export interface FoundTriggers {
  readonly triggers: readonly NamedTrigger[];
  /** Documents that are none: somebody waits in vain for what they were to start. */
  readonly invalid: readonly { readonly uri: string; readonly error: InvalidPlan }[];
}

interface Sources {
  readonly store: ObjectStore;
  readonly signal?: AbortSignal | undefined;
}

/** A larger document is none. Many are read at once, in a small function. */
const MAX_TRIGGER_BYTES = 1024 * 1024;
/** All of them are held while an event is looked at. */
const MOST_TRIGGERS = 1000;
const MOST_BYTES: number = 16 * MAX_TRIGGER_BYTES;

/**
 * A trigger from its JSON text, or from what JSON.parse made of it.
 * @throws InvalidPlan with every problem, each at its JSON path; whatever the input is, nothing else.
 */
export function parseTrigger(input: unknown): Trigger {
  const problems = new Problems();
  const document = jsonDocument(input, problems);
  const job: unknown =
    typeof document === 'object' && document !== null && 'job' in document ? document.job : undefined;
  const schema = refersToPlan(job) ? triggerWithReferenceSchema : triggerWithPlanSchema;
  const trigger = parsedOrProblems(schema, document, problems, '$');
  if (trigger !== undefined) {
    const ofJob = new Problems();
    checkFiles(trigger.job, ofJob);
    if ('kind' in trigger.job.plan) checkJobPlan(trigger.job, trigger.job.plan, ofJob, '$.plan');
    for (const { path, message } of ofJob.found)
      problems.add(
        path.replace('$', () => '$.job'),
        message,
      );
  }
  return valid(trigger, problems);
}

/** The documents `<prefix>*.json`, in order of their names; a name is what stands between. @throws InvalidArgument of too many */
export async function readTriggers(prefix: string, sources: Sources): Promise<FoundTriggers> {
  const { signal } = sources;
  const store = retryingStore(sources.store);
  const documents: ObjectInfo[] = [];
  let bytes = 0;
  for await (const document of store.list(prefix, { signal })) {
    if (!document.uri.endsWith('.json')) continue;
    documents.push(document);
    bytes += document.size;
    if (documents.length > MOST_TRIGGERS || bytes > MOST_BYTES) {
      const most = `${MOST_TRIGGERS} triggers, or ${MOST_BYTES} bytes of them`;
      throw new InvalidArgument(`There are more than ${most}, below ${prefix}. Delete those that are not needed.`);
    }
  }
  const found = await inParallel(documents, REQUESTS_AT_ONCE, (document) =>
    readTrigger(prefix, document, { store, signal }),
  );
  return {
    triggers: found.flatMap(({ triggers = [] }) => triggers),
    invalid: found.flatMap(({ invalid = [] }) => invalid),
  };
}

/** One of either kind; none where it is gone. */
async function readTrigger(
  prefix: string,
  { uri, size }: ObjectInfo,
  { store, signal }: Sources,
): Promise<Partial<FoundTriggers>> {
  if (size > MAX_TRIGGER_BYTES) {
    const message = `it has ${size} bytes, and may have ${MAX_TRIGGER_BYTES}`;
    return { invalid: [{ uri, error: new InvalidPlan([{ path: '$', message }]) }] };
  }
  const stored = await store.get(uri, { signal, maxBytes: MAX_TRIGGER_BYTES });
  if (stored === undefined) return {};
  try {
    const trigger = parseTrigger(new TextDecoder().decode(stored.bytes));
    return { triggers: [{ name: uri.slice(prefix.length, -'.json'.length), trigger }] };
  } catch (error) {
    if (error instanceof InvalidPlan) return { invalid: [{ uri, error }] };
    throw error;
  }
}

/** What follows from an event: a job per trigger, or nothing, and why. */
export type ObjectJobs =
  | { readonly jobs: readonly (Job & { readonly jobId: string })[] }
  | { readonly ignored: 'deleted' | 'stale' | 'no trigger' };

export interface ObjectJobsOptions extends Sources {
  readonly triggers: readonly NamedTrigger[];
  readonly event: ObjectEvent;
}

/** The jobs that an event starts. The same event gives the same jobs, as long as its object is there. */
export async function jobsForObject({ triggers, event, signal, ...sources }: ObjectJobsOptions): Promise<ObjectJobs> {
  const matching = triggers.filter(({ trigger }) => startsFor(trigger, event.uri));
  if (matching.length === 0) return { ignored: 'no trigger' };
  const info = await retryingStore(sources.store).head(event.uri, { signal });
  if (info === undefined) return { ignored: 'deleted' };
  if (plainEtag(info.etag) !== event.etag) return { ignored: 'stale' };
  return { jobs: matching.map((named) => jobOf(named, event, info.etag)) };
}

/** What a job writes never starts it again. */
function startsFor({ on, job }: Trigger, uri: string): boolean {
  return parseGlob(on.objects).matches(uri) && !uri.startsWith(directoryPrefix(job.output.uri));
}

function jobOf({ name, trigger }: NamedTrigger, event: ObjectEvent, etag: string): Job & { readonly jobId: string } {
  const { bucket, key, versionId, sequencer } = event;
  const version = versionId === undefined ? [event.etag, sequencer] : [versionId];
  const stem = key.slice(key.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
  const inputs = Object.entries(trigger.job.inputs).map(([id, input]): [string, JobInput] => [
    id,
    jobInput(input, event, etag),
  ]);
  return {
    ...trigger.job,
    inputs: Object.fromEntries(inputs),
    jobId: stableName([name, stem], [name, bucket, key, ...version]),
  };
}

function jobInput(input: TriggerInput, { uri }: ObjectEvent, etag: string): JobInput {
  switch (input.kind) {
    case 'event-object':
      return { kind: 'files', files: [{ uri, etag }] };
    case 'event-folder':
      return { kind: 'glob', glob: escapeGlob(uri.slice(0, uri.lastIndexOf('/') + 1)) + input.glob };
    default:
      return input;
  }
}
