/**
 * The rows [offset, offset + limit) of the input, then no more.
 *
 *     offset = 2, limit = 3      │ a b c │ d e f │ g …     in
 *                                     │ c │ d e │          out, done with the second batch
 *
 * Values are never copied. Bits are, where a slice does not start at a multiple of 64 rows: they move into scratch of at
 * most one bitmap per column and kind, which only the first batch behind the offset can need.
 */

import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import type { Schema } from '../../columnar/schema.ts';
import { sliceAddress, sliceColumn, slicesAt } from '../../columnar/slice.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
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
    const demand = await output.push(this.#slice(batch, start, end - start));
    this.#holding.release();
    return this.#rowsToTake === 0 ? 'done' : demand;
  }

  async finish(): Promise<void> {}

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }

  #slice(batch: Batch, start: number, rowCount: number): Batch {
    if (start === 0 && rowCount === batch.rowCount) return batch;
    const columns = batch.columns.map((column) =>
      slicesAt(column, start) ? sliceColumn(column, start) : this.#realigned(column, start, rowCount),
    );
    return new Batch(batch.schema, rowCount, columns);
  }

  #realigned(column: Column, start: number, rowCount: number): Column {
    const bits = column.type.kind === 'bool' && column.dictionary === undefined;
    return {
      ...column,
      validity: column.validity === 0 ? 0 : this.#moveBits(column.validity, start, rowCount),
      values: bits ? this.#moveBits(column.values, start, rowCount) : sliceAddress(column, start),
    };
  }

  #moveBits(from: number, start: number, rowCount: number): number {
    const { address } = this.#holding.allocate(BATCH_ROWS / 8);
    takeKernels(this.#holding.linear).copyBits(from, start, rowCount, address, 0);
    return address;
  }
}
