import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Batch } from '../columnar/batch.ts';
import type { Demand, Output } from '../operators/operator.ts';
import { asCancelled } from './cancellation.ts';

/** What an edge leads to: an output that also learns when the input has ended. */
export interface Inlet extends Output {
  finish(): Promise<void>;
}

/** Longest time in milliseconds that batches flow without timers, signals and storage getting their turn. */
const TURN_MS = 10;

/**
 * Lets the event loop turn now and then. Batches that never wait for anything run on microtasks alone: without this a
 * deadline's timer would not fire, and reads ahead would not arrive, before the chain has ended.
 */
export class Turns {
  #lastMs: number = performance.now();

  due(): boolean {
    return performance.now() - this.#lastMs >= TURN_MS;
  }

  async take(): Promise<void> {
    await setImmediate();
    this.#lastMs = performance.now();
  }
}

/**
 * An edge of a running chain. It asserts the protocol: pushes never overlap, and none follows `done` or `finish`.
 * Between batches it is also where an aborted task stops, whatever its operators do.
 */
export class Edge implements Output {
  readonly #inlet: Inlet;
  readonly #turns: Turns;
  readonly #signal: AbortSignal;
  #demand: Demand = 'more';
  #pushing = false;
  #finished = false;

  constructor(inlet: Inlet, turns: Turns, signal: AbortSignal) {
    this.#inlet = inlet;
    this.#turns = turns;
    this.#signal = signal;
  }

  get demand(): Demand {
    return this.#demand;
  }

  /** For a consumer that wants nothing, before anything is pushed. */
  close(): void {
    this.#demand = 'done';
  }

  async push(batch: Batch): Promise<Demand> {
    assert.equal(this.#demand, 'more', 'a batch was pushed after its consumer was done');
    assert.ok(!this.#pushing, 'two pushes over one edge overlap');
    assert.ok(!this.#finished, 'a batch was pushed after the input had ended');
    this.#pushing = true;
    if (this.#turns.due()) await this.#turns.take();
    if (this.#signal.aborted) throw asCancelled(this.#signal.reason, this.#signal);
    this.#demand = await this.#inlet.push(batch);
    this.#pushing = false;
    return this.#demand;
  }

  async finish(): Promise<void> {
    assert.ok(!this.#pushing, 'the input ended while a batch was being pushed');
    assert.ok(!this.#finished, 'an input ended twice');
    this.#finished = true;
    await this.#inlet.finish();
  }
}
