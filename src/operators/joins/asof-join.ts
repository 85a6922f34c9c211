/**
 * Beside each row of one side the row of the other that is nearest by a key, as quotes are to trades.
 *
 *     build   right ──▶ rows, sorted by group and key
 *     probe   left, by │ a 5 │ b 2 │ ──search──▶ │ row 2 │ none │ ──gather──▶ left, right or nulls
 */

import assert from 'node:assert/strict';
import { Batch } from '../../columnar/batch.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { Holding } from '../../memory/budget.ts';
import { type AsofKeys, type AsofLookup, type AsofSearch, AsofTable } from '../../state/asof-table.ts';
import { GatherScratch } from '../../state/gather-scratch.ts';
import { sliceBatch } from '../../state/row-slice.ts';
import type { BuildRun, Demand, Join, Output, Probe, ProbeRun, TaskContext } from '../operator.ts';

const NAME = 'AsofJoin';

export interface AsofJoinOptions extends AsofSearch {
  readonly left: Schema;
  readonly right: Schema;
  /** Of the same types as those of the right. */
  readonly leftKeys: AsofKeys;
  readonly rightKeys: AsofKeys;
  /** The columns of the right that come out. */
  readonly rightColumns: readonly number[];
  /** Of what comes out: the columns of the left, then those of the right. */
  readonly schema: Schema;
}

/**
 * Gives every row of the left once, in its order, beside one row of the right of which all `by` keys are equal:
 *
 *     backward   with the greatest key that is not greater; the last of those that have it
 *     forward    with the least key that is not less; the first of those
 *     nearest    with the key that is least far away, the greater one of two; the last of those
 *
 * Where there is none, where a key is null, and where it is farther than the tolerance, nulls stand beside it. Equal keys
 * match unless `allowExactMatches` is false. Retains the right, 16 bytes more per row, and what sorting takes.
 */
export function asofJoin(options: AsofJoinOptions): Join {
  return { role: 'join', name: NAME, schema: options.schema, open: (task) => new AsofBuild(options, task) };
}

class AsofBuild implements BuildRun {
  readonly #options: AsofJoinOptions;
  readonly #holding: Holding;
  readonly #table: AsofTable;

  constructor(options: AsofJoinOptions, { memory }: TaskContext) {
    const { right, leftKeys, rightKeys, rightColumns } = options;
    const nullable = rightKeys.by.map((key, index) => key.nullable || leftKeys.by[index]?.nullable !== false);
    this.#options = options;
    this.#holding = memory.reserve(NAME);
    try {
      this.#table = new AsofTable(right, rightKeys, nullable, rightColumns, this.#holding);
    } catch (error) {
      this.#holding[Symbol.dispose]();
      throw error;
    }
  }

  async push(batch: Batch): Promise<Demand> {
    this.#table.append(batch);
    return 'more';
  }

  async combine(other: BuildRun): Promise<void> {
    assert.ok(other instanceof AsofBuild);
    this.#table.absorb(other.#table);
  }

  async finish(): Promise<Probe> {
    this.#table.sort();
    return { demand: 'more', open: (task) => new AsofProbe(this.#options, this.#table, task) };
  }

  [Symbol.dispose](): void {
    this.#table[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}

class AsofProbe implements ProbeRun {
  readonly #schema: Schema;
  readonly #table: AsofTable;
  readonly #holding: Holding;
  /** Of one part of a batch. */
  readonly #part: Holding;
  readonly #lookup: AsofLookup;
  readonly #scratch: GatherScratch;

  constructor(options: AsofJoinOptions, table: AsofTable, { memory }: TaskContext) {
    const { left, leftKeys, schema } = options;
    this.#schema = schema;
    this.#table = table;
    this.#holding = memory.reserve(NAME);
    this.#part = memory.reserve(NAME);
    this.#scratch = new GatherScratch(table.rows.schema, this.#holding);
    try {
      this.#lookup = table.openLookup(left, leftKeys, options, this.#holding);
    } catch (error) {
      this.#holding[Symbol.dispose]();
      throw error;
    }
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    const matches = this.#lookup.matches(batch);
    for (let start = 0; start < batch.rowCount; ) {
      const right = this.#table.rows.gather(matches, start, batch.rowCount - start, this.#scratch);
      const left = sliceBatch(batch, start, right.rowCount, this.#part);
      const joined = new Batch(this.#schema, right.rowCount, [...left.columns, ...right.columns]);
      if ((await output.push(joined)) === 'done') return 'done';
      this.#part.release();
      start += right.rowCount;
    }
    return 'more';
  }

  async combine(): Promise<void> {}

  async finish(): Promise<void> {}

  [Symbol.dispose](): void {
    this.#lookup[Symbol.dispose]();
    this.#part[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}
