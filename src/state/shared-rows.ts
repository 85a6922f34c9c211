/**
 * Rows that several read, kept column by column, a segment at a time, so that growing moves little and the last reader frees
 * what it has read.
 *
 *     append ──▶ │ 262,144 rows │ 262,144 rows │ 17 rows │ ──read──▶ batches
 *
 * They only save work: they take a share of the budget and no more, nothing once memory is scarce, and while nobody reads them they are
 * spare, so that whoever has to retain bytes may have theirs.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS, type Batch } from '../columnar/batch.ts';
import type { Schema } from '../columnar/schema.ts';
import { ColumnTooLarge } from '../errors.ts';
import type { Holding, MemoryBudget } from '../memory/budget.ts';
import { RowBuffer } from './row-buffer.ts';

const SEGMENT_ROWS = 16 * BATCH_ROWS;
/** Of the budget at most this is taken. */
const BUDGET_SHARE = 1 / 4;

interface Segment {
  readonly rows: RowBuffer;
  readonly holding: Holding;
}

export class SharedRows implements Disposable {
  readonly #schema: Schema;
  readonly #owner: string;
  readonly #memory: MemoryBudget;
  readonly #segments: Segment[] = [];
  #spare: Disposable | undefined;
  /** Who has not left yet, and who is reading now. */
  #readers: number;
  #reading = 0;
  #isComplete = false;
  #isGivenUp = false;

  /** For so many readers. Retains what is appended, under the name of `owner`. */
  constructor(schema: Schema, owner: string, memory: MemoryBudget, readers: number) {
    this.#schema = schema;
    this.#owner = owner;
    this.#memory = memory;
    this.#readers = readers;
  }

  /** Whether all rows are there to be read. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Whether somebody else may want them, and they may fit. */
  get isWorthKeeping(): boolean {
    return this.#readers > 1 && !this.#isGivenUp;
  }

  /** Copies a batch behind the rows. False, and nothing has changed, where there is no room. */
  tryAppend(batch: Batch): boolean {
    assert.ok(!this.#isComplete);
    if (batch.rowCount === 0) return true;
    const { isScarce, limitBytes } = this.#memory;
    const heldBytes = this.#segments.reduce((sum, { holding }) => sum + holding.heldBytes, 0);
    if (isScarce || heldBytes + batch.byteLength > limitBytes * BUDGET_SHARE) return false;
    try {
      return this.#openSegment().rows.tryAppend(batch, 0, batch.rowCount);
    } catch (error) {
      if (error instanceof ColumnTooLarge) return false;
      throw error;
    }
  }

  /** After the last append: from now on they can be read by all, and taken back while nobody does. */
  complete(): void {
    this.#isComplete = true;
    this.#segments.at(-1)?.rows.trim();
    this.#becomeSpare();
  }

  /** They are never all there: what there is is forgotten. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#clear();
  }

  /** All rows in order. What has been read is freed where nobody else wants it. */
  *read(): Generator<Batch> {
    this.#reading += 1;
    this.#spare?.[Symbol.dispose]();
    const isKept = this.#isComplete && this.#readers > 1;
    try {
      for (let index = 0; index < this.#segments.length; ) {
        const { rows } = this.#segments[index] as Segment;
        for (let start = 0; start < rows.rowCount; start += BATCH_ROWS) {
          yield rows.slice(start, Math.min(BATCH_ROWS, rows.rowCount - start));
        }
        if (isKept) index += 1;
        else this.#free(index);
      }
    } finally {
      this.#reading -= 1;
      if (this.#reading === 0 && this.#isComplete) this.#becomeSpare();
    }
  }

  /** Of a reader that wants them no more, or never did. */
  leave(): void {
    this.#readers -= 1;
    if (this.#readers <= 0) this.#clear();
  }

  [Symbol.dispose](): void {
    this.#clear();
  }

  #clear(): void {
    this.#spare?.[Symbol.dispose]();
    while (this.#segments.length > 0) this.#free(0);
  }

  #openSegment(): Segment {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.rows.rowCount < SEGMENT_ROWS) return last;
    last?.rows.trim();
    const holding = this.#memory.reserve(this.#owner);
    const opened = { rows: new RowBuffer(this.#schema, holding), holding };
    this.#segments.push(opened);
    return opened;
  }

  /** What is left of them then is not all of them. */
  #free(index: number): void {
    const [segment] = this.#segments.splice(index, 1);
    segment?.rows[Symbol.dispose]();
    segment?.holding[Symbol.dispose]();
    this.#isComplete = false;
  }

  #becomeSpare(): void {
    this.#spare = this.#memory.spare(() => this.#clear());
  }
}
