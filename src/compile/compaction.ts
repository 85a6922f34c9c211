/** Columns of the rows that a filter has left, written densely into memory that is used again for the next batch. */

import type { Column } from '../columnar/column.ts';
import { isBytes } from '../columnar/data-type.ts';
import { compactKernels } from '../kernels/compact-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GatheredColumn } from './gathered-column.ts';
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
  readonly #rows: Scratch;
  /** Of nested columns. */
  #gathered: GatheredColumn | undefined;

  constructor(holding: Holding) {
    this.#holding = holding;
    this.#values = new Scratch(holding);
    this.#validity = new Scratch(holding);
    this.#bytes = new Scratch(holding);
    this.#rows = new Scratch(holding);
  }

  /** A dictionary column keeps its dictionary. @throws MemoryBudgetExceeded */
  compact(column: Column, { bitmap, rowCount, survivors }: Selection): Column {
    const kernels = compactKernels(this.#holding.linear);
    if (column.children !== undefined && column.dictionary === undefined) {
      const rows = this.#rows.ensure(survivors * 4);
      kernels.listChosen(bitmap, rowCount, rows);
      this.#gathered ??= new GatheredColumn(column.type, this.#holding);
      return this.#gathered.gather(column, rows, survivors);
    }
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
    if (column.dictionary === undefined && isBytes(column.type)) {
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
