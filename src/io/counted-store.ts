/**
 * What a task has asked of storage, as the bill counts it.
 *
 * A store that talks to a service counts what goes over the wire by itself (`MeteredStore`): every page of a listing and
 * every try, also those of a layer above it. Other stores are counted call by call.
 */

import type { ObjectStore } from './object-store.ts';

export type RequestKind =
  | 'get'
  | 'head'
  | 'list'
  | 'put'
  | 'delete'
  | 'beginUpload'
  | 'uploadPart'
  | 'completeUpload'
  | 'abortUpload';

/** Numbers of requests by kind, and what they moved. JSON data. */
export interface RequestCounts extends Readonly<Record<RequestKind, number>> {
  /** Billed as PUT, COPY, POST and LIST: puts, pages of listings, the steps of uploads. Deleting and aborting are free. */
  readonly writeClass: number;
  /** Billed as GET and all others. */
  readonly readClass: number;
  /** Bytes of content, without headers. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Refused because there were too many; counted above also, though the service does not bill them. */
  readonly throttled: number;
  /** Reads that were begun a second time because they took longer than others; both are counted above. */
  readonly hedged: number;
  /** Of these, those in which the second was the first to answer. */
  readonly hedgesWon: number;
}

/** A store that counts its own requests, since it was made. */
export interface MeteredStore extends ObjectStore {
  requestCounts(): RequestCounts;
}

/** Adds up requests. */
export class RequestMeter {
  readonly #requests: Record<RequestKind, number> = {
    get: 0,
    head: 0,
    list: 0,
    put: 0,
    delete: 0,
    beginUpload: 0,
    uploadPart: 0,
    completeUpload: 0,
    abortUpload: 0,
  };
  #bytesRead = 0;
  #bytesWritten = 0;
  #throttled = 0;
  #hedged = 0;
  #hedgesWon = 0;

  sent(kind: RequestKind, bytesWritten: number = 0): void {
    this.#requests[kind]++;
    this.#bytesWritten += bytesWritten;
  }

  received(bytesRead: number): void {
    this.#bytesRead += bytesRead;
  }

  throttled(): void {
    this.#throttled++;
  }

  hedged(): void {
    this.#hedged++;
  }

  hedgeWon(): void {
    this.#hedgesWon++;
  }

  counts(): RequestCounts {
    const { put, list, beginUpload, uploadPart, completeUpload, get, head } = this.#requests;
    return {
      ...this.#requests,
      writeClass: put + list + beginUpload + uploadPart + completeUpload,
      readClass: get + head,
      bytesRead: this.#bytesRead,
      bytesWritten: this.#bytesWritten,
      throttled: this.#throttled,
      hedged: this.#hedged,
      hedgesWon: this.#hedgesWon,
    };
  }
}

/**
 * `store`, and what has been asked of it from now on. Of a metered store that is what anybody asked, so it has one user
 * at a time, as a function has one invocation. To be wrapped by a store that repeats, not the other way round.
 */
export function countedStore(store: ObjectStore): { store: ObjectStore; counts: () => RequestCounts } {
  if (isMetered(store)) {
    const before = store.requestCounts();
    return { store, counts: () => difference(store.requestCounts(), before) };
  }
  const meter = new RequestMeter();
  return { store: counting(store, meter), counts: () => meter.counts() };
}

function isMetered(store: ObjectStore): store is MeteredStore {
  return 'requestCounts' in store;
}

function difference(now: RequestCounts, before: RequestCounts): RequestCounts {
  const names = Object.keys(now) as (keyof RequestCounts)[];
  return Object.fromEntries(names.map((name) => [name, now[name] - before[name]])) as unknown as RequestCounts;
}

function counting(store: ObjectStore, meter: RequestMeter): ObjectStore {
  const counted: ObjectStore = {
    head: async (uri, options) => {
      meter.sent('head');
      return store.head(uri, options);
    },
    readInto: async (uri, start, into, options) => {
      meter.sent('get');
      await store.readInto(uri, start, into, options);
      meter.received(into.byteLength);
    },
    get: async (uri, options) => {
      meter.sent('get');
      const found = await store.get(uri, options);
      if (found !== undefined) meter.received(found.bytes.byteLength);
      return found;
    },
    list: (prefix, options) => {
      meter.sent('list');
      return store.list(prefix, options);
    },
    put: async (uri, bytes, options) => {
      meter.sent('put', bytes.byteLength);
      return store.put(uri, bytes, options);
    },
    delete: async (uri, options) => {
      meter.sent('delete');
      return store.delete(uri, options);
    },
    beginUpload: async (uri, options) => {
      meter.sent('beginUpload');
      return store.beginUpload(uri, options);
    },
    uploadPart: async (uri, uploadId, number, bytes, options) => {
      meter.sent('uploadPart', bytes.byteLength);
      return store.uploadPart(uri, uploadId, number, bytes, options);
    },
    completeUpload: async (uri, uploadId, parts, options) => {
      meter.sent('completeUpload');
      return store.completeUpload(uri, uploadId, parts, options);
    },
    abortUpload: async (uri, uploadId, options) => {
      meter.sent('abortUpload');
      return store.abortUpload(uri, uploadId, options);
    },
    listUploads: (prefix, options) => {
      meter.sent('list');
      return store.listUploads(prefix, options);
    },
  };
  if (store.readTail === undefined) return counted;
  return {
    ...counted,
    readTail: async (uri, into, options) => {
      meter.sent('get');
      const info = await store.readTail?.(uri, into, options);
      meter.received(Math.min(info?.size ?? 0, into.byteLength));
      return info;
    },
  };
}
