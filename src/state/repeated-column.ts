/**
 * Rows of a batch as often as they are wanted, at a cost that does not depend on how large a value is:
 *
 *     numbers        gathered
 *     dictionaries   their codes are gathered
 *     all else       a dictionary, whose entries are the rows of the batch: the row numbers are the codes
 */

import { type Column, type Dictionary, nextDictionaryId } from '../columnar/column.ts';
import type { DataType } from '../columnar/data-type.ts';
import { GatheredColumn } from '../compile/gathered-column.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';

/** Wider values are not worth copying. */
const WIDEST_COPY_BYTES = 16;

export class RepeatedColumn {
  readonly #holding: Holding;
  readonly #gathered: GatheredColumn;
  readonly #codes: GrowingRegion;
  #column: Column | undefined;
  #entries: Dictionary | undefined;

  /** Scratch memory comes from `holding`, whose owner disposes it. */
  constructor(type: DataType, holding: Holding) {
    this.#holding = holding;
    this.#gathered = new GatheredColumn(type, holding);
    this.#codes = new GrowingRegion(holding);
  }

  /** Begins with the next batch, of which this is the column. */
  begin(column: Column, rowCount: number): void {
    this.#column = column;
    const isCopied =
      column.dictionary !== undefined ||
      column.type.kind === 'bool' ||
      column.type.kind === 'null' ||
      (0 < column.width && column.width <= WIDEST_COPY_BYTES);
    // What lies under nulls is an entry too, which no code of a row that is not null means.
    const values = { ...column, validity: 0 };
    this.#entries = isCopied ? undefined : { id: nextDictionaryId(), size: rowCount, values };
  }

  /**
   * The rows whose `count` uint32 numbers are at address `rows`; valid as long as those and the batch are, and until the
   * next call. @throws MemoryBudgetExceeded
   */
  repeat(rows: number, count: number): Column {
    const column = this.#column as Column;
    const dictionary = this.#entries;
    if (dictionary === undefined) return this.#gathered.gather(column, rows, count);
    const { type, width, bits } = column;
    const base = { type, bytes: 0, dictionary, width, bits };
    if (column.validity === 0) return { ...base, validity: 0, values: rows };
    const kernels = takeKernels(this.#holding.linear);
    const bitmapBytes = Math.ceil(count / 64) * 8;
    this.#codes.ensure(bitmapBytes + count * 4, 0);
    const validity = this.#codes.address;
    const codes = validity + bitmapBytes;
    kernels.takeBits(column.validity, rows, count, validity);
    kernels.copyBytes(rows, codes, count * 4);
    kernels.zeroNulls4(codes, count, validity, 0);
    return { ...base, validity, values: codes };
  }
}
