/**
 * Whether it pays to wait for what a filter keeps of a row group before the other columns are asked for.
 *
 *     at once     │ filter columns and others │ ──▶ rows                     nothing waits, everything is read
 *     filter      │ filter columns │ ──▶ which rows ──▶ │ pages of others │   what no row needs is never read
 *
 * Waiting costs the time of a request once, for filter columns of row groups ahead are read and decoded meanwhile; and they
 * are decoded twice. What it spares is known from the row groups before; of the first, a filter that asks for equality is
 * taken to keep few rows, and any other one all of them.
 */

import type { TypedExpression } from '../../expressions/expression.ts';

/** What a network brings while a request waits for its answer. */
const LATENCY_BYTES: number = 2 << 20;
/** Of the bytes of other columns that a filter is taken to spare where it asks for equality, until it is known better. */
const EXPECTED = 0.75;
/** A byte of filter columns decoded twice is worth so much of one that is not read. */
const DECODING = 1 / 8;

export interface RowGroupBytes {
  /** Of the columns that the filter reads, and of the others. */
  readonly filter: number;
  readonly others: number;
  /** Of the others in this and all further row groups. */
  readonly othersAhead: number;
  /** Whether the row group before waits already, so that no time is lost. */
  readonly isBehind: boolean;
}

/** What is known of the filter of a scan; over all of its files. */
export class FilterFirst {
  #spared: number;

  /** `isNarrow` where few rows are wanted, whatever the filter says. */
  constructor(filter: TypedExpression, isNarrow: boolean = false) {
    this.#spared = isNarrow || asksForEquality(filter) ? EXPECTED : 0;
  }

  /** Notes which share of the other columns of a row group nobody needed. */
  note(spared: number): void {
    this.#spared = (this.#spared + spared) / 2;
  }

  /** False whatever the bytes are. */
  get neverWaits(): boolean {
    return this.#spared === 0;
  }

  /** What lies ahead is asked for only where all else speaks for waiting. */
  waits(bytes: RowGroupBytes): boolean {
    const { filter, others, isBehind } = bytes;
    return this.#spared * others > DECODING * filter && (isBehind || this.#spared * bytes.othersAhead > LATENCY_BYTES);
  }
}

/** Whether rows for which it is true have one of few values in some column. */
function asksForEquality(filter: TypedExpression): boolean {
  if (filter.kind === 'logic') {
    const [left, right] = [asksForEquality(filter.left), asksForEquality(filter.right)];
    return filter.operator === 'and' ? left || right : left && right;
  }
  if (filter.kind === 'is-in') return filter.list.every(({ kind }) => kind === 'literal');
  return filter.kind === 'compare' && filter.operator === '=' && [filter.left, filter.right].some(isLiteral);
}

const isLiteral = ({ kind }: TypedExpression): boolean => kind === 'literal';
