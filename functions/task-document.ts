import * as z from 'zod';
import { ObjectNotFound } from '../src/errors.ts';
import type { ObjectStore } from '../src/io/object-store.ts';
import { retryingStore } from '../src/io/retrying-store.ts';
import { redactUri } from '../src/io/uri.ts';
import { parseEvent, uri } from './parse-event.ts';

/** A task is a list of files and, where it brings it, a plan: this holds 100,000 files. */
const MAX_TASK_BYTES = 16 * 1024 * 1024;

const reference = z.strictObject({ task: uri, size: z.enum(['small', 'large']).optional() });

/** The task that an event names, as JSON text, or the event itself, where it names none. Nothing of it is checked yet. */
export async function taskDocument(event: unknown, store: ObjectStore, signal: AbortSignal): Promise<unknown> {
  if (typeof event !== 'object' || event === null || !('task' in event)) return event;
  const { task } = parseEvent(reference, event);
  const stored = await retryingStore(store).get(task, { signal, maxBytes: MAX_TASK_BYTES });
  if (stored === undefined) throw new ObjectNotFound(redactUri(task));
  return new TextDecoder().decode(stored.bytes);
}
