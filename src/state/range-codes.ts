import { BATCH_ROWS, Batch } from '../columnar/batch.ts';
import { type Column, type Dictionary, nextDictionaryId } from '../columnar/column.ts';
import { isWhole } from '../columnar/data-type.ts';
import { type RangeCodeKernels, rangeCodeKernels } from '../kernels/range-code-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';

/** As many combinations of codes as a map may have. */
const MOST_NUMBERS = BATCH_ROWS;
/** Numbers beside those that were met: the next batch has others. */
const LEAST_MARGIN = 16;

/** A key column of whole numbers, and the range in which they were so far. */
interface Range {
  readonly column: number;
  least: bigint;
  size: number;
  /** Undefined until there is a range. */
  dictionary: Dictionary | undefined;
  readonly entries: GrowingRegion;
  readonly codes: GrowingRegion;
}

/**
 * Columns of whole numbers in a small range as codes, for who looks groups up by codes.
 *
 *     1993 1998 1992   ──▶   codes  1 6 0   of the dictionary  │ 1992 │ 1993 │ … │ 1998 │
 *
 * The range grows with the batches; where it becomes too large, this is given up for good.
 */
export class RangeCodes implements Disposable {
  readonly #holding: Holding;
  readonly #kernels: RangeCodeKernels;
  readonly #ranges: readonly Range[];
  readonly #bounds: GrowingRegion;
  #isGivenUp = false;

  /** Of the columns at `columns`. Reserves under `holding`, which stays the caller's. */
  constructor(columns: readonly number[], holding: Holding) {
    this.#holding = holding;
    this.#kernels = rangeCodeKernels(holding.linear);
    this.#bounds = new GrowingRegion(holding);
    this.#ranges = columns.map((column) => ({
      column,
      least: 0n,
      size: 0,
      dictionary: undefined,
      entries: new GrowingRegion(holding),
      codes: new GrowingRegion(holding),
    }));
  }

  /** Whether `apply` may make codes of a column. */
  mayApply(column: number): boolean {
    return !this.#isGivenUp && this.#ranges.some((range) => range.column === column);
  }

  /** The batch with these columns as codes, valid until the next call; as it is, where there are none. @throws MemoryBudgetExceeded */
  apply(batch: Batch): Batch {
    if (this.#isGivenUp || this.#ranges.length === 0 || batch.rowCount === 0) return batch;
    const columns = [...batch.columns];
    for (const range of this.#ranges) {
      const column = columns[range.column];
      if (column === undefined || !isPlainWhole(column)) return batch;
      const coded = this.#encode(range, column, batch.rowCount);
      if (coded === undefined) {
        this.#isGivenUp = true;
        return batch;
      }
      columns[range.column] = coded;
    }
    return new Batch(batch.schema, batch.rowCount, columns);
  }

  /** Columns stay as they are from now on. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  [Symbol.dispose](): void {
    this.#bounds.free();
    for (const { entries, codes } of this.#ranges) {
      entries.free();
      codes.free();
    }
  }

  #encode(range: Range, column: Column, rowCount: number): Column | undefined {
    const { values, width, validity } = column;
    range.codes.ensure(BATCH_ROWS * 4, 0);
    const codes = range.codes.address;
    const encodes = (): boolean =>
      range.dictionary !== undefined &&
      this.#kernels.rangeCodes(values, width, rowCount, range.least, range.size, codes) === 1;
    if (!encodes() && !(this.#widen(range, column, rowCount) && encodes())) return undefined;
    // A null is code 0; its value is a number like others, so that ranges have a 0 where there are nulls.
    if (validity !== 0) takeKernels(this.#holding.linear).zeroNulls4(codes, rowCount, validity, 0);
    return { ...column, values: codes, dictionary: range.dictionary };
  }

  /** Makes the range one of the numbers so far and those of a batch: whether it is small enough. */
  #widen(range: Range, { type, values, width }: Column, rowCount: number): boolean {
    this.#bounds.ensure(16, 0);
    this.#kernels.rangeOfValues(values, width, rowCount, this.#bounds.address);
    const { i64 } = this.#holding.linear;
    let [least, greatest] = [i64[this.#bounds.address / 8] ?? 0n, i64[this.#bounds.address / 8 + 1] ?? 0n];
    if (range.dictionary !== undefined) {
      const last = range.least + BigInt(range.size) - 1n;
      if (range.least < least) least = range.least;
      if (last > greatest) greatest = last;
    }
    const numbers = greatest - least + 1n;
    if (numbers > BigInt(MOST_NUMBERS)) return false;
    const margin = BigInt(Math.min(Math.max(LEAST_MARGIN, Number(numbers) >> 1), MOST_NUMBERS - Number(numbers))) / 2n;
    const [lowest, highest] = [-(1n << BigInt(width * 8 - 1)), (1n << BigInt(width * 8 - 1)) - 1n];
    range.least = least - margin < lowest ? lowest : least - margin;
    const last = greatest + margin > highest ? highest : greatest + margin;
    range.size = Number(last - range.least + 1n);
    range.entries.ensure(range.size * width, 0);
    this.#kernels.writeRange(range.least, range.size, width, range.entries.address);
    const entries = { type, validity: 0, values: range.entries.address, bytes: 0, dictionary: undefined, width };
    range.dictionary = { id: nextDictionaryId(), size: range.size, values: { ...entries, bits: undefined } };
    return true;
  }
}

const isPlainWhole = ({ type, dictionary, width }: Column): boolean =>
  dictionary === undefined && isWhole(type) && width <= 8;
