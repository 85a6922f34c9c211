/**
 * The aggregates there are, one table: what each takes, what it gives, and what it can be told. Binding checks calls
 * against it, the reference and `millrace functions` are made from it, its examples are run as tests.
 *
 * Nulls do not take part, and without any value the result is null, but where `nulls` says otherwise.
 */

import {
  bool,
  type DataType,
  decimal,
  fixedSizeList,
  float64,
  int64,
  isFloat,
  isInteger,
  isNumeric,
  isOrderable,
  isUnsigned,
  list,
  uint64,
  utf8,
} from '../columnar/data-type.ts';
import { MAX_DECIMAL_DIGITS } from './common-type.ts';
import type { AggregateFunction, AggregateOptions } from './expression.ts';
import type { JsonValue } from './literal.ts';

/** Digits behind the point that the mean of decimals has more than they. */
const MEAN_EXTRA_SCALE = 4;

/** Rows of one group, and what is made of them. */
export interface AggregateExample {
  readonly type: DataType;
  /** The values of the input, of `type`. */
  readonly values: readonly JsonValue[];
  /** Those of the second input: int64. */
  readonly by?: readonly JsonValue[];
  readonly distinct?: boolean;
  readonly options?: AggregateOptions;
  readonly result: JsonValue;
}

export interface AggregateDefinition {
  /** One sentence or two, as the reference prints them. */
  readonly doc: string;
  /** What it does with nulls, and gives without any value, where that is not the rule. */
  readonly nulls?: string;
  /** Of inputs, as errors name it: "sum takes a number". */
  readonly takes: string;
  /** Of the result over values of `input`; undefined where it does not take them. */
  readonly result: (input: DataType, options: AggregateOptions) => DataType | undefined;
  readonly options: readonly (keyof AggregateOptions)[];
  /** Whether it needs a second input, of a type that has an order. */
  readonly by: boolean;
  /** What `distinct` does: leaves out values that came before, nothing, or it makes no sense. */
  readonly distinct: 'matters' | 'is idle' | 'is refused';
  readonly examples: readonly AggregateExample[];
}

const example = (
  type: DataType,
  values: readonly JsonValue[],
  result: JsonValue,
  rest: Pick<AggregateExample, 'by' | 'distinct' | 'options'> = {},
): AggregateExample => ({ type, values, result, ...rest });

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
  isOrderable(type) || ['float16', 'interval', 'uuid', 'fixed-size-binary'].includes(type.kind);

const percentilesOf = (input: DataType, { percentiles }: AggregateOptions): DataType | undefined =>
  isNumeric(input) && percentiles !== undefined ? fixedSizeList(float64, percentiles.length) : realOf(input);

const ANY = { takes: 'any type', options: [], by: false, distinct: 'is idle', result: same } as const;
const ORDERED = { ...ANY, takes: 'what has an order', result: ordered } as const;
const NUMBER = { takes: 'a number', options: [], by: false, distinct: 'matters' } as const;

/** By name. */
export const AGGREGATES: Readonly<Record<AggregateFunction, AggregateDefinition>> = {
  count: {
    ...ANY,
    doc: 'Counts rows, or with an input values that are not null; with mode "null" those that are, with "all" both.',
    nulls: '0 without any row',
    options: ['mode'],
    distinct: 'matters',
    result: () => uint64,
    examples: [
      example(int64, [5, null, 5], 2),
      example(int64, [5, null, 5], 1, { distinct: true }),
      example(int64, [5, null, 5], 3, { options: { mode: 'all' } }),
    ],
  },
  count_distinct: {
    ...ANY,
    doc: 'Counts the different values; NaN is one, 0.0 and -0.0 are one.',
    nulls: '0 without any value',
    result: () => uint64,
    examples: [example(utf8, ['ATL', 'ORD', null, 'ATL'], 2)],
  },
  sum: {
    ...NUMBER,
    doc: 'Adds up. Of integers an int64 or uint64, of decimals one of 38 digits; what does not fit is an error.',
    result: (input) => (input.kind === 'decimal' ? decimal(MAX_DECIMAL_DIGITS, input.scale) : total(input)),
    examples: [example(int64, [1, null, 2, 2], 5), example(decimal(5, 2), ['1.50', '-0.25'], '1.25')],
  },
  product: {
    ...NUMBER,
    doc: 'Multiplies integers, into an int64 or uint64 that they must fit, or floats.',
    takes: 'an integer or a float',
    result: total,
    examples: [example(int64, [2, 3, null, 7], 42)],
  },
  mean: {
    ...NUMBER,
    doc: 'The sum divided by the count, of integers and decimals exactly; of decimals with four more digits, rounded half away from zero.',
    result: (input) => {
      if (input.kind !== 'decimal') return realOf(input);
      return decimal(MAX_DECIMAL_DIGITS, Math.min(MAX_DECIMAL_DIGITS, input.scale + MEAN_EXTRA_SCALE));
    },
    examples: [example(int64, [1, 2, null], 1.5), example(decimal(3, 1), ['1.0', '0.0', '0.0'], '0.33333')],
  },
  min: {
    ...ORDERED,
    doc: 'The least value. NaN is greater than every number.',
    examples: [example(utf8, ['ORD', null, 'ATL'], 'ATL'), example(float64, ['NaN', 2.5], 2.5)],
  },
  max: {
    ...ORDERED,
    doc: 'The greatest value. NaN is greater than every number.',
    examples: [example(utf8, ['ORD', null, 'ATL'], 'ORD'), example(float64, ['NaN', 2.5], 'NaN')],
  },
  bool_and: {
    ...ANY,
    doc: 'Whether all are true.',
    takes: 'a bool',
    result: boolOf,
    examples: [example(bool, [true, null, true], true), example(bool, [true, false], false)],
  },
  bool_or: {
    ...ANY,
    doc: 'Whether any is true.',
    takes: 'a bool',
    result: boolOf,
    examples: [example(bool, [false, null, true], true)],
  },
  stddev: {
    ...NUMBER,
    doc: 'The root of the variance.',
    nulls: 'null where ddof values or fewer take part',
    options: ['ddof'],
    result: realOf,
    examples: [example(int64, [2, 4, 4, 4, 5, 5, 7, 9], 2, { options: { ddof: 0 } })],
  },
  var: {
    ...NUMBER,
    doc: 'The variance: of the sample, or with ddof 0 of the population.',
    nulls: 'null where ddof values or fewer take part',
    options: ['ddof'],
    result: realOf,
    examples: [
      example(int64, [1, 2, 3, 4], 5 / 3),
      example(int64, [1, 2, 3, 4], 1.25, { options: { ddof: 0 } }),
      example(int64, [7], null),
    ],
  },
  skew: {
    ...NUMBER,
    doc: 'The skewness of the population; NaN where all values are the same.',
    result: realOf,
    examples: [example(int64, [1, 2, 3], 0), example(int64, [7], 'NaN')],
  },
  any_value: {
    ...ANY,
    doc: 'The value of the first row that is not null; with ignoreNulls false that of the first row.',
    options: ['ignoreNulls'],
    examples: [example(utf8, [null, 'ORD', 'ATL'], 'ORD')],
  },
  first: {
    ...ANY,
    doc: 'The value of the first row; with ignoreNulls that of the first that is not null.',
    nulls: 'nulls take part unless it is told to ignore them',
    options: ['ignoreNulls'],
    examples: [
      example(utf8, [null, 'ORD', 'ATL'], null),
      example(utf8, [null, 'ORD', 'ATL'], 'ORD', { options: { ignoreNulls: true } }),
    ],
  },
  last: {
    ...ANY,
    doc: 'The value of the last row; with ignoreNulls that of the last that is not null.',
    nulls: 'nulls take part unless it is told to ignore them',
    options: ['ignoreNulls'],
    distinct: 'is refused',
    examples: [example(utf8, [null, 'ORD', 'ATL'], 'ATL')],
  },
  min_by: {
    ...ANY,
    doc: 'The value of the first row where another is least; neither may be null.',
    by: true,
    examples: [example(utf8, ['ORD', 'ATL', null], 'ATL', { by: [3, 1, 0] })],
  },
  max_by: {
    ...ANY,
    doc: 'The value of the first row where another is greatest; neither may be null.',
    by: true,
    examples: [example(utf8, ['ORD', 'ATL', 'SFO'], 'ORD', { by: [3, 1, null] })],
  },
  median: {
    ...NUMBER,
    doc: 'The exact percentile 0.5.',
    result: realOf,
    examples: [example(int64, [9, 1, null, 2, 4], 3)],
  },
  percentile: {
    ...NUMBER,
    doc: 'The exact percentile, between two values interpolated linearly; with percentiles a list of several. NaN is greater than every number.',
    options: ['percentile', 'percentiles'],
    result: percentilesOf,
    examples: [
      example(int64, [1, 2, 3, 4], 1.75, { options: { percentile: 0.25 } }),
      example(int64, [1, 2, 3, 4], [1, 4], { options: { percentiles: [0, 1] } }),
    ],
  },
  mode: {
    ...ANY,
    doc: 'The most frequent value; of several the one that came first.',
    distinct: 'is refused',
    examples: [example(utf8, ['ORD', 'ATL', null, null, 'ATL'], 'ATL')],
  },
  approx_count_distinct: {
    ...ANY,
    doc: 'Counts the different values nearly, in memory that does not grow with them: exactly up to 1,536, then with a standard error of 0.81 % (HyperLogLog).',
    nulls: '0 without any value',
    result: () => uint64,
    examples: [example(utf8, ['ATL', 'ORD', null, 'ATL'], 2)],
  },
  approx_percentile: {
    ...NUMBER,
    doc: 'A percentile within 1 %, in memory that does not grow with the values; with percentiles a list of several (DDSketch).',
    options: ['percentile', 'percentiles'],
    result: percentilesOf,
    examples: [example(int64, [0, 0, 0], 0, { options: { percentile: 0.5 } })],
  },
  list: {
    ...ANY,
    doc: 'All values in the order of the rows. Of distinct values in the order in which they first came.',
    nulls: 'nulls take part; an empty list without any row',
    distinct: 'matters',
    result: listOf,
    examples: [
      example(int64, [3, null, 3, 1], [3, null, 3, 1]),
      example(int64, [3, null, 3, 1], [3, null, 1], { distinct: true }),
    ],
  },
  set: {
    ...ANY,
    doc: 'The different values, in the order in which they first came.',
    nulls: 'an empty list without any value',
    result: listOf,
    examples: [example(int64, [3, null, 3, 1], [3, 1])],
  },
  concat: {
    ...ANY,
    doc: 'Joins texts, or lists, in the order of the rows.',
    nulls: 'without any value empty of a whole input, null of a group',
    takes: 'text or lists',
    distinct: 'matters',
    result: (input) => (input.kind === 'list' ? input : textOf(input)),
    examples: [example(utf8, ['a', null, 'b'], 'ab'), example(list(int64), [[1, 2], [], [3]], [1, 2, 3])],
  },
  string_agg: {
    ...ANY,
    doc: 'Joins texts in the order of the rows, with a delimiter between them.',
    nulls: 'without any value empty of a whole input, null of a group',
    takes: 'text',
    options: ['delimiter'],
    distinct: 'matters',
    result: textOf,
    examples: [
      example(utf8, ['a', null, 'b'], 'a,b'),
      example(utf8, ['a', 'b', 'a'], 'a | b', { distinct: true, options: { delimiter: ' | ' } }),
    ],
  },
};
