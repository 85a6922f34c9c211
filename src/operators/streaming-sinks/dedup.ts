/**
 * Of rows with equal keys the first.
 *
 *     keys      │ a │ b │ a │ c │ b │         groups   0 1 0 2 1
 *     passed on │ a │ b │   │ c │   │         a row whose group is new
 *
 * A row that is the first is passed on at once, so that only keys are kept, and whoever has enough rows ends the reading.
 * That is why this is no blocking sink, whose runs could be combined: to take parts of the input apart from each other, let
 * what comes out of each part pass through one more of these.
 */

import type { Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import type { Field, Schema } from '../../columnar/schema.ts';
import { rowNumberKernels } from '../../kernels/row-number-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { GatherScratch } from '../../state/gather-scratch.ts';
import { GroupTable } from '../../state/group-table.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import type { Counters, Demand, Output, StreamingRun, StreamingSink, TaskContext } from '../operator.ts';

const NAME = 'Dedup';

export interface DedupOptions {
  readonly input: Schema;
  /** Positions of the columns that are compared; at least one. */
  readonly columns: readonly number[];
}

/**
 * Passes on the first row of each key, in the order of the input. Nulls are equal, NaN is equal to NaN, and -0.0 to 0.0.
 * Retains the keys: O(distinct keys) memory.
 */
export function dedup(options: DedupOptions): StreamingSink {
  return {
    role: 'streaming-sink',
    name: NAME,
    schema: options.input,
    open: (task) => new DedupRun(options, task),
  };
}

class DedupRun implements StreamingRun {
  readonly #columns: readonly number[];
  readonly #holding: Holding;
  readonly #keys: GroupTable;
  readonly #firsts: GrowingRegion;
  readonly #gathered: GatherScratch;

  constructor({ input, columns }: DedupOptions, { memory }: TaskContext) {
    this.#columns = columns;
    this.#holding = memory.reserve(NAME);
    try {
      const keys = columns.map((index) => input.fields[index] as Field);
      const nullable = keys.map((key) => key.nullable);
      this.#keys = new GroupTable(
        keys.map(({ type }) => type),
        this.#holding,
        nullable,
      );
      this.#firsts = new GrowingRegion(this.#holding);
      this.#gathered = new GatherScratch(input, this.#holding);
    } catch (error) {
      this.#holding[Symbol.dispose]();
      throw error;
    }
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    const { columns, rowCount } = batch;
    if (rowCount === 0) return 'more';
    const known = this.#keys.groupCount;
    const keys = this.#columns.map((index) => columns[index] as Column);
    const ids = this.#keys.groupIds(keys, rowCount);
    const firstCount = this.#keys.groupCount - known;
    if (firstCount === 0) return 'more';
    if (firstCount === rowCount) return output.push(batch);
    this.#firsts.ensure(rowCount * 4, 0);
    const firsts = this.#firsts.address;
    rowNumberKernels(this.#holding.linear).listFirstOfGroups(ids, rowCount, known, firsts);
    for (let at = 0; at < firstCount; ) {
      const made = this.#gathered.gather(columns, firsts + at * 4, firstCount - at);
      if ((await output.push(made)) === 'done') return 'done';
      at += made.rowCount;
    }
    return 'more';
  }

  async finish(): Promise<void> {}

  counters(): Counters {
    return { keys: this.#keys.groupCount };
  }

  [Symbol.dispose](): void {
    this.#keys[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}
