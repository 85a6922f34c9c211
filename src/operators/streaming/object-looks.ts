/**
 * Finding out how large an object is, and in which version.
 *
 *     get, at most 64 KiB     all of a small object in one request; of a larger one nothing
 *     head                    size and version of any object; its bytes take another request
 *
 * Which is tried first depends on what the objects before were like. What comes with the first is kept, and counted.
 */

import { InvalidArgument, InvalidValue, ObjectNotFound } from '../../errors.ts';
import type { ObjectStore, StoredObject } from '../../io/object-store.ts';
import { shownUri } from '../../io/uri.ts';
import type { Holding } from '../../memory/budget.ts';
import type { Target } from './download-part.ts';

/** What was asked of storage. */
export interface LookCosts {
  requests: number;
  bytesRead: number;
}

export interface LooksOptions {
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
  /** Throws for a uri that may not be reached. */
  readonly gate: (uri: string) => void;
  /** A larger object is refused. */
  readonly maxBytes: number;
  /** Counts the bytes that come with a look. */
  readonly holding: Holding;
  /** Bytes that may be received at a time. */
  readonly receivingBytes: number;
  readonly costs: LookCosts;
}

const SMALL_BYTES = 64 * 1024;
/** Small objects that make up for one that was not, and cost a request; and how far that is remembered. */
const LARGE_COUNTS = 4;
const REMEMBERED = 16;

export class ObjectLooks {
  readonly #options: LooksOptions;
  #receivingBytes = 0;
  /** Not negative while objects are taken to be small. */
  #score = 0;

  constructor(options: LooksOptions) {
    this.#options = options;
  }

  /** Notes what is found in the target. @throws what is wrong with the object, or with the task */
  async look(target: Target): Promise<void> {
    const { gate, maxBytes } = this.#options;
    const { uri } = target;
    gate(uri);
    const whole = await this.#whole(uri);
    if (whole !== undefined) {
      target.bytes = whole.bytes;
      target.size = whole.bytes.byteLength;
      target.etag = whole.etag;
      return;
    }
    const { size, etag } = await this.#head(uri);
    this.#note(size);
    if (size > maxBytes) throw new InvalidValue(`${shownUri(uri)} has ${size} bytes, and max_bytes is ${maxBytes}.`);
    target.size = size;
    target.etag = etag;
  }

  /** The object where it is small; undefined where it is not, or was not tried. */
  async #whole(uri: string): Promise<StoredObject | undefined> {
    const { store, signal, maxBytes, holding, receivingBytes, costs } = this.#options;
    const mostBytes = Math.min(SMALL_BYTES, maxBytes);
    // A store may have it twice, in the pieces that came and whole.
    const takenBytes = 2 * mostBytes;
    if (this.#score < 0 || this.#receivingBytes + takenBytes > receivingBytes) return undefined;
    if (!holding.tryGrow(takenBytes)) return undefined;
    this.#receivingBytes += takenBytes;
    let keptBytes = 0;
    try {
      costs.requests += 1;
      const found = await store.get(uri, { maxBytes: mostBytes, signal });
      if (found === undefined) throw new ObjectNotFound(shownUri(uri));
      keptBytes = found.bytes.byteLength;
      costs.bytesRead += keptBytes;
      this.#note(keptBytes);
      return found;
    } catch (error) {
      // Too large, most likely; anything else the head will tell.
      if (error instanceof InvalidArgument) return undefined;
      throw error;
    } finally {
      holding.shrink(takenBytes - keptBytes);
      this.#receivingBytes -= takenBytes;
    }
  }

  async #head(uri: string): Promise<{ size: number; etag: string }> {
    const { store, signal, costs } = this.#options;
    costs.requests += 1;
    const found = await store.head(uri, { signal });
    if (found === undefined) throw new ObjectNotFound(shownUri(uri));
    return found;
  }

  #note(size: number): void {
    const score = this.#score + (size <= SMALL_BYTES ? 1 : -LARGE_COUNTS);
    this.#score = Math.max(-REMEMBERED, Math.min(REMEMBERED, score));
  }
}
