/**
 * Chosen rows of a column of any type, in any order, in memory that is used again for the next batch.
 *
 *     column    │ a │ – │ c │        rows │ 2 │ 2 │ 0 │ 1 │      present  1 0 1 1
 *               │ c │ – │ a │ – │                               a row that is not present is null
 */

import type { Column } from '../columnar/column.ts';
import { childTypes, type DataType, isBytes, storageType } from '../columnar/data-type.ts';
import { ColumnTooLarge } from '../errors.ts';
import { type TakeKernels, takeKernels, takeOf, zeroNullsOf } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { bitmapBytes, Scratch } from './scratch.ts';

/** Offsets are int32. */
const MOST_BYTES = 0x7fff_ffff;

export class GatheredColumn {
  readonly #holding: Holding;
  readonly #kernels: TakeKernels;
  readonly #validity: Scratch;
  readonly #values: Scratch;
  readonly #bytes: Scratch;
  readonly #childRows: Scratch;
  readonly #childPresent: Scratch;
  readonly #children: readonly GatheredColumn[];

  constructor(type: DataType, holding: Holding) {
    this.#holding = holding;
    this.#kernels = takeKernels(holding.linear);
    this.#validity = new Scratch(holding);
    this.#values = new Scratch(holding);
    this.#bytes = new Scratch(holding);
    this.#childRows = new Scratch(holding);
    this.#childPresent = new Scratch(holding);
    this.#children = childTypes(type).map((child) => new GatheredColumn(child, holding));
  }

  /**
   * The rows whose `count` uint32 numbers are at address `rows`; a dictionary stays. Where `present` is not 0, it is the
   * address of a bitmap, and a row whose bit is 0 becomes null, whatever its number, which need not be that of a row.
   * Valid until the next call.
   * @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  gather(column: Column, rows: number, count: number, present: number = 0): Column {
    const validity = this.#validityOf(column.validity, rows, count, present);
    if (column.dictionary !== undefined) {
      const values = this.#values.ensure(count * 4);
      this.#kernels.take4(column.values, rows, count, values);
      if (present !== 0) this.#kernels.zeroNulls4(values, count, present, 0);
      return { ...column, validity, values };
    }
    if (column.children !== undefined) {
      return { ...this.#nested(column, column.children, rows, count, present), validity };
    }
    if (isBytes(column.type)) return { ...this.#texts(column, rows, count, present), validity };
    if (column.type.kind === 'bool') {
      const values = this.#values.ensure(bitmapBytes(count));
      this.#kernels.takeBits(column.values, rows, count, values);
      if (present !== 0) this.#kernels.zeroNullBits(values, count, present, 0);
      return { ...column, validity, values };
    }
    const { width } = column;
    const values = this.#values.ensure(count * width);
    if (width > 0) takeOf(this.#kernels, width)(column.values, rows, count, values);
    if (width > 0 && present !== 0) zeroNullsOf(this.#kernels, width)(values, count, present, 0);
    return { ...column, validity, values };
  }

  #validityOf(from: number, rows: number, count: number, present: number): number {
    if (from === 0) return present;
    const validity = this.#validity.ensure(bitmapBytes(count));
    this.#kernels.takeBits(from, rows, count, validity);
    if (present !== 0) this.#kernels.zeroNullBits(validity, count, present, 0);
    return validity;
  }

  #texts(column: Column, rows: number, count: number, present: number): Column {
    const { values, end } = this.#offsets(column, rows, count, present);
    const bytes = this.#bytes.ensure(end);
    this.#kernels.takeText(column.values, column.bytes, rows, count, values, bytes);
    return { ...column, values, bytes };
  }

  #nested(column: Column, children: readonly Column[], rows: number, count: number, present: number): Column {
    const stored = storageType(column.type);
    if (stored.kind === 'struct') {
      return {
        ...column,
        children: this.#children.map((child, n) => child.gather(children[n]!, rows, count, present)),
      };
    }
    const child = this.#children[0]!;
    if (stored.kind === 'fixed-size-list') {
      const items = count * stored.size;
      const childRows = this.#childRows.ensure(items * 4);
      this.#kernels.takeFixedItems(stored.size, rows, count, childRows);
      const childPresent = present === 0 ? 0 : this.#childPresent.ensure(bitmapBytes(items));
      if (present !== 0) this.#kernels.repeatBits(present, count, stored.size, childPresent);
      return { ...column, children: [child.gather(children[0]!, childRows, items, childPresent)] };
    }
    const { values, end } = this.#offsets(column, rows, count, present);
    const childRows = this.#childRows.ensure(end * 4);
    this.#kernels.takeItems(column.values, rows, count, values, childRows);
    return { ...column, values, children: [child.gather(children[0]!, childRows, end)] };
  }

  /** Offsets from 0 of texts or lists, and where they end. */
  #offsets(column: Column, rows: number, count: number, present: number): { values: number; end: number } {
    const values = this.#values.ensure((count + 1) * 4);
    const end = this.#kernels.appendTakenOffsets(column.values, rows, count, 0, present, 0, values);
    if (end > MOST_BYTES) throw new ColumnTooLarge(this.#holding.owner, end);
    return { values, end };
  }
}
