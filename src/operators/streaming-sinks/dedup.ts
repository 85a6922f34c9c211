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

import { Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import type { Field, Schema } from '../../columnar/schema.ts';
import { rowNumberKernels } from '../../kernels/row-number-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { GatherScratch } from '../../state/gather-scratch.ts';
import { GroupTable } from '../../state/group-table.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import { RadixGroups, type ScatteredRows } from '../../state/radix-groups.ts';
import type { Counters, Demand, Output, StreamingRun, StreamingSink, TaskContext } from '../operator.ts';

const NAME = 'Dedup';

export interface DedupOptions {
  readonly input: Schema;
  /** Positions of the columns that are compared; at least one. */
  readonly columns: readonly number[];
}

/**
 * Passes on the first row of each key. They come in the order of the input as long as a cache holds the keys; beyond that,
 * rows wait for others (state/radix-groups.ts). Nulls are equal, NaN is equal to NaN, and -0.0 to 0.0. Retains the keys:
 * O(distinct keys) memory.
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
  /** Positions of the columns that rows need while they wait: the table has the others. */
  readonly #carried: readonly number[];
  readonly #holding: Holding;
  readonly #keys: GroupTable;
  readonly #groups: RadixGroups;
  /** Keys of which the first row was found. */
  #known = 0;
  readonly #firsts: GrowingRegion;
  readonly #gathered: GatherScratch;
  readonly #gatheredCarried: GatherScratch;

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
      const inTable = new Set(columns.filter((_, key) => this.#keys.isExact(key)));
      this.#carried = [...input.fields.keys()].filter((index) => !inTable.has(index));
      const carried = { fields: this.#carried.map((index) => input.fields[index] as Field) };
      this.#groups = new RadixGroups(this.#keys, carried, 0, this.#holding);
      this.#firsts = new GrowingRegion(this.#holding);
      this.#gathered = new GatherScratch(input, this.#holding);
      this.#gatheredCarried = new GatherScratch(carried, this.#holding);
    } catch (error) {
      this.#holding[Symbol.dispose]();
      throw error;
    }
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    const at = (index: number): Column => batch.columns[index] as Column;
    const [keys, carried] = [this.#columns.map(at), this.#carried.map(at)];
    return this.#passFirsts(this.#groups.addScattered(keys, carried, batch.rowCount), output, batch);
  }

  async finish(output: Output): Promise<void> {
    await this.#passFirsts(this.#groups.flushScattered(), output);
  }

  /** `pushed` is the batch of rows that have not waited. */
  async #passFirsts(found: Iterable<ScatteredRows>, output: Output, pushed?: Batch): Promise<Demand> {
    for (const { ids, columns, rowCount, list, hasWaited } of found) {
      const known = this.#known;
      this.#known = this.#keys.groupCount;
      const firstCount = this.#known - known;
      if (firstCount === 0) continue;
      this.#firsts.ensure((rowCount + 1) * 4, 0);
      const firsts = this.#firsts.address;
      rowNumberKernels(this.#holding.linear).listFirstOfGroups(ids, list, rowCount, known, firsts);
      for (let at = 0; at < firstCount; ) {
        const [rows, count] = [firsts + at * 4, firstCount - at];
        const made =
          hasWaited || pushed === undefined
            ? this.#restored(columns, rows, known + at, count)
            : this.#taken(pushed, rows, count);
        if ((await output.push(made)) === 'done') return 'done';
        at += made.rowCount;
      }
    }
    return 'more';
  }

  /** The rows listed, or all, which are not copied. */
  #taken(pushed: Batch, rows: number, count: number): Batch {
    return count === pushed.rowCount ? pushed : this.#gathered.gather(pushed.columns, rows, count);
  }

  /** The first rows of the keys from number `first` on, `count` of them or fewer, out of the table and of what they have carried. */
  #restored(carried: readonly Column[], rows: number, first: number, count: number): Batch {
    const wanted = this.#keys.endOfBatch(first, first + count) - first;
    const { columns, rowCount } = this.#gatheredCarried.gather(carried, rows, wanted);
    const keys = this.#keys.keyColumns(first, first + rowCount);
    const { schema } = this.#gathered;
    const whole = schema.fields.map((_, index) => {
      const position = this.#carried.indexOf(index);
      return (position < 0 ? keys[this.#columns.indexOf(index)] : columns[position]) as Column;
    });
    return new Batch(schema, rowCount, whole);
  }

  counters(): Counters {
    return { keys: this.#keys.groupCount };
  }

  [Symbol.dispose](): void {
    this.#groups[Symbol.dispose]();
    this.#keys[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}
