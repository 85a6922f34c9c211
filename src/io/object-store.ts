/**
 * What Millrace asks of storage. Objects are named by uri everywhere: in plans, manifests and errors. Implementations:
 * `file`, `s3`, `http` (only read), `memory` (with seeded faults for tests), chosen by scheme in `store-router.ts`.
 *
 * Errors, all from `errors.ts`: `ObjectNotFound`, `ObjectChanged` (a pinned etag no longer matches), `AccessDenied`,
 * `StorageFull`, `PreconditionFailed` (412), `ConditionalConflict` (409), `UploadNotFound`, and `StorageUnavailable`
 * where the answer was lost: then whether a write took effect is unknown, and the caller looks before it acts.
 */

export interface ObjectInfo {
  readonly uri: string;
  readonly size: number;
  /** Changes whenever the content does. */
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  /** CRC-32 of the whole content, 8 hexadecimal digits; only where it was asked for and the store keeps one. */
  readonly crc32?: string;
}

export interface StoredObject {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
}

/** An upload that was begun and neither completed nor aborted. Its parts are not visible to any reader. */
export interface UploadInfo {
  readonly uri: string;
  readonly uploadId: string;
  readonly startedMs: number;
}

/** Receipt of one part, needed to complete the upload. JSON data. */
export interface UploadedPart {
  /** From 1, without gaps in the completed list. */
  readonly number: number;
  readonly size: number;
  readonly etag: string;
}

export interface ObjectStore {
  /** Undefined where there is no object. With `checksum`, also what the store knows of the content without reading it. */
  head(uri: string, options?: RequestOptions & { checksum?: boolean }): Promise<ObjectInfo | undefined>;

  /**
   * Fills `into` with the bytes of the object from `start` on; the caller owns and has accounted for `into`, which may
   * view shared memory. With `etag`, fails with `ObjectChanged` when the object is another version.
   * @throws MalformedFile when the object ends before `into` is full.
   */
  readInto(uri: string, start: number, into: Uint8Array, options?: RequestOptions & { etag?: string }): Promise<void>;

  /**
   * As `readTail` of `object-tail.ts`, in one request; for who can. Stores that are made of others ask that function, so that
   * theirs need not have it.
   */
  readTail?(
    uri: string,
    into: Uint8Array,
    options?: RequestOptions & { etag?: string },
  ): Promise<ObjectInfo | undefined>;

  /** A whole small object (a plan, a manifest); undefined where there is none. @throws InvalidArgument above `maxBytes`. */
  get(uri: string, options?: RequestOptions & { maxBytes?: number }): Promise<StoredObject | undefined>;

  /** Every object whose uri starts with `prefix`, in order of the uris' UTF-8 bytes. Holds one page at a time. */
  list(prefix: string, options?: RequestOptions): AsyncIterable<ObjectInfo>;

  /** Creates or replaces an object; with `ifNoneMatch`, only creates it, else `PreconditionFailed`. */
  put(uri: string, bytes: Uint8Array, options?: RequestOptions & { ifNoneMatch?: boolean }): Promise<{ etag: string }>;

  /** Removes an object; nothing happens where there is none. */
  delete(uri: string, options?: RequestOptions): Promise<void>;

  /** Begins an upload that becomes visible, whole, when it is completed. */
  beginUpload(uri: string, options?: RequestOptions): Promise<string>;

  /** Stores part `number`; the same number again replaces it. `bytes` may be reused once this has resolved. */
  uploadPart(
    uri: string,
    uploadId: string,
    number: number,
    bytes: Uint8Array,
    options?: RequestOptions,
  ): Promise<UploadedPart>;

  /**
   * Makes the object of these parts, in the order given. `UploadNotFound` where the upload was completed or aborted
   * before; with `ifNoneMatch`, `PreconditionFailed` where an object exists already: the upload then stays open. A store
   * that keeps checksums compares `crc32`, 8 hexadecimal digits, with that of the whole: `CommitCorrupted` where it differs.
   */
  completeUpload(
    uri: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    options?: RequestOptions & { ifNoneMatch?: boolean; crc32?: string },
  ): Promise<{ etag: string }>;

  /** Drops the upload and its parts; nothing happens where there is none. */
  abortUpload(uri: string, uploadId: string, options?: RequestOptions): Promise<void>;

  /** Every open upload of a uri that starts with `prefix`. */
  listUploads(prefix: string, options?: RequestOptions): AsyncIterable<UploadInfo>;
}

/** No part of a multi-part upload but the last may be smaller: the field's rule, kept by every store. */
export const MIN_PART_BYTES: number = 5 * 1024 * 1024;
