/**
 * When a request may be sent: there is a slot for it, and the service has not asked for less.
 *
 *     request ──▶ slot ──▶ turn ──▶ sent, answer read to its end ──▶ slot free
 *                 at most   while throttled: one every 1 ÷ rate seconds
 *
 *     rate   ∞ ──throttled──▶ half of what was sent lately ──each second──▶ + a fifth of that … ──four times that──▶ ∞
 *
 * Slots are counted here and not by the sockets' agent, because a request that waits in the agent counts as connecting
 * and would time out there. Additive increase, multiplicative decrease (Chiu and Jain, 1989) is what makes many tasks
 * that know nothing of each other share a service fairly. All requests in flight are throttled together, so the rate is
 * lowered once per `CUT_INTERVAL_MS`, not once per answer.
 */

import { type Clock, SYSTEM_CLOCK } from './clock.ts';

const CUT_INTERVAL_MS = 500;
/** Requests per second that are always allowed: a task whose very first request is refused must not crawl. */
const MIN_RATE = 4;
/** Sent requests are counted over about this long. */
const MEASURE_MS = 1_000;

interface Waiter {
  readonly enter: () => void;
}

export class RequestGate {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiter>();
  readonly #slots: number;
  #freeSlots: number;
  #rate = Number.POSITIVE_INFINITY;
  #rateAfterCut = 0;
  #cutMs = Number.NEGATIVE_INFINITY;
  #raisedMs = 0;
  #nextTurnMs = 0;
  #windowMs: number;
  #sentInWindow = 0;
  #sentPerSecond = 0;

  constructor(slots: number, clock: Clock = SYSTEM_CLOCK) {
    this.#slots = slots;
    this.#freeSlots = slots;
    this.#clock = clock;
    this.#windowMs = clock.nowMs();
  }

  /** Requests per second; infinite while the service does not ask for less. */
  get rate(): number {
    return this.#rate;
  }

  /** Whether a request would be sent at once, and the service has not asked for less. */
  get isIdle(): boolean {
    return this.#freeSlots > 0 && this.#rate === Number.POSITIVE_INFINITY;
  }

  /** Whether nobody has entered, or waits. */
  get isEmpty(): boolean {
    return this.#freeSlots === this.#slots;
  }

  /** Resolves when the request may be sent. The slot is the caller's until `leave`. Rejects with the signal's reason. */
  async enter(signal?: AbortSignal): Promise<void> {
    await this.#slot(signal);
    try {
      await this.#turn(signal);
    } catch (error) {
      this.leave();
      throw error;
    }
    this.#measure();
    this.#sentInWindow++;
  }

  /** Gives the slot to whoever has waited longest. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#freeSlots++;
    else {
      this.#waiting.delete(next);
      next.enter();
    }
  }

  /** The service has refused a request because there are too many. */
  throttled(): void {
    const now = this.#clock.nowMs();
    if (now - this.#cutMs < CUT_INTERVAL_MS) return;
    this.#measure();
    const elapsed = Math.max(now - this.#windowMs, 1);
    const lately = Math.max(this.#sentPerSecond, (this.#sentInWindow * 1_000) / Math.max(elapsed, MEASURE_MS));
    this.#rate = Math.max(MIN_RATE, Math.min(this.#rate, lately) / 2);
    this.#rateAfterCut = this.#rate;
    this.#cutMs = now;
    this.#raisedMs = now;
  }

  /** The service has answered a request. */
  answered(): void {
    if (this.#rate === Number.POSITIVE_INFINITY) return;
    const now = this.#clock.nowMs();
    this.#rate += (this.#rateAfterCut / 5) * ((now - this.#raisedMs) / 1_000);
    this.#raisedMs = now;
    if (this.#rate >= this.#rateAfterCut * 4) this.#rate = Number.POSITIVE_INFINITY;
  }

  async #slot(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#freeSlots > 0) {
      this.#freeSlots--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        enter: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      const onAbort = (): void => {
        this.#waiting.delete(waiter);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiter);
    });
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#rate === Number.POSITIVE_INFINITY) return;
    const now = this.#clock.nowMs();
    const turnMs = Math.max(now, this.#nextTurnMs);
    this.#nextTurnMs = turnMs + 1_000 / this.#rate;
    if (turnMs <= now) return;
    try {
      await this.#clock.sleep(turnMs - now, signal);
    } finally {
      signal?.throwIfAborted();
    }
  }

  #measure(): void {
    const now = this.#clock.nowMs();
    const elapsed = now - this.#windowMs;
    if (elapsed < MEASURE_MS) return;
    this.#sentPerSecond = (this.#sentInWindow * 1_000) / elapsed;
    this.#sentInWindow = 0;
    this.#windowMs = now;
  }
}
