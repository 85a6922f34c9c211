/**
 * One side of a merge: rows that are collected, then put in the order of their keys, nulls last.
 *
 *     rows           │ b │ – │ a │        permutation │ 2 │ 0 │ 1 │        words │ 'a' │ 'b' │ ·
 *
 * A word is what orders the values of the first key, as the first 8 bytes of a text do; those of two sides can be compared.
 */

import assert from 'node:assert/strict';
import type { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { isBytes } from '../columnar/data-type.ts';
import type { Schema } from '../columnar/schema.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { MergeKey, MergeSide } from '../kernels/merge-kernels.ts';
import { WORD_KINDS } from '../kernels/sort-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { areWordsExact, keyWords } from './key-words.ts';
import { appendNullRow } from './null-row.ts';
import { RowBuffer } from './row-buffer.ts';
import { SortInput } from './sort-input.ts';
import { sortRows } from './sort-rows.ts';
import { wordKind } from './sort-steps.ts';

/** Per row, what sorting takes beside the rows if they are most unlucky. */
const MOST_SORT_BYTES = 72;

export class SortedSide implements Disposable {
  readonly rows: RowBuffer;
  readonly #input: SortInput;
  readonly #holding: Holding;
  readonly #withNullRow: boolean;
  #rowCount = 0;
  #permutation: Region | undefined;
  #words: Region | undefined;

  /**
   * Retains the rows under `holding`, which the caller disposes after this. `withNullRow`: once they are sorted a row of
   * nulls follows, for rows of the other side that have no partner. @throws MemoryBudgetExceeded
   */
  constructor(schema: Schema, keys: readonly TypedExpression[], withNullRow: boolean, holding: Holding) {
    this.#holding = holding;
    this.#withNullRow = withNullRow;
    const ascending = keys.map((expression) => ({ expression, descending: false, nullsFirst: false }));
    this.#input = new SortInput(schema, ascending, holding);
    this.rows = new RowBuffer(this.#input.schema, holding);
  }

  /** Copies the rows behind those there are. Throws what the keys do. */
  append(batch: Batch): void {
    this.rows.append(this.#input.extend(batch));
  }

  /** Takes over the rows of `other`, which are later ones. */
  absorb(other: SortedSide): void {
    this.rows.absorb(other.rows);
  }

  /** Sorts the rows; called once, after the last of them. @throws MemoryBudgetExceeded */
  sort(): void {
    const { rowCount } = this.rows;
    const { limitBytes, floorBytes, usedBytes } = this.#holding.budget;
    if (limitBytes - floorBytes - usedBytes < rowCount * MOST_SORT_BYTES) this.rows.trim();
    this.#permutation = sortRows(this.#input.sortColumns(this.rows.columns()), rowCount, this.#holding);
    this.#words = this.#makeWords();
    this.#rowCount = rowCount;
    if (this.#withNullRow) appendNullRow(this.rows, this.#holding);
  }

  /** As kernels see it, once it is sorted. */
  side(): MergeSide {
    const rowCount = this.#rowCount;
    const keys = this.#input.sortColumns(this.rows.columns()).map(({ column }) => column);
    const { type, validity } = this.#firstKey;
    return {
      words: this.#words?.address ?? 0,
      permutation: this.#permutation?.address ?? 0,
      wordCount: validity === 0 ? rowCount : takeKernels(this.#holding.linear).countBits(validity, rowCount),
      rowCount,
      noRow: rowCount,
      keys: (areWordsExact(type) ? keys.slice(1) : keys).map(mergeKey),
    };
  }

  [Symbol.dispose](): void {
    this.#input[Symbol.dispose]();
  }

  get #firstKey(): Column {
    const column = this.rows.columns()[this.#input.firstKey];
    assert.ok(column !== undefined);
    return column;
  }

  #makeWords(): Region {
    const { rowCount } = this.rows;
    const words = keyWords(this.#firstKey, rowCount, this.#holding);
    if (this.#permutation === undefined) return words;
    const sorted = this.#holding.allocate(rowCount * 8);
    takeKernels(this.#holding.linear).take8(words.address, this.#permutation.address, rowCount, sorted.address);
    this.#holding.free(words);
    return sorted;
  }
}

function mergeKey({ type, width, values, validity, bytes, dictionary }: Column): MergeKey {
  if (!isBytes(type)) {
    const kind = width === 16 ? WORD_KINDS.high : wordKind(type);
    return { kind, values, validity, bytes: 0, codes: 0 };
  }
  const texts = dictionary?.values ?? { values, bytes };
  const codes = dictionary === undefined ? 0 : values;
  return { kind: WORD_KINDS.text, values: texts.values, validity, bytes: texts.bytes, codes };
}
