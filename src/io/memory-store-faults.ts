/**
 * What can go wrong with an object store, drawn from a seed, so that a failing run can be run again.
 *
 *     request ──▶ delay ──▶ refused? ──▶ effect ──▶ delay ──▶ answer lost? ──▶ answer
 *                             503, 409      └── may also come after the client was told that the answer is lost
 *
 * Delays are turns of the promise queue, not time: actors interleave differently for each seed, and nothing waits.
 */

import { ConditionalConflict, PreconditionFailed, StorageUnavailable, UploadNotFound } from '../errors.ts';

/** Chances are between 0 and 1, and 0 where absent. */
export interface MemoryStoreFaults {
  readonly seed: number;
  /** The request fails and has no effect (503). */
  readonly unavailable?: number;
  /** The request has its effect, but the answer does not arrive. */
  readonly lostAnswer?: number;
  /** The answer does not arrive, and the effect comes later, when the client may be doing something else. */
  readonly lateEffect?: number;
  /** A conditional write is refused because it met another one (409). */
  readonly conflict?: number;
  /** The client under the store has repeated a request that was successful, and reports what the repetition met. */
  readonly ownRetry?: number;
  /** A read breaks off in the middle. */
  readonly truncatedRead?: number;
  /** The object was replaced, by the same bytes under another etag, just before it is read. */
  readonly replacedObject?: number;
  /** Turns of the promise queue that a request takes at most, twice. */
  readonly maxDelayTurns?: number;
  /** Uris that start with one of these are forbidden. */
  readonly deniedPrefixes?: readonly string[];
  /** Bytes of objects and parts that fit. */
  readonly capacityBytes?: number;
}

export type FaultKind =
  | 'unavailable'
  | 'lostAnswer'
  | 'lateEffect'
  | 'conflict'
  | 'ownRetry'
  | 'truncatedRead'
  | 'replacedObject';

/** How a request behaves where faults depend on its kind. */
export interface RequestKind {
  readonly name: string;
  /** What a repetition of a successful request is told; absent where it is told the same again. */
  readonly repeated?: 'precondition-failed' | 'upload-not-found';
  readonly conditional?: boolean;
  readonly writes: boolean;
}

/** Draws faults. The same seed and the same order of requests give the same faults. */
export class FaultDice {
  readonly #faults: MemoryStoreFaults;
  readonly #random: () => number;
  readonly #late = new Set<Promise<void>>();

  constructor(faults: MemoryStoreFaults) {
    this.#faults = faults;
    this.#random = seededRandom(faults.seed);
  }

  roll(kind: FaultKind): boolean {
    const chance = this.#faults[kind] ?? 0;
    return chance > 0 && this.#random() < chance;
  }

  /** A number in [0, 1). */
  random(): number {
    return this.#random();
  }

  async delay(): Promise<void> {
    const turns = Math.floor(this.#random() * ((this.#faults.maxDelayTurns ?? 0) + 1));
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  }

  /** Resolves when every effect that was to come later has come. */
  async settled(): Promise<void> {
    while (this.#late.size > 0) await Promise.all(this.#late);
  }

  /** Runs one request: `effect` happens never, once now, or once later. */
  async run<Result>(request: RequestKind, uri: string, effect: () => Result): Promise<Result> {
    await this.delay();
    if (this.roll('unavailable')) throw this.unavailable(uri, `${request.name} was refused`);
    if (request.conditional && this.roll('conflict')) throw new ConditionalConflict(uri);
    if (request.writes && this.roll('lateEffect')) {
      this.#later(effect);
      throw this.unavailable(uri, `${request.name} was not answered in time`);
    }
    const result = effect();
    await this.delay();
    if (this.roll('lostAnswer')) throw this.unavailable(uri, `the answer to ${request.name} was lost`);
    if (request.repeated !== undefined && this.roll('ownRetry')) throw repetitionError(request.repeated, uri);
    return result;
  }

  unavailable(uri: string, what: string): StorageUnavailable {
    return new StorageUnavailable(`${uri}: ${what} (seed ${this.#faults.seed}).`);
  }

  #later(effect: () => unknown): void {
    const running = (async () => {
      await this.delay();
      await this.delay();
      try {
        effect();
      } catch {
        // Nobody is left to be told.
      }
    })().then(() => {
      this.#late.delete(running);
    });
    this.#late.add(running);
  }
}

function repetitionError(repeated: 'precondition-failed' | 'upload-not-found', uri: string): Error {
  return repeated === 'precondition-failed' ? new PreconditionFailed(uri) : new UploadNotFound(uri, 'repeated');
}

/** Numbers in [0, 1) from a seed: mulberry32 (Tommy Ettinger, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
