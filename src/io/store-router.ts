/** One object store made of several, each for the uris of one scheme. */

import { InvalidArgument } from '../errors.ts';
import type { ObjectStore } from './object-store.ts';
import { parseUri } from './uri.ts';

/** `stores` by scheme, without a colon. Every call @throws InvalidArgument for a scheme that is not among them. */
export function storeRouter(stores: Readonly<Record<string, ObjectStore>>): ObjectStore {
  const byScheme = new Map(Object.entries(stores));
  const storeOf = (uri: string): ObjectStore => {
    const { scheme } = parseUri(uri);
    const store = byScheme.get(scheme);
    if (store !== undefined) return store;
    throw new InvalidArgument(`There is no store for ${scheme}: uris; known are ${[...byScheme.keys()].join(', ')}.`);
  };
  return {
    head: async (uri, options) => storeOf(uri).head(uri, options),
    readInto: async (uri, start, into, options) => storeOf(uri).readInto(uri, start, into, options),
    get: async (uri, options) => storeOf(uri).get(uri, options),
    list: (prefix, options) => storeOf(prefix).list(prefix, options),
    put: async (uri, bytes, options) => storeOf(uri).put(uri, bytes, options),
    delete: async (uri, options) => storeOf(uri).delete(uri, options),
    beginUpload: async (uri, options) => storeOf(uri).beginUpload(uri, options),
    uploadPart: async (uri, uploadId, number, bytes, options) =>
      storeOf(uri).uploadPart(uri, uploadId, number, bytes, options),
    completeUpload: async (uri, uploadId, parts, options) => storeOf(uri).completeUpload(uri, uploadId, parts, options),
    abortUpload: async (uri, uploadId, options) => storeOf(uri).abortUpload(uri, uploadId, options),
    listUploads: (prefix, options) => storeOf(prefix).listUploads(prefix, options),
  };
}
