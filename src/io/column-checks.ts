/**
 * What kernels rely on (`columnar/column.ts`), held against columns whose bytes somebody else has written: offsets ascend, codes
 * have entries, texts are UTF-8, and under a null lies zero. How many bits values need is read from the values.
 */

import { type Column, nextDictionaryId } from '../columnar/column.ts';
import { type DataType, fixedWidth, isInteger, isUnsigned, storageType, typeName } from '../columnar/data-type.ts';
import { parquetKernels } from '../kernels/parquet-kernels.ts';
import { partitionKernels } from '../kernels/partition-kernels.ts';
import { takeKernels, zeroNullsOf } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { boundOf, exceedsDigits } from './parquet/value-bound.ts';
import type { Bound } from './parquet/value-form.ts';

export const bitmapBytes = (rows: number): number => Math.ceil(rows / 64) * 8;

export class ColumnChecks {
  readonly #work: Pick<Holding, 'linear' | 'allocateZeroed'>;
  readonly #refuse: (detail: string) => Error;

  /** What is needed beside the columns comes from `work`. */
  constructor(work: Pick<Holding, 'linear' | 'allocateZeroed'>, refuse: (detail: string) => Error) {
    this.#work = work;
    this.#refuse = refuse;
  }

  hasNulls({ validity }: Column, rows: number): boolean {
    return validity !== 0 && takeKernels(this.#work.linear).countBits(validity, rows) < rows;
  }

  /** Makes values of `width` bytes, or of bits where that is 0, zero where `nulls` has a 0; it is nothing itself where it is 0. */
  zeroNulls(width: number, values: number, rows: number, nulls: number): void {
    if (nulls === 0) return;
    const kernels = takeKernels(this.#work.linear);
    if (width === 0) kernels.zeroNullBits(values, rows, nulls, 0);
    else zeroNullsOf(kernels, width)(values, rows, nulls, 0);
  }

  /** Bits that the values need; undefined for types that have no such bound. */
  bitsOf(type: DataType, width: number, values: number, rows: number): number | undefined {
    const bound = boundKind(type, width);
    if (bound === undefined) return undefined;
    const bits = boundOf(parquetKernels(this.#work.linear), { width, bound }, values, rows);
    if (type.kind === 'decimal' && exceedsDigits(type.precision, bits))
      throw this.#refuse(`has a value that is no ${typeName(type)}`);
    return bits;
  }

  /** A dictionary of nothing, which is right only where every row is null. */
  emptyDictionary(type: DataType, rows: number, nulls: number): NonNullable<Column['dictionary']> {
    const hasValue = nulls === 0 ? rows > 0 : takeKernels(this.#work.linear).countBits(nulls, rows) > 0;
    if (hasValue) throw this.#refuse('has codes without a dictionary');
    const width = fixedWidth(type) ?? 0;
    const values = { type, validity: 0, values: 0, bytes: 0, dictionary: undefined, width, bits: undefined };
    return { id: nextDictionaryId(), size: 0, values };
  }

  /** Those under nulls are zero already. */
  checkCodes(codes: number, rows: number, size: number): void {
    if (rows > 0 && parquetKernels(this.#work.linear).maxCode(codes, rows) >>> 0 >= size) {
      throw this.#refuse('has a code beyond its dictionary');
    }
  }

  /** `type` says whether they are texts at all. */
  checkTexts(type: DataType, offsets: number, rows: number, bytes: number): void {
    if (type.kind === 'utf8' && !parquetKernels(this.#work.linear).textsAreValid(offsets, rows, bytes)) {
      throw this.#refuse('has text that is no UTF-8');
    }
  }

  /** Of a map, whose `entries` these are. */
  checkEntries(entries: Column, rows: number): void {
    const [keys] = entries.children ?? [];
    if (this.hasNulls(entries, rows) || (keys !== undefined && this.hasNulls(keys, rows))) {
      throw this.#refuse('has a map with a null for a key');
    }
  }

  areEmptyUnderNulls(offsets: number, rows: number, nulls: number): boolean {
    return nulls === 0 || partitionKernels(this.#work.linear).areEmptyUnderNulls(offsets, rows, nulls) !== 0;
  }

  /** The bitmap of rows as one of what is inside: of each of the items of a list of fixed size. */
  nullsInside(type: DataType, rows: number, nulls: number): number {
    const stored = storageType(type);
    if (nulls === 0 || stored.kind !== 'fixed-size-list' || stored.size === 1) return nulls;
    const { address } = this.#work.allocateZeroed(bitmapBytes(rows * stored.size));
    takeKernels(this.#work.linear).repeatBits(nulls, rows, stored.size, address);
    return address;
  }
}

function boundKind(type: DataType, width: number): Bound | undefined {
  const isTemporal = ['date', 'time', 'timestamp', 'duration'].includes(type.kind);
  if (!isInteger(type) && !isTemporal && type.kind !== 'decimal') return undefined;
  if (width < 4) return 'type';
  return isUnsigned(type) ? 'unsigned' : 'signed';
}
