import type { ObjectInfo, ObjectStore } from './object-store.ts';
import type { PiecesAhead } from './pieces-ahead.ts';
import type { ReadCosts } from './record-reader.ts';
import type { RequestsInFlight } from './requests-in-flight.ts';

const MOST_REQUEST_BYTES: number = 2 * 1024 * 1024;

/** What an object was found to be. */
export type FoundObject = Pick<ObjectInfo, 'size' | 'etag'>;

/** An object that is read in ranges. */
export interface ReadObject {
  readonly store: ObjectStore;
  readonly uri: string;
  /** Pins the version. */
  readonly etag?: string | undefined;
  readonly signal: AbortSignal;
  readonly costs: ReadCosts;
  /** When its requests are sent, beside those of other objects that are read together; at once where absent. */
  readonly turn?: { readonly inFlight: RequestsInFlight; readonly rank: number } | undefined;
  /** What was read of it before its turn. */
  readonly ahead?: PiecesAhead | undefined;
}

/**
 * Fills `into` with the bytes from `start` on, of which only those are asked for that were not read ahead. Nobody writes to it
 * any more when this settles. @throws ObjectChanged, MalformedFile
 */
export async function readBytes(object: ReadObject, start: number, into: Uint8Array): Promise<void> {
  const { ahead } = object;
  const there = ahead?.bytesFrom(start, into.byteLength) ?? 0;
  if (ahead === undefined || there === 0) return askFor(object, start, into);
  const isWhole = there === into.byteLength;
  const rest = isWhole ? undefined : askFor(object, start + there, into.subarray(there));
  await allSettled([ahead.copy(start, into.subarray(0, there)), ...(rest === undefined ? [] : [rest])]);
}

/** Asks for all of it: in one request, or, where it waits for its turn, in several that wait less long. */
export async function askFor(object: ReadObject, start: number, into: Uint8Array): Promise<void> {
  const count = object.turn === undefined ? 1 : Math.max(1, Math.ceil(into.byteLength / MOST_REQUEST_BYTES));
  const bytes = Math.ceil(into.byteLength / count);
  const pieces = Array.from({ length: count }, (_, at) =>
    request(object, start + at * bytes, into.subarray(at * bytes, (at + 1) * bytes)),
  );
  await allSettled(pieces);
}

/** Waits for all, then fails where one has. */
export async function allSettled(reads: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(reads)) if (result.status === 'rejected') throw result.reason;
}

async function request(object: ReadObject, start: number, into: Uint8Array): Promise<void> {
  const { store, uri, etag, signal, costs, turn } = object;
  const read = async (): Promise<void> => {
    costs.requests += 1;
    await store.readInto(uri, start, into, { signal, ...(etag !== undefined && { etag }) });
    costs.bytesRead += into.byteLength;
  };
  await (turn === undefined ? read() : turn.inFlight.send(turn.rank, into.byteLength, signal, read));
}
