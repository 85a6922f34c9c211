import { setTimeout } from 'node:timers/promises';
import type { ObjectStore } from '../src/io/object-store.ts';
import { readTail } from '../src/io/object-tail.ts';

/** What a function in Lambda has of S3. */
export const NETWORK = { bytesPerMs: 75_000, latencyMs: 30 } as const;
/** Requests in flight take turns with so many bytes. */
const TURN_BYTES = 256 * 1024;

/** Reads of `store`, and nothing else, behind a network: every request waits before its first byte, and all of them share one rate. */
export function limitedStore(store: ObjectStore): ObjectStore {
  let freeAtMs = 0;
  const untilMs = async (ms: number): Promise<void> => {
    const left = ms - performance.now();
    if (left > 0) await setTimeout(left);
  };
  /** Until so many bytes have come. */
  const transfer = async (bytes: number): Promise<void> => {
    for (let done = 0; done < bytes; done += TURN_BYTES) {
      freeAtMs = Math.max(performance.now(), freeAtMs) + Math.min(TURN_BYTES, bytes - done) / NETWORK.bytesPerMs;
      await untilMs(freeAtMs);
    }
  };
  return {
    ...store,
    head: async (uri, options) => {
      await setTimeout(NETWORK.latencyMs);
      return store.head(uri, options);
    },
    readInto: async (uri, start, into, options) => {
      await setTimeout(NETWORK.latencyMs);
      await transfer(into.byteLength);
      await store.readInto(uri, start, into, options);
    },
    readTail: async (uri, into, options) => {
      await setTimeout(NETWORK.latencyMs);
      const info = await readTail(store, uri, into, options);
      await transfer(Math.min(info?.size ?? 0, into.byteLength));
      return info;
    },
  };
}
