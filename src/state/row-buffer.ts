/**
 * Rows kept column by column, contiguous in linear memory, for who needs all of them at hand: sorts, writers.
 *
 *     append ──▶  a │ 1 │ 2 │ 3 │ …        ──▶ columns()          all rows, as columns
 *                 b │ x │ y │ z │ …        ──▶ slice(64, 100)     some of them in order, without copying
 *                                          ──▶ gather([2, 0, …])  some of them in any order, copied
 */

import assert from 'node:assert/strict';
import { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { Schema } from '../columnar/schema.ts';
import { sliceColumn } from '../columnar/slice.ts';
import { MemoryBudgetExceeded } from '../errors.ts';
import type { Holding } from '../memory/budget.ts';
import { ColumnBuffer } from './column-buffer.ts';
import type { GatherScratch } from './gather-scratch.ts';

/** Row numbers are uint32, and positions in records that pack them need room too. */
const MOST_ROWS = 2 ** 31;

export class RowBuffer implements Disposable {
  readonly schema: Schema;
  readonly #holding: Holding;
  readonly #columns: ColumnBuffer[];
  #rowCount = 0;

  /** Reserves what it copies under `holding`, which stays the caller's. */
  constructor(schema: Schema, holding: Holding) {
    this.schema = schema;
    this.#holding = holding;
    this.#columns = schema.fields.map(({ type }) => new ColumnBuffer(type, holding));
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Bytes of the rows and of their dictionaries, without the room to grow. */
  get byteLength(): number {
    return this.#columns.reduce((bytes, column) => bytes + column.byteLength(this.#rowCount), 0);
  }

  /**
   * Copies a batch behind the rows. Nothing has changed when it throws.
   * @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  append(batch: Batch): void {
    this.#append(batch.columns, 0, batch.rowCount);
  }

  /** Copies the rows of `batch` whose `count` uint32 numbers are at address `rows`, in that order. Throws as `append`. */
  appendRows(batch: Batch, rows: number, count: number): void {
    assert.ok(rows !== 0);
    this.#append(batch.columns, rows, count);
  }

  /**
   * Copies `count` rows: those whose numbers are at address `rows`, or all of the batch where that is 0. False, and nothing
   * has changed, where memory is short. @throws ColumnTooLarge
   */
  tryAppend(batch: Batch, rows: number, count: number): boolean {
    try {
      this.#append(batch.columns, rows, count);
      return true;
    } catch (error) {
      if (error instanceof MemoryBudgetExceeded) return false;
      throw error;
    }
  }

  /** Takes over the rows of `other` behind its own; leaves it empty. Throws as `append`, `other` then being lost. */
  absorb(other: RowBuffer): void {
    const { rowCount } = other;
    assert.ok(this.#rowCount + rowCount < MOST_ROWS);
    if (rowCount > 0) {
      for (const [index, column] of this.#columns.entries()) {
        const taken = other.#columns[index];
        assert.ok(taken !== undefined);
        column.append(taken.column(rowCount), 0, rowCount, this.#rowCount);
        // Freed one by one, so that never more than one column exists twice.
        taken.free();
      }
    }
    this.#rowCount += rowCount;
    other.clear();
  }

  /** All rows; valid until the next change. */
  columns(): Column[] {
    return this.#columns.map((column) => column.column(this.#rowCount));
  }

  /** The rows [start, start + count), `start` a multiple of 64, without copying; valid until the next change. */
  slice(start: number, count: number): Batch {
    assert.ok(start >= 0 && count >= 0 && start + count <= this.#rowCount);
    return new Batch(
      this.schema,
      count,
      this.columns().map((column) => sliceColumn(column, start)),
    );
  }

  /**
   * The rows whose uint32 numbers are at `permutation`, from position `start` on, copied into `scratch`, whose schema
   * may have only the first columns of this one. At most `count` rows and BATCH_ROWS, and fewer where their text would
   * be too large for one batch: the batch says how many. @throws MemoryBudgetExceeded
   */
  gather(permutation: number, start: number, count: number, scratch: GatherScratch): Batch {
    return scratch.gather(this.columns(), permutation + start * 4, count);
  }

  /**
   * Puts the rows into the order of their uint32 numbers at `order`, column by column, so that never more than one exists
   * twice. False, and nothing has changed, where there is no memory for that. @throws MemoryBudgetExceeded
   */
  reorder(order: number): boolean {
    const largest = Math.max(0, ...this.#columns.map((column) => column.byteLength(this.#rowCount)));
    const room = this.#holding.tryAllocate(largest * 2);
    if (room === undefined) return false;
    this.#holding.free(room);
    for (const [index, column] of this.#columns.entries()) {
      const reordered = new ColumnBuffer(column.type, this.#holding);
      reordered.append(column.column(this.#rowCount), order, this.#rowCount, 0);
      column.free();
      this.#columns[index] = reordered;
    }
    return true;
  }

  /** Gives back the room that columns have to grow, as far as there is memory to move them: for who appends no more. */
  trim(): void {
    for (const column of this.#columns) column.trim(this.#rowCount);
  }

  /** Forgets the rows, keeps most of the memory for the next ones. */
  clear(): void {
    for (const column of this.#columns) column.clear();
    this.#rowCount = 0;
  }

  [Symbol.dispose](): void {
    for (const column of this.#columns) column.free();
    this.#rowCount = 0;
  }

  #append(columns: readonly Column[], rows: number, count: number): void {
    if (count === 0) return;
    assert.equal(columns.length, this.#columns.length);
    assert.ok(this.#rowCount + count < MOST_ROWS);
    for (const [index, column] of columns.entries()) {
      this.#columns[index]?.append(column, rows, count, this.#rowCount);
    }
    this.#rowCount += count;
  }
}
