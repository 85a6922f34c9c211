/**
 * Files with what was asked about each, ahead of the one that is read.
 *
 *     read      │ file 1 ═══════════ │ file 2 ══════ │ file 3 …
 *     asked     │ 1 │                │ 2, 3 │        │ 4, 5 │            more ahead the further it went on
 *
 * Whoever may stop in the first file has asked about no other in vain, and many small files are read as fast as the network has
 * them. Memory is taken where it is there, never waited for: whoever waited for it would hold the lease that others wait for.
 */

import type { Holding, MemoryBudget } from '../memory/budget.ts';
import type { FoundFile } from './files-ahead.ts';

export interface AskingAhead<File, Answer> {
  readonly memory: MemoryBudget;
  readonly owner: string;
  readonly signal: AbortSignal;
  /** That an answer takes until its file is read. */
  readonly bytes: number;
  /** Answers that are on their way or wait to be used, at most; of the first file so many. */
  readonly most: number;
  readonly first: number;
  readonly ask: (file: File, signal: AbortSignal) => Promise<Answer>;
}

interface Entry<File, Answer> {
  readonly file: File;
  readonly holding: Holding;
  readonly answer: Promise<Answer> | undefined;
}

/**
 * What `wanted` makes of `files`, in order, but for those of which it is undefined, each with the answer where there was memory
 * for that. What has gone wrong with one is thrown when it is its turn.
 * @throws what `ask` throws
 */
export async function* askedAhead<Found, File, Answer>(
  files: Iterable<Found> | AsyncIterable<Found>,
  wanted: (found: Found) => File | undefined,
  { memory, owner, signal, bytes, most, first, ask }: AskingAhead<File, Answer>,
): AsyncGenerator<FoundFile<File, Answer>, void, void> {
  const abort = new AbortController();
  const until = AbortSignal.any([signal, abort.signal]);
  const begin = (file: File): Entry<File, Answer> => {
    const holding = memory.reserve(owner);
    const answer = holding.tryGrow(bytes) ? ask(file, until) : undefined;
    // Whoever comes to this file meets the error.
    answer?.catch(() => {});
    return { file, holding, answer };
  };
  const found = inTurn(files);
  const entries: Entry<File, Answer>[] = [];
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
    for (let ahead = first; ; ahead = Math.min(most, ahead + 1)) {
      await filling;
      await fill(1);
      const entry = entries.shift();
      if (entry === undefined) return;
      const { file, holding } = entry;
      try {
        filling = fill(ahead);
        filling.catch(() => {});
        const answer = await entry.answer;
        holding[Symbol.dispose]();
        yield { file, answer };
      } finally {
        holding[Symbol.dispose]();
      }
    }
  } finally {
    if (!isAll || entries.length > 0) abort.abort();
    await Promise.allSettled([filling]);
    await Promise.allSettled(entries.flatMap(({ answer }) => answer ?? []));
    for (const { holding } of entries) holding[Symbol.dispose]();
    await found.return();
  }
}

async function* inTurn<File>(files: Iterable<File> | AsyncIterable<File>): AsyncGenerator<File, void, void> {
  yield* files;
}
