/**
 * Cuts its rows, in their order, into pieces of equal size.
 *
 *     rows    │ page │ page │ page │ page │        written as they come: nothing waits for the last row
 *     pieces  │   0    │   1    │   2   │          cut afterwards; a page at a border belongs to both
 */

import assert from 'node:assert/strict';
import type { Batch } from '../../columnar/batch.ts';
import { rangesOfRows } from '../../io/shuffle/shuffle-format.ts';
import { SHUFFLE_RESULT } from '../../io/shuffle/shuffle-result.ts';
import type { BlockingRun, BlockingSink, Counters, Demand, Output, TaskContext } from '../operator.ts';
import { pushPieces, type ShuffleOptions, ShuffleOutput, shuffleCounters } from './shuffle-output.ts';

export interface IntoPartitionsOptions extends ShuffleOptions {
  readonly partitions: number;
}

/** Emits where each piece is: `SHUFFLE_RESULT`. All have ceil(rows / partitions) rows, the last ones fewer or none. */
export function intoPartitions(options: IntoPartitionsOptions): BlockingSink {
  const name = 'IntoPartitions';
  return {
    role: 'blocking-sink',
    name,
    schema: SHUFFLE_RESULT,
    open: (task) => new IntoPartitionsRun(options, name, task),
  };
}

export class IntoPartitionsRun implements BlockingRun {
  readonly #partitions: number;
  readonly #name: string;
  readonly #task: TaskContext;
  /** Of this run, and of those that were combined with it, in the order of their rows. */
  readonly #outputs: ShuffleOutput[];

  constructor(options: IntoPartitionsOptions, name: string, task: TaskContext) {
    this.#partitions = options.partitions;
    this.#name = name;
    this.#task = task;
    this.#outputs = [new ShuffleOutput(options, name, task)];
  }

  async push(batch: Batch): Promise<Demand> {
    const [output] = this.#outputs;
    assert.ok(output !== undefined);
    if (batch.rowCount > 0) await (await output.writer()).append(batch, 0, batch.rowCount);
    return 'more';
  }

  /** Runs do not share objects. */
  async combine(other: BlockingRun): Promise<void> {
    assert.ok(other instanceof IntoPartitionsRun);
    this.#outputs.push(...other.#outputs.splice(0));
  }

  async finish(output: Output): Promise<void> {
    for (const one of this.#outputs) await one.flush();
    const written = this.#outputs.filter(({ rowCount }) => rowCount > 0);
    const rowCount = written.reduce((rows, one) => rows + one.rowCount, 0);
    const pieceRows = Math.ceil(rowCount / this.#partitions);
    const objects = [];
    let before = 0;
    for (const one of written.length > 0 ? written : this.#outputs.slice(0, 1)) {
      const pages = one.pagesOf(0);
      const first = before;
      const pieces = Array.from({ length: this.#partitions }, (_, piece) =>
        rangesOfRows(pages, piece * pieceRows - first, pieceRows),
      );
      objects.push(await one.close(pieces));
      before += one.rowCount;
    }
    await pushPieces(objects, this.#partitions, output, this.#task, this.#name);
  }

  counters(): Counters {
    return shuffleCounters(this.#outputs);
  }

  [Symbol.dispose](): void {
    for (const output of this.#outputs) output[Symbol.dispose]();
  }
}
