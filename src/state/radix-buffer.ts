/**
 * Rows that wait to be taken in the order of the upper bits of their keys' hashes.
 *
 *     append    images, hashes, columns ──each batch in the order of its parts──▶ │ 0 0 1 2 2 │ 0 1 1 1 2 │ …
 *     batches   part after part, over all batches                             ──▶ │ 0 0 0 │ 1 1 1 1 │ 2 2 2 │
 *
 * A table whose slots lie in the order of hashes is then read and written a part at a time, which a cache holds, instead of
 * everywhere at once (radix partitioning: S. Manegold, P. Boncz, M. Kersten, "Optimizing Main-Memory Join on Modern
 * Hardware", 2002). Rows of one key stay in their order.
 */

import { BATCH_ROWS, type Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { Schema } from '../columnar/schema.ts';
import { type PartitionKernels, partitionKernels } from '../kernels/partition-kernels.ts';
import { type RadixKernels, radixKernels } from '../kernels/radix-kernels.ts';
import { takeKernels, takeOf } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GatherScratch } from './gather-scratch.ts';
import { GrowingRegion } from './growing-region.ts';
import { RowBuffer } from './row-buffer.ts';

/** A table up to this is found in caches well enough: nobody has to wait. */
export const CACHED_BYTES: number = 2 * 1024 * 1024;
/** What one part of a table should have at most. */
const PART_BYTES = 256 * 1024;
const FEWEST_PARTS = 16;
const MOST_PARTS = 512;
/** Of the rows that wait: also as a share of the budget, and of the table, which each filling of the buffer reads once. */
const MOST_BYTES = 256 * 1024 * 1024;
const BUDGET_SHARE = 1 / 8;
const TABLE_SHARE = 8;

const STATE_BYTES = 16;

/** Rows of some parts that follow each other: valid until the next ones. */
export interface RadixRows {
  /** Address of their uint32 numbers among all rows of the buffer. */
  readonly list: number;
  readonly rowCount: number;
}

/** As `RadixRows`, copied. */
export interface RadixBatch {
  /** Address of the images of their keys, one behind the other. */
  readonly images: number;
  readonly columns: readonly Column[];
  readonly rowCount: number;
}

export class RadixBuffer implements Disposable {
  readonly #imageBytes: number;
  readonly #holding: Holding;
  readonly #kernels: RadixKernels;
  readonly #partitions: PartitionKernels;
  readonly #rows: RowBuffer;
  readonly #images: GrowingRegion;
  /** By batch: where each part begins in it, and its rows. */
  readonly #starts: GrowingRegion;
  #batchCount = 0;
  #parts = 1;
  #mostBytes = 0;
  /** Rows for which room is made at once: after a full buffer there is likely to be another. */
  #expectedRows = 0;
  /** Parts of the rows of a batch, and its rows in their order. */
  readonly #scratch: GrowingRegion;
  readonly #gathered: GatherScratch;
  readonly #takenImages: GrowingRegion;

  /** Images have `imageBytes`, and beside them rows have the columns of `schema`. Reserves under `holding`, the caller's. */
  constructor(imageBytes: number, schema: Schema, holding: Holding) {
    this.#imageBytes = imageBytes;
    this.#holding = holding;
    this.#kernels = radixKernels(holding.linear);
    this.#partitions = partitionKernels(holding.linear);
    this.#rows = new RowBuffer(schema, holding);
    this.#images = new GrowingRegion(holding);
    this.#starts = new GrowingRegion(holding);
    this.#scratch = new GrowingRegion(holding);
    this.#gathered = new GatherScratch(schema, holding);
    this.#takenImages = new GrowingRegion(holding);
  }

  get rowCount(): number {
    return this.#rows.rowCount;
  }

  /** Whether so many wait that they are to be taken now, or too many for what memory is left. */
  get isFull(): boolean {
    if (this.#holding.budget.isScarce) return true;
    return this.#rows.byteLength + this.rowCount * this.#imageBytes >= this.#mostBytes;
  }

  get parts(): number {
    return this.#parts;
  }

  /** Forgets the rows. The next ones wait for a table of so many bytes. */
  begin(tableBytes: number): void {
    const rowsPerByte = this.isFull && this.#mostBytes > 0 ? this.rowCount / this.#mostBytes : 0;
    if (this.#holding.budget.isScarce) this.#free();
    else this.#rows.clear();
    this.#batchCount = 0;
    let parts = FEWEST_PARTS;
    while (parts < MOST_PARTS && parts * PART_BYTES < tableBytes) parts *= 2;
    this.#parts = parts;
    this.#mostBytes = Math.min(MOST_BYTES, this.#holding.budget.limitBytes * BUDGET_SHARE, tableBytes * TABLE_SHARE);
    this.#expectedRows = Math.floor(this.#mostBytes * rowsPerByte);
  }

  /**
   * Copies a batch, with the images of its keys and their hashes, 8 bytes each. False, and nothing has changed, where
   * memory is short. @throws ColumnTooLarge
   */
  tryAppend(images: number, hashes: number, batch: Batch): boolean {
    const { rowCount } = batch;
    const startsBytes = (this.#parts + 1) * 4;
    const used = this.rowCount * this.#imageBytes;
    if (!this.#scratch.tryEnsure(rowCount * 8, 0)) return false;
    if (!this.#starts.tryEnsure((this.#batchCount + 1) * startsBytes, this.#batchCount * startsBytes)) return false;
    // Growing on the way would copy.
    if (used === 0 && this.#expectedRows > 0) this.#images.tryEnsure(this.#expectedRows * this.#imageBytes, 0);
    if (!this.#images.tryEnsure(used + rowCount * this.#imageBytes, used)) return false;
    const [parts, order] = [this.#scratch.address, this.#scratch.address + rowCount * 4];
    const starts = this.#starts.address + this.#batchCount * startsBytes;
    this.#partitions.hashPartitions(hashes, rowCount, this.#parts, parts);
    this.#partitions.orderByPartition(parts, rowCount, this.#parts, starts, order);
    if (!this.#rows.tryAppend(batch, order, rowCount)) return false;
    this.#takeImages(images, order, rowCount, this.#images.address + used);
    this.#batchCount += 1;
    return true;
  }

  /** All rows by their batches, without copying. */
  *slices(): Generator<RadixBatch> {
    for (let from = 0; from < this.rowCount; from += BATCH_ROWS) {
      const { columns, rowCount } = this.#rows.slice(from, Math.min(BATCH_ROWS, this.rowCount - from));
      yield { images: this.#images.address + from * this.#imageBytes, columns, rowCount };
    }
  }

  /** The images of the keys of all rows: their address, valid until the next `tryAppend`. */
  get images(): number {
    return this.#images.address;
  }

  /** The columns of all rows, valid until the next `tryAppend`. */
  columns(): readonly Column[] {
    return this.#rows.columns();
  }

  /** All rows by their parts, or those of the first `endPart` ones. @throws MemoryBudgetExceeded */
  *lists(endPart: number = this.#parts): Generator<RadixRows> {
    this.#scratch.ensure(STATE_BYTES + BATCH_ROWS * 4, 0);
    const [state, list] = [this.#scratch.address, this.#scratch.address + STATE_BYTES];
    this.#holding.linear.u32.fill(0, state >>> 2, (state + STATE_BYTES) >>> 2);
    const starts = this.#starts.address;
    for (;;) {
      const count = this.#kernels.listParts(starts, this.#batchCount, this.#parts, endPart, state, BATCH_ROWS, list);
      if (count === 0) return;
      yield { list, rowCount: count };
    }
  }

  /** As `lists`, with what rows have. @throws MemoryBudgetExceeded */
  *batches(endPart: number = this.#parts): Generator<RadixBatch> {
    for (const { list, rowCount: count } of this.lists(endPart)) {
      for (let from = 0; from < count; ) {
        const rows = list + from * 4;
        const { columns, rowCount } = this.gather(rows, count - from);
        this.#takenImages.ensure(rowCount * this.#imageBytes, 0);
        this.#takeImages(this.#images.address, rows, rowCount, this.#takenImages.address);
        yield { images: this.#takenImages.address, columns, rowCount };
        from += rowCount;
      }
    }
  }

  /**
   * The columns of listed rows, or of fewer where their text would be too much for one batch; valid until the next call.
   * @throws MemoryBudgetExceeded
   */
  gather(list: number, count: number): Batch {
    return this.#rows.gather(list, 0, count, this.#gathered);
  }

  [Symbol.dispose](): void {
    this.#free();
  }

  #free(): void {
    this.#rows[Symbol.dispose]();
    this.#gathered[Symbol.dispose]();
    for (const region of [this.#images, this.#starts, this.#scratch, this.#takenImages]) region.free();
  }

  #takeImages(images: number, rows: number, count: number, to: number): void {
    takeOf(takeKernels(this.#holding.linear), this.#imageBytes)(images, rows, count, to);
  }
}
