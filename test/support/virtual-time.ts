import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/io/clock.ts';

/** Time that moves on when nothing else happens: to the next moment that somebody waits for. */
export class VirtualTime implements Clock {
  #ms = 0;
  readonly #sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();

  readonly nowMs = (): number => this.#ms;

  readonly sleep = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const onAbort = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper = {
        atMs: this.#ms + ms,
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#sleepers.add(sleeper);
    });

  /** The result of `action`, which waits for nothing but this clock and turns of the event loop. */
  async run<Result>(action: Promise<Result>): Promise<Result> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    action.then(settle, settle);
    for (;;) {
      for (let turn = 0; turn < 4; turn++) await setImmediate();
      if (isSettled) return action;
      const [next] = [...this.#sleepers].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) throw new Error('nobody waits for time to pass, and nothing comes to an end');
      this.#sleepers.delete(next);
      this.#ms = next.atMs;
      next.wake();
    }
  }
}
