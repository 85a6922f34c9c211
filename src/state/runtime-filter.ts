/**
 * What a complete build side tells of one of its keys, so that whoever reads the probe side need not read, or pass on,
 * what has none of them.
 *
 *     range    the least and the greatest, of whole numbers         rules out files, row groups, pages
 *     values   all of them, where they are few                      the same, by dictionaries and bloom filters too
 *     bits     one for each number of the range, where that is      rules out rows, and ranges without a bit
 *              not much larger than the keys are many;
 *              else a bloom filter of hashes, 16 bits a key         rules out rows
 *
 * It never rules out a key that is there. A bloom filter keeps one in a hundred that is not.
 */

import { BATCH_ROWS } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { readValue } from '../columnar/column-values.ts';
import { type DataType, fixedWidth, isFloat, isUnsigned, isWhole } from '../columnar/data-type.ts';
import { type Value, wholeOf } from '../columnar/value.ts';
import { ColumnTooLarge, MemoryBudgetExceeded } from '../errors.ts';
import { canHash, hashColumn } from '../kernels/hash-kernels.ts';
import { rangeCodeKernels } from '../kernels/range-code-kernels.ts';
import { runtimeFilterKernels } from '../kernels/runtime-filter-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { JoinRows } from './join-rows.ts';

/** Keys of at most so many rows are listed. */
const FEW_ROWS = 128;
/** Bits that a cache holds whatever the keys, and else for each of them. */
const FEW_BITS: number = 1 << 23;
const BITS_PER_KEY = 64;
const BLOOM_BITS_PER_KEY = 16;
const MAX_BYTES: number = 16 << 20;
/** Of the budget at most this is taken for what only saves work. */
const BUDGET_SHARE = 1 / 32;

const HASH = { hash: 'xxhash64', seed: 0x6b657973n } as const;
const HASH_BYTES = 8;

/** From the least to the greatest; both are there. */
interface Range {
  readonly least: bigint;
  readonly greatest: bigint;
}

type Bits =
  /** Bit n is that of `least + n`. */
  | { readonly kind: 'range'; readonly address: number; readonly least: bigint; readonly span: bigint }
  /** `mask` is the number of words less one. */
  | { readonly kind: 'bloom'; readonly address: number; readonly mask: number };

export class RuntimeFilter {
  /** Whether a key is null that meets nulls. */
  readonly hasNull: boolean;
  /** All keys but null, or more, each once; undefined where they are many. */
  readonly values: readonly Value[] | undefined;
  readonly #range: Range | undefined;
  readonly #bits: Bits | undefined;
  readonly #holding: Holding;

  /** Of the rows of a build side that can be met; undefined where nothing can be told. Retains bits under `holding`, where there is room. */
  static of(rows: JoinRows, key: number, holding: Holding): RuntimeFilter | undefined {
    const type = rows.keys[key]?.type;
    if (type === undefined || !(isNumbered(type) || canHash(type))) return undefined;
    try {
      return new RuntimeFilter(rows, key, type, holding);
    } catch (error) {
      // What only saves work is not worth failing for.
      if (error instanceof MemoryBudgetExceeded || error instanceof ColumnTooLarge) return undefined;
      throw error;
    }
  }

  private constructor(rows: JoinRows, key: number, type: DataType, holding: Holding) {
    this.#holding = holding;
    const { rowCount } = rows.rows;
    const columns = (): Generator<[Column, number]> => keyColumns(rows, key, rowCount);
    let hasNull = false;
    const values = rowCount <= FEW_ROWS && isComparable(type) ? new Set<Value>() : undefined;
    for (const [column, count] of columns()) {
      hasNull ||= column.validity !== 0;
      for (let row = 0; values !== undefined && row < count; row += 1)
        values.add(readValue(holding.linear, column, row));
    }
    values?.delete(null);
    this.hasNull = hasNull;
    this.values = values && [...values];
    // Under nulls are zeros, which then count as keys.
    const signed = isNumbered(type) && rowCount > 0 ? rangeOf(columns(), holding) : undefined;
    this.#bits =
      signed === undefined ? this.#bloomOf(columns(), type, rowCount) : this.#bitsOf(columns(), signed, rowCount);
    // Numbers without a sign were read as if they had one: the upper half of them is below the lower.
    this.#range = signed === undefined || (isUnsigned(type) && signed.least < 0n) ? undefined : signed;
  }

  /** Whether `test` can rule out rows. */
  get hasBits(): boolean {
    return this.#bits !== undefined;
  }

  /** Bytes of scratch that `test` asks for, for each row. */
  get scratchBytes(): number {
    return this.#bits?.kind === 'bloom' ? HASH_BYTES : 0;
  }

  /**
   * Clears of the bits at `kept`, one for each row of a plain column, those of values that are no key; of nulls it says nothing.
   * `scratch` is room for `scratchBytes` a row.
   */
  test(column: Column, rowCount: number, scratch: number, kept: number): void {
    const bits = this.#bits;
    const { linear } = this.#holding;
    const kernels = runtimeFilterKernels(linear);
    if (bits?.kind === 'range') {
      const { address, least, span } = bits;
      kernels.testWholes(column.values, column.width, rowCount, least, span, address, kept);
    } else if (bits?.kind === 'bloom') {
      hashColumn(linear, HASH, { ...column, validity: 0 }, rowCount, scratch);
      kernels.testBloom(scratch, rowCount, bits.address, bits.mask, kept);
    }
  }

  /** Whether a key may be `value`, which is not null. */
  mayBe(value: Exclude<Value, null>): boolean {
    if (this.values !== undefined) return this.values.includes(value);
    if (this.#range === undefined) return true;
    const whole = wholeOf(value);
    return this.mayBeWithin(whole, whole);
  }

  /** Whether a key may be one of the whole numbers [low, high]; bounds that are no such numbers are not known. */
  mayBeWithin(low: unknown, high: unknown): boolean {
    if (this.#range === undefined) return true;
    const { least, greatest } = this.#range;
    const from = typeof low === 'bigint' && low > least ? low : least;
    const to = typeof high === 'bigint' && high < greatest ? high : greatest;
    if (from > to) return false;
    const bits = this.#bits;
    if (bits?.kind !== 'range') return true;
    const kernels = runtimeFilterKernels(this.#holding.linear);
    return kernels.anySet(bits.address, Number(from - bits.least), Number(to - bits.least) + 1) === 1;
  }

  #bitsOf(columns: Iterable<[Column, number]>, { least, greatest }: Range, rowCount: number): Bits | undefined {
    const span = greatest - least;
    if (span >= BigInt(Math.max(FEW_BITS, rowCount * BITS_PER_KEY))) return this.#bloomOf(columns, undefined, rowCount);
    const address = this.#zeroed(Math.ceil((Number(span) + 2) / 64) * 8);
    if (address === undefined) return undefined;
    const kernels = runtimeFilterKernels(this.#holding.linear);
    for (const [{ values, width }, count] of columns) kernels.setWholes(values, width, count, least, address);
    return { kind: 'range', address, least, span };
  }

  #bloomOf(columns: Iterable<[Column, number]>, type: DataType | undefined, rowCount: number): Bits | undefined {
    if (type !== undefined && !canHash(type)) return undefined;
    const words = 2 ** Math.ceil(Math.log2(Math.max(1, (rowCount * BLOOM_BITS_PER_KEY) / 64)));
    const address = this.#zeroed(words * 8);
    if (address === undefined) return undefined;
    const { linear, budget, owner } = this.#holding;
    using scratch = budget.reserve(owner);
    const hashes = scratch.tryAllocate(BATCH_ROWS * HASH_BYTES);
    if (hashes === undefined) return undefined;
    for (const [column, count] of columns) {
      hashColumn(linear, HASH, { ...column, validity: 0 }, count, hashes.address);
      runtimeFilterKernels(linear).addToBloom(hashes.address, count, address, words - 1);
    }
    return { kind: 'bloom', address, mask: words - 1 };
  }

  #zeroed(bytes: number): number | undefined {
    const { budget, linear } = this.#holding;
    if (budget.isScarce || bytes > Math.min(MAX_BYTES, budget.limitBytes * BUDGET_SHARE)) return undefined;
    const region = this.#holding.tryAllocate(bytes);
    if (region !== undefined) takeKernels(linear).fillBytes(region.address, 0, bytes);
    return region?.address;
  }
}

/** Whole numbers of at most 8 bytes. */
const isNumbered = (type: DataType): boolean => isWhole(type) && (fixedWidth(type) ?? 16) <= 8;

/** Whether values of the type can be compared with bounds, and found in a set. */
const isComparable = (type: DataType): boolean => isWhole(type) || isFloat(type) || type.kind === 'utf8';

/** The values of a key, a batch at a time, each valid until the next. */
function* keyColumns(rows: JoinRows, key: number, rowCount: number): Generator<[Column, number]> {
  for (let from = 0; from < rowCount; from += BATCH_ROWS) {
    const count = Math.min(BATCH_ROWS, rowCount - from);
    const column = rows.images.unpack(rows.imagesAddress + from * rows.images.imageBytes, count)[key];
    if (column !== undefined) yield [column, count];
  }
}

function rangeOf(columns: Iterable<[Column, number]>, { linear, budget, owner }: Holding): Range | undefined {
  using scratch = budget.reserve(owner);
  const range = scratch.tryAllocate(16);
  if (range === undefined) return undefined;
  let [least, greatest]: [bigint | undefined, bigint | undefined] = [undefined, undefined];
  for (const [{ values, width }, count] of columns) {
    rangeCodeKernels(linear).rangeOfValues(values, width, count, range.address);
    const [low, high] = [0, 1].map((n) => linear.i64[range.address / 8 + n] ?? 0n) as [bigint, bigint];
    if (least === undefined || low < least) least = low;
    if (greatest === undefined || high > greatest) greatest = high;
  }
  return least === undefined || greatest === undefined ? undefined : { least, greatest };
}
