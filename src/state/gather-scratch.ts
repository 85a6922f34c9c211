import { BATCH_ROWS, Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { isBytes, isNested } from '../columnar/data-type.ts';
import type { Schema } from '../columnar/schema.ts';
import { GatheredColumn } from '../compile/gathered-column.ts';
import { type TakeKernels, takeKernels, takeOf } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';

/** Text of one column of a batch, if it has more than one row. */
const TEXT_BYTES = 8 * 1024 * 1024;

interface ColumnScratch {
  /** Of nested columns. */
  readonly gathered: GatheredColumn | undefined;
  readonly validity: GrowingRegion;
  readonly values: GrowingRegion;
  readonly text: GrowingRegion;
}

/** Memory for one batch of gathered rows, used again for the next. */
export class GatherScratch implements Disposable {
  readonly schema: Schema;
  readonly #holding: Holding;
  readonly #kernels: TakeKernels;
  readonly #columns: readonly ColumnScratch[];

  /** Reserves as needed under `holding`, which stays the caller's. */
  constructor(schema: Schema, holding: Holding) {
    this.schema = schema;
    this.#holding = holding;
    this.#kernels = takeKernels(holding.linear);
    this.#columns = schema.fields.map(({ type }) => ({
      gathered: isNested(type) ? new GatheredColumn(type, holding) : undefined,
      validity: new GrowingRegion(holding),
      values: new GrowingRegion(holding),
      text: new GrowingRegion(holding),
    }));
  }

  /**
   * The rows of the first columns of `columns` whose uint32 numbers are at address `rows`: `count` of them, or fewer
   * where that is more than BATCH_ROWS or more text than a batch should have. Valid until the next call.
   * @throws MemoryBudgetExceeded
   */
  gather(columns: readonly Column[], rows: number, count: number): Batch {
    let taken = Math.min(count, BATCH_ROWS);
    for (const [index, scratch] of this.#columns.entries()) {
      const column = columns[index];
      if (column !== undefined) taken = this.#takeOffsets(column, scratch, rows, taken);
    }
    const gathered: Column[] = [];
    for (const [index, scratch] of this.#columns.entries()) {
      const column = columns[index];
      if (column !== undefined) gathered.push(this.#take(column, scratch, rows, taken));
    }
    return new Batch(this.schema, taken, gathered);
  }

  [Symbol.dispose](): void {
    for (const { validity, values, text } of this.#columns) {
      for (const region of [validity, values, text]) region.free();
    }
  }

  /** For a plain text column: its offsets, and how many rows its text allows. */
  #takeOffsets(column: Column, { values }: ColumnScratch, rows: number, count: number): number {
    if (!isBytes(column.type) || column.dictionary !== undefined) return count;
    values.ensure((BATCH_ROWS + 1) * 4, 0);
    return this.#kernels.takeOffsets(column.values, rows, count, TEXT_BYTES, values.address);
  }

  #take(column: Column, scratch: ColumnScratch, rows: number, count: number): Column {
    if (scratch.gathered !== undefined) return scratch.gathered.gather(column, rows, count);
    const { validity, values, text } = scratch;
    if (column.validity !== 0) {
      validity.ensure(BATCH_ROWS / 8, 0);
      this.#kernels.takeBits(column.validity, rows, count, validity.address);
    }
    if (column.dictionary !== undefined) {
      values.ensure(BATCH_ROWS * 4, 0);
      this.#kernels.take4(column.values, rows, count, values.address);
    } else if (isBytes(column.type)) {
      text.ensure(this.#holding.linear.u32[(values.address >>> 2) + count] ?? 0, 0);
      this.#kernels.takeText(column.values, column.bytes, rows, count, values.address, text.address);
    } else if (column.type.kind === 'bool') {
      values.ensure(BATCH_ROWS / 8, 0);
      this.#kernels.takeBits(column.values, rows, count, values.address);
    } else {
      values.ensure(BATCH_ROWS * column.width, 0);
      if (column.width > 0) takeOf(this.#kernels, column.width)(column.values, rows, count, values.address);
    }
    return {
      ...column,
      validity: column.validity === 0 ? 0 : validity.address,
      values: values.address,
      bytes: isBytes(column.type) && column.dictionary === undefined ? text.address : 0,
    };
  }
}
