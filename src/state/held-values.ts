import type { Column } from '../columnar/column.ts';

/** The states of one accumulator, which lie `stride` bytes apart, and how many there are. */
export interface HeldStates {
  readonly states: number;
  readonly stride: number;
  readonly count: number;
}

/** Rows, as what holds values of groups is given them. */
export interface HeldRows {
  readonly value: Column;
  /** Of rows that take part; 0: all of them. */
  readonly validity: number;
  /** Plain, but for text; undefined where rows are not compared by anything but their value. */
  readonly by: Column | undefined;
  readonly rowCount: number;
  /** Address of the group of each row, uint32. */
  readonly ids: number;
}

/** What the states of an accumulator point to, where they do not hold all of it. */
export interface HeldValues extends Disposable {
  /** @throws MemoryBudgetExceeded, ColumnTooLarge */
  add(rows: HeldRows, groups: HeldStates): void;
  /**
   * Adds what `other`, of the same accumulator, holds for the states `theirs`, as rows of the groups `ids`. Throws as
   * `add`.
   */
  absorb(other: HeldValues, theirs: HeldStates, ids: number, groups: HeldStates): void;
  /** The column of the answer; valid until the next call. @throws MemoryBudgetExceeded, ColumnTooLarge */
  take(states: HeldStates): Column;
}
