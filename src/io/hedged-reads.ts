/**
 * Reads that are begun a second time when they take longer than nearly all others of their size.
 *
 *     sent ──▶ 99th percentile of its peers ──▶ not there: sent again ──▶ the first to be there wins,
 *                                                                        the other is broken off and waited for
 *
 * What makes one read in a hundred slow is a server or a path that the next request most likely does not meet (Dean and
 * Barroso, "The Tail at Scale", CACM 2013). There are at most five second requests for a hundred first ones, so that a
 * service that is slow as a whole is not made slower.
 *
 * Both write into the same memory, the same bytes, because they ask for the same version. When one has won, the other
 * has stopped writing before anybody hears of it.
 */

import { setImmediate } from 'node:timers/promises';
import { StorageUnavailable } from '../errors.ts';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';

export interface HedgedReadsOptions {
  /** Asked before a second request: whether there is room for it now. */
  readonly mayRepeat: () => boolean;
  readonly onRepeated: () => void;
  /** Called where the second request has won. */
  readonly onWon: () => void;
  readonly clock?: Clock;
}

export interface HedgedRead {
  /** How many are read. */
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
  /**
   * Reads, and calls `onSent` when waiting for its turn is over. When it has settled it does not write any more, also
   * after `signal` was aborted.
   */
  readonly send: (signal: AbortSignal, onSent: () => void) => Promise<void>;
}

/** A larger read is a transfer more than a wait, and too much to do twice. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Reads of at most as much count as equally large. */
const SMALL_BYTES = 64 * 1024;
/** What is quicker than this is not worth a request. */
const LEAST_WAIT_MS = 25;
const SHARE = 1 / 20;
/** Second requests that may come together, after so many first ones that needed none. */
const MAX_TOKENS = 5;

export class HedgedReads {
  readonly #options: HedgedReadsOptions;
  readonly #clock: Clock;
  readonly #peers = new Map<number, Peers>();
  #tokens = 0;

  constructor(options: HedgedReadsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /** @throws what `send` throws, the first one where both fail; the reason of the signal */
  async read({ bytes, signal, send }: HedgedRead): Promise<void> {
    signal?.throwIfAborted();
    const attempts: Attempt[] = [];
    const follow = (): void => {
      for (const attempt of attempts) attempt.abort(signal?.reason);
    };
    signal?.addEventListener('abort', follow);
    try {
      const first = new Attempt(send, this.#clock);
      attempts.push(first);
      if (bytes <= MAX_BYTES) await this.#hedged(first, this.#peersOf(bytes), send, attempts);
      await outcome(attempts);
    } finally {
      signal?.removeEventListener('abort', follow);
    }
  }

  /** Begins a second attempt where the first one is late; settles when one has won, or all have failed. */
  async #hedged(first: Attempt, peers: Peers, send: HedgedRead['send'], attempts: Attempt[]): Promise<void> {
    this.#tokens = Math.min(MAX_TOKENS, this.#tokens + SHARE);
    await this.#lateness(first, peers.limitMs);
    if (first.isSettled || first.isAborted || this.#tokens < 1 || !this.#options.mayRepeat()) {
      await first.settled;
      if (first.isSuccess) peers.add(first.elapsedMs);
      return;
    }
    this.#tokens -= 1;
    this.#options.onRepeated();
    const second = new Attempt(send, this.#clock);
    attempts.push(second);
    await breakOffLoser(first, second);
    const hasWon = second.isSuccess && !first.isSuccess;
    if (hasWon) this.#options.onWon();
    if (second.isSuccess) peers.add(second.elapsedMs);
    // Of one that was broken off it is known that it takes at least as long: left out, slow ones would look rare.
    if (first.isSuccess || (hasWon && first.isAborted)) peers.add(first.elapsedMs);
  }

  /** Resolves when the attempt has settled, or has been sent for longer than `limitMs`. */
  async #lateness(attempt: Attempt, limitMs: number | undefined): Promise<void> {
    if (limitMs === undefined) return attempt.settled;
    const timer = new AbortController();
    const late = async (): Promise<void> => {
      await attempt.sent;
      await this.#clock.sleep(limitMs, timer.signal);
      // While a batch was worked on, the answer may have come, and it is only not seen yet.
      await setImmediate();
    };
    await Promise.race([attempt.settled, late().catch(() => {})]);
    timer.abort();
  }

  #peersOf(bytes: number): Peers {
    const size = Math.ceil(Math.log2(Math.max(bytes, SMALL_BYTES)));
    const found = this.#peers.get(size) ?? new Peers();
    this.#peers.set(size, found);
    return found;
  }
}

/** One request; it never rejects. */
class Attempt {
  readonly settled: Promise<void>;
  readonly sent: Promise<void>;
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  #sentMs: number;
  #settledMs = 0;
  #outcome: { readonly failure?: unknown } | undefined;

  constructor(send: HedgedRead['send'], clock: Clock) {
    this.#clock = clock;
    this.#sentMs = clock.nowMs();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.sent = promise;
    const onSent = (): void => {
      this.#sentMs = clock.nowMs();
      resolve();
    };
    this.settled = send(this.#controller.signal, onSent).then(
      () => this.#settle({}),
      (failure: unknown) => this.#settle({ failure }),
    );
  }

  get isSettled(): boolean {
    return this.#outcome !== undefined;
  }

  get isAborted(): boolean {
    return this.#controller.signal.aborted;
  }

  get isSuccess(): boolean {
    return this.#outcome !== undefined && !('failure' in this.#outcome);
  }

  get failure(): unknown {
    return this.#outcome?.failure;
  }

  get elapsedMs(): number {
    return this.#settledMs - this.#sentMs;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  #settle(outcome: { readonly failure?: unknown }): void {
    this.#settledMs = this.#clock.nowMs();
    this.#outcome = outcome;
  }
}

/** Waits for the one that decides, and for the end of the other. */
async function breakOffLoser(first: Attempt, second: Attempt): Promise<void> {
  await Promise.race([first.settled, second.settled]);
  const [decided, other] = first.isSettled ? [first, second] : [second, first];
  const isFinal = decided.isSuccess || !(decided.failure instanceof StorageUnavailable);
  if (isFinal) other.abort(new Error('another request was quicker'));
  await other.settled;
}

/** @throws of failures that of the first attempt, but a lasting one before one that may pass */
async function outcome(attempts: readonly Attempt[]): Promise<void> {
  await Promise.all(attempts.map(({ settled }) => settled));
  if (attempts.some(({ isSuccess }) => isSuccess)) return;
  const failures = attempts.filter(({ isAborted }) => !isAborted);
  throw (failures.find(({ failure }) => !(failure instanceof StorageUnavailable)) ?? failures[0] ?? attempts[0])
    ?.failure;
}

/** How long reads of one size took lately. */
class Peers {
  readonly #latest = new Float64Array(200);
  #count = 0;
  #limitMs: number | undefined;

  /** Undefined while too little is known. */
  get limitMs(): number | undefined {
    return this.#limitMs;
  }

  add(elapsedMs: number): void {
    this.#latest[this.#count++ % this.#latest.length] = elapsedMs;
    if (this.#count < LEAST_PEERS) return;
    const sorted = this.#latest.slice(0, Math.min(this.#count, this.#latest.length)).sort();
    const limitMs = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
    this.#limitMs = Math.max(limitMs, LEAST_WAIT_MS);
  }
}

/** With as many, the slowest of them is the limit. */
const LEAST_PEERS = 32;
