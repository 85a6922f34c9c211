/**
 * The rows [offset, offset + limit) of the input, then no more.
 *
 *     offset = 2, limit = 3      │ a b c │ d e f │ g …     in
 *                                     │ c │ d e │          out, done with the second batch
 *
 * Values are never copied. Bits are, where a slice does not start at a multiple of 64 rows: they move into scratch of at
 * most one bitmap per column and kind, which only the first batch behind the offset can need.
 */

import type { Batch } from '../../columnar/batch.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import { sliceBatch } from '../../state/row-slice.ts';
import type { Demand, Output, StreamingRun, StreamingSink } from '../operator.ts';

export interface LimitOptions {
  readonly input: Schema;
  /** Rows to pass on. */
  readonly limit: number;
  /** Rows to skip before. */
  readonly offset: number;
}

/** Passes on a range of the rows and asks for no more after it. */
export function limit({ input, limit, offset }: LimitOptions): StreamingSink {
  return {
    role: 'streaming-sink',
    name: 'Limit',
    schema: input,
    open: ({ memory }) => new LimitRun(offset, limit, memory),
  };
}

class LimitRun implements StreamingRun {
  #rowsToSkip: number;
  #rowsToTake: number;
  readonly #holding: Holding;

  constructor(rowsToSkip: number, rowsToTake: number, memory: MemoryBudget) {
    this.#rowsToSkip = rowsToSkip;
    this.#rowsToTake = rowsToTake;
    this.#holding = memory.reserve('Limit');
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    const start = Math.min(this.#rowsToSkip, batch.rowCount);
    const end = Math.min(start + this.#rowsToTake, batch.rowCount);
    this.#rowsToSkip -= start;
    this.#rowsToTake -= end - start;
    if (start === end) return this.#rowsToTake === 0 ? 'done' : 'more';
    const demand = await output.push(sliceBatch(batch, start, end - start, this.#holding));
    this.#holding.release();
    return this.#rowsToTake === 0 ? 'done' : demand;
  }

  async finish(): Promise<void> {}

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }
}
