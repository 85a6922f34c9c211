/**
 * Every row of one side beside every row of the other: one side is collected, the other streamed.
 *
 *     streamed   a │ b │ c       collected   1 │ 2            a1 a2 b1 b2 c1 c2
 *
 *     few collected rows    repeated once, so that they fill a batch: each batch has several streamed rows
 *     many                  each batch has one streamed row, beside a slice of them
 *
 * Neither side is copied into the batches. They are pushed one by one, so that the product never exists as a whole.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import type { Schema } from '../../columnar/schema.ts';
import { RowProgram } from '../../compile/row-program.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import { passedOn } from '../../expressions/typed-columns.ts';
import { sortKernels } from '../../kernels/sort-kernels.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { GatherScratch } from '../../state/gather-scratch.ts';
import { RepeatedRows } from '../../state/repeated-rows.ts';
import { RowBuffer } from '../../state/row-buffer.ts';
import type { BuildRun, Demand, Join, Output, Probe, ProbeRun, TaskContext } from '../operator.ts';

const NAME = 'CrossJoin';

export interface CrossJoinOptions {
  readonly left: Schema;
  readonly right: Schema;
  /** The side that is collected: the build side. */
  readonly collect: 'left' | 'right';
  /** Over the columns of both: only pairs for which it is true come out. */
  readonly residual?: TypedExpression | undefined;
}

/**
 * Pairs every row of the left with every row of the right: the columns of the left, then those of the right. The rows of
 * the streamed side keep their order, and with each of them come those of the collected side in theirs. Retains the
 * collected side, and one batch of it where it is small.
 */
export function crossJoin({ left, right, collect, residual }: CrossJoinOptions): Join {
  const [collected, streamed] = collect === 'left' ? [left, right] : [right, left];
  const schema: Schema = { fields: [...left.fields, ...right.fields] };
  const sides: Sides = { collected, streamed, collect, schema, residual };
  return { role: 'join', name: NAME, schema, open: (task) => new CrossBuild(sides, task) };
}

interface Sides {
  readonly collected: Schema;
  readonly streamed: Schema;
  readonly collect: 'left' | 'right';
  readonly schema: Schema;
  readonly residual: TypedExpression | undefined;
}

class CrossBuild implements BuildRun {
  readonly #sides: Sides;
  readonly #holding: Holding;
  readonly #rows: RowBuffer;

  constructor(sides: Sides, { memory }: TaskContext) {
    this.#sides = sides;
    this.#holding = memory.reserve(NAME);
    this.#rows = new RowBuffer(sides.collected, this.#holding);
  }

  async push(batch: Batch): Promise<Demand> {
    this.#rows.append(batch);
    return 'more';
  }

  async combine(other: BuildRun): Promise<void> {
    assert.ok(other instanceof CrossBuild);
    this.#rows.absorb(other.#rows);
  }

  async finish(): Promise<Probe> {
    return {
      demand: this.#rows.rowCount === 0 ? 'done' : 'more',
      open: (task) => new CrossProbe(this.#sides, this.#rows, task),
    };
  }

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }
}

/** The collected rows several times, one behind the other. */
interface Tile {
  readonly columns: readonly Column[];
  readonly times: number;
}

/** The streamed rows [row, row + count), each beside the first `rowCount` rows of `collected`. */
interface Part {
  readonly row: number;
  readonly count: number;
  readonly collected: readonly Column[];
  readonly rowCount: number;
}

class CrossProbe implements ProbeRun {
  readonly #sides: Sides;
  readonly #rows: RowBuffer;
  readonly #holding: Holding;
  readonly #repeated: RepeatedRows;
  readonly #residual: RowProgram | undefined;
  #tile: Tile | undefined;

  constructor(sides: Sides, rows: RowBuffer, { memory }: TaskContext) {
    const { schema, streamed, residual } = sides;
    this.#sides = sides;
    this.#rows = rows;
    this.#holding = memory.reserve(NAME);
    this.#repeated = new RepeatedRows(streamed, this.#holding);
    this.#residual =
      residual &&
      new RowProgram({ input: schema, filter: residual, columns: passedOn(schema), operator: NAME }, this.#holding);
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    if (this.#rows.rowCount === 0 || batch.rowCount === 0) return 'more';
    this.#repeated.begin(batch);
    for (const part of this.#parts(batch.rowCount)) {
      const pairs = this.#pairs(part);
      const kept = this.#residual === undefined ? pairs : this.#residual.apply(pairs);
      if (kept.rowCount > 0 && (await output.push(kept)) === 'done') return 'done';
    }
    return 'more';
  }

  async combine(): Promise<void> {}

  async finish(): Promise<void> {}

  [Symbol.dispose](): void {
    this.#residual?.[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }

  /** What goes into one batch each: some of the streamed rows, beside all collected rows or some. */
  *#parts(streamedRows: number): Generator<Part> {
    const { rowCount } = this.#rows;
    this.#tile ??= this.#makeTile();
    const { columns, times } = this.#tile;
    for (let row = 0; times > 0 && row < streamedRows; row += times) {
      yield { row, count: Math.min(times, streamedRows - row), collected: columns, rowCount };
    }
    for (let row = 0; times === 0 && row < streamedRows; row++) {
      for (let start = 0; start < rowCount; start += BATCH_ROWS) {
        const slice = this.#rows.slice(start, Math.min(BATCH_ROWS, rowCount - start));
        yield { row, count: 1, collected: slice.columns, rowCount: slice.rowCount };
      }
    }
  }

  #pairs({ row, count, collected, rowCount }: Part): Batch {
    const { collect, schema } = this.#sides;
    const streamed = this.#repeated.columns(row, count, rowCount);
    const [left, right] = collect === 'left' ? [collected, streamed] : [streamed, collected];
    return new Batch(schema, count * rowCount, [...left, ...right]);
  }

  /** As often as it fits a batch, its texts included: 0 times where that is not even twice. */
  #makeTile(): Tile {
    const { rowCount } = this.#rows;
    const wanted = Math.floor(BATCH_ROWS / rowCount);
    if (wanted < 2) return { columns: [], times: 0 };
    const permutation = this.#holding.allocate(wanted * rowCount * 4);
    const { address } = permutation;
    sortKernels(this.#holding.linear).sortRanks(0, rowCount, address);
    const { copyBytes } = takeKernels(this.#holding.linear);
    for (let n = 1; n < wanted; n++) copyBytes(address, address + n * rowCount * 4, rowCount * 4);
    // Freed with the holding: the tile stays where it was gathered.
    const scratch = new GatherScratch(this.#sides.collected, this.#holding);
    const { columns, rowCount: gathered } = this.#rows.gather(address, 0, wanted * rowCount, scratch);
    this.#holding.free(permutation);
    const times = Math.floor(gathered / rowCount);
    return times < 2 ? { columns: [], times: 0 } : { columns, times };
  }
}
