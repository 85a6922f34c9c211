/**
 * Files with what lies at their ends, read ahead of the file that is decoded.
 *
 *     decoded   │ file 1 ═══════════ │ file 2 ══════ │ file 3 …
 *     ends      │ 1 │                │ 2, 3 │        │ 4, 5 │            more ahead the further it went on
 *
 * Whoever stops in the first file has read no other's in vain, and many small files are read as fast as the network has
 * them. Memory is taken where it is there, never waited for: whoever waited for it would hold the lease that others wait for.
 */

import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import type { ObjectStore } from '../object-store.ts';
import { endBytes, type FileEnd, readFileEnd } from './footer.ts';

/** Ends that are on their way or wait to be used, at most. */
const MOST_AHEAD = 4;
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

interface Entry<File> {
  readonly file: File;
  readonly holding: Holding;
  readonly end: Promise<FileEnd> | undefined;
}

/**
 * What `wanted` makes of `files`, in order, but for those of which it is undefined, each with its end where there was memory
 * for that. What has gone wrong with one is thrown when it is its turn.
 * @throws ObjectNotFound, ObjectChanged
 */
export async function* filesWithEnds<Found, File extends FileVersion>(
  files: Iterable<Found> | AsyncIterable<Found>,
  wanted: (found: Found) => File | undefined,
  { store, memory, signal }: EndsRequest,
): AsyncGenerator<{ file: File; end: FileEnd | undefined }, void, void> {
  const bytes = endBytes(memory);
  const most = Math.max(1, Math.min(MOST_AHEAD, Math.floor((memory.floorBytes * AHEAD_SHARE) / bytes)));
  const abort = new AbortController();
  const until = AbortSignal.any([signal, abort.signal]);
  const begin = (file: File): Entry<File> => {
    const holding = memory.reserve('Scan footer');
    const { uri, etag } = file;
    const end = holding.tryGrow(bytes) ? readFileEnd({ store, memory, uri, etag, signal: until }) : undefined;
    // Whoever comes to this file meets the error.
    end?.catch(() => {});
    return { file, holding, end };
  };
  const found = inTurn(files);
  const entries: Entry<File>[] = [];
  let isAll = false;
  const fill = async (count: number): Promise<void> => {
    while (!isAll && entries.length < count) {
      const { done, value } = await found.next();
      const file = done === true ? undefined : wanted(value);
      if (done === true) isAll = true;
      else if (file !== undefined) entries.push(begin(file));
    }
  };
  let filling = Promise.resolve();
  try {
    for (let ahead = 0; ; ahead = Math.min(most, ahead + 1)) {
      await filling;
      await fill(1);
      const entry = entries.shift();
      if (entry === undefined) return;
      const { file, holding } = entry;
      try {
        filling = fill(ahead);
        filling.catch(() => {});
        const end = await entry.end;
        holding[Symbol.dispose]();
        yield { file, end };
      } finally {
        holding[Symbol.dispose]();
      }
    }
  } finally {
    if (!isAll || entries.length > 0) abort.abort();
    await Promise.allSettled([filling]);
    await Promise.allSettled(entries.flatMap(({ end }) => end ?? []));
    for (const { holding } of entries) holding[Symbol.dispose]();
    await found.return();
  }
}

async function* inTurn<File>(files: Iterable<File> | AsyncIterable<File>): AsyncGenerator<File, void, void> {
  yield* files;
}
