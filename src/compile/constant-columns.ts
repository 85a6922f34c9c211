import type { Column } from '../columnar/column.ts';
import { constantColumn } from '../columnar/column-from-values.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { expressionKey } from '../expressions/expression-key.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';

type Literal = Extract<TypedExpression, { kind: 'literal' }>;

/** Literals as columns: a dictionary of one entry each, all with the same codes of zero. */
export class ConstantColumns {
  readonly #holding: Holding;
  readonly #entries = new Map<string, Column>();
  #codes: Region | undefined;
  #noValues: Region | undefined;

  constructor(holding: Holding) {
    this.#holding = holding;
  }

  /** Valid until the next call with more rows. @throws MemoryBudgetExceeded */
  of(e: Literal, rowCount: number): Column {
    this.#codes = this.#zeroes(this.#codes, rowCount * 4);
    if (e.value === null) this.#noValues = this.#zeroes(this.#noValues, Math.ceil(rowCount / 8));
    const key = expressionKey(e);
    const known = this.#entries.get(key) ?? constantColumn(this.#holding, e.type, e.value, 0, 0);
    this.#entries.set(key, known);
    return {
      ...known,
      values: this.#codes.address,
      validity: e.value === null ? (this.#noValues?.address ?? 0) : 0,
    };
  }

  #zeroes(region: Region | undefined, bytes: number): Region {
    if (region !== undefined && region.byteLength >= bytes) return region;
    if (region !== undefined) this.#holding.free(region);
    return this.#holding.allocateZeroed(bytes);
  }
}
