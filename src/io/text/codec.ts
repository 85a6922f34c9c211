import { type ReadObject, readBytes } from '../object-reads.ts';

/** How a file of text is compressed. */
export type Codec = 'none' | 'gzip' | 'zstd';

/** By its first bytes. */
export function codecOf(head: Uint8Array): Codec {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  return head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd ? 'zstd' : 'none';
}

/** An object that was looked at. */
export interface PinnedObject extends ReadObject {
  /** Bytes of all of it. */
  readonly size: number;
}

export async function isCompressed(object: PinnedObject): Promise<boolean> {
  const head = new Uint8Array(Math.min(4, object.size));
  await readBytes(object, 0, head);
  return codecOf(head) !== 'none';
}
