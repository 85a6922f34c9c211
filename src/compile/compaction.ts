/** Columns of the rows that a filter has left, written densely into memory that is used again for the next batch. */

import type { Column } from '../columnar/column.ts';
import { compactKernels } from '../kernels/compact-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { bitmapBytes, Scratch } from './scratch.ts';

/** The rows that are wanted: a bitmap over all rows, with zeros behind the last, and how many bits are set. */
export interface Selection {
  readonly bitmap: number;
  readonly rowCount: number;
  readonly survivors: number;
}

/** The dense form of one column; every call overwrites the result of the one before. */
export class Compaction {
  readonly #holding: Holding;
  readonly #values: Scratch;
  readonly #validity: Scratch;
  readonly #bytes: Scratch;

  constructor(holding: Holding) {
    this.#holding = holding;
    this.#values = new Scratch(holding);
    this.#validity = new Scratch(holding);
    this.#bytes = new Scratch(holding);
  }

  /** A dictionary column keeps its dictionary. @throws MemoryBudgetExceeded */
  compact(column: Column, { bitmap, rowCount, survivors }: Selection): Column {
    const kernels = compactKernels(this.#holding.linear);
    let validity = 0;
    if (column.validity !== 0) {
      validity = this.#validity.ensure(bitmapBytes(survivors));
      kernels.compactBits(column.validity, bitmap, rowCount, validity);
    }
    if (column.dictionary === undefined && column.type.kind === 'bool') {
      const values = this.#values.ensure(bitmapBytes(survivors));
      kernels.compactBits(column.values, bitmap, rowCount, values);
      return { ...column, values, validity };
    }
    if (column.dictionary === undefined && column.type.kind === 'utf8') {
      const values = this.#values.ensure((survivors + 1) * 4);
      const textBytes = kernels.compactOffsets(column.values, bitmap, rowCount, values);
      const bytes = this.#bytes.ensure(textBytes);
      kernels.compactText(column.values, column.bytes, bitmap, rowCount, bytes);
      return { ...column, values, bytes, validity };
    }
    const width = column.dictionary === undefined ? column.width : 4;
    const values = this.#values.ensure(survivors * width);
    kernels.compactValues(width, column.values, bitmap, rowCount, values);
    return { ...column, values, validity };
  }
}
