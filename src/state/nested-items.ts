/**
 * The inside of a nested column that grows at its end: its offsets, and a buffer for each of its children.
 *
 *     rows       │ [a b] │ [] │ [c] │ …
 *     offsets    │ 0 │ 2 │ 2 │ 3 │ …           of lists and maps
 *     children   │ a │ b │ c │ …               items, or one row per row of a struct
 */

import assert from 'node:assert/strict';
import type { Column, Dictionary } from '../columnar/column.ts';
import { columnFromValues } from '../columnar/column-from-values.ts';
import { readValue } from '../columnar/column-values.ts';
import { childTypes, type DataType, storageType } from '../columnar/data-type.ts';
import { ColumnTooLarge } from '../errors.ts';
import { type TakeKernels, takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';

/** Offsets are int32. */
const MOST_ITEMS = 2 ** 31 - 1;

/** A buffer of one column, as `ColumnBuffer` is. */
interface ChildBuffer {
  append(from: Column, rows: number, count: number, at: number): void;
  column(rowCount: number): Column;
  byteLength(rowCount: number): number;
  trim(rowCount: number): void;
  clear(): void;
  free(): void;
}

export class NestedItems {
  readonly #type: DataType;
  readonly #stored: DataType;
  readonly #holding: Holding;
  readonly #kernels: TakeKernels;
  readonly #offsets: GrowingRegion;
  readonly #children: readonly ChildBuffer[];

  /** `open` makes the buffer of a child. */
  constructor(type: DataType, holding: Holding, open: (type: DataType) => ChildBuffer) {
    this.#type = type;
    this.#stored = storageType(type);
    this.#holding = holding;
    this.#kernels = takeKernels(holding.linear);
    this.#offsets = new GrowingRegion(holding);
    this.#children = childTypes(type).map(open);
  }

  /** As `ColumnBuffer.append`; validity is the caller's. @throws MemoryBudgetExceeded, ColumnTooLarge */
  append(from: Column, rows: number, count: number, at: number): void {
    if (from.dictionary !== undefined) {
      this.#appendEntries(from, from.dictionary, rows, count, at);
      return;
    }
    using numbers = this.#numbersOf(rows, count);
    const childAt = this.#childRows(at);
    if (this.#stored.kind === 'struct') {
      this.#appendChildren(from, numbers.address, count, childAt);
      return;
    }
    if (this.#stored.kind === 'fixed-size-list') {
      const items = count * this.#stored.size;
      if (childAt + items > MOST_ITEMS) throw new ColumnTooLarge(this.#holding.owner, childAt + items);
      using itemRows = this.#allocated(items * 4);
      this.#kernels.takeFixedItems(this.#stored.size, numbers.address, count, itemRows.address);
      this.#appendChildren(from, itemRows.address, items, childAt);
      return;
    }
    this.#offsets.ensure((at + count + 1) * 4, at === 0 ? 0 : (at + 1) * 4);
    const offsets = this.#offsets.address + at * 4;
    // What is at the first of these offsets stays as it is, so that nothing has changed where this fails.
    const end = this.#kernels.appendTakenOffsets(from.values, numbers.address, count, childAt, 0, 0, offsets);
    if (end > MOST_ITEMS) throw new ColumnTooLarge(this.#holding.owner, end);
    const items = end - childAt;
    using itemRows = this.#allocated(items * 4);
    this.#kernels.takeItems(from.values, numbers.address, count, offsets, itemRows.address - childAt * 4);
    this.#appendChildren(from, itemRows.address, items, childAt);
  }

  /** The parts of the column of the first `rowCount` rows; valid until the next append. */
  parts(rowCount: number): { readonly values: number; readonly children: readonly Column[] } {
    const childRows = this.#childRows(rowCount);
    if (this.#hasOffsets && rowCount === 0) {
      this.#offsets.ensure(8, 0);
      this.#holding.linear.u32[this.#offsets.address >>> 2] = 0;
    }
    return { values: this.#offsets.address, children: this.#children.map((child) => child.column(childRows)) };
  }

  byteLength(rowCount: number): number {
    const childRows = this.#childRows(rowCount);
    const own = this.#hasOffsets ? (rowCount + 1) * 4 : 0;
    return this.#children.reduce((bytes, child) => bytes + child.byteLength(childRows), own);
  }

  trim(rowCount: number): void {
    const childRows = this.#childRows(rowCount);
    for (const child of this.#children) child.trim(childRows);
  }

  clear(): void {
    for (const child of this.#children) child.clear();
  }

  free(): void {
    this.#offsets.free();
    for (const child of this.#children) child.free();
  }

  get #hasOffsets(): boolean {
    return this.#stored.kind === 'list' || this.#stored.kind === 'map';
  }

  /** How many rows the children have where there are `rowCount`. */
  #childRows(rowCount: number): number {
    if (this.#stored.kind === 'struct') return rowCount;
    if (this.#stored.kind === 'fixed-size-list') return rowCount * this.#stored.size;
    return rowCount === 0 ? 0 : (this.#holding.linear.u32[(this.#offsets.address >>> 2) + rowCount] ?? 0);
  }

  #appendChildren({ children = [] }: Column, rows: number, count: number, at: number): void {
    for (const [n, buffer] of this.#children.entries()) {
      const child = children[n];
      assert.ok(child !== undefined, 'a nested column without its children');
      // The number 0 stands for the first rows, which none are of a region.
      if (count > 0) buffer.append(child, rows, count, at);
      else if (at === 0) buffer.clear();
    }
  }

  /** A nested column that comes as a dictionary: a constant, or rows that were repeated. With nulls that is rare. */
  #appendEntries(from: Column, dictionary: Dictionary, rows: number, count: number, at: number): void {
    const { linear } = this.#holding;
    if (from.validity === 0 && count > 0) {
      using codes = this.#allocated(count * 4);
      if (rows === 0) this.#kernels.copyBytes(from.values, codes.address, count * 4);
      else this.#kernels.take4(from.values, rows, count, codes.address);
      this.append(dictionary.values, codes.address, count, at);
      return;
    }
    using spelled = this.#holding.budget.reserve(this.#holding.owner);
    const numberOf = (index: number): number => (rows === 0 ? index : (linear.u32[(rows >>> 2) + index] ?? 0));
    const values = Array.from({ length: count }, (_, index) => readValue(linear, from, numberOf(index)));
    this.append(columnFromValues(spelled, this.#type, values), 0, count, at);
  }

  /** Numbers of rows: those at address `rows`, or of the first ones where that is 0. */
  #numbersOf(rows: number, count: number): { address: number } & Disposable {
    if (rows !== 0) return { address: rows, [Symbol.dispose]: () => {} };
    const numbers = this.#allocated(count * 4);
    const first = numbers.address >>> 2;
    const { u32 } = this.#holding.linear;
    for (let row = 0; row < count; row += 1) u32[first + row] = row;
    return numbers;
  }

  #allocated(bytes: number): { address: number } & Disposable {
    const region = this.#holding.allocate(bytes);
    return { address: region.address, [Symbol.dispose]: () => this.#holding.free(region) };
  }
}
