/** Which rows of a block are worked on: all of them, or those for which the filter is true. */

import { get, type Local, set } from './emit.ts';
import { i64 } from './instructions.ts';
import type { ArgumentSlots, KernelSpec } from './kernel-spec.ts';
import type { Words } from './words.ts';

/** The word of chosen rows; it is also written to the selection where there is a filter without an aggregate. */
export function emitChosen(words: Words, slots: ArgumentSlots, { filter, aggregate }: KernelSpec): Local<'i64'> {
  const { frame } = words;
  const chosen = frame.local('i64');
  const truth = filter === undefined ? undefined : words.truth(filter);
  frame.block.push(set(chosen, truth === undefined ? frame.rowsOfBlock() : i64.and(frame.rowsOfBlock(), get(truth))));
  if (filter !== undefined && aggregate === undefined) {
    frame.block.push(i64.store(frame.wordAt(slots.selection), get(chosen)));
  }
  return chosen;
}
