/**
 * From sort keys to steps, the words in whose order rows are sorted.
 *
 *     key                        steps, most significant first
 *     any with some nulls        null or not (1 bit), then …
 *     fixed width                its value, narrowed to the range there is
 *     16-byte decimal            the same where the range fits 64 bits, else its high half, its low half
 *     text as codes              the rank of its dictionary entry
 *     text                       words of up to 8 characters, behind what all texts start with (`text-words.ts`), then the rest
 *
 * A key that is the same in all rows has no step.
 */

import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import { type DataType, isBytes } from '../columnar/data-type.ts';
import {
  type SortKernels,
  type SortStep,
  STEP_BYTES,
  sortKernels,
  WORD_KINDS,
  writeStep,
} from '../kernels/sort-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { TABLE_BYTES, textWords, writeTable } from './text-words.ts';

/** A column to sort by. */
export interface SortColumn {
  readonly column: Column;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** A step, and the bits its words take at most: undefined for text of any length. */
export interface NarrowedStep {
  readonly step: SortStep;
  readonly bits: number | undefined;
}

/** Sorts the entries of a dictionary: the permutation, or undefined where they are in order. */
export type SortEntries = (entries: Column, size: number) => Region | undefined;

/** A mask that turns the order round. */
export const ALL_ONES: bigint = 2n ** 64n - 1n;
const PLAIN = { validity: 0, bytes: 0, mask: 0n, base: 0n, depth: 0, table: 0 };

/** The step that reads uint64 words which have been worked out already. */
export const wordStep = (words: number): SortStep => ({ ...PLAIN, kind: WORD_KINDS.uint64, values: words });

/** The step that reads a plain column in words which those of other columns of the type can be compared with. */
export const plainStep = ({ type, values, validity, bytes }: Column): SortStep => ({
  ...PLAIN,
  kind: wordKind(type),
  values,
  validity,
  bytes,
});

/** Bits of a number that is not negative. */
const bitLength = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

/** How words are read from plain values of a type other than text and 16-byte decimals. */
export function wordKind({ kind }: DataType): SortStep['kind'] {
  switch (kind) {
    case 'utf8':
    case 'binary':
      return WORD_KINDS.text8;
    case 'date':
      return WORD_KINDS.int32;
    case 'time':
    case 'timestamp':
    case 'duration':
    case 'decimal':
      return WORD_KINDS.int64;
    default:
      assert.ok(kind in WORD_KINDS, `${kind} has no words to sort by`);
      return WORD_KINDS[kind as keyof typeof WORD_KINDS];
  }
}

/** Makes the steps of keys over the same `rowCount` rows. What they refer to is freed when this is disposed. */
export class StepBuilder implements Disposable {
  readonly #holding: Holding;
  readonly #kernels: SortKernels;
  readonly #rowCount: number;
  readonly #sortEntries: SortEntries;
  readonly #scratch: Region;
  readonly #kept: Region[] = [];

  constructor(holding: Holding, rowCount: number, sortEntries: SortEntries) {
    this.#holding = holding;
    this.#kernels = sortKernels(holding.linear);
    this.#rowCount = rowCount;
    this.#sortEntries = sortEntries;
    this.#scratch = holding.allocate(2 * STEP_BYTES);
  }

  /** The steps of one key. @throws MemoryBudgetExceeded */
  stepsOf({ column, descending, nullsFirst }: SortColumn): NarrowedStep[] {
    const validRows =
      column.validity === 0
        ? this.#rowCount
        : takeKernels(this.#holding.linear).countBits(column.validity, this.#rowCount);
    if (validRows === 0) return [];
    const plain = validRows === this.#rowCount ? { ...column, validity: 0 } : column;
    const values = this.#valueSteps(plain, descending ? ALL_ONES : 0n);
    return plain.validity === 0 ? values : [nullStep(plain.validity, nullsFirst), ...values];
  }

  [Symbol.dispose](): void {
    this.#holding.free(this.#scratch);
    for (const region of this.#kept) this.#holding.free(region);
  }

  #valueSteps(column: Column, mask: bigint): NarrowedStep[] {
    const { type, values, validity, dictionary } = column;
    if (dictionary !== undefined) {
      const bytes = this.#ranksOf(dictionary.values, dictionary.size);
      return this.#narrowed({ ...PLAIN, kind: WORD_KINDS.rank, values, validity, mask, bytes });
    }
    if (isBytes(type)) return this.#textSteps(column, mask);
    if (column.width === 16) return this.#wideSteps(column, mask);
    return this.#narrowed({ ...PLAIN, kind: wordKind(type), values, validity, mask });
  }

  /** Ranks of distinct entries. */
  #ranksOf(entries: Column, size: number): number {
    const ranks = this.#keep(size * 4);
    const permutation = this.#sortEntries(entries, size);
    this.#kernels.sortRanks(permutation?.address ?? 0, size, ranks);
    if (permutation !== undefined) this.#holding.free(permutation);
    return ranks;
  }

  /** The address of memory that steps refer to. */
  #keep(bytes: number): number {
    const region = this.#holding.allocate(bytes);
    this.#kept.push(region);
    return region.address;
  }

  #textSteps(column: Column, mask: bigint): NarrowedStep[] {
    const { words, depth, isAll } = textWords(column, this.#rowCount, this.#holding);
    const { values, validity, bytes } = column;
    const plain = { ...PLAIN, values, validity, bytes, mask };
    const tables = this.#keep(words.length * TABLE_BYTES);
    const steps = words.map((word, index): NarrowedStep => {
      const table = tables + index * TABLE_BYTES;
      writeTable(this.#holding.linear, table, word);
      const greatest = word.symbols - 1n;
      const step = { ...plain, kind: WORD_KINDS.compact, depth: word.depth, table };
      return { step: { ...step, base: mask === 0n ? 0n : ALL_ONES - greatest }, bits: bitLength(greatest) };
    });
    return isAll ? steps : [...steps, { step: { ...plain, kind: WORD_KINDS.text, depth }, bits: undefined }];
  }

  #wideSteps({ values, validity }: Column, mask: bigint): NarrowedStep[] {
    const { address } = this.#scratch;
    this.#kernels.sortWideBounds(values, validity, this.#rowCount, address);
    const { u64, i64 } = this.#holding.linear;
    const [least, greatest] = [wide(u64, i64, address / 8), wide(u64, i64, address / 8 + 2)];
    const step = { ...PLAIN, values, validity, mask };
    const bits = bitLength(greatest - least);
    if (bits === 0) return [];
    if (bits <= 64) {
      const base = BigInt.asUintN(64, mask === 0n ? least : ~greatest);
      return [{ step: { ...step, kind: WORD_KINDS.low, base }, bits }];
    }
    return [
      ...this.#narrowed({ ...step, kind: WORD_KINDS.high }),
      { step: { ...step, kind: WORD_KINDS.low }, bits: 64 },
    ];
  }

  /** The step with its range measured; none where all words are the same. */
  #narrowed(step: SortStep): NarrowedStep[] {
    const { address } = this.#scratch;
    writeStep(this.#holding.linear, address, step);
    this.#kernels.sortBounds(address, this.#rowCount, address + STEP_BYTES);
    const { u64 } = this.#holding.linear;
    const least = u64[(address + STEP_BYTES) / 8];
    const greatest = u64[(address + STEP_BYTES) / 8 + 1];
    assert.ok(least !== undefined && greatest !== undefined && least <= greatest);
    return least === greatest ? [] : [{ step: { ...step, base: least }, bits: bitLength(greatest - least) }];
  }
}

function nullStep(validity: number, nullsFirst: boolean): NarrowedStep {
  const order = nullsFirst ? { mask: 0n, base: 0n } : { mask: ALL_ONES, base: ALL_ONES - 1n };
  return { step: { ...PLAIN, ...order, kind: WORD_KINDS.bool, values: validity }, bits: 1 };
}

/** A 16-byte integer, least significant word first. */
function wide(u64: BigUint64Array<ArrayBufferLike>, i64: BigInt64Array<ArrayBufferLike>, at: number): bigint {
  return ((i64[at + 1] ?? 0n) << 64n) | (u64[at] ?? 0n);
}
