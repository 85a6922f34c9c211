/**
 * An object store in memory that behaves as S3 does: versions under etags, listings in pages of 1,000 that are not a
 * snapshot, parts of at least 5 MiB, conditional writes, and, with `faults`, everything that goes wrong there.
 */

import { createHash } from 'node:crypto';
import {
  AccessDenied,
  InvalidArgument,
  MalformedFile,
  ObjectChanged,
  ObjectNotFound,
  PreconditionFailed,
  StorageFull,
  UploadNotFound,
} from '../errors.ts';
import { FaultDice, type MemoryStoreFaults, type RequestKind } from './memory-store-faults.ts';
import {
  MIN_PART_BYTES,
  type ObjectInfo,
  type ObjectStore,
  type RequestOptions,
  type StoredObject,
  type UploadedPart,
  type UploadInfo,
} from './object-store.ts';
import { assertPartsInOrder } from './upload-rules.ts';
import { compareUris, parseUri } from './uri.ts';
import { assertSmall } from './whole-object.ts';

export interface MemoryStoreOptions {
  readonly faults?: MemoryStoreFaults;
  /** Smaller than `MIN_PART_BYTES` in tests only. */
  readonly minPartBytes?: number;
  /** Milliseconds since 1970; the real clock where absent. */
  readonly now?: () => number;
}

const PAGE_SIZE = 1000;

/** An object store in memory. Its content lives as long as it does. */
export interface MemoryStore extends ObjectStore {
  /** The same content, seen by a client who meets other faults, or none. */
  withFaults(faults?: MemoryStoreFaults): MemoryStore;
  /** Resolves when every write that was to take effect late has done so. */
  settled(): Promise<void>;
}

export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { faults, minPartBytes = MIN_PART_BYTES, now = Date.now } = options;
  return new SimulatedStore(
    { objects: new Map(), uris: undefined, uploads: new Map(), versions: 0, minPartBytes, now },
    faults,
  );
}

interface Version {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  readonly modifiedMs: number;
}

interface Upload {
  readonly uri: string;
  readonly startedMs: number;
  readonly parts: Map<number, { readonly bytes: Uint8Array; readonly etag: string }>;
}

/** What all clients see. */
interface Content {
  readonly objects: Map<string, Version>;
  /** Of all objects, in order; undefined where some have come or gone since. */
  uris: readonly string[] | undefined;
  readonly uploads: Map<string, Upload>;
  /** Counts versions and uploads, to name them. */
  versions: number;
  readonly minPartBytes: number;
  readonly now: () => number;
}

class SimulatedStore implements MemoryStore {
  readonly #content: Content;
  readonly #faults: MemoryStoreFaults;
  readonly #dice: FaultDice;

  constructor(content: Content, faults: MemoryStoreFaults = { seed: 0 }) {
    this.#content = content;
    this.#faults = faults;
    this.#dice = new FaultDice(faults);
  }

  withFaults(faults?: MemoryStoreFaults): MemoryStore {
    return new SimulatedStore(this.#content, faults);
  }

  settled(): Promise<void> {
    return this.#dice.settled();
  }

  head(uri: string, options?: RequestOptions): Promise<ObjectInfo | undefined> {
    return this.#request({ name: 'head', writes: false }, uri, options, () => {
      const version = this.#content.objects.get(uri);
      return version && infoOf(uri, version);
    });
  }

  async readInto(
    uri: string,
    start: number,
    into: Uint8Array,
    options?: RequestOptions & { etag?: string },
  ): Promise<void> {
    await this.#request({ name: 'get', writes: false }, uri, options, () => {
      if (this.#dice.roll('replacedObject')) this.#replaceByItself(uri);
      const version = this.#content.objects.get(uri);
      if (version === undefined) throw new ObjectNotFound(uri);
      if (options?.etag !== undefined && options.etag !== version.etag) {
        throw new ObjectChanged(uri, options.etag, version.etag);
      }
      const found = version.bytes.subarray(start, start + into.byteLength);
      if (found.byteLength < into.byteLength) {
        throw new MalformedFile(
          uri,
          `it has ${version.bytes.byteLength} bytes, and ${start + into.byteLength} were expected`,
        );
      }
      if (this.#dice.roll('truncatedRead')) {
        into.set(found.subarray(0, found.byteLength >> 1));
        throw this.#dice.unavailable(uri, 'the connection broke off while reading');
      }
      into.set(found);
    });
  }

  get(uri: string, options?: RequestOptions & { maxBytes?: number }): Promise<StoredObject | undefined> {
    return this.#request({ name: 'get', writes: false }, uri, options, () => {
      const version = this.#content.objects.get(uri);
      if (version === undefined) return undefined;
      assertSmall(uri, version.bytes.byteLength, options?.maxBytes);
      return { bytes: new Uint8Array(version.bytes), etag: version.etag };
    });
  }

  async *list(prefix: string, options?: RequestOptions): AsyncGenerator<ObjectInfo> {
    for (let after: string | undefined, more = true; more; ) {
      const page = await this.#request({ name: 'list', writes: false }, prefix, options, () =>
        this.#page(prefix, after),
      );
      yield* page;
      after = page.at(-1)?.uri;
      more = page.length === PAGE_SIZE;
    }
  }

  put(uri: string, bytes: Uint8Array, options?: RequestOptions & { ifNoneMatch?: boolean }): Promise<{ etag: string }> {
    const content = new Uint8Array(bytes);
    const conditional = options?.ifNoneMatch ?? false;
    const kind: RequestKind = conditional
      ? { name: 'put', writes: true, conditional, repeated: 'precondition-failed' }
      : { name: 'put', writes: true };
    return this.#request(kind, uri, options, () => {
      if (conditional && this.#content.objects.has(uri)) throw new PreconditionFailed(uri);
      this.#assertRoom(uri, content.byteLength - (this.#content.objects.get(uri)?.bytes.byteLength ?? 0));
      return this.#store(uri, content);
    });
  }

  delete(uri: string, options?: RequestOptions): Promise<void> {
    return this.#request({ name: 'delete', writes: true }, uri, options, () => {
      if (this.#content.objects.delete(uri)) this.#content.uris = undefined;
    });
  }

  beginUpload(uri: string, options?: RequestOptions): Promise<string> {
    return this.#request({ name: 'begin', writes: true }, uri, options, () => {
      const uploadId = `upload-${++this.#content.versions}`;
      this.#content.uploads.set(uploadId, { uri, startedMs: this.#content.now(), parts: new Map() });
      return uploadId;
    });
  }

  async uploadPart(
    uri: string,
    uploadId: string,
    number: number,
    bytes: Uint8Array,
    options?: RequestOptions,
  ): Promise<UploadedPart> {
    if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgument(`${number} is not a part number.`);
    const content = new Uint8Array(bytes);
    return this.#request({ name: 'part', writes: true }, uri, options, () => {
      const { parts } = this.#upload(uri, uploadId);
      this.#assertRoom(uri, content.byteLength - (parts.get(number)?.bytes.byteLength ?? 0));
      // Of the content, as in S3: when a repeated request comes late, the receipt in hand stays good.
      const etag = createHash('md5').update(content).digest('hex');
      parts.set(number, { bytes: content, etag });
      return { number, size: content.byteLength, etag };
    });
  }

  completeUpload(
    uri: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    options?: RequestOptions & { ifNoneMatch?: boolean },
  ): Promise<{ etag: string }> {
    const conditional = options?.ifNoneMatch ?? false;
    const kind: RequestKind = { name: 'complete', writes: true, conditional, repeated: 'upload-not-found' };
    return this.#request(kind, uri, options, () => {
      const upload = this.#upload(uri, uploadId);
      assertPartsInOrder(uri, parts, this.#content.minPartBytes);
      const pieces = parts.map(({ number, etag }) => {
        const part = upload.parts.get(number);
        if (part !== undefined && part.etag === etag) return part.bytes;
        throw new InvalidArgument(`Part ${number} of ${uri} is not what was uploaded last under that number.`);
      });
      if (conditional && this.#content.objects.has(uri)) throw new PreconditionFailed(uri);
      this.#content.uploads.delete(uploadId);
      return this.#store(uri, new Uint8Array(Buffer.concat(pieces)));
    });
  }

  abortUpload(uri: string, uploadId: string, options?: RequestOptions): Promise<void> {
    return this.#request({ name: 'abort', writes: true }, uri, options, () => {
      if (this.#content.uploads.get(uploadId)?.uri === uri) this.#content.uploads.delete(uploadId);
    });
  }

  async *listUploads(prefix: string, options?: RequestOptions): AsyncGenerator<UploadInfo> {
    yield* await this.#request({ name: 'list uploads', writes: false }, prefix, options, () =>
      [...this.#content.uploads]
        .filter(([, { uri }]) => uri.startsWith(prefix))
        .map(([uploadId, { uri, startedMs }]) => ({ uri, uploadId, startedMs }))
        .sort((a, b) => compareUris(a.uri, b.uri)),
    );
  }

  /** `effect` is the whole of the request, in one step, as far as others can see. */
  async #request<Result>(
    kind: RequestKind,
    uri: string,
    options: RequestOptions | undefined,
    effect: () => Result,
  ): Promise<Result> {
    options?.signal?.throwIfAborted();
    const { scheme } = parseUri(uri);
    if (scheme === 'file') throw new InvalidArgument(`${uri} does not belong to a store in memory.`);
    if (this.#faults.deniedPrefixes?.some((prefix) => uri.startsWith(prefix))) {
      throw new AccessDenied(uri, kind.writes ? 'write' : 'read');
    }
    return this.#dice.run(kind, uri, effect);
  }

  #page(prefix: string, after: string | undefined): ObjectInfo[] {
    const { objects } = this.#content;
    const uris = this.#content.uris ?? [...objects.keys()].sort(compareUris);
    this.#content.uris = uris;
    const isBefore = (uri: string): boolean =>
      compareUris(uri, prefix) < 0 || (after !== undefined && compareUris(uri, after) <= 0);
    let [start, end] = [0, uris.length];
    while (start < end) {
      const middle = (start + end) >>> 1;
      if (isBefore(uris[middle] as string)) start = middle + 1;
      else end = middle;
    }
    // What begins with the prefix stands together.
    const page = uris.slice(start, start + PAGE_SIZE).filter((uri) => uri.startsWith(prefix));
    return page.map((uri) => infoOf(uri, objects.get(uri) as Version));
  }

  #upload(uri: string, uploadId: string): Upload {
    const upload = this.#content.uploads.get(uploadId);
    if (upload?.uri !== uri) throw new UploadNotFound(uri, uploadId);
    return upload;
  }

  #store(uri: string, bytes: Uint8Array<ArrayBuffer>): { etag: string } {
    const version = { bytes, etag: `v${++this.#content.versions}`, modifiedMs: this.#content.now() };
    if (!this.#content.objects.has(uri)) this.#content.uris = undefined;
    this.#content.objects.set(uri, version);
    return { etag: version.etag };
  }

  #replaceByItself(uri: string): void {
    const version = this.#content.objects.get(uri);
    if (version !== undefined) this.#store(uri, version.bytes);
  }

  #assertRoom(uri: string, addedBytes: number): void {
    const { capacityBytes } = this.#faults;
    if (capacityBytes === undefined) return;
    let usedBytes = addedBytes;
    for (const { bytes } of this.#content.objects.values()) usedBytes += bytes.byteLength;
    for (const { parts } of this.#content.uploads.values())
      for (const { bytes } of parts.values()) usedBytes += bytes.byteLength;
    if (usedBytes > capacityBytes) throw new StorageFull(uri);
  }
}

function infoOf(uri: string, { bytes, etag, modifiedMs }: Version): ObjectInfo {
  return { uri, size: bytes.byteLength, etag, modifiedMs };
}
