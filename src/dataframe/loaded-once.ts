import type { RunOptions } from './run-options.ts';

/** `load`, which runs when it is first asked for, once for all who ask; after a failure whoever asks next tries again. */
export function loadedOnce<T>(load: (options: RunOptions) => Promise<T>): (options: RunOptions) => Promise<T> {
  let loaded: Promise<T> | undefined;
  const begun = (options: RunOptions): Promise<T> => {
    const own = load(options).catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    loaded = own;
    return own;
  };
  return async (options) => {
    // It may be another one's signal that ended a run which several wait for.
    while (loaded !== undefined) {
      const found = await loaded.then(
        (value) => ({ value }),
        () => undefined,
      );
      if (found !== undefined) return found.value;
      options.signal?.throwIfAborted();
    }
    return await begun(options);
  };
}
