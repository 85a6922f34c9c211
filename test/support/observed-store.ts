import { setImmediate } from 'node:timers/promises';
import type { RetryPolicy } from '../../src/io/backoff.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';

/** Retries that wait for nothing. */
export const AT_ONCE: RetryPolicy = {
  attempts: 12,
  baseMs: 0,
  maxMs: 0,
  sleep: async () => {},
  random: () => 0,
};

/** What was asked of a store, by operation, and how much of it at the same time. */
export interface Observed {
  readonly store: ObjectStore;
  readonly asked: { readonly operation: string; readonly uri: string }[];
  most: number;
}

/** `store`, each request of which takes a turn of the event loop, and whatever `before` makes of it. */
export function observedStore(
  store: ObjectStore,
  before: (operation: string, uri: string, signal: AbortSignal | undefined) => Promise<void> | void = () => {},
): Observed {
  let active = 0;
  const watch = async <T>(
    operation: string,
    uri: string,
    signal: AbortSignal | undefined,
    ask: () => Promise<T>,
  ): Promise<T> => {
    observed.asked.push({ operation, uri });
    active += 1;
    observed.most = Math.max(observed.most, active);
    try {
      await setImmediate();
      await before(operation, uri, signal);
      return await ask();
    } finally {
      active -= 1;
    }
  };
  const observed: Observed = {
    asked: [],
    most: 0,
    store: {
      ...bound(store),
      get: (uri, options) => watch('get', uri, options?.signal, () => store.get(uri, options)),
      head: (uri, options) => watch('head', uri, options?.signal, () => store.head(uri, options)),
      readInto: (uri, start, into, options) =>
        watch('readInto', uri, options?.signal, () => store.readInto(uri, start, into, options)),
      put: (uri, bytes, options) => watch('put', uri, options?.signal, () => store.put(uri, bytes, options)),
    },
  };
  return observed;
}

/** Never answers, until `signal` is aborted. */
export async function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted === true) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason));
  });
}

/** The operations of a store that is an object of a class. */
function bound(store: ObjectStore): ObjectStore {
  return {
    head: (...given) => store.head(...given),
    readInto: (...given) => store.readInto(...given),
    get: (...given) => store.get(...given),
    list: (...given) => store.list(...given),
    put: (...given) => store.put(...given),
    delete: (...given) => store.delete(...given),
    beginUpload: (...given) => store.beginUpload(...given),
    uploadPart: (...given) => store.uploadPart(...given),
    completeUpload: (...given) => store.completeUpload(...given),
    abortUpload: (...given) => store.abortUpload(...given),
    listUploads: (...given) => store.listUploads(...given),
  };
}
