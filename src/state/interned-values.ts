import type { Column } from '../columnar/column.ts';
import { columnFromValues } from '../columnar/column-from-values.ts';
import type { DataType } from '../columnar/data-type.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import { valueBytesKernels } from '../kernels/value-bytes-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { ColumnBuffer } from './column-buffer.ts';
import { GrowingRegion } from './growing-region.ts';
import { StringInterner } from './string-interner.ts';
import { ValueBytes } from './value-bytes.ts';

/**
 * Distinct values of any type, numbered from 1 in the order of first appearance; null is 0.
 *
 *     values │ [a] │ null │ [a] │ [b] │     bytes ──▶ interner ──▶ numbers │ 1 │ 0 │ 1 │ 2 │     kept │ null │ [a] │ [b] │
 *
 * Of equal values the first one is kept, as it is.
 */
export class InternedValues implements Disposable {
  readonly #holding: Holding;
  readonly #bytes: ValueBytes;
  readonly #interner: StringInterner;
  readonly #kept: ColumnBuffer;
  readonly #list: GrowingRegion;
  readonly #taken: ColumnBuffer;
  /** Numbers of a dictionary's entries, and whose they are. */
  readonly #entries: GrowingRegion;
  #entriesOf = 0;

  /** Retains its values under `holding`, which the caller disposes when this throws. @throws MemoryBudgetExceeded */
  constructor(type: DataType, holding: Holding) {
    this.#holding = holding;
    this.#bytes = new ValueBytes(holding);
    this.#interner = new StringInterner(holding);
    this.#kept = new ColumnBuffer(type, holding);
    this.#list = new GrowingRegion(holding);
    this.#taken = new ColumnBuffer(type, holding);
    this.#entries = new GrowingRegion(holding);
    using scratch = holding.budget.reserve(holding.owner);
    const number = scratch.allocate(4).address;
    const form = type.kind === 'decimal' ? ({ width: 8 } as const) : {};
    this.#number(columnFromValues(scratch, type, [null], form), 1, number);
  }

  /**
   * Writes the number of each row to `to`, 4 bytes each. After an error only disposing is allowed.
   * @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  number(column: Column, rowCount: number, to: number): void {
    const { dictionary } = column;
    if (dictionary === undefined || column.validity !== 0) {
      this.#number(column, rowCount, to);
      return;
    }
    if (this.#entriesOf !== dictionary.id) {
      this.#entriesOf = 0;
      this.#entries.ensure(dictionary.size * 4, 0);
      this.#number(dictionary.values, dictionary.size, this.#entries.address);
      this.#entriesOf = dictionary.id;
    }
    takeKernels(this.#holding.linear).take4(this.#entries.address, column.values, rowCount, to);
  }

  /** The values of `rowCount` numbers at `numbers`, plain; valid until the next call. @throws MemoryBudgetExceeded, ColumnTooLarge */
  take(numbers: number, rowCount: number): Column {
    this.#taken.append(this.#kept.column(this.#interner.count), numbers, rowCount, 0);
    const column = this.#taken.column(rowCount);
    const present = takeKernels(this.#holding.linear).countBits(column.validity, rowCount);
    return present === rowCount ? { ...column, validity: 0 } : column;
  }

  [Symbol.dispose](): void {
    this.#bytes.free();
    this.#interner[Symbol.dispose]();
    this.#kept.free();
    this.#list.free();
    this.#taken.free();
    this.#entries.free();
  }

  #number(column: Column, rowCount: number, to: number): void {
    const known = this.#interner.count;
    const { values, bytes } = this.#bytes.ofColumn(column, rowCount);
    this.#interner.intern(values, bytes, rowCount, to);
    if (this.#interner.count === known) return;
    this.#list.ensure(rowCount * 4, 0);
    const list = this.#list.address;
    const found = valueBytesKernels(this.#holding.linear).listNewIds(to, rowCount, known, list);
    this.#kept.append(column, list, found, known);
  }
}
