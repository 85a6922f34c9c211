/**
 * Columns become rows, one for each column of each row.
 *
 *     id  jan  feb              id  month  sold
 *     1   10   null    ──▶      1   jan    10
 *     2   20   30               1   feb    null
 *                               2   jan    20
 *                               2   feb    30
 *
 * The rows of one row stay together, in the order of the columns: so the result does not depend on where batches are cut.
 * Values of some rows are copied column behind column, and gathered in the order of the rows.
 */

import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import { columnFromValues } from '../../columnar/column-from-values.ts';
import { utf8 } from '../../columnar/data-type.ts';
import { type Unpivoting, unpivotedSchema } from '../../columnar/reshaped-schema.ts';
import type { Field, Schema } from '../../columnar/schema.ts';
import { type RowNumberKernels, rowNumberKernels } from '../../kernels/row-number-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import type { Region } from '../../memory/linear-memory.ts';
import { ColumnBuffer } from '../../state/column-buffer.ts';
import { GatherScratch } from '../../state/gather-scratch.ts';
import { RepeatedColumn } from '../../state/repeated-column.ts';
import type { Demand, Output, StreamingOperator, StreamingOperatorRun, TaskContext } from '../operator.ts';

const NAME = 'Unpivot';

/** The ids, then the name of a column and its value: a row for each of `values`, nulls too, row by row. */
export function unpivot(options: Unpivoting): StreamingOperator {
  const schema = unpivotedSchema(options);
  return { role: 'streaming', name: NAME, schema, open: (task) => new UnpivotRun(options, schema, task) };
}

class UnpivotRun implements StreamingOperatorRun {
  readonly #options: Unpivoting;
  readonly #schema: Schema;
  readonly #holding: Holding;
  readonly #kernels: RowNumberKernels;
  readonly #ids: readonly RepeatedColumn[];
  /** The names of the value columns, one row each. */
  readonly #names: Column;
  /** The value columns of some rows, one behind the other. */
  readonly #buffer: ColumnBuffer;
  readonly #gathered: GatherScratch;
  /** Per row of the output: the row of the input, the place of its value in the buffer, and its column. */
  readonly #rows: Region;
  readonly #places: Region;
  readonly #columns: Region;
  /** The row numbers of a batch in order. */
  readonly #numbers: Region;

  constructor(options: Unpivoting, schema: Schema, { memory }: TaskContext) {
    this.#options = options;
    this.#schema = schema;
    const holding = memory.reserve(NAME);
    this.#holding = holding;
    this.#kernels = rowNumberKernels(holding.linear);
    const { input, ids, values } = options;
    const value = schema.fields.at(-1) as Field;
    this.#ids = ids.map((index) => new RepeatedColumn((input.fields[index] as Field).type, holding));
    this.#buffer = new ColumnBuffer(value.type, holding);
    this.#gathered = new GatherScratch({ fields: [value] }, holding);
    try {
      const names = values.map((index) => (input.fields[index] as Field).name);
      this.#names = columnFromValues(holding, utf8, names, { dictionary: true });
      this.#rows = holding.allocate(BATCH_ROWS * 4);
      this.#places = holding.allocate(BATCH_ROWS * 4);
      this.#columns = holding.allocate(BATCH_ROWS * 4);
      this.#numbers = holding.allocate(BATCH_ROWS * 4);
      this.#kernels.cyclicNumbers(0n, BATCH_ROWS, BATCH_ROWS, this.#numbers.address);
    } catch (error) {
      holding[Symbol.dispose]();
      throw error;
    }
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    const { ids, values } = this.#options;
    for (const [n, index] of ids.entries()) this.#ids[n]?.begin(batch.columns[index] as Column, batch.rowCount);
    const end = batch.rowCount * values.length;
    for (let first = 0; first < end; ) {
      const made = this.#batch(batch, first, this.#countFrom(first, end));
      if ((await output.push(made)) === 'done') return 'done';
      first += made.rowCount;
    }
    return 'more';
  }

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }

  /** How many rows the batch that begins with row `first` of the output has: those of whole rows where that is possible. */
  #countFrom(first: number, end: number): number {
    const { length } = this.#options.values;
    const room = first + BATCH_ROWS;
    const whole = room - (room % length);
    return Math.min(end, whole > first ? whole : room) - first;
  }

  #batch(batch: Batch, first: number, count: number): Batch {
    const { values } = this.#options;
    const firstRow = Math.floor(first / values.length);
    const rowCount = Math.ceil((first + count) / values.length) - firstRow;
    const numbers = this.#numbers.address + firstRow * 4;
    for (const [n, index] of values.entries()) {
      this.#buffer.append(batch.columns[index] as Column, numbers, rowCount, n * rowCount);
    }
    const rows = this.#rows.address;
    const places = this.#places.address;
    const from = BigInt(first);
    this.#kernels.interleavedRows(from, count, values.length, rowCount, firstRow, rows, places);
    const gathered = this.#gathered.gather([this.#buffer.column(values.length * rowCount)], places, count);
    const taken = gathered.rowCount;
    this.#kernels.cyclicNumbers(from, taken, values.length, this.#columns.address);
    const variable = { ...this.#names, validity: 0, values: this.#columns.address };
    const ids = this.#ids.map((column) => column.repeat(rows, taken));
    return new Batch(this.#schema, taken, [...ids, variable, ...gathered.columns]);
  }
}
