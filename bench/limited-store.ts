import { setTimeout } from 'node:timers/promises';
import type { ObjectStore } from '../src/io/object-store.ts';

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
  return {
    ...store,
    head: async (uri, options) => {
      await setTimeout(NETWORK.latencyMs);
      return store.head(uri, options);
    },
    readInto: async (uri, start, into, options) => {
      await setTimeout(NETWORK.latencyMs);
      for (let done = 0; done < into.byteLength; done += TURN_BYTES) {
        const piece = into.subarray(done, done + TURN_BYTES);
        freeAtMs = Math.max(performance.now(), freeAtMs) + piece.byteLength / NETWORK.bytesPerMs;
        await untilMs(freeAtMs);
      }
      await store.readInto(uri, start, into, options);
    },
  };
}
