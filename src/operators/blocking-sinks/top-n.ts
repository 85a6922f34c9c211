/**
 * The rows [offset, offset + limit) of the sorted input, in memory for few rows more than twice as many.
 *
 *     batch ──before the threshold?──▶ candidates │ the first so far │ later ones │
 *                    ▲                                │ full: sort, keep the first `limit + offset`
 *                    └── the last of those ───────────┘
 *
 * Stable: candidates stay in the order of the input until they are sorted, and sorting is stable, so a later row never
 * comes before an equal one.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import type { Schema } from '../../columnar/schema.ts';
import { sortKernels } from '../../kernels/sort-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import type { Region } from '../../memory/linear-memory.ts';
import { GatherScratch } from '../../state/gather-scratch.ts';
import { RowBuffer } from '../../state/row-buffer.ts';
import { SortInput, type SortKey } from '../../state/sort-input.ts';
import { sortRows } from '../../state/sort-rows.ts';
import { SortThreshold } from '../../state/sort-threshold.ts';
import type { BlockingRun, BlockingSink, Demand, Output, TaskContext } from '../operator.ts';

export interface TopNOptions {
  readonly input: Schema;
  /** The most significant first; at least one. */
  readonly keys: readonly SortKey[];
  readonly limit: number;
  readonly offset: number;
}

/** The first rows of what `sort` would emit. Retains about twice `limit + offset` rows. */
export function topN(options: TopNOptions): BlockingSink {
  return {
    role: 'blocking-sink',
    name: 'TopN',
    schema: options.input,
    open: (task) => new TopNRun(options, task),
  };
}

class TopNRun implements BlockingRun {
  readonly #options: TopNOptions;
  /** Rows that may be in the result. */
  readonly #wanted: number;
  readonly #holding: Holding;
  readonly #input: SortInput;
  readonly #threshold: SortThreshold;
  #rows: RowBuffer;

  constructor(options: TopNOptions, { memory }: TaskContext) {
    const { input, keys, limit, offset } = options;
    const [first] = keys;
    assert.ok(first !== undefined);
    this.#options = options;
    this.#wanted = limit === 0 ? 0 : limit + offset;
    this.#holding = memory.reserve('TopN');
    this.#input = new SortInput(input, keys, this.#holding);
    this.#threshold = new SortThreshold(first, keys.length === 1, this.#holding);
    this.#rows = new RowBuffer(this.#input.schema, this.#holding);
  }

  async push(batch: Batch): Promise<Demand> {
    if (this.#wanted === 0) return 'done';
    const extended = this.#input.extend(batch);
    const firstKey = extended.columns[this.#input.firstKey];
    assert.ok(firstKey !== undefined);
    const { rows, count } = this.#threshold.candidates(firstKey, batch.rowCount);
    if (rows !== 0) this.#rows.appendRows(extended, rows, count);
    else if (count > 0) this.#rows.append(extended);
    if (this.#rows.rowCount >= 2 * this.#wanted + BATCH_ROWS) this.#keepFirst();
    return 'more';
  }

  async combine(other: BlockingRun): Promise<void> {
    assert.ok(other instanceof TopNRun);
    other.#keepFirst();
    this.#rows.absorb(other.#rows);
    this.#keepFirst();
  }

  async finish(output: Output): Promise<void> {
    const { input, offset } = this.#options;
    const end = Math.min(this.#wanted, this.#rows.rowCount);
    if (offset >= end) return;
    const permutation = this.#sorted();
    using scratch = new GatherScratch(input, this.#holding);
    for (let start = offset; start < end; ) {
      const batch = this.#rows.gather(permutation.address, start, end - start, scratch);
      if ((await output.push(batch)) === 'done') return;
      start += batch.rowCount;
    }
  }

  [Symbol.dispose](): void {
    this.#input[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }

  /** Drops the rows that cannot be in the result; those that stay are in order then. */
  #keepFirst(): void {
    if (this.#rows.rowCount <= this.#wanted) return;
    const permutation = this.#sorted();
    const kept = new RowBuffer(this.#input.schema, this.#holding);
    const all = new Batch(this.#input.schema, this.#rows.rowCount, this.#rows.columns());
    kept.appendRows(all, permutation.address, this.#wanted);
    this.#holding.free(permutation);
    this.#rows[Symbol.dispose]();
    this.#rows = kept;
    const last = kept.columns()[this.#input.firstKey];
    if (last !== undefined && this.#wanted > 0) this.#threshold.set(last, this.#wanted - 1);
  }

  /** All row numbers, in the order of the keys. */
  #sorted(): Region {
    const { rowCount } = this.#rows;
    const sorted = sortRows(this.#input.sortColumns(this.#rows.columns()), rowCount, this.#holding);
    if (sorted !== undefined) return sorted;
    const same = this.#holding.allocate(rowCount * 4);
    sortKernels(this.#holding.linear).sortRanks(0, rowCount, same.address);
    return same;
  }
}
