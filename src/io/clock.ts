import { setTimeout } from 'node:timers/promises';

/** Time that passes, and waiting for it: virtual in tests. */
export interface Clock {
  /** Milliseconds from some moment on, never going back. */
  readonly nowMs: () => number;
  /** Rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

export const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await setTimeout(ms, undefined, { signal });
  },
};
