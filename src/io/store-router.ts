/** One object store made of several, each for the uris of one scheme. */

import { InvalidArgument } from '../errors.ts';
import type { ObjectStore } from './object-store.ts';
import { readTail } from './object-tail.ts';
import { parseUri } from './uri.ts';

/** A store, or how to get one: asked for when a uri first needs it, so that what nobody uses is not loaded. */
export type StoreSource = ObjectStore | (() => Promise<ObjectStore>);

/** `stores` by scheme, without a colon. Every call @throws InvalidArgument for a scheme that is not among them. */
export function storeRouter(stores: Readonly<Record<string, StoreSource>>): ObjectStore {
  const byScheme = new Map(Object.entries(stores));
  const loading = new Map<string, Promise<ObjectStore>>();
  const storeOf = (uri: string): ObjectStore | Promise<ObjectStore> => {
    const { scheme } = parseUri(uri);
    const source = byScheme.get(scheme);
    if (typeof source === 'function') {
      const store = loading.get(scheme) ?? source();
      loading.set(scheme, store);
      return store;
    }
    if (source !== undefined) return source;
    throw new InvalidArgument(`There is no store for ${scheme}: uris; known are ${[...byScheme.keys()].join(', ')}.`);
  };
  return {
    head: async (uri, options) => (await storeOf(uri)).head(uri, options),
    readInto: async (uri, start, into, options) => (await storeOf(uri)).readInto(uri, start, into, options),
    readTail: async (uri, into, options) => readTail(await storeOf(uri), uri, into, options),
    get: async (uri, options) => (await storeOf(uri)).get(uri, options),
    list: (prefix, options) => listed(storeOf(prefix), (store) => store.list(prefix, options)),
    put: async (uri, bytes, options) => (await storeOf(uri)).put(uri, bytes, options),
    delete: async (uri, options) => (await storeOf(uri)).delete(uri, options),
    beginUpload: async (uri, options) => (await storeOf(uri)).beginUpload(uri, options),
    uploadPart: async (uri, uploadId, number, bytes, options) =>
      (await storeOf(uri)).uploadPart(uri, uploadId, number, bytes, options),
    completeUpload: async (uri, uploadId, parts, options) =>
      (await storeOf(uri)).completeUpload(uri, uploadId, parts, options),
    abortUpload: async (uri, uploadId, options) => (await storeOf(uri)).abortUpload(uri, uploadId, options),
    listUploads: (prefix, options) => listed(storeOf(prefix), (store) => store.listUploads(prefix, options)),
  };
}

async function* listed<Item>(
  store: ObjectStore | Promise<ObjectStore>,
  list: (store: ObjectStore) => AsyncIterable<Item>,
): AsyncGenerator<Item> {
  yield* list(await store);
}
