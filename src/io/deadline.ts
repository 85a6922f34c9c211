import { clearTimeout, setTimeout } from 'node:timers';

/** The slowest transfer that is waited for: 100 bytes per millisecond. */
const MS_PER_BYTE = 1 / 100;

/** The signal of one request: it follows the caller's, and time. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #callers: AbortSignal | undefined;
  readonly #follow = (): void => this.#controller.abort(this.#callers?.reason);

  /** Aborted after `ms` milliseconds, and 10 s more for each MB of `bytes`, or when `callers` is. */
  constructor(ms: number, bytes: number, callers: AbortSignal | undefined) {
    const allMs = ms + bytes * MS_PER_BYTE;
    this.#callers = callers;
    if (callers?.aborted) this.#follow();
    callers?.addEventListener('abort', this.#follow, { once: true });
    this.#timer = setTimeout(() => {
      this.#controller.abort(new Error(`it took longer than ${Math.round(allMs / 1000)} s`));
    }, allMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#callers?.removeEventListener('abort', this.#follow);
  }
}
