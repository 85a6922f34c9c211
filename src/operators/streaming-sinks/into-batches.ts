/**
 * The same rows in batches of a size of one's own: for what follows and pays per batch, such as a call over a network.
 *
 *     in       │ 5 │ 5 │ 5 │ 1 │
 *     strict   │ 4 │ 4 │ 4 │ 4 │         each has `rows` rows, the last one maybe fewer
 *     else     │ 4 │ 4 │ 4 │ 4 │         each has more than four fifths of that; a batch that has is passed on as it is
 *
 * Rows are passed on where they are, as far as one batch has enough of them; only what is left of it is kept, by copying.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS, type Batch } from '../../columnar/batch.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { Holding } from '../../memory/budget.ts';
import { RowBuffer } from '../../state/row-buffer.ts';
import { sliceBatch } from '../../state/row-slice.ts';
import type { Demand, Output, StreamingRun, StreamingSink, TaskContext } from '../operator.ts';

const NAME = 'IntoBatches';

export interface IntoBatchesOptions {
  readonly input: Schema;
  /** From 1 to BATCH_ROWS: more rows than that no batch has. */
  readonly rows: number;
  /** Whether all batches but the last have just as many, instead of more than floor(0.8 × rows). */
  readonly strict: boolean;
}

/** Cuts and joins batches. Retains less than one. */
export function intoBatches(options: IntoBatchesOptions): StreamingSink {
  assert.ok(1 <= options.rows && options.rows <= BATCH_ROWS);
  return {
    role: 'streaming-sink',
    name: NAME,
    schema: options.input,
    open: (task) => new IntoBatchesRun(options, task),
  };
}

class IntoBatchesRun implements StreamingRun {
  readonly #rows: number;
  /** With so many rows, or more, a batch is passed on. */
  readonly #leastRows: number;
  readonly #holding: Holding;
  readonly #scratch: Holding;
  /** Fewer rows than make a batch. */
  readonly #kept: RowBuffer;

  constructor({ input, rows, strict }: IntoBatchesOptions, { memory }: TaskContext) {
    this.#rows = rows;
    this.#leastRows = strict ? rows : Math.floor(0.8 * rows) + 1;
    this.#holding = memory.reserve(NAME);
    this.#scratch = memory.reserve(NAME);
    this.#kept = new RowBuffer(input, this.#holding);
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    for (let start = 0; start < batch.rowCount; ) {
      const count = Math.min(this.#rows - this.#kept.rowCount, batch.rowCount - start);
      const part = sliceBatch(batch, start, count, this.#scratch);
      start += count;
      let demand: Demand = 'more';
      if (this.#kept.rowCount === 0 && count >= this.#leastRows) demand = await output.push(part);
      else {
        this.#kept.append(part);
        if (this.#kept.rowCount >= this.#leastRows) demand = await this.#pass(output);
      }
      this.#scratch.release();
      if (demand === 'done') return 'done';
    }
    return 'more';
  }

  async finish(output: Output): Promise<void> {
    if (this.#kept.rowCount > 0) await this.#pass(output);
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }

  async #pass(output: Output): Promise<Demand> {
    const demand = await output.push(this.#kept.slice(0, this.#kept.rowCount));
    this.#kept.clear();
    return demand;
  }
}
