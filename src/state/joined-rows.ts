/**
 * Rows of a join out of those of its two sides.
 *
 *     probe rows   │ 0 │ 0 │ 2 │ …    ──take──▶ │ columns of the probe side │
 *     build rows   │ 7 │ 9 │ 3 │ …    ──take──▶                             │ of the build side │
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS, Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { Schema } from '../columnar/schema.ts';
import type { Holding } from '../memory/budget.ts';
import { GatherScratch } from './gather-scratch.ts';

/** Where a column of a joined row comes from: its position among the columns of that side. */
export interface JoinedColumn {
  readonly side: 'probe' | 'build';
  readonly position: number;
}

/** Rows of both sides as `JoinedRows.take` gives them. */
export interface RowPairs {
  /** Address of uint32; undefined for the first rows as they are, which need not be copied. */
  readonly probeRows: number | undefined;
  readonly buildRows: number;
  readonly count: number;
}

/** Makes batches of pairs of rows, in memory that is used again for the next one. */
export class JoinedRows implements Disposable {
  readonly #schema: Schema;
  readonly #columns: readonly JoinedColumn[];
  readonly #positions: { readonly probe: readonly number[]; readonly build: readonly number[] };
  readonly #probe: GatherScratch;
  readonly #build: GatherScratch;

  /** `columns` say where those of `schema` come from. Scratch is of `holding`, whose owner disposes it after this. */
  constructor(schema: Schema, columns: readonly JoinedColumn[], holding: Holding) {
    const of = (side: JoinedColumn['side']): number[] => [...columns.keys()].filter((at) => columns[at]?.side === side);
    const part = (at: readonly number[]): Schema => ({ fields: at.flatMap((index) => schema.fields[index] ?? []) });
    this.#schema = schema;
    this.#columns = columns;
    this.#positions = { probe: of('probe'), build: of('build') };
    this.#probe = new GatherScratch(part(this.#positions.probe), holding);
    this.#build = new GatherScratch(part(this.#positions.build), holding);
  }

  /**
   * The first of `pairs`: at most BATCH_ROWS, and fewer where their text would be too large for a batch, which the batch
   * says. It is lent, as the columns are, until the next call. @throws MemoryBudgetExceeded
   */
  take(probe: readonly Column[], build: readonly Column[], { probeRows, buildRows, count }: RowPairs): Batch {
    const most = Math.min(count, BATCH_ROWS);
    let built = this.#build.gather(this.#columnsOf('build', build), buildRows, most);
    const probed = this.#columnsOf('probe', probe);
    if (probeRows === undefined) return this.#joined(probed, built.columns, built.rowCount);
    const taken = this.#probe.gather(probed, probeRows, built.rowCount);
    if (taken.rowCount < built.rowCount) {
      built = this.#build.gather(this.#columnsOf('build', build), buildRows, taken.rowCount);
    }
    return this.#joined(taken.columns, built.columns, taken.rowCount);
  }

  [Symbol.dispose](): void {
    this.#probe[Symbol.dispose]();
    this.#build[Symbol.dispose]();
  }

  #columnsOf(side: JoinedColumn['side'], columns: readonly Column[]): Column[] {
    return this.#positions[side].map((at) => {
      const column = columns[this.#columns[at]?.position ?? -1];
      assert.ok(column !== undefined);
      return column;
    });
  }

  #joined(probe: readonly Column[], build: readonly Column[], rowCount: number): Batch {
    const columns: Column[] = [];
    for (const [n, at] of this.#positions.probe.entries()) columns[at] = probe[n] as Column;
    for (const [n, at] of this.#positions.build.entries()) columns[at] = build[n] as Column;
    return new Batch(this.#schema, rowCount, columns);
  }
}
