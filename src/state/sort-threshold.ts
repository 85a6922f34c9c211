/**
 * Which rows of a batch could be among the first, judged by their first key alone.
 *
 *     threshold   the last of the rows that are the first so far
 *     batch       first key before the threshold's, or equal ──▶ row numbers of candidates
 *
 * Later rows lose ties, so where that key is the only one an equal one is no candidate. In a dictionary each entry is
 * judged once. Decimals of more than 18 digits are not judged: what their words mean depends on the width, which may
 * change from batch to batch.
 */

import type { Column } from '../columnar/column.ts';
import { isBytes, SHORT_DECIMAL_DIGITS } from '../columnar/data-type.ts';
import {
  type SortKernels,
  type SortStep,
  STEP_BYTES,
  sortKernels,
  WORD_KINDS,
  writeStep,
} from '../kernels/sort-kernels.ts';
import { type TakeKernels, takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { GrowingRegion } from './growing-region.ts';
import { ALL_ONES, wordKind } from './sort-steps.ts';

/** Row numbers, uint32, at an address; all rows of the batch, in order, where `rows` is 0. */
export interface Candidates {
  readonly rows: number;
  readonly count: number;
}

/** What a candidate's value is. */
type Bound =
  | { readonly kind: 'any' }
  | { readonly kind: 'null' }
  /** At most `word`, where less comes first. */
  | { readonly kind: 'word'; readonly word: bigint }
  /** At most the text kept, of so many bytes. */
  | { readonly kind: 'text'; readonly textBytes: number };

const NOTHING: Candidates = { rows: 0, count: 0 };

export class SortThreshold implements Disposable {
  readonly #holding: Holding;
  readonly #kernels: SortKernels;
  readonly #take: TakeKernels;
  readonly #mask: bigint;
  readonly #nullsFirst: boolean;
  readonly #onlyKey: boolean;
  readonly #scratch: Region;
  readonly #list: GrowingRegion;
  /** The threshold's text. */
  readonly #text: GrowingRegion;
  /** Per entry of one dictionary 0 if it is a candidate, else all ones. */
  readonly #judged: GrowingRegion;
  #judgedId: number | undefined;
  #bound: Bound | undefined;
  #nullsToo = true;

  /** `onlyKey`: ties of this key are decided by no other. @throws MemoryBudgetExceeded */
  constructor(key: { readonly descending: boolean; readonly nullsFirst: boolean }, onlyKey: boolean, holding: Holding) {
    this.#holding = holding;
    this.#kernels = sortKernels(holding.linear);
    this.#take = takeKernels(holding.linear);
    this.#mask = key.descending ? ALL_ONES : 0n;
    this.#nullsFirst = key.nullsFirst;
    this.#onlyKey = onlyKey;
    this.#scratch = holding.allocate(STEP_BYTES + 16);
    this.#list = new GrowingRegion(holding);
    this.#text = new GrowingRegion(holding);
    this.#judged = new GrowingRegion(holding);
  }

  /** From now on a candidate comes before row `row` of `column`, as far as this key can say. */
  set(column: Column, row: number): void {
    const { type, validity, dictionary, values } = column;
    if (type.kind === 'decimal' && type.precision > SHORT_DECIMAL_DIGITS) return;
    this.#judgedId = undefined;
    const { u8, u32 } = this.#holding.linear;
    const valid = validity === 0 || (((u8[validity + (row >>> 3)] ?? 0) >>> (row & 7)) & 1) === 1;
    this.#nullsToo = valid ? this.#nullsFirst : !this.#onlyKey;
    if (!valid) this.#bound = this.#nullsFirst ? { kind: 'null' } : { kind: 'any' };
    else if (dictionary !== undefined) this.#setValue(dictionary.values, u32[values / 4 + row] ?? 0);
    else this.#setValue(column, row);
  }

  /** The candidates among the first `rowCount` rows of `column`; valid until the next call. */
  candidates(column: Column, rowCount: number): Candidates {
    const bound = this.#bound;
    const everything = { rows: 0, count: rowCount };
    if (bound === undefined || (bound.kind === 'any' && this.#nullsToo)) return everything;
    // No value comes before a null that is first; where nulls tie, other keys judge, for all rows.
    if (bound.kind === 'null') return this.#nullsToo && column.validity !== 0 ? everything : NOTHING;
    this.#list.ensure(rowCount * 4 + 4, 0);
    const { address } = this.#list;
    const { dictionary } = column;
    if (dictionary === undefined) return { rows: address, count: this.#listPlain(column, rowCount, bound, address) };
    if (this.#judgedId !== dictionary.id) {
      this.#judgedId = undefined;
      this.#judge(dictionary.values, dictionary.size, bound);
      this.#judgedId = dictionary.id;
    }
    const step = { ...this.#step(column), kind: WORD_KINDS.rank, mask: 0n, bytes: this.#judged.address };
    return { rows: address, count: this.#below(step, rowCount, address, 0n) };
  }

  [Symbol.dispose](): void {
    this.#holding.free(this.#scratch);
    for (const region of [this.#list, this.#text, this.#judged]) region.free();
  }

  #setValue(column: Column, row: number): void {
    const { linear } = this.#holding;
    if (isBytes(column.type)) {
      const [start, end] = [linear.u32[column.values / 4 + row] ?? 0, linear.u32[column.values / 4 + row + 1] ?? 0];
      this.#text.ensure(end - start, 0);
      this.#take.copyBytes(column.bytes + start, this.#text.address, end - start);
      this.#bound = { kind: 'text', textBytes: end - start };
      return;
    }
    const record = this.#scratch.address + STEP_BYTES;
    writeStep(linear, this.#scratch.address, this.#step({ ...column, validity: 0 }));
    linear.u32[(record + 8) / 4] = row;
    this.#kernels.sortWords(this.#scratch.address, 1, record);
    const word = linear.u64[record / 8] ?? 0n;
    // Where nothing is less, words are at most all ones and none is.
    if (this.#onlyKey) this.#bound = word === 0n ? { kind: 'null' } : { kind: 'word', word: word - 1n };
    else this.#bound = { kind: 'word', word };
  }

  #listPlain(column: Column, rowCount: number, bound: Bound, list: number): number {
    if (bound.kind !== 'text') {
      return this.#below(this.#step(column), rowCount, list, bound.kind === 'word' ? bound.word : ALL_ONES);
    }
    return this.#kernels.sortBelowText(
      column.values,
      column.bytes,
      column.validity,
      rowCount,
      this.#text.address,
      bound.textBytes,
      this.#mask === 0n ? 0 : 1,
      this.#onlyKey ? 0 : 1,
      this.#nullsToo ? 1 : 0,
      list,
    );
  }

  #below(step: SortStep, rowCount: number, list: number, word: bigint): number {
    writeStep(this.#holding.linear, this.#scratch.address, step);
    return this.#kernels.sortBelow(this.#scratch.address, rowCount, list, word, this.#nullsToo ? 1 : 0);
  }

  /** Judges the entries of a dictionary. */
  #judge(entries: Column, size: number, bound: Bound): void {
    // The list behind the judgements, and one zero per entry behind that.
    this.#judged.ensure(size * 12 + 4, 0);
    const { address } = this.#judged;
    const [list, zeros] = [address + size * 4, address + size * 8 + 4];
    const count = this.#listPlain(entries, size, bound, list);
    this.#take.fillBytes(address, 0xff, size * 4);
    this.#take.fillBytes(zeros, 0, count * 4);
    this.#take.put4(zeros, list, count, address);
  }

  #step({ type, values, validity, bytes }: Column): SortStep {
    return { kind: wordKind(type), values, validity, bytes, mask: this.#mask, base: 0n, depth: 0, table: 0 };
  }
}
