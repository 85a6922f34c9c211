import assert from 'node:assert/strict';
import { BATCH_ROWS, type Batch } from '../../columnar/batch.ts';
import { batchFromRows } from '../../columnar/column-from-values.ts';
import { readRows } from '../../columnar/column-values.ts';
import type { Value } from '../../columnar/value.ts';
import type { PartitionPiece } from '../../io/shuffle/shuffle-format.ts';
import { pieceRow, SHUFFLE_RESULT } from '../../io/shuffle/shuffle-result.ts';
import type { Holding } from '../../memory/budget.ts';
import type { BlockingRun, BlockingSink, Demand, Output, TaskContext } from '../operator.ts';

export interface CommitShuffleOptions {
  /** Makes what was written the result of the task, and gives what is its result then. */
  readonly commit: (pieces: readonly PartitionPiece[]) => Promise<readonly PartitionPiece[]>;
}

/**
 * Commits the shuffle objects that were written before it, and emits a row per piece of the result: those written here,
 * or those of another attempt at the same task, where that was first.
 */
export function commitShuffle({ commit }: CommitShuffleOptions): BlockingSink {
  return {
    role: 'blocking-sink',
    name: 'CommitShuffle',
    schema: SHUFFLE_RESULT,
    open: (task) => new CommitShuffleRun(commit, task),
  };
}

/** What is remembered of a piece and of each of its ranges, as objects. */
const PIECE_BYTES = 256;
const RANGE_BYTES = 128;

class CommitShuffleRun implements BlockingRun {
  readonly #commit: CommitShuffleOptions['commit'];
  readonly #task: TaskContext;
  readonly #holding: Holding;
  readonly #pieces: PartitionPiece[] = [];

  constructor(commit: CommitShuffleOptions['commit'], task: TaskContext) {
    this.#commit = commit;
    this.#task = task;
    this.#holding = task.memory.reserve('CommitShuffle');
  }

  async push(batch: Batch): Promise<Demand> {
    for (const row of readRows(this.#holding.linear, batch)) this.#keep(pieceOf(row));
    return 'more';
  }

  async combine(other: BlockingRun): Promise<void> {
    assert.ok(other instanceof CommitShuffleRun);
    for (const piece of other.#pieces) this.#keep(piece);
  }

  async finish(output: Output): Promise<void> {
    this.#task.signal.throwIfAborted();
    const pieces = await this.#commit(this.#pieces);
    for (let start = 0; start < pieces.length; start += BATCH_ROWS) {
      using holding = this.#task.memory.reserve('CommitShuffle');
      const rows = pieces
        .slice(start, start + BATCH_ROWS)
        .map(({ partition, path, ranges }) => pieceRow(partition, path, ranges));
      if ((await output.push(batchFromRows(holding, SHUFFLE_RESULT, rows))) === 'done') return;
    }
  }

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }

  #keep(piece: PartitionPiece): void {
    this.#holding.grow(PIECE_BYTES + RANGE_BYTES * piece.ranges.length);
    this.#pieces.push(piece);
  }
}

function pieceOf([partition, path, , , ranges]: readonly Value[]): PartitionPiece {
  const numbers = (ranges as readonly (readonly Value[])[]).map((range) => range.map(Number));
  return {
    partition: Number(partition),
    path: String(path),
    ranges: numbers.map(([offset = 0, bytes = 0, rows = 0, skip = 0]) => ({ offset, bytes, rows, skip })),
  };
}
