/**
 * The aggregates there are: what each takes, what it gives, and what it can be told.
 *
 * Nulls do not take part, but where it is said. Without any value a count is 0, a list is empty, and all else is null, but
 * that what is joined of a whole input is empty.
 */

import {
  bool,
  type DataType,
  decimal,
  fixedSizeList,
  float64,
  int64,
  isFloat,
  isGroupable,
  isInteger,
  isNumeric,
  isOrderable,
  isUnsigned,
  list,
  uint64,
} from '../columnar/data-type.ts';
import { MAX_DECIMAL_DIGITS } from './common-type.ts';
import type { AggregateFunction, AggregateOptions } from './expression.ts';

/** Digits behind the point that the mean of decimals has more than they. */
const MEAN_EXTRA_SCALE = 4;

export interface AggregateDefinition {
  /** One sentence, as the reference prints it. */
  readonly doc: string;
  /** Of inputs, as errors name it: "sum takes a number". */
  readonly takes: string;
  /** Of the result over values of `input`; undefined where it does not take them. */
  readonly result: (input: DataType, options: AggregateOptions) => DataType | undefined;
  readonly options: readonly (keyof AggregateOptions)[];
  /** Whether it needs a second input, of a type that has an order. */
  readonly by: boolean;
  /** What `distinct` does: leaves out values that came before, nothing, or it makes no sense. */
  readonly distinct: 'matters' | 'is idle' | 'is refused';
}

const total = (input: DataType): DataType | undefined => {
  if (isInteger(input)) return isUnsigned(input) ? uint64 : int64;
  return isFloat(input) ? float64 : undefined;
};

const same = (input: DataType): DataType => input;
const realOf = (input: DataType): DataType | undefined => (isNumeric(input) ? float64 : undefined);
const boolOf = (input: DataType): DataType | undefined => (input.kind === 'bool' ? bool : undefined);
const ordered = (input: DataType): DataType | undefined => (isComparable(input) ? input : undefined);
const listOf = (input: DataType): DataType => list(input);
const textOf = (input: DataType): DataType | undefined => (input.kind === 'utf8' ? input : undefined);

/** Whether the least and the greatest value of a type are known. */
export const isComparable = (type: DataType): boolean =>
  isOrderable(type) || ['float16', 'uuid', 'fixed-size-binary'].includes(type.kind);

const percentilesOf = (input: DataType, { percentiles }: AggregateOptions): DataType | undefined =>
  isNumeric(input) && percentiles !== undefined ? fixedSizeList(float64, percentiles.length) : realOf(input);

/** `result` for the types whose equal values are told from others. */
const distinguished =
  (result: AggregateDefinition['result']): AggregateDefinition['result'] =>
  (input, options) =>
    isGroupable(input) ? result(input, options) : undefined;

const ANY = { takes: 'any type', options: [], by: false, distinct: 'is idle', result: same } as const;
const ORDERED = { ...ANY, takes: 'what has an order', result: ordered } as const;
const EQUAL = { ...ANY, takes: 'what rows can be grouped by' } as const;
const NUMBER = { takes: 'a number', options: [], by: false, distinct: 'matters' } as const;

/** By name. */
export const AGGREGATES: Readonly<Record<AggregateFunction, AggregateDefinition>> = {
  count: {
    ...ANY,
    doc: 'Counts rows, or with an input values that are not null; with mode "null" those that are, with "all" both.',
    options: ['mode'],
    distinct: 'matters',
    result: () => uint64,
  },
  count_distinct: {
    ...EQUAL,
    doc: 'Counts the different values; NaN is one, 0.0 and -0.0 are one.',
    result: distinguished(() => uint64),
  },
  sum: {
    ...NUMBER,
    doc: 'Adds up. Of integers an int64 or uint64, of decimals one of 38 digits; what does not fit is an error.',
    result: (input) => (input.kind === 'decimal' ? decimal(MAX_DECIMAL_DIGITS, input.scale) : total(input)),
  },
  product: {
    ...NUMBER,
    doc: 'Multiplies integers, into an int64 or uint64 that they must fit, or floats.',
    takes: 'an integer or a float',
    result: total,
  },
  mean: {
    ...NUMBER,
    doc: 'The exact sum divided by the count; of decimals with four more digits, rounded half away from zero.',
    result: (input) => {
      if (input.kind !== 'decimal') return realOf(input);
      return decimal(MAX_DECIMAL_DIGITS, Math.min(MAX_DECIMAL_DIGITS, input.scale + MEAN_EXTRA_SCALE));
    },
  },
  min: { ...ORDERED, doc: 'The least value. NaN is greater than every number.' },
  max: { ...ORDERED, doc: 'The greatest value. NaN is greater than every number.' },
  bool_and: { ...ANY, doc: 'Whether all are true.', takes: 'a bool', result: boolOf },
  bool_or: { ...ANY, doc: 'Whether any is true.', takes: 'a bool', result: boolOf },
  stddev: { ...NUMBER, doc: 'The root of the variance.', options: ['ddof'], result: realOf },
  var: {
    ...NUMBER,
    doc: 'The variance: of the sample, or with ddof 0 of the population; null where ddof values or fewer take part.',
    options: ['ddof'],
    result: realOf,
  },
  skew: { ...NUMBER, doc: 'The skewness of the population; NaN where all values are the same.', result: realOf },
  any_value: {
    ...ANY,
    doc: 'The value of the first row that is not null; with ignoreNulls false that of the first row.',
    options: ['ignoreNulls'],
  },
  first: {
    ...ANY,
    doc: 'The value of the first row; with ignoreNulls that of the first that is not null.',
    options: ['ignoreNulls'],
  },
  last: {
    ...ANY,
    doc: 'The value of the last row; with ignoreNulls that of the last that is not null.',
    options: ['ignoreNulls'],
    distinct: 'is refused',
  },
  min_by: { ...ANY, doc: 'The value of the first row where another is least; neither may be null.', by: true },
  max_by: { ...ANY, doc: 'The value of the first row where another is greatest; neither may be null.', by: true },
  median: { ...NUMBER, doc: 'The exact percentile 0.5.', result: realOf },
  percentile: {
    ...NUMBER,
    doc: 'The exact percentile, between two values interpolated linearly; with percentiles a list of several. NaN is greater than every number.',
    options: ['percentile', 'percentiles'],
    result: percentilesOf,
  },
  mode: {
    ...EQUAL,
    doc: 'The most frequent value; of several the one that came first.',
    distinct: 'is refused',
    result: distinguished(same),
  },
  approx_count_distinct: {
    ...EQUAL,
    doc: 'Counts the different values nearly, in memory that does not grow with them: exactly up to 1,536, then with a standard error of 0.81 % (HyperLogLog).',
    result: distinguished(() => uint64),
  },
  approx_percentile: {
    ...NUMBER,
    doc: 'A percentile within 1 %, in memory that does not grow with the values; with percentiles a list of several (DDSketch).',
    options: ['percentile', 'percentiles'],
    result: percentilesOf,
  },
  list: {
    ...ANY,
    doc: 'All values, nulls too, in the order of the rows; without any an empty list. Of distinct values in the order in which they first came.',
    distinct: 'matters',
    result: listOf,
  },
  set: {
    ...EQUAL,
    doc: 'The different values that are not null, in the order in which they first came; without any an empty list.',
    result: distinguished(listOf),
  },
  concat: {
    ...ANY,
    doc: 'Joins texts, or lists, in the order of the rows.',
    takes: 'text or lists',
    distinct: 'matters',
    result: (input) => (input.kind === 'list' ? input : textOf(input)),
  },
  string_agg: {
    ...ANY,
    doc: 'Joins texts in the order of the rows, with a delimiter between them.',
    takes: 'text',
    options: ['delimiter'],
    distinct: 'matters',
    result: textOf,
  },
};
