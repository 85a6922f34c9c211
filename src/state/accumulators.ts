/**
 * What is kept per group so that some aggregates can be answered.
 *
 *     sum(x), mean(x), count(x), max(y)   ──▶   state of a group  │ values of x │ sum of x  │ greatest y │ …
 *                                                                 0             8           24
 *     median(x), list(y)                  ──▶   logs: all values, and the group of each
 *     sum(distinct x), count(distinct x)  ──▶   different rows: pairs of group and value, each once; the two aggregates
 *                                               have states of their own, which are filled from the pairs at the end
 *
 * An accumulator is shared by all aggregates that need it: the mean has the sum of the one and the count of the other.
 * Sums, least and greatest values do not know whether there was a value at all; the count of the input says it, or
 * that of rows where the input is never null, or nothing where a group cannot be without a value.
 */

import {
  binary,
  type DataType,
  float64,
  int64,
  isBytes,
  isFloat,
  isUnsigned,
  SHORT_DECIMAL_DIGITS,
  uint64,
} from '../columnar/data-type.ts';
import type { TypedAggregate, TypedExpression } from '../expressions/expression.ts';

/**
 * One part of a group's state, and its bytes there:
 *
 *     rows, values         8  how many rows, values that are not null
 *     sum                 16  of integers and decimals, two's complement
 *     squares             24  the sum of their squares, without sign
 *     product             16  of integers: magnitude, then flags (1 some zero, 2 beyond 64 bits, 4 negative)
 *     float-sum           16  the sum, and what was rounded away on the way to it
 *     float-product        8
 *     moments             24  of anything as float64: count, mean, sum of squared deviations from it
 *     skew-moments        32  the same and the sum of cubed deviations
 *     least, greatest      8  or 16 of text and long decimals
 *     distinct-sketch, percentile-sketch  16: the block of an arena that is the sketch, and its size
 *     first-row, last-row  8  which row of the batch at hand, which of the values that are kept
 *     least-row, greatest-row  the same, then what the rows are compared by, as least and greatest have it
 */
export type AccumulatorKind =
  | 'rows'
  | 'values'
  | 'sum'
  | 'squares'
  | 'product'
  | 'float-sum'
  | 'float-product'
  | 'moments'
  | 'skew-moments'
  | 'least'
  | 'greatest'
  | 'distinct-sketch'
  | 'percentile-sketch'
  | 'first-row'
  | 'last-row'
  | 'least-row'
  | 'greatest-row';

export interface Accumulator {
  readonly kind: AccumulatorKind;
  /** Position among the inputs; -1 for `rows`. Of the kinds that pick a row it is what they keep of it. */
  readonly input: number;
  /** The input that is null where a row does not take part; -1 where all do. */
  readonly mask: number;
  /** What rows are compared by; -1 where they are not. */
  readonly by: number;
  /** Of the input; undefined for `rows`. */
  readonly type: DataType | undefined;
  /** Of what rows are compared by. */
  readonly byType: DataType | undefined;
  /** Where in the state, a multiple of 8. */
  readonly offset: number;
}

/** All values of an input, with the group of each. */
export interface LogPlan {
  readonly input: number;
  /** As in an accumulator. */
  readonly mask: number;
  readonly type: DataType;
  /** Whether some of the rows that take part may be null. */
  readonly nullable: boolean;
}

/** Different pairs of group and value. */
export interface DistinctPlan {
  readonly input: number;
  readonly mask: number;
  readonly type: DataType;
  readonly nullable: boolean;
  /** Over the pairs: the first input is the value, the second how many rows had it. */
  readonly inner: AccumulatorPlan;
}

/**
 * How one aggregate is answered, or its partial state, or a part of that; the type is that of the answer. Where `count` is 0
 * the answer is null; undefined: a group is never without a value.
 */
export type Answer = { readonly aggregate: TypedAggregate } & (
  | { readonly kind: 'count'; readonly count: Accumulator }
  | { readonly kind: 'value'; readonly value: Accumulator; readonly count: Accumulator | undefined }
  | { readonly kind: 'mean'; readonly sum: Accumulator; readonly count: Accumulator }
  /** Variance or deviation of whole numbers, from their sum and that of their squares. */
  | {
      readonly kind: 'exact-spread';
      readonly sum: Accumulator;
      readonly squares: Accumulator;
      readonly count: Accumulator;
    }
  | { readonly kind: 'moments'; readonly moments: Accumulator }
  /** What the accumulator's states point to. */
  | { readonly kind: 'held'; readonly held: Accumulator }
  | { readonly kind: 'estimate'; readonly sketch: Accumulator }
  | { readonly kind: 'near-percentiles'; readonly sketch: Accumulator; readonly percentiles: readonly number[] }
  | { readonly kind: 'percentiles'; readonly log: number; readonly percentiles: readonly number[] }
  /** `nullable`: without a value the answer is null, and not empty. */
  | { readonly kind: 'texts'; readonly log: number; readonly delimiter: string; readonly nullable: boolean }
  /** A list of the values, or of the items of their lists. */
  | { readonly kind: 'list'; readonly log: number; readonly flat: boolean; readonly nullable: boolean }
  /** The answer at `position` of the inner plan of `distinct[rows]`. */
  | { readonly kind: 'distinct'; readonly rows: number; readonly position: number }
  /** Of partial states: 8 bytes of a state, whether a row was picked, and what it was picked by. */
  | { readonly kind: 'word'; readonly value: Accumulator; readonly word: number }
  | { readonly kind: 'found'; readonly held: Accumulator }
  | { readonly kind: 'by'; readonly held: Accumulator }
  | { readonly kind: 'struct'; readonly parts: readonly Answer[] }
);

export interface AccumulatorPlan {
  /** Distinct expressions, in the order of their first use. */
  readonly inputs: readonly TypedExpression[];
  readonly accumulators: readonly Accumulator[];
  /** Those that compiled loops update, and those that they do not. */
  readonly compiled: readonly Accumulator[];
  readonly uncompiled: readonly Accumulator[];
  readonly logs: readonly LogPlan[];
  readonly distinct: readonly DistinctPlan[];
  /** The count of rows, where there are groups. */
  readonly rows: Accumulator | undefined;
  /** A multiple of 16, at least 16. */
  readonly stateBytes: number;
  /** One per aggregate, in their order. */
  readonly answers: readonly Answer[];
}

/** Whether values are compared byte by byte: as they are, or intervals as `ValueBytes` writes them. */
export const comparesBytes = (type: DataType): boolean =>
  isBytes(type) || ['uuid', 'fixed-size-binary', 'interval'].includes(type.kind);

/** Whether states of the least and greatest value of this type take 16 bytes instead of 8. */
export const isWideExtreme = (type: DataType): boolean =>
  comparesBytes(type) || (type.kind === 'decimal' && type.precision > SHORT_DECIMAL_DIGITS);

/** The type as whose values states hold the least and greatest of a type. */
export function extremeType(type: DataType): DataType {
  if (isWideExtreme(type)) return type;
  if (isFloat(type)) return float64;
  return isUnsigned(type) ? uint64 : int64;
}

/** The type of what rows were picked by, as partial states have it. */
export const pickedByType = (type: DataType): DataType => (comparesBytes(type) ? binary : extremeType(type));

/** Whether an accumulator keeps a row, and of it a value of any type. */
export const picksRow = ({ kind }: Accumulator): boolean => kind.endsWith('-row');

/** Whether values are summed exactly: integers, and decimals of up to 18 digits, whose squares have room. */
export const isExactlySummed = (type: DataType): boolean =>
  !isFloat(type) && (type.kind !== 'decimal' || type.precision <= SHORT_DECIMAL_DIGITS);
