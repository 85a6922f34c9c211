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
 * Numbers of values of any type by their bytes, those of a dictionary once for each dictionary and not for each batch.
 */
export class NumberedValues implements Disposable {
  readonly #holding: Holding;
  readonly #number: NumberStrings;
  readonly #bytes: ValueBytes;
  /** Numbers of a dictionary's entries, and whose they are. */
  readonly #entries: GrowingRegion;
  #entriesOf = 0;

  /** Scratch comes from `holding`, whose owner disposes it after this. */
  constructor(number: NumberStrings, holding: Holding) {
    this.#holding = holding;
    this.#number = number;
    this.#bytes = new ValueBytes(holding);
    this.#entries = new GrowingRegion(holding);
  }

  /**
   * Writes the number of each row to `to`, 4 bytes each. After an error only disposing is allowed.
   * @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  number(column: Column, rowCount: number, to: number): void {
    const { dictionary } = column;
    if (dictionary === undefined || column.validity !== 0) {
      this.#numberPlain(column, rowCount, to);
      return;
    }
    if (this.#entriesOf !== dictionary.id) {
      this.#entriesOf = 0;
      this.#entries.ensure(dictionary.size * 4, 0);
      this.#numberPlain(dictionary.values, dictionary.size, this.#entries.address);
      this.#entriesOf = dictionary.id;
    }
    takeKernels(this.#holding.linear).take4(this.#entries.address, column.values, rowCount, to);
  }

  [Symbol.dispose](): void {
    this.#bytes.free();
    this.#entries.free();
  }

  #numberPlain(column: Column, rowCount: number, to: number): void {
    this.#number(this.#bytes.of(column, rowCount), column, rowCount, to);
  }
}

/** Writes the numbers of `strings`, the bytes of the rows of `column`. */
type NumberStrings = (strings: Column, column: Column, rowCount: number, to: number) => void;

/**
 * Distinct values of any type, numbered from 1 in the order of first appearance; null is 0.
 *
 *     values │ [a] │ null │ [a] │ [b] │     bytes ──▶ interner ──▶ numbers │ 1 │ 0 │ 1 │ 2 │     kept │ null │ [a] │ [b] │
 *
 * Of equal values the first one is kept, as it is.
 */
export class InternedValues implements Disposable {
  /** Enters values that are not here. */
  readonly numbers: NumberedValues;
  readonly #holding: Holding;
  readonly #interner: StringInterner;
  readonly #kept: ColumnBuffer;
  readonly #list: GrowingRegion;
  readonly #taken: ColumnBuffer;

  /** Retains its values under `holding`, which the caller disposes when this throws. @throws MemoryBudgetExceeded */
  constructor(type: DataType, holding: Holding) {
    this.#holding = holding;
    this.numbers = new NumberedValues((...values) => this.#intern(...values), holding);
    this.#interner = new StringInterner(holding);
    this.#kept = new ColumnBuffer(type, holding);
    this.#list = new GrowingRegion(holding);
    this.#taken = new ColumnBuffer(type, holding);
    using scratch = holding.budget.reserve(holding.owner);
    const number = scratch.allocate(4).address;
    const form = type.kind === 'decimal' ? ({ width: 8 } as const) : {};
    this.numbers.number(columnFromValues(scratch, type, [null], form), 1, number);
  }

  /**
   * Gives the same numbers, and enters nothing: a value that is not here has all ones. Several may read at once, while this
   * is not changed, each with `scratch` and a holding of its own.
   */
  reader(scratch: GrowingRegion, holding: Holding): NumberedValues {
    const find: NumberStrings = ({ values, bytes }, _, rowCount, to) =>
      this.#interner.find(values, bytes, rowCount, to, scratch);
    return new NumberedValues(find, holding);
  }

  /** The values of `rowCount` numbers at `numbers`, plain; valid until the next call. @throws MemoryBudgetExceeded, ColumnTooLarge */
  take(numbers: number, rowCount: number): Column {
    this.#taken.append(this.#kept.column(this.#interner.count), numbers, rowCount, 0);
    const column = this.#taken.column(rowCount);
    const present = takeKernels(this.#holding.linear).countBits(column.validity, rowCount);
    return present === rowCount ? { ...column, validity: 0 } : column;
  }

  [Symbol.dispose](): void {
    this.numbers[Symbol.dispose]();
    this.#interner[Symbol.dispose]();
    this.#kept.free();
    this.#list.free();
    this.#taken.free();
  }

  #intern({ values, bytes }: Column, column: Column, rowCount: number, to: number): void {
    const known = this.#interner.count;
    this.#interner.intern(values, bytes, rowCount, to);
    if (this.#interner.count === known) return;
    this.#list.ensure(rowCount * 4, 0);
    const list = this.#list.address;
    const found = valueBytesKernels(this.#holding.linear).listNewIds(to, rowCount, known, list);
    this.#kept.append(column, list, found, known);
  }
}
