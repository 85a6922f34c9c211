import type { Batch } from '../columnar/batch.ts';
import { MillraceError } from '../errors.ts';
import type { Counters, Demand, Output } from '../operators/operator.ts';
import type { OperatorStats } from '../stats/operator-stats.ts';

/**
 * Counts and times one operator of a running chain, and puts its name into the errors that begin in it.
 *
 *     call ──────────────────────────────────────▶        own time = call − downstream
 *            └─ downstream push ─▶   └─ push ─▶
 */
export class Observer {
  readonly name: string;
  #rowsIn = 0;
  #rowsOut = 0;
  #batchesIn = 0;
  #batchesOut = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #selfMs = 0;
  #passing: unknown;
  /** When its first batch left it, by `performance.now()`. */
  firstBatchAtMs: number | undefined;

  constructor(name: string) {
    this.name = name;
  }

  received(batch: Batch): void {
    this.#rowsIn += batch.rowCount;
    this.#batchesIn += 1;
    this.#bytesIn += batch.byteLength;
  }

  /** Runs `work` on this operator's clock. */
  async call<T>(work: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    try {
      return await work();
    } catch (error) {
      throw error === this.#passing ? error : named(error, this.name);
    } finally {
      this.#selfMs += performance.now() - startMs;
    }
  }

  /** Runs `open`, which is not timed: it only names the errors. */
  open<T>(open: () => T): T {
    try {
      return open();
    } catch (error) {
      throw named(error, this.name);
    }
  }

  /** `next`, with what is pushed into it counted and the time it takes off this operator's clock. */
  downstream(next: Output): Output {
    return { push: (batch) => this.#push(batch, next) };
  }

  async #push(batch: Batch, next: Output): Promise<Demand> {
    this.#rowsOut += batch.rowCount;
    this.#batchesOut += 1;
    this.#bytesOut += batch.byteLength;
    const startMs = performance.now();
    this.firstBatchAtMs ??= startMs;
    try {
      return await next.push(batch);
    } catch (error) {
      this.#passing = error;
      throw error;
    } finally {
      this.#selfMs -= performance.now() - startMs;
    }
  }

  /** Its figures at depth 0. Chains that it runs itself have their own clocks: `nestedMs` is taken off for them. */
  stats(counters: Counters, nestedMs: number): OperatorStats {
    return {
      name: this.name,
      depth: 0,
      rowsIn: this.#rowsIn,
      rowsOut: this.#rowsOut,
      batchesIn: this.#batchesIn,
      batchesOut: this.#batchesOut,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      selfMs: Math.max(0, this.#selfMs - nestedMs),
      counters,
    };
  }
}

/** Errors that are part of the contract say where they happened, once; all others stay as they are. */
function named(error: unknown, operator: string): unknown {
  if (error instanceof MillraceError && error.operator === undefined) {
    error.operator = operator;
    if (!error.message.startsWith(operator)) error.message = `${operator}: ${error.message}`;
  }
  return error;
}
