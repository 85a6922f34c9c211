/**
 * How many rows the next batch of a row group has. Texts inside of nested columns are written out, also those that a dictionary
 * has once and many rows refer to: how long they are is in no footer, so it is seen from the batches before.
 *
 *     rows    │ 64 │ 256 │ 1,024 │ … │ as many as have room, up to the most │        of each row group
 */

/** Of the first batch, and of any that is found to be too large with more. */
export const MIN_BATCH_ROWS = 64;
/** How many times as many rows the next batch may have. */
const GROWTH = 4;

export class BatchSize {
  readonly #mostRows: number;
  readonly #roomBytes: number;
  readonly #isKnown: boolean;
  #rows: number;
  /** The most bytes that a row has taken in any batch of the row group, of each column. */
  readonly #perRow: number[] = [];

  /** `isKnown` says that no texts are written out: all batches have `mostRows` then. */
  constructor(mostRows: number, roomBytes: number, isKnown: boolean) {
    this.#mostRows = mostRows;
    this.#roomBytes = roomBytes;
    this.#isKnown = isKnown;
    this.#rows = isKnown ? mostRows : MIN_BATCH_ROWS;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Notes what texts of `column` took in a batch of `rows` rows. */
  note(column: number, rows: number, bytes: number): void {
    if (this.#isKnown) return;
    this.#perRow[column] = Math.max(this.#perRow[column] ?? 0, bytes / rows);
    const perRow = this.#perRow.reduce((sum, one) => sum + one, 0);
    const fitting = Math.max(MIN_BATCH_ROWS, Math.floor(this.#roomBytes / Math.max(1, perRow)));
    this.#rows = Math.min(this.#mostRows, fitting, Math.max(this.#rows, rows * GROWTH));
  }
}
