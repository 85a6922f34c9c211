/** Processes that die: a store whose client is killed at a certain call, and never gets to make another. */

import type { ObjectStore } from '../../src/io/object-store.ts';

/** The process is gone. Not an error of the engine: nothing in it may catch this and go on. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

export interface MortalStore extends ObjectStore {
  /** Calls made so far, the fatal one included. */
  readonly calls: number;
}

/** `dies` is asked before each call, numbered from 0: whether the process dies before it, after its effect, or not yet. */
export function mortalStore(store: ObjectStore, dies: (call: number) => 'before' | 'after' | undefined): MortalStore {
  let calls = 0;
  let dead = false;
  const begin = (): boolean => {
    if (dead) throw new Killed();
    const fate = dies(calls++);
    if (fate !== undefined) dead = true;
    if (fate === 'before') throw new Killed();
    return fate === 'after';
  };
  async function once<Result>(action: () => Promise<Result>): Promise<Result> {
    const isLast = begin();
    const [outcome] = await Promise.allSettled([action()]);
    // The effect has happened, or not; nobody is left to hear of it.
    if (isLast || dead) throw new Killed();
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }
  async function* listed<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
    const isLast = begin();
    yield* items;
    if (isLast) throw new Killed();
  }
  return {
    get calls() {
      return calls;
    },
    head: (...args) => once(() => store.head(...args)),
    readInto: (...args) => once(() => store.readInto(...args)),
    get: (...args) => once(() => store.get(...args)),
    list: (...args) => listed(store.list(...args)),
    put: (...args) => once(() => store.put(...args)),
    delete: (...args) => once(() => store.delete(...args)),
    beginUpload: (...args) => once(() => store.beginUpload(...args)),
    uploadPart: (...args) => once(() => store.uploadPart(...args)),
    completeUpload: (...args) => once(() => store.completeUpload(...args)),
    abortUpload: (...args) => once(() => store.abortUpload(...args)),
    listUploads: (...args) => listed(store.listUploads(...args)),
  };
}
