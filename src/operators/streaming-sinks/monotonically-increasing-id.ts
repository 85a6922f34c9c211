/**
 * A number for each row that no other row has, in this task or in any other:
 *
 *     │ partition, 28 bits │ number of the row, from `offset` on, 36 bits │      uint64
 *
 * Tasks that each have a partition of their own need not know how many rows the others have.
 */

import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import { uint64 } from '../../columnar/data-type.ts';
import { identifiedSchema } from '../../columnar/reshaped-schema.ts';
import type { Schema } from '../../columnar/schema.ts';
import { ArithmeticOverflow } from '../../errors.ts';
import { rowNumberKernels } from '../../kernels/row-number-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import type { Demand, Output, StreamingRun, StreamingSink, TaskContext } from '../operator.ts';

const NAME = 'MonotonicallyIncreasingId';

const ROW_BITS = 36;
/** Rows that one partition can number. */
export const ID_ROWS: number = 2 ** ROW_BITS;
/** Partitions that there can be. */
export const ID_PARTITIONS: number = 2 ** 28;

export interface MonotonicallyIncreasingIdOptions {
  readonly input: Schema;
  /** Of the column of ids. */
  readonly name: string;
  /** Below `ID_PARTITIONS`. */
  readonly partition: number;
  /** Number of the first row, at most `ID_ROWS`. */
  readonly offset: number;
}

/**
 * Puts ids before the other columns: the rows in their order get partition × 2^36 + offset, + offset + 1, and so on.
 * @throws ArithmeticOverflow for the first row that has no number below 2^36
 */
export function monotonicallyIncreasingId(options: MonotonicallyIncreasingIdOptions): StreamingSink {
  const schema = identifiedSchema(options.name, options.input);
  return { role: 'streaming-sink', name: NAME, schema, open: (task) => new IdRun(options, schema, task) };
}

class IdRun implements StreamingRun {
  readonly #schema: Schema;
  readonly #partition: number;
  readonly #holding: Holding;
  readonly #ids: GrowingRegion;
  /** Number of the next row. */
  #next: number;

  constructor({ partition, offset }: MonotonicallyIncreasingIdOptions, schema: Schema, { memory }: TaskContext) {
    this.#schema = schema;
    this.#partition = partition;
    this.#next = offset;
    this.#holding = memory.reserve(NAME);
    this.#ids = new GrowingRegion(this.#holding);
  }

  async push({ columns, rowCount }: Batch, output: Output): Promise<Demand> {
    if (rowCount === 0) return 'more';
    if (this.#next + rowCount > ID_ROWS) {
      throw new ArithmeticOverflow(
        `${NAME}: a partition numbers rows up to ${ID_ROWS - 1}, and these go from ${this.#next} to ${this.#next + rowCount - 1}. Give the plan more tasks, each a partition of its own.`,
      );
    }
    this.#ids.ensure(BATCH_ROWS * 8, 0);
    const values = this.#ids.address;
    const first = BigInt(this.#partition) * BigInt(ID_ROWS) + BigInt(this.#next);
    rowNumberKernels(this.#holding.linear).countUp(first, rowCount, values);
    this.#next += rowCount;
    const bits = ROW_BITS + Math.ceil(Math.log2(this.#partition + 1));
    const ids = { type: uint64, validity: 0, values, bytes: 0, dictionary: undefined, width: 8, bits };
    return output.push(new Batch(this.#schema, rowCount, [ids, ...columns]));
  }

  async finish(): Promise<void> {}

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }
}
