/**
 * Bounds of columns that come without one, read from their values where that proves checks away: a pass over a batch that
 * lies in the cache costs less than to check every addition and multiplication.
 *
 *     a, b: int64, bits unknown      a * 2 + b      may overflow ──▶ look at a and b ──▶ below 2 ** 20 ──▶ cannot
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
  readonly #wanted = new Map<string, readonly number[]>();
  /** Columns whose values were too large for it to help. */
  readonly #large = new Set<number>();

  constructor(roots: readonly TypedExpression[], linear: LinearMemory) {
    this.#linear = linear;
    this.#checked = roots.flatMap(checkedParts).map((e) => ({ e, columns: columnsOf(e) }));
    this.#candidates = [...new Set(this.#checked.flatMap(({ columns }) => columns))];
  }

  /** The same batch, its columns with bounds where they are of use. */
  measure(batch: Batch): Batch {
    if (!this.#candidates.some((index) => this.#isUnbounded(batch, index))) return batch;
    const wanted = this.#wantedOf(batch).filter((index) => this.#isUnbounded(batch, index));
    if (wanted.length === 0) return batch;
    const columns = [...batch.columns];
    for (const index of wanted) {
      const column = batch.columns[index]!;
      const bounded: Column = { ...column, bits: magnitudeBits8(this.#linear, column.values, batch.rowCount) };
      columns[index] = bounded;
      if (layoutOf(bounded).bits === undefined) this.#large.add(index);
    }
    return new Batch(batch.schema, batch.rowCount, columns);
  }

  #isUnbounded({ columns }: Batch, index: number): boolean {
    const { type, width, bits, dictionary } = columns[index]!;
    if (bits !== undefined || dictionary !== undefined || width !== 8 || this.#large.has(index)) return false;
    const machine = machineOf(type);
    return machine?.type === 'i64' && machine.signed;
  }

  #wantedOf({ columns }: Batch): readonly number[] {
    const key = this.#candidates.map((index) => layoutKey(layoutOf(columns[index]!))).join();
    const known = this.#wanted.get(key);
    if (known !== undefined) return known;
    const layouts = columns.map(layoutOf);
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
