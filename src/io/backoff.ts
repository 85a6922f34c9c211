/**
 * Trying again after a failure that may pass: exponential backoff with full jitter (Brooker, "Exponential Backoff And
 * Jitter", AWS Architecture Blog, 2015), which spreads the clients that one outage has synchronised.
 */

import { setTimeout } from 'node:timers/promises';
import { StorageUnavailable } from '../errors.ts';

export interface RetryPolicy {
  /** Tries in all, the first included. */
  readonly attempts: number;
  /** The n-th wait is random between 0 and `baseMs` × 2ⁿ, at most `maxMs`. */
  readonly baseMs: number;
  readonly maxMs: number;
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Waits up to about 12 seconds in all. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  attempts: 8,
  baseMs: 100,
  maxMs: 5_000,
  sleep: async (ms, signal) => {
    await setTimeout(ms, undefined, { signal });
  },
  random: Math.random,
};

/** Services that ask for more wait for nobody: a task has a deadline. */
const MOST_ASKED_MS = 20_000;

/** Waits before try number `attempt` + 1, where `attempt` counts from 1; what a service asks for is waited besides. */
export async function backOff(
  policy: RetryPolicy,
  attempt: number,
  signal?: AbortSignal,
  askedMs: number = 0,
): Promise<void> {
  signal?.throwIfAborted();
  const ceilingMs = Math.min(policy.maxMs, policy.baseMs * 2 ** (attempt - 1));
  await policy.sleep(Math.min(askedMs, MOST_ASKED_MS) + policy.random() * ceilingMs, signal);
  signal?.throwIfAborted();
}

/** Runs `action` until it succeeds, fails in a way that `mayPass` refuses, or has used up its tries. */
export async function retry<Result>(
  policy: RetryPolicy,
  mayPass: (error: unknown) => boolean,
  action: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt >= policy.attempts || !mayPass(error)) throw error;
      await backOff(policy, attempt, signal, error instanceof StorageUnavailable ? error.retryAfterMs : 0);
    }
  }
}
