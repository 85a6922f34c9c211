/**
 * Each row of a batch several times, without copying values.
 *
 *     batch    x │ 7 │ 9 │ · │         twice each    codes │ 0 │ 0 │ 1 │ 1 │ 0 │ 0 │ ──▶ entries │ 7 │ 9 │ 0 │
 *                                                    validity 1   1   1   1   0   0
 *
 * A column of the batch is the dictionary of its repetitions, so what is worked out over it is worked out once per row of
 * the batch. Bools are copied: a bit is smaller than a code.
 */

import { BATCH_ROWS, type Batch } from '../columnar/batch.ts';
import { type Column, type Dictionary, nextDictionaryId } from '../columnar/column.ts';
import { isNested } from '../columnar/data-type.ts';
import type { Schema } from '../columnar/schema.ts';
import { GatheredColumn } from '../compile/gathered-column.ts';
import { type TakeKernels, takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';

interface RepeatedColumn {
  readonly codes: GrowingRegion;
  readonly validity: GrowingRegion;
  /** Of nested columns, which are no entries of dictionaries. */
  readonly gathered: GatheredColumn | undefined;
}

export class RepeatedRows implements Disposable {
  readonly #kernels: TakeKernels;
  readonly #scratch: readonly RepeatedColumn[];
  /** Rows of the batch, which are the codes of columns without nulls. */
  readonly #rows: GrowingRegion;
  #batch: readonly { readonly column: Column; readonly dictionary: Dictionary }[] = [];

  /** Reserves as needed under `holding`, which stays the caller's. */
  constructor(schema: Schema, holding: Holding) {
    this.#kernels = takeKernels(holding.linear);
    this.#rows = new GrowingRegion(holding);
    this.#scratch = schema.fields.map(({ type }) => ({
      codes: new GrowingRegion(holding),
      validity: new GrowingRegion(holding),
      gathered: isNested(type) ? new GatheredColumn(type, holding) : undefined,
    }));
  }

  /** The batch to repeat, lent until the last call of `columns`. */
  begin({ columns, rowCount }: Batch): void {
    this.#batch = columns.map((column) => ({
      column,
      dictionary: column.dictionary ?? {
        id: nextDictionaryId(),
        size: rowCount,
        values: { ...column, validity: 0 },
      },
    }));
  }

  /**
   * The rows [first, first + count), each `times` times, BATCH_ROWS in all at most. Valid until the next call.
   * @throws MemoryBudgetExceeded
   */
  columns(first: number, count: number, times: number): Column[] {
    this.#rows.ensure(BATCH_ROWS * 4, 0);
    this.#kernels.repeatNumbers(first, count, times, this.#rows.address);
    return this.#batch.map(({ column, dictionary }, index) => {
      const scratch = this.#scratch[index] as RepeatedColumn;
      return this.#repeat(column, dictionary, scratch, count * times);
    });
  }

  [Symbol.dispose](): void {
    this.#rows.free();
    for (const { codes, validity } of this.#scratch) {
      codes.free();
      validity.free();
    }
  }

  #repeat(column: Column, dictionary: Dictionary, scratch: RepeatedColumn, rowCount: number): Column {
    const { codes, gathered } = scratch;
    if (gathered !== undefined) return gathered.gather(column, this.#rows.address, rowCount);
    const validity = this.#repeatBits(column.validity, scratch.validity, rowCount);
    if (column.type.kind === 'null') return { ...column, validity };
    if (column.dictionary !== undefined) {
      codes.ensure(BATCH_ROWS * 4, 0);
      this.#kernels.take4(column.values, this.#rows.address, rowCount, codes.address);
      return { ...column, validity, values: codes.address };
    }
    if (column.type.kind === 'bool') {
      return { ...column, validity, values: this.#repeatBits(column.values, codes, rowCount) };
    }
    if (validity === 0) return { ...column, values: this.#rows.address, bytes: 0, dictionary };
    codes.ensure(BATCH_ROWS * 4, 0);
    this.#kernels.copyBytes(this.#rows.address, codes.address, rowCount * 4);
    this.#kernels.zeroNulls4(codes.address, rowCount, validity, 0);
    return { ...column, validity, values: codes.address, bytes: 0, dictionary };
  }

  /** 0 where `bits` is. */
  #repeatBits(bits: number, to: GrowingRegion, rowCount: number): number {
    if (bits === 0) return 0;
    to.ensure(BATCH_ROWS / 8, 0);
    this.#kernels.takeBits(bits, this.#rows.address, rowCount, to.address);
    return to.address;
  }
}
