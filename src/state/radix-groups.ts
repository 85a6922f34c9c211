/**
 * Finds the groups of rows in a table that no cache holds.
 *
 *     few groups     rows ───────────────────────────────────────────────────▶ group numbers
 *     many           rows ──▶ buffer ──when it is full, by parts of the table──▶ group numbers
 *
 * A row of its own would wait for memory three times: for its slot, for the key there, and for the state of its group. A
 * part of the table, and what belongs to its groups, is in the cache while the rows of many batches find theirs in it.
 *
 * Rows of one key stay in their order, but groups are numbered as the buffer gives their rows.
 */

import { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { Schema } from '../columnar/schema.ts';
import { radixKernels } from '../kernels/radix-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { GroupTable } from './group-table.ts';
import { GrowingRegion } from './growing-region.ts';
import { CACHED_BYTES, RadixBuffer } from './radix-buffer.ts';

/** Slots of a group. */
const SLOT_BYTES = 16;
/** Bits for each row, to estimate how many keys are new. */
const BITS_PER_ROW = 8;

/** Of a batch, to see whether keys follow each other. */
const LOOKED_ROWS = 2048;

/** Rows, and the address of the group of each, uint32: valid until the next. */
export interface GroupedRows {
  readonly ids: number;
  readonly columns: readonly Column[];
  readonly rowCount: number;
}

/** Rows that lie scattered in `columns`. */
export interface ScatteredRows extends GroupedRows {
  /** Address of their uint32 numbers there; 0 where they are the first ones, in their order. */
  readonly list: number;
  /** Whether they are of other batches than the one added. */
  readonly hasWaited: boolean;
}

export class RadixGroups implements Disposable {
  readonly #table: GroupTable;
  readonly #schema: Schema;
  readonly #holding: Holding;
  /** Of the state of a group, and of its place in the table. */
  readonly #groupBytes: number;
  readonly #marks: GrowingRegion;
  #buffer: RadixBuffer | undefined;

  /**
   * Rows have the columns of `schema` beside their keys, and groups states of `stateBytes`. Reserves under `holding`, which
   * stays the caller's.
   */
  constructor(table: GroupTable, schema: Schema, stateBytes: number, holding: Holding) {
    this.#table = table;
    this.#schema = schema;
    this.#holding = holding;
    this.#groupBytes = SLOT_BYTES + table.imageBytes + stateBytes;
    this.#marks = new GrowingRegion(holding);
  }

  /**
   * Takes rows in, and gives rows whose groups are found now: these, or some that have waited, or none. Rows of a group come
   * in their order. @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  *add(keys: readonly Column[], columns: readonly Column[], rowCount: number): Generator<GroupedRows> {
    yield* this.#gathered(this.addScattered(keys, columns, rowCount));
  }

  /** The rows that wait. Throws as `add`. */
  *flush(): Generator<GroupedRows> {
    yield* this.#gathered(this.flushScattered());
  }

  /** As `add`, for who needs the columns of a few rows only. */
  *addScattered(keys: readonly Column[], columns: readonly Column[], rowCount: number): Generator<ScatteredRows> {
    if (rowCount === 0) return;
    const images = this.#table.pack(keys, rowCount);
    if (this.#wait(images, columns, rowCount)) {
      if (this.#buffer?.isFull === true) yield* this.flushScattered();
      return;
    }
    yield* this.flushScattered();
    yield { ids: this.#table.groupsOf(images, rowCount), columns, rowCount, list: 0, hasWaited: false };
  }

  /** As `flush`, for who needs the columns of a few rows only. */
  *flushScattered(): Generator<ScatteredRows> {
    const buffer = this.#buffer;
    if (buffer === undefined || buffer.rowCount === 0) return;
    if (this.#table.reserve(this.#newGroups(buffer))) {
      const columns = buffer.columns();
      for (const { list, rowCount } of buffer.lists()) {
        const ids = this.#table.groupsOfParts(buffer.images, rowCount, list, buffer.parts);
        yield { ids, columns, rowCount, list, hasWaited: true };
      }
    } else {
      // In the order of their hashes, keys would fill a part of a table that is too small, and then search in it for long.
      for (const { images, columns, rowCount } of buffer.slices()) {
        yield { ids: this.#table.groupsOf(images, rowCount), columns, rowCount, list: 0, hasWaited: true };
      }
    }
    buffer.begin(this.#tableBytes);
  }

  [Symbol.dispose](): void {
    this.#buffer?.[Symbol.dispose]();
    this.#marks.free();
  }

  /** Copies what lies scattered. */
  *#gathered(found: Iterable<ScatteredRows>): Generator<GroupedRows> {
    for (const { ids, columns, rowCount: count, list } of found) {
      if (list === 0 || this.#buffer === undefined) yield { ids, columns, rowCount: count };
      else {
        for (let from = 0; from < count; ) {
          const gathered = this.#buffer.gather(list + from * 4, count - from);
          yield { ids: ids + from * 4, columns: gathered.columns, rowCount: gathered.rowCount };
          from += gathered.rowCount;
        }
      }
    }
  }

  /** Whether the rows can wait, and then they do. */
  #wait(images: number, columns: readonly Column[], rowCount: number): boolean {
    if (this.#table.isInOrder || this.#tableBytes < CACHED_BYTES || this.#holding.budget.isScarce) return false;
    const hashes = this.#table.hash(images, rowCount);
    // Rows whose keys follow each other find their groups where those before them have.
    const looked = Math.min(rowCount, LOOKED_ROWS);
    const isClustered = radixKernels(this.#holding.linear).countRepeatedHashes(hashes, looked) * 2 > looked;
    if (isClustered) return false;
    if (this.#buffer === undefined) {
      this.#buffer = new RadixBuffer(this.#table.imageBytes, this.#schema, this.#holding);
      this.#buffer.begin(this.#tableBytes);
    }
    const batch = new Batch(this.#schema, rowCount, columns);
    return this.#buffer.tryAppend(images, hashes, batch);
  }

  get #tableBytes(): number {
    return this.#table.groupCount * this.#groupBytes;
  }

  /** About how many keys of rows that wait are in no group, by those of one part (linear counting). */
  #newGroups(buffer: RadixBuffer): number {
    let bits = 64;
    while (bits < (buffer.rowCount / buffer.parts) * BITS_PER_ROW) bits *= 2;
    this.#marks.ensure(bits / 8, 0);
    const marks = this.#marks.address;
    takeKernels(this.#holding.linear).fillBytes(marks, 0, bits / 8);
    const kernels = radixKernels(this.#holding.linear);
    let marked = 0;
    for (const { images, rowCount } of buffer.batches(1)) {
      const ids = this.#table.lookUp(images, rowCount);
      marked += kernels.markNewHashes(ids, this.#table.hash(images, rowCount), rowCount, marks, bits - 1);
    }
    const found = marked === bits ? bits * Math.log(bits) : -bits * Math.log(1 - marked / bits);
    return Math.min(buffer.rowCount, Math.ceil(found * buffer.parts * 1.2));
  }
}
