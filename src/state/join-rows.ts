/**
 * The build side of a join by equal keys, while it is read.
 *
 *     batch ──▶ keys     images   │ k0 │ k1 │ k0 │ …         one per row that may be met
 *           └─▶ columns  rows     │ a, b │ a, b │ …          the same rows, and only the columns that are needed
 *                        keyless  │ a, b │ …                 rows that no row can meet, kept where they come out at last
 *
 * A row with a null in its key meets nothing, unless null is said to equal null for that key. What the rows are found by
 * is made when all of them are there (`join-table.ts`): its size is known then, and whether numbers lie close together.
 */

import { BATCH_ROWS, type Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { DataType } from '../columnar/data-type.ts';
import type { Schema } from '../columnar/schema.ts';
import { type JoinKernels, joinKernels } from '../kernels/join-kernels.ts';
import { type TakeKernels, takeKernels, takeOf } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';
import { RowBuffer } from './row-buffer.ts';
import { RowImages } from './row-images.ts';

/** One pair of keys, in the type that both sides have. */
export interface JoinKey {
  readonly type: DataType;
  /** Whether null meets null. */
  readonly nullEqualsNull: boolean;
}

export interface JoinRowsSpec {
  readonly keys: readonly JoinKey[];
  /** Of the columns that are kept. */
  readonly schema: Schema;
  /** Whether rows that cannot be met are kept. */
  readonly keepsKeyless: boolean;
}

export class JoinRows implements Disposable {
  readonly keys: readonly JoinKey[];
  readonly images: RowImages;
  readonly rows: RowBuffer;
  readonly keyless: RowBuffer;
  readonly #holding: Holding;
  readonly #keepsKeyless: boolean;
  readonly #kernels: JoinKernels;
  readonly #takeKernels: TakeKernels;
  #imageBytes: GrowingRegion;
  readonly #marks: GrowingRegion;
  readonly #lists: GrowingRegion;

  /** Retains rows and keys under `holding`, whose owner disposes it after this. @throws MemoryBudgetExceeded */
  constructor({ keys, schema, keepsKeyless }: JoinRowsSpec, holding: Holding) {
    this.keys = keys;
    this.#holding = holding;
    this.#keepsKeyless = keepsKeyless;
    this.#kernels = joinKernels(holding.linear);
    this.#takeKernels = takeKernels(holding.linear);
    this.images = new RowImages(
      keys.map(({ type }) => type),
      keys.map(({ nullEqualsNull }) => nullEqualsNull),
      holding,
    );
    this.rows = new RowBuffer(schema, holding);
    this.keyless = new RowBuffer(schema, holding);
    this.#imageBytes = new GrowingRegion(holding);
    this.#marks = new GrowingRegion(holding);
    this.#lists = new GrowingRegion(holding);
  }

  /** Address of the images, one per row of `rows`. */
  get imagesAddress(): number {
    return this.#imageBytes.address;
  }

  /**
   * Copies the rows of a batch, whose keys are in `keys`. After an error only disposing is allowed.
   * @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  append(keys: readonly Column[], kept: Batch): void {
    const { rowCount } = kept;
    const images = this.images.pack(comparedKeys(this.keys, keys), rowCount);
    const nulls = keys.filter(({ validity }, index) => validity !== 0 && this.keys[index]?.nullEqualsNull === false);
    if (nulls.length === 0) {
      this.#appendImages(images, 0, rowCount);
      this.rows.append(kept);
      return;
    }
    this.#lists.ensure(Math.max(rowCount, 1) * 8, 0);
    const [keyed, keyless] = [this.#lists.address, this.#lists.address + rowCount * 4];
    const marks = this.#markNulls(nulls, rowCount);
    const keyedCount = this.#kernels.listFound(marks, 1, rowCount, keyed);
    this.#appendImages(images, keyed, keyedCount);
    this.rows.appendRows(kept, keyed, keyedCount);
    if (!this.#keepsKeyless) return;
    this.keyless.appendRows(kept, keyless, this.#kernels.listFound(marks, 0, rowCount, keyless));
  }

  /** Puts the rows into the order of their uint32 numbers at `order`, where memory allows it: whether it did. @throws MemoryBudgetExceeded */
  reorder(order: number): boolean {
    const { rowCount } = this.rows;
    const { imageBytes } = this.images;
    const images = new GrowingRegion(this.#holding);
    if (!images.tryEnsure(rowCount * imageBytes, 0)) return false;
    if (!this.rows.reorder(order)) {
      images.free();
      return false;
    }
    takeOf(this.#takeKernels, imageBytes)(this.imagesAddress, order, rowCount, images.address);
    this.#imageBytes.free();
    this.#imageBytes = images;
    return true;
  }

  /** Takes over the rows of `other` behind its own; `other` is only disposed afterwards. Throws as `append`. */
  absorb(other: JoinRows): void {
    const { rowCount } = other.rows;
    for (let from = 0; from < rowCount; from += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, rowCount - from);
      const { imageBytes } = this.images;
      // Numbers of long texts are those of their table: the keys are read and packed again.
      const keys = other.images.unpack(other.imagesAddress + from * imageBytes, count);
      this.#appendImages(this.images.pack(keys, count), 0, count, from);
    }
    this.rows.absorb(other.rows);
    this.keyless.absorb(other.keyless);
  }

  /** Gives back what only appending needs. */
  close(): void {
    for (const region of [this.#marks, this.#lists]) region.free();
  }

  [Symbol.dispose](): void {
    this.images[Symbol.dispose]();
    this.rows[Symbol.dispose]();
    this.keyless[Symbol.dispose]();
    for (const region of [this.#imageBytes, this.#marks, this.#lists]) region.free();
  }

  /** `ahead` rows have images already that are not in `rows` yet. */
  #appendImages(images: number, list: number, count: number, ahead: number = 0): void {
    const { imageBytes } = this.images;
    const used = (this.rows.rowCount + ahead) * imageBytes;
    this.#imageBytes.ensure(used + count * imageBytes, used);
    const to = this.#imageBytes.address + used;
    if (list === 0) this.#takeKernels.copyBytes(images, to, count * imageBytes);
    else takeOf(this.#takeKernels, imageBytes)(images, list, count, to);
  }

  /** A word per row: all ones where one of `keys` is null, else 0. */
  #markNulls(keys: readonly Column[], rowCount: number): number {
    this.#marks.ensure(rowCount * 4, 0);
    this.#takeKernels.fillBytes(this.#marks.address, 0, rowCount * 4);
    for (const { validity } of keys) this.#kernels.forgetNulls(this.#marks.address, validity, rowCount);
    return this.#marks.address;
  }
}

/** Keys as they are compared: where null meets nothing it needs no place in an image. */
export const comparedKeys = (keys: readonly JoinKey[], columns: readonly Column[]): readonly Column[] =>
  columns.map((column, index) => (keys[index]?.nullEqualsNull === true ? column : { ...column, validity: 0 }));
