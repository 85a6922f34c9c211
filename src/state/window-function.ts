import type { Column } from '../columnar/column.ts';

/** Values of the first rows that were asked for. */
export interface WindowValues {
  readonly column: Column;
  /** Fewer than asked for where more would be too large for one batch; at least one. */
  readonly rowCount: number;
}

/** One function over the stretch at hand. */
export interface WindowFunction extends Disposable {
  /** Looks at the next stretch. @throws MemoryBudgetExceeded, ArithmeticOverflow */
  begin(): void;
  /** Of the rows [from, to) of the stretch, a batch at most; valid until the next call. Throws as `begin`. */
  values(from: number, to: number): WindowValues;
}
