import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import { takeKernels, takeOf, zeroNullsOf } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';

/** Plain values of columns that come as codes, looked up once per batch and only where somebody asks. */
export class PlainColumns {
  readonly #holding: Holding;
  readonly #regions: readonly GrowingRegion[];
  readonly #known: (Column | undefined)[] = [];
  #columns: readonly Column[] = [];
  #rowCount = 0;

  constructor(count: number, holding: Holding) {
    this.#holding = holding;
    this.#regions = Array.from({ length: count }, () => new GrowingRegion(holding));
  }

  /** Begins the next batch. */
  begin(columns: readonly Column[], rowCount: number): void {
    this.#columns = columns;
    this.#rowCount = rowCount;
    this.#known.length = 0;
  }

  /** A column as it has come. */
  given(index: number): Column {
    const column = this.#columns[index];
    assert.ok(column !== undefined);
    return column;
  }

  /** Plain, but what has no fixed width keeps its codes; valid until the next `begin`. @throws MemoryBudgetExceeded */
  plain(index: number): Column {
    const known = this.#known[index];
    if (known !== undefined) return known;
    const made = this.#lookUp(this.given(index), index);
    this.#known[index] = made;
    return made;
  }

  free(): void {
    for (const region of this.#regions) region.free();
  }

  #lookUp(column: Column, index: number): Column {
    const { dictionary, type, width, validity } = column;
    if (dictionary === undefined || (width === 0 && type.kind !== 'bool')) return column;
    const kernels = takeKernels(this.#holding.linear);
    const region = this.#regions[index];
    assert.ok(region !== undefined);
    const rowCount = this.#rowCount;
    region.ensure(Math.max(rowCount * width, Math.ceil(rowCount / 64) * 8), 0);
    const values = region.address;
    const take = type.kind === 'bool' ? kernels.takeBits : takeOf(kernels, width);
    take(dictionary.values.values, column.values, rowCount, values);
    if (validity !== 0 && type.kind !== 'bool') zeroNullsOf(kernels, width)(values, rowCount, validity, 0);
    return { ...column, values, dictionary: undefined };
  }
}
