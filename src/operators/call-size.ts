/**
 * How many rows a call should have, found from how long calls take: a window between bounds, moved by a moving average.
 *
 *     calls take too long       the upper end comes down to what was tried, the lower end a step
 *     calls are over quickly    the lower end comes up to what was tried, the upper end a step
 *     they take as long as      the window closes around what was tried
 *       they should
 *
 * The next call has the middle of the window. After Daft's latency-constrained batching.
 */

export interface CallSizeBounds {
  readonly min: number;
  readonly max: number;
  /** Milliseconds that a call should take. */
  readonly target: number;
}

/** Calls whose averages count. */
const WINDOW = 16;
/** How far from the target is near enough. */
const TOLERANCE = 0.2;
/** The least width of the window, and the least step of one end of it, in rows. */
const WIDTH = 16;
const STEP = 4;
/** Of the first window's upper end: the first calls should not be the longest. */
const FIRST_MAX = 256;

export class CallSize {
  readonly #bounds: CallSizeBounds;
  #low: number;
  #high: number;
  readonly #calls: { readonly rows: number; readonly ms: number }[] = [];

  constructor(bounds: CallSizeBounds) {
    this.#bounds = bounds;
    this.#low = bounds.min;
    this.#high = Math.min(bounds.max, Math.max(bounds.min, FIRST_MAX));
  }

  /** Rows of the next call. */
  get rows(): number {
    return this.#clamped(Math.round((this.#low + this.#high) / 2));
  }

  /** A call of `rows` rows took `ms` milliseconds. */
  took(rows: number, ms: number): void {
    this.#calls.push({ rows, ms });
    if (this.#calls.length > WINDOW) this.#calls.shift();
    const { target, min, max } = this.#bounds;
    const averageMs = average(this.#calls.map((call) => call.ms));
    const averageRows = average(this.#calls.map((call) => call.rows));
    if (averageMs > target * (1 + TOLERANCE)) {
      this.#high = Math.max(averageRows, this.#low - 1 + WIDTH);
      this.#low = Math.max(min, this.#low - Math.max(STEP, Math.round(this.#low / 2)));
      if (this.#high <= this.#low + WIDTH) this.#high = Math.max(this.#low, Math.min(averageRows, this.#high) - STEP);
    } else if (averageMs < target * (1 - TOLERANCE)) {
      this.#low = Math.min(Math.max(averageRows, this.#high - 1 - WIDTH), max);
      this.#high = Math.min(max, this.#high + Math.max(STEP, Math.round(this.#high / 2)));
    } else {
      this.#low = averageRows - WIDTH / 2;
      this.#high = averageRows + WIDTH / 2;
    }
    this.#low = this.#clamped(this.#low);
    this.#high = Math.max(this.#low, this.#clamped(this.#high));
  }

  #clamped(rows: number): number {
    return Math.min(this.#bounds.max, Math.max(this.#bounds.min, Math.round(rows)));
  }
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
