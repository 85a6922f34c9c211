/**
 * Which rows of a batch could be among the first, judged by their first key alone.
 *
 *     threshold   the last of the rows that are the first so far
 *     batch       first key ──word ≤ threshold's──▶ row numbers of candidates
 *
 * Later rows lose ties, so where that key is the only one and its word says all of it, a candidate's word is less. Text
 * is judged by its first 8 bytes, and in a dictionary once per entry. Decimals of more than 18 digits are not judged:
 * their words depend on the width, which may change from batch to batch.
 */

import type { Column } from '../columnar/column.ts';
import { SHORT_DECIMAL_DIGITS } from '../columnar/data-type.ts';
import {
  type SortKernels,
  type SortStep,
  STEP_BYTES,
  sortKernels,
  WORD_KINDS,
  writeStep,
} from '../kernels/sort-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { GrowingRegion } from './growing-region.ts';
import { ALL_ONES, wordKind } from './sort-steps.ts';

/** Row numbers, uint32, at an address; all rows of the batch, in order, where `rows` is 0. */
export interface Candidates {
  readonly rows: number;
  readonly count: number;
}

interface Bound {
  /** The greatest word of a candidate; undefined: no value is one. */
  readonly word: bigint | undefined;
  readonly nullsToo: boolean;
}

export class SortThreshold implements Disposable {
  readonly #holding: Holding;
  readonly #kernels: SortKernels;
  readonly #mask: bigint;
  readonly #nullsFirst: boolean;
  readonly #onlyKey: boolean;
  readonly #scratch: Region;
  readonly #list: GrowingRegion;
  /** Words of the entries of one dictionary. */
  readonly #words: GrowingRegion;
  #wordsId: number | undefined;
  #bound: Bound | undefined;

  /** `onlyKey`: ties of this key are decided by no other. @throws MemoryBudgetExceeded */
  constructor(key: { readonly descending: boolean; readonly nullsFirst: boolean }, onlyKey: boolean, holding: Holding) {
    this.#holding = holding;
    this.#kernels = sortKernels(holding.linear);
    this.#mask = key.descending ? ALL_ONES : 0n;
    this.#nullsFirst = key.nullsFirst;
    this.#onlyKey = onlyKey;
    this.#scratch = holding.allocate(STEP_BYTES + 16);
    this.#list = new GrowingRegion(holding);
    this.#words = new GrowingRegion(holding);
  }

  /** From now on a candidate comes before row `row` of `column`, as far as this key can say. */
  set(column: Column, row: number): void {
    const { type } = column;
    if (type.kind === 'decimal' && type.precision > SHORT_DECIMAL_DIGITS) return;
    const { u8 } = this.#holding.linear;
    const valid = column.validity === 0 || (((u8[column.validity + (row >>> 3)] ?? 0) >>> (row & 7)) & 1) === 1;
    if (!valid) {
      this.#bound = { word: this.#nullsFirst ? undefined : ALL_ONES, nullsToo: !this.#onlyKey };
      return;
    }
    const word = this.#wordAt(column, row);
    const strict = this.#onlyKey && type.kind !== 'utf8';
    const greatest = strict ? word - 1n : word;
    this.#bound = { word: greatest < 0n ? undefined : greatest, nullsToo: this.#nullsFirst };
  }

  /** The candidates among the first `rowCount` rows of `column`; valid until the next call. */
  candidates(column: Column, rowCount: number): Candidates {
    if (this.#bound === undefined) return { rows: 0, count: rowCount };
    const { word, nullsToo } = this.#bound;
    if (word === undefined && !nullsToo) return { rows: 0, count: 0 };
    if (word === undefined) return { rows: 0, count: rowCount };
    this.#list.ensure(rowCount * 4 + 4, 0);
    const step = this.#stepOf(column);
    writeStep(this.#holding.linear, this.#scratch.address, step);
    const count = this.#kernels.sortBelow(this.#scratch.address, rowCount, this.#list.address, word, nullsToo ? 1 : 0);
    return { rows: this.#list.address, count };
  }

  [Symbol.dispose](): void {
    this.#holding.free(this.#scratch);
    this.#list.free();
    this.#words.free();
  }

  #wordAt(column: Column, row: number): bigint {
    const { linear } = this.#holding;
    const { address } = this.#scratch;
    const plain = column.dictionary?.values ?? column;
    const record = address + STEP_BYTES;
    writeStep(linear, address, this.#plainStep({ ...plain, validity: 0 }));
    linear.u32[(record + 8) / 4] = column.dictionary === undefined ? row : (linear.u32[column.values / 4 + row] ?? 0);
    this.#kernels.sortWords(address, 1, record);
    return linear.u64[record / 8] ?? 0n;
  }

  #plainStep({ type, values, validity, bytes }: Column): SortStep {
    return { kind: wordKind(type), values, validity, bytes, mask: this.#mask, base: 0n, depth: 0, shift: 0 };
  }

  #stepOf(column: Column): SortStep {
    const { dictionary, values, validity } = column;
    if (dictionary === undefined) return this.#plainStep(column);
    if (this.#wordsId !== dictionary.id) {
      this.#wordsId = undefined;
      this.#words.ensure(dictionary.size * 8, 0);
      writeStep(this.#holding.linear, this.#scratch.address, this.#plainStep(dictionary.values));
      this.#kernels.sortPack(this.#scratch.address, dictionary.size, this.#words.address, 64, 0);
      this.#wordsId = dictionary.id;
    }
    const { address: bytes } = this.#words;
    return { kind: WORD_KINDS.entryWord, values, validity, bytes, mask: 0n, base: 0n, depth: 0, shift: 0 };
  }
}
