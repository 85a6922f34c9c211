/** Chosen rows of a column of any type, in any order, in memory that is used again for the next batch. */

import { childRowCount, listChildRows, writeListOffsets } from '../columnar/child-rows.ts';
import type { Column } from '../columnar/column.ts';
import { childTypes, type DataType, isBytes, storageType } from '../columnar/data-type.ts';
import { type TakeKernels, takeKernels, takeOf } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { bitmapBytes, Scratch } from './scratch.ts';

/** Offsets are int32. */
const MOST_BYTES = 2 ** 31 - 1;

export class GatheredColumn {
  readonly #holding: Holding;
  readonly #kernels: TakeKernels;
  readonly #validity: Scratch;
  readonly #values: Scratch;
  readonly #bytes: Scratch;
  readonly #childRows: Scratch;
  readonly #children: readonly GatheredColumn[];

  constructor(type: DataType, holding: Holding) {
    this.#holding = holding;
    this.#kernels = takeKernels(holding.linear);
    this.#validity = new Scratch(holding);
    this.#values = new Scratch(holding);
    this.#bytes = new Scratch(holding);
    this.#childRows = new Scratch(holding);
    this.#children = childTypes(type).map((child) => new GatheredColumn(child, holding));
  }

  /**
   * The rows whose `count` uint32 numbers are at address `rows`; a dictionary stays. Valid until the next call.
   * @throws MemoryBudgetExceeded
   */
  gather(column: Column, rows: number, count: number): Column {
    let validity = 0;
    if (column.validity !== 0) {
      validity = this.#validity.ensure(bitmapBytes(count));
      this.#kernels.takeBits(column.validity, rows, count, validity);
    }
    if (column.dictionary !== undefined) {
      const values = this.#values.ensure(count * 4);
      this.#kernels.take4(column.values, rows, count, values);
      return { ...column, validity, values };
    }
    if (column.children !== undefined) return { ...this.#nested(column, column.children, rows, count), validity };
    if (isBytes(column.type)) return { ...this.#texts(column, rows, count), validity };
    if (column.type.kind === 'bool') {
      const values = this.#values.ensure(bitmapBytes(count));
      this.#kernels.takeBits(column.values, rows, count, values);
      return { ...column, validity, values };
    }
    const values = this.#values.ensure(count * column.width);
    if (column.width > 0) takeOf(this.#kernels, column.width)(column.values, rows, count, values);
    return { ...column, validity, values };
  }

  #texts(column: Column, rows: number, count: number): Column {
    const values = this.#values.ensure((count + 1) * 4);
    this.#kernels.takeOffsets(column.values, rows, count, MOST_BYTES, values);
    const bytes = this.#bytes.ensure(this.#holding.linear.u32[(values >>> 2) + count]!);
    this.#kernels.takeText(column.values, column.bytes, rows, count, values, bytes);
    return { ...column, values, bytes };
  }

  #nested(column: Column, children: readonly Column[], rows: number, count: number): Column {
    const { linear } = this.#holding;
    const { kind } = storageType(column.type);
    if (kind === 'struct') {
      return { ...column, children: this.#children.map((child, n) => child.gather(children[n]!, rows, count)) };
    }
    const items = childRowCount(linear, column, rows, count);
    const childRows = this.#childRows.ensure(items * 4);
    listChildRows(linear, column, rows, count, childRows);
    let values = 0;
    if (kind !== 'fixed-size-list') {
      values = this.#values.ensure((count + 1) * 4);
      writeListOffsets(linear, column, rows, count, 0, values);
    }
    const child = this.#children[0]!.gather(children[0]!, childRows, items);
    return { ...column, values, children: [child] };
  }
}
