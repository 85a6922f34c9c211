/**
 * Bounds of columns that come without one, read from their values where that proves checks away: to look at every value
 * costs less than to check every addition and multiplication.
 *
 *     a, b: int64, bits unknown      a * 2 + b      may overflow ──▶ look at a and b ──▶ below 2 ** 20 ──▶ cannot
 *
 * What was found in one batch is assumed of the next, whose kernel checks the values as it reads them: that spares the
 * look. Where it was wrong, a flag is raised, and the batch is looked at.
 */

import { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { collectColumns, operandsOf } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { magnitudeBits8 } from '../kernels/magnitude.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { Bounds } from './bounds.ts';
import { type ColumnLayout, layoutKey, layoutOf } from './layout.ts';
import { isWhole, machineOf } from './machine.ts';

export class MeasuredBounds {
  readonly #linear: LinearMemory;
  /** What may leave its type, and the columns it is made of. */
  readonly #checked: readonly { readonly e: TypedExpression; readonly columns: readonly number[] }[];
  readonly #candidates: readonly number[];
  /** By the layouts of the candidates. */
  readonly #wanted = new Map<string, readonly number[]>();
  /** Columns whose values were too large for it to help. */
  readonly #large = new Set<number>();
  /** By column: the greatest bound that was found, as one for values twice as large. */
  readonly #found = new Map<number, number>();

  constructor(roots: readonly TypedExpression[], linear: LinearMemory) {
    this.#linear = linear;
    this.#checked = roots.flatMap(checkedParts).map((e) => ({ e, columns: columnsOf(e) }));
    this.#candidates = [...new Set(this.#checked.flatMap(({ columns }) => columns))];
  }

  /** Bounds of columns that may be assumed; undefined where they are of no use, or a look may tell more. */
  assumed(batch: Batch): ReadonlyMap<number, number> | undefined {
    const wanted = this.#unbounded(batch);
    if (wanted.length === 0) return undefined;
    const bounds = new Map<number, number>();
    for (const index of wanted) {
      const bits = this.#found.get(index);
      if (bits === undefined) return undefined;
      bounds.set(index, bits);
    }
    return this.#mayFail(batch, bounds).some((index) => bounds.has(index)) ? undefined : bounds;
  }

  /** The same batch, its columns with bounds where they are of use. */
  measure(batch: Batch): Batch {
    const wanted = this.#unbounded(batch);
    if (wanted.length === 0) return batch;
    const columns = [...batch.columns];
    for (const index of wanted) {
      const column = batch.columns[index]!;
      const bits = magnitudeBits8(this.#linear, column.values, batch.rowCount);
      const bounded: Column = { ...column, bits };
      columns[index] = bounded;
      if (layoutOf(bounded).bits === undefined) this.#large.add(index);
      const roomy = layoutOf({ ...column, bits: bits + 1 }).bits;
      if (roomy === undefined) this.#found.delete(index);
      else this.#found.set(index, Math.max(roomy, this.#found.get(index) ?? 0));
    }
    return new Batch(batch.schema, batch.rowCount, columns);
  }

  /** Columns without a bound where one may prove a check away. */
  #unbounded(batch: Batch): readonly number[] {
    if (!this.#candidates.some((index) => this.#isUnbounded(batch, index))) return [];
    return this.#mayFail(batch).filter((index) => this.#isUnbounded(batch, index));
  }

  #isUnbounded({ columns }: Batch, index: number): boolean {
    const { type, width, bits, dictionary } = columns[index]!;
    if (bits !== undefined || dictionary !== undefined || width !== 8 || this.#large.has(index)) return false;
    const machine = machineOf(type);
    return machine?.type === 'i64' && machine.signed;
  }

  /** Columns that checks hang on which no bound proves away. */
  #mayFail({ columns }: Batch, bounds?: ReadonlyMap<number, number>): readonly number[] {
    const layoutAt = (index: number): ColumnLayout => {
      const column = columns[index]!;
      return layoutOf({ ...column, bits: bounds?.get(index) ?? column.bits });
    };
    const key = this.#candidates.map((index) => layoutKey(layoutAt(index))).join();
    const known = this.#wanted.get(key);
    if (known !== undefined) return known;
    const layouts = columns.map((_, index) => layoutAt(index));
    const found = new Set(this.#checked.filter(({ e }) => mayFail(e, layouts)).flatMap((each) => each.columns));
    const wanted = [...found];
    this.#wanted.set(key, wanted);
    return wanted;
  }
}

/** Whether a check is emitted for `e` itself, or a decimal only taken to be short. */
function mayFail(e: TypedExpression, layouts: readonly ColumnLayout[]): boolean {
  const bounds = new Bounds(layouts);
  return !bounds.fits(e) || bounds.assumesShort;
}

const CHECKED: ReadonlySet<TypedExpression['kind']> = new Set(['arithmetic', 'cast', 'function']);

function checkedParts(e: TypedExpression): readonly TypedExpression[] {
  const isChecked = CHECKED.has(e.kind) && isWhole(e.type);
  return [...(isChecked ? [e] : []), ...operandsOf(e).flatMap(checkedParts)];
}

function columnsOf(e: TypedExpression): readonly number[] {
  const found = new Set<number>();
  collectColumns(e, found);
  return [...found];
}
