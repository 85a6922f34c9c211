import type { ObjectInfo, ObjectStore, RequestOptions } from './object-store.ts';

/**
 * Fills `into`, from its beginning, with the end of an object, all of a smaller one: in one request where the store can say
 * with it how large the object is, else in two. Undefined where there is no object; the etag is that of what was read.
 * @throws ObjectChanged where it is not of the version that `etag` pins
 */
export async function readTail(
  store: ObjectStore,
  uri: string,
  into: Uint8Array,
  options: RequestOptions & { etag?: string } = {},
): Promise<ObjectInfo | undefined> {
  if (store.readTail !== undefined) return store.readTail(uri, into, options);
  const info = await store.head(uri, options);
  if (info === undefined) return undefined;
  const { etag = info.etag } = options;
  const byteLength = Math.min(info.size, into.byteLength);
  await store.readInto(uri, info.size - byteLength, into.subarray(0, byteLength), { ...options, etag });
  return { ...info, etag };
}
