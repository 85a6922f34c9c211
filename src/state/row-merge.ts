import { BATCH_ROWS } from '../columnar/batch.ts';
import { type MergeKernels, mergeKernels, mergeStateBytes, writeMergeState } from '../kernels/merge-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import type { SortedSide } from './sorted-side.ts';

/** Rows of the two sides beside each other: addresses of `count` row numbers. */
export interface RowPairs {
  readonly left: number;
  readonly right: number;
  readonly count: number;
}

/** Goes through two sorted sides at once and gives the pairs of rows, part by part. */
export class RowMerge {
  readonly #kernels: MergeKernels;
  readonly #state: Region;
  readonly #left: Region;
  readonly #right: Region;

  /**
   * Over sides that are sorted and do not change any more; `output` adds up members of MERGE_OUTPUT. What it needs comes
   * from `holding`, whose disposal frees it. @throws MemoryBudgetExceeded
   */
  constructor(left: SortedSide, right: SortedSide, output: number, holding: Holding) {
    this.#kernels = mergeKernels(holding.linear);
    const sides = [left.side(), right.side()] as const;
    this.#state = holding.allocate(mergeStateBytes(sides[0].keys.length));
    writeMergeState(holding.linear, this.#state.address, sides, output);
    this.#left = holding.allocate(BATCH_ROWS * 4);
    this.#right = holding.allocate(BATCH_ROWS * 4);
  }

  /** The next pairs, BATCH_ROWS of them at most, none at the end. Valid until the next call. */
  next(): RowPairs {
    const [left, right] = [this.#left.address, this.#right.address];
    return { left, right, count: this.#kernels.mergeJoin(this.#state.address, BATCH_ROWS, left, right) };
  }
}
