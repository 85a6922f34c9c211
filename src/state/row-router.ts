/**
 * Sorts the rows of each batch by key, so that the rows of one key can be moved together.
 *
 *     keys      b a b c a        ids 0 1 0 2 1        rows │ 0 2 │ 1 4 │ 3 │
 *                                                      key   b     a     c
 *
 * Ids come from a group table; the rows of a batch are put in order by counting them per id, stably.
 */

import type { Column } from '../columnar/column.ts';
import { readValue } from '../columnar/column-values.ts';
import type { DataType } from '../columnar/data-type.ts';
import type { Value } from '../columnar/value.ts';
import type { Holding } from '../memory/budget.ts';
import { GroupTable } from './group-table.ts';
import { GrowingRegion } from './growing-region.ts';

/** The rows of a batch that have key `id`. */
export interface Routed {
  readonly id: number;
  /** Address of their uint32 numbers, in order; valid until the next call. */
  readonly rows: number;
  readonly count: number;
}

export class RowRouter implements Disposable {
  readonly #holding: Holding;
  readonly #table: GroupTable;
  readonly #rows: GrowingRegion;
  /** Per id, rows of the batch at hand: all 0 between two calls. */
  #counts = new Uint32Array(64);

  /** Reserves its keys under `holding`, which stays the caller's. @throws MemoryBudgetExceeded */
  constructor(keyTypes: readonly DataType[], holding: Holding) {
    this.#holding = holding;
    this.#table = new GroupTable(keyTypes, holding);
    this.#rows = new GrowingRegion(holding);
    holding.grow(this.#counts.byteLength);
  }

  /** Ids are dense, in the order in which keys were first seen. At most BATCH_ROWS rows. @throws MemoryBudgetExceeded */
  route(keys: readonly Column[], rowCount: number): Routed[] {
    this.#rows.ensure(rowCount * 4, 0);
    const ids = this.#table.groupIds(keys, rowCount) >>> 2;
    this.#growCounts();
    const rows = this.#rows.address;
    const { u32 } = this.#holding.linear;
    const counts = this.#counts;
    const seen: number[] = [];
    for (let row = 0; row < rowCount; row += 1) {
      const id = u32[ids + row] as number;
      const before = counts[id] as number;
      if (before === 0) seen.push(id);
      counts[id] = before + 1;
    }
    const routed: Routed[] = [];
    let start = rows;
    for (const id of seen) {
      const count = counts[id] as number;
      routed.push({ id, rows: start, count });
      // From here on: where the next row of this id goes.
      counts[id] = start >>> 2;
      start += count * 4;
    }
    for (let row = 0; row < rowCount; row += 1) {
      const id = u32[ids + row] as number;
      const at = counts[id] as number;
      u32[at] = row;
      counts[id] = at + 1;
    }
    for (const id of seen) counts[id] = 0;
    return routed;
  }

  /** The values of key `id`, in the order of the key columns. */
  keyValues(id: number): Value[] {
    return this.#table.keyColumns(id, id + 1).map((column) => readValue(this.#holding.linear, column, 0));
  }

  [Symbol.dispose](): void {
    this.#table[Symbol.dispose]();
    this.#rows.free();
    this.#holding.shrink(this.#counts.byteLength);
  }

  #growCounts(): void {
    const { groupCount } = this.#table;
    if (groupCount <= this.#counts.length) return;
    const larger = Math.max(groupCount, this.#counts.length * 2);
    this.#holding.grow((larger - this.#counts.length) * 4);
    this.#counts = new Uint32Array(larger);
  }
}
