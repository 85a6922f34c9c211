/**
 * A store that tries again where that is safe, whatever became of the first try.
 *
 *     head, get, readInto, list…   reads, readTail too: always safe
 *     put without condition        safe for the only writer of a key, which all writers of ours are
 *     uploadPart, abort, delete    the same again is the same result (a part may have another etag then, and the one of
 *                                  the lost answer may arrive last: the S3 store sees to that when it completes)
 *     beginUpload                  a lost answer leaves an empty upload behind, which cleaning finds
 *     put with condition, complete never: the second try of a success is refused, and looks like a failure. What
 *                                  became of the first must be read back, which only the commit can judge.
 */

import { StorageUnavailable } from '../errors.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy, retry } from './backoff.ts';
import type { ObjectStore, RequestOptions } from './object-store.ts';
import { readTail } from './object-tail.ts';
import { compareUris } from './uri.ts';

export function retryingStore(store: ObjectStore, policy: RetryPolicy = DEFAULT_RETRY_POLICY): ObjectStore {
  const retried = <Result>(options: RequestOptions | undefined, action: () => Promise<Result>): Promise<Result> =>
    retry(policy, isUnavailable, action, options?.signal);
  return {
    head: (uri, options) => retried(options, () => store.head(uri, options)),
    readInto: (uri, start, into, options) => retried(options, () => store.readInto(uri, start, into, options)),
    readTail: (uri, into, options) => retried(options, () => readTail(store, uri, into, options)),
    get: (uri, options) => retried(options, () => store.get(uri, options)),
    list: (prefix, options) =>
      resumed(
        policy,
        options,
        () => store.list(prefix, options),
        ({ uri }) => uri,
      ),
    put: (uri, bytes, options) =>
      options?.ifNoneMatch ? store.put(uri, bytes, options) : retried(options, () => store.put(uri, bytes, options)),
    delete: (uri, options) => retried(options, () => store.delete(uri, options)),
    beginUpload: (uri, options) => retried(options, () => store.beginUpload(uri, options)),
    uploadPart: (uri, uploadId, number, bytes, options) =>
      retried(options, () => store.uploadPart(uri, uploadId, number, bytes, options)),
    completeUpload: (uri, uploadId, parts, options) => store.completeUpload(uri, uploadId, parts, options),
    abortUpload: (uri, uploadId, options) => retried(options, () => store.abortUpload(uri, uploadId, options)),
    listUploads: (prefix, options) => resumed(policy, options, () => store.listUploads(prefix, options)),
  };
}

function isUnavailable(error: unknown): boolean {
  return error instanceof StorageUnavailable;
}

/**
 * A listing that begins again after a failure. With `uriOf`, in order of uris, what was passed on already is left out;
 * without it, an item may come twice.
 */
async function* resumed<Item>(
  policy: RetryPolicy,
  options: RequestOptions | undefined,
  begin: () => AsyncIterable<Item>,
  uriOf?: (item: Item) => string,
): AsyncGenerator<Item> {
  let last: string | undefined;
  let items = begin()[Symbol.asyncIterator]();
  while (true) {
    const { done, value } = await retry(
      policy,
      isUnavailable,
      async () => {
        try {
          return await items.next();
        } catch (error) {
          // A generator that has thrown is at its end: going on would look like the end of the listing.
          items = begin()[Symbol.asyncIterator]();
          throw error;
        }
      },
      options?.signal,
    );
    if (done) return;
    const uri = uriOf?.(value);
    if (uri !== undefined && last !== undefined && compareUris(uri, last) <= 0) continue;
    last = uri;
    yield value;
  }
}
