import type { ObjectStore } from '../object-store.ts';
import type { ReadCosts } from '../record-reader.ts';

/** How a file of text is compressed. */
export type Codec = 'none' | 'gzip' | 'zstd';

/** By its first bytes. */
export function codecOf(head: Uint8Array): Codec {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  return head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd ? 'zstd' : 'none';
}

/** An object that was looked at. */
export interface PinnedObject {
  readonly store: ObjectStore;
  readonly uri: string;
  readonly etag?: string | undefined;
  /** Bytes of all of it. */
  readonly size: number;
  readonly signal: AbortSignal;
  readonly costs: ReadCosts;
}

export async function readBytes(object: PinnedObject, start: number, into: Uint8Array<ArrayBuffer>): Promise<void> {
  const { store, uri, etag, signal, costs } = object;
  costs.requests += 1;
  await store.readInto(uri, start, into, { signal, ...(etag !== undefined && { etag }) });
  costs.bytesRead += into.byteLength;
}

export async function isCompressed(object: PinnedObject): Promise<boolean> {
  const head = new Uint8Array(Math.min(4, object.size));
  await readBytes(object, 0, head);
  return codecOf(head) !== 'none';
}
