/** Files with what lies at their ends, read ahead of the file that is decoded. */

import type { MemoryBudget } from '../../memory/budget.ts';
import { askedAhead } from '../asked-ahead.ts';
import type { FoundFile } from '../files-ahead.ts';
import type { ObjectStore } from '../object-store.ts';
import { endBytes, type FileEnd, readFileEnd } from './footer.ts';

/** Ends that are on their way or wait to be used, at most. */
const MOST_AHEAD = 8;
/** Of the budget's floor, that they take. */
const AHEAD_SHARE = 1 / 32;

interface EndsRequest {
  readonly store: ObjectStore;
  readonly memory: MemoryBudget;
  readonly signal: AbortSignal;
}

interface FileVersion {
  readonly uri: string;
  readonly etag?: string | undefined;
}

/**
 * What `wanted` makes of `files`, in order, but for those of which it is undefined, each with its end where there was memory
 * for that. What has gone wrong with one is thrown when it is its turn.
 * @throws ObjectNotFound, ObjectChanged
 */
export function filesWithEnds<Found, File extends FileVersion>(
  files: Iterable<Found> | AsyncIterable<Found>,
  wanted: (found: Found) => File | undefined,
  { store, memory, signal }: EndsRequest,
): AsyncGenerator<FoundFile<File, FileEnd>, void, void> {
  const bytes = endBytes(memory);
  const most = Math.max(1, Math.min(MOST_AHEAD, Math.floor((memory.floorBytes * AHEAD_SHARE) / bytes)));
  const ask = ({ uri, etag }: File, until: AbortSignal): Promise<FileEnd> =>
    readFileEnd({ store, memory, uri, etag, signal: until });
  const asking = { memory, owner: 'Scan footer', signal, bytes, most, first: 0, ask };
  return askedAhead(files, wanted, asking);
}
