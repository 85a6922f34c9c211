/** Aggregates of every kind over rows of many types, as plans and as SQL. */

import fc from 'fast-check';
import * as t from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { AggregateCall } from '../../src/expressions/expression.ts';
import { column, type Likeness } from './aggregates.ts';
import { lit } from './expressions.ts';
import { type Table, tables } from './tables.ts';

/** Columns that the cases are about. */
export const CASE_INPUT: Schema = schema(
  field('g', t.utf8),
  field('i', t.int32),
  field('n', t.int64, false),
  field('u', t.uint64),
  field('x', t.float64),
  field('f', t.float32),
  field('d', t.decimal(12, 2)),
  field('w', t.decimal(38, 3)),
  field('s', t.utf8),
  field('b', t.bool),
  field('y', t.date, false),
  field('r', t.int64, false),
  field('l', t.list(t.int32)),
);

const quarters = (most: number): fc.Arbitrary<number> =>
  fc.integer({ min: -most * 4, max: most * 4 }).map((each) => each / 4);
/** Rows of them, whose sums fit and are exact. */
export const CASE_TABLES: fc.Arbitrary<Table> = tables(CASE_INPUT, {
  maxRows: 90,
  values: {
    g: fc.constantFrom('a', 'b', ''),
    i: fc.integer({ min: -3, max: 3 }),
    n: fc.bigInt(-(2n ** 40n), 2n ** 40n),
    u: fc.oneof(fc.bigInt(0n, 9n), fc.bigInt(0n, 2n ** 40n)),
    x: fc.oneof(quarters(3), quarters(1e6)),
    f: quarters(1000),
    // Not many beside each other far from zero: their variance has fewer digits than are compared.
    w: fc.oneof(fc.bigInt(-9n, 9n), fc.noBias(fc.bigInt(-(10n ** 15n), 10n ** 15n))),
    r: fc.bigInt(0n, 5n),
    l: fc.array(fc.option(fc.integer({ min: -9, max: 9 })), { maxLength: 4 }),
  },
});

/** An aggregate, and what it is in DuckDB. */
export interface AggregateCase {
  readonly call: Omit<AggregateCall, 'name'>;
  /** With `FILTER`, where there is a filter, put behind what is in front of the first `|`. */
  readonly sql: string;
  readonly likeness?: Likeness;
  /** What it is of a whole input without any value, in SQL, where that is not what DuckDB says. */
  readonly empty?: string;
}

const of = (
  name: AggregateCall['function'],
  input_: string,
  sql: string,
  rest: Partial<AggregateCall> & Pick<AggregateCase, 'likeness' | 'empty'> = {},
): AggregateCase => {
  const { likeness = 'exact', empty, ...call } = rest;
  return { call: { function: name, input: column(input_), ...call }, sql, likeness, ...(empty && { empty }) };
};

/** Of all rows, or of groups. */
export const sqlOf = ({ sql, empty }: AggregateCase, filter: string, isGrouped: boolean): string => {
  const filtered = sql.replaceAll('|', filter);
  return isGrouped || empty === undefined ? filtered : `coalesce(${filtered}, ${empty})`;
};

const CLOSE = { likeness: 'close' } as const;
const EMPTY_TEXT = { empty: `''` } as const;
const UNORDERED = { likeness: 'unordered' } as const;
const set = (name: string): string =>
  `list_filter(coalesce(list(distinct ${name})|, []), lambda each: each is not null)`;
const skew = (name: string): string =>
  `case when count(${name})| = 0 then null else avg(pow(${name}::double - m_${name}, 3))|
    / pow(avg(pow(${name}::double - m_${name}, 2))|, 1.5) end`;

/** Of whole numbers, exactly: in floats, what differs by little far from 0 loses the digits that are compared. */
const variance = (whole: string, ddof: 0 | 1): string => {
  const value = `(${whole})::hugeint`;
  return `case when count(${whole})| > ${ddof} then
    (count(${whole})| * sum(${value} * ${value})| - sum(${value})| * sum(${value})|)::double
    / (count(${whole})| * (count(${whole})| - ${ddof})) end`;
};

// Decimals as whole numbers: their fractions are no doubles.
export const AGGREGATE_CASES: readonly AggregateCase[] = [
  { call: { function: 'count' }, sql: 'count(*)|' },
  of('count', 's', 'count(s)|'),
  of('count', 's', 'count(*)|', { options: { mode: 'all' } }),
  of('count', 's', 'count(*)| - count(s)|', { options: { mode: 'null' } }),
  of('count', 'n', 'count(*)| - count(n)|', { options: { mode: 'null' } }),
  of('count', 'x', 'count(distinct x)|', { distinct: true }),
  of('count_distinct', 's', 'count(distinct s)|'),
  of('count_distinct', 'w', 'count(distinct w)|'),
  of('approx_count_distinct', 's', 'count(distinct s)|'),
  of('approx_count_distinct', 'd', 'count(distinct d)|'),
  of('sum', 'i', 'sum(i)|'),
  of('sum', 'i', 'sum(distinct i)|', { distinct: true }),
  of('sum', 'd', 'sum(distinct d)|', { distinct: true }),
  of('sum', 'w', 'sum(w)|'),
  of('mean', 'n', 'avg(n)|', CLOSE),
  of('mean', 'x', 'avg(distinct x)|', { distinct: true, ...CLOSE }),
  of('min', 's', 'min(s)|'),
  of('max', 's', 'max(s)|'),
  of('min', 'w', 'min(w)|'),
  of('max', 'f', 'max(f)|'),
  of('min', 'y', 'min(y)|'),
  of('bool_and', 'b', 'bool_and(b)|'),
  of('bool_or', 'b', 'bool_or(b)|'),
  of('var', 'i', 'var_samp(i)|', CLOSE),
  of('var', 'n', variance('n', 0), { options: { ddof: 0 }, ...CLOSE }),
  of('var', 'u', variance('u', 1), CLOSE),
  of('var', 'x', 'var_samp(x)|', CLOSE),
  of('var', 'd', `${variance('d * 100', 1)} / 1e4`, CLOSE),
  of('var', 'w', `${variance('w::decimal(20, 3) * 1000', 1)} / 1e6`, CLOSE),
  of('var', 'i', 'var_samp(distinct i)|', { distinct: true, ...CLOSE }),
  of('stddev', 'i', 'stddev_samp(i)|', CLOSE),
  of('stddev', 'f', 'stddev_pop(f)|', { options: { ddof: 0 }, ...CLOSE }),
  of('skew', 'i', skew('i'), CLOSE),
  of('skew', 'x', skew('x'), CLOSE),
  of('any_value', 's', 'any_value(s)|'),
  of('any_value', 'w', 'any_value(w)|'),
  of('any_value', 'd', 'first(d)|', { options: { ignoreNulls: false } }),
  of('first', 's', 'first(s)|'),
  of('first', 'x', 'any_value(x)|', { options: { ignoreNulls: true } }),
  of('last', 'b', 'last(b)|'),
  of('last', 'y', 'last(y)|'),
  of('min_by', 's', 'arg_min(s, i)|', { by: column('i') }),
  of('max_by', 'w', 'arg_max(w, s)|', { by: column('s') }),
  of('max_by', 'b', 'arg_max(b, x)|', { by: column('x') }),
  of('min_by', 'n', 'arg_min(n, y)|', { by: column('y') }),
  of('min_by', 'i', 'arg_min(i, w)|', { by: column('w') }),
  of('max_by', 'd', 'arg_max(d, b)|', { by: column('b') }),
  of('max_by', 'd', 'arg_max(d, u)|', { by: column('u') }),
  of('median', 'i', 'median(i)|', CLOSE),
  of('median', 'x', 'median(x)|', CLOSE),
  of('median', 'u', 'quantile_cont(distinct u::double, 0.5)|', { distinct: true, ...CLOSE }),
  of('percentile', 'd', 'quantile_cont(d::double, 0.9)|', { options: { percentile: 0.9 }, ...CLOSE }),
  of('percentile', 'w', 'quantile_cont(w::double, 0.25)|', { options: { percentile: 0.25 }, ...CLOSE }),
  of('percentile', 'f', 'quantile_cont(f::double, 1)|', { options: { percentile: 1 }, ...CLOSE }),
  of('percentile', 'f', 'quantile_cont(f::double, 0)|', { options: { percentile: 0 }, ...CLOSE }),
  of('mode', 'i', 'mode(i)|'),
  of('mode', 's', 'mode(s)|'),
  of('string_agg', 's', `string_agg(s, ',')|`, EMPTY_TEXT),
  of('string_agg', 's', `string_agg(s, '')|`, { options: { delimiter: '' }, ...EMPTY_TEXT }),
  of('concat', 's', `string_agg(s, '')|`, EMPTY_TEXT),
  of('percentile', 'i', 'quantile_cont(i, [0.9, 0.1, 0.5])|', { options: { percentiles: [0.9, 0.1, 0.5] }, ...CLOSE }),
  of('list', 's', 'coalesce(list(s)|, [])'),
  of('list', 'i', 'coalesce(list(i)|, [])'),
  of('list', 'b', 'coalesce(list(b)|, [])'),
  of('list', 'w', 'coalesce(list(w)|, [])'),
  of('list', 'n', 'coalesce(list(n)|, [])'),
  of('list', 's', 'coalesce(list(distinct s)|, [])', { distinct: true, ...UNORDERED }),
  of('list', 'd', 'coalesce(list(distinct d)|, [])', { distinct: true, ...UNORDERED }),
  of('set', 'x', set('x'), UNORDERED),
  of('set', 's', set('s'), UNORDERED),
  of('list', 'l', 'coalesce(list(l)|, [])'),
  of('concat', 'l', 'case when count(l)| > 0 then flatten(list(l)|) end', { empty: '[]' }),
  of('first', 'l', 'first(l)|'),
  of('max_by', 'l', 'arg_max(l, d)|', { by: column('d') }),
  of('count', 'l', 'count(l)|'),
];

/** Filters of aggregates, and their SQL. */
export const AGGREGATE_FILTERS: readonly { readonly filter: AggregateCall['filter']; readonly sql: string }[] = [
  { filter: undefined, sql: '' },
  {
    filter: { kind: 'binary', operator: '>', left: column('i'), right: lit(0n) } as const,
    sql: ' filter (where i > 0)',
  },
  { filter: column('b'), sql: ' filter (where b)' },
];

/** Calls of the cases, each of its own name. */
export const callsOf = (chosen: readonly AggregateCase[], filter: AggregateCall['filter']): AggregateCall[] =>
  chosen.map(({ call }, index) => ({ ...call, name: `a${index}`, filter }));
