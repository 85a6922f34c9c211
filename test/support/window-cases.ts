/** Window functions of every kind, and frames, as plans and as SQL. */

import fc from 'fast-check';
import type { DataType } from '../../src/columnar/data-type.ts';
import * as t from '../../src/columnar/data-type.ts';
import { field, type Schema } from '../../src/columnar/schema.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import type { JsonValue } from '../../src/expressions/literal.ts';
import type { FrameBound, WindowCall, WindowFrame, WindowOrder } from '../../src/expressions/window.ts';
import type { WindowFunction } from '../../src/expressions/window-functions.ts';
import { AGGREGATE_CASES, CASE_INPUT, CASE_TABLES } from './aggregate-cases.ts';
import { column, type Likeness } from './aggregates.ts';
import { lit } from './expressions.ts';
import type { Table } from './tables.ts';
import { windowFunction } from './windows.ts';

/** Those of the cases of aggregates, a time, a number of its own for each row, and the place of each row. */
export const WINDOW_INPUT: Schema = {
  fields: [
    ...CASE_INPUT.fields,
    field('at', t.timestamp('us')),
    field('q', t.int64, false),
    field('id', t.int64, false),
  ],
};

const HOUR_MICROS = 3_600_000_000n;
const hours = fc.option(fc.bigInt(-60n, 60n), { freq: 5 });

export const WINDOW_TABLES: fc.Arbitrary<Table> = fc
  .tuple(CASE_TABLES, fc.array(hours, { minLength: 1, maxLength: 30 }))
  .map(([{ rows }, times]) => ({
    schema: WINDOW_INPUT,
    rows: rows.map((row, index) => {
      const time = times[(index * 7) % times.length] ?? null;
      return [...row, time === null ? null : time * HOUR_MICROS, BigInt((index * 7919 + 13) % 10_007), BigInt(index)];
    }),
  }));

/** A function, and what it is in DuckDB: `|` stands for `filter (…) over (…)`. */
export interface WindowCase {
  readonly call: (name: string, filter: Expression | undefined) => WindowCall;
  readonly sql: string;
  readonly likeness: Likeness;
  /** Whether it depends on the order of rows with equal keys. */
  readonly byRow: boolean;
  /** Whether it is of the place of a row, whatever the frame. */
  readonly unframed: boolean;
}

type Rest = Parameters<typeof windowFunction>[2];
const of = (called: WindowFunction, sql: string, rest: Rest = {}, byRow: boolean = true): WindowCase => ({
  call: (name) => windowFunction(name, called, rest),
  sql,
  likeness: 'exact',
  byRow,
  unframed: !called.endsWith('_value'),
});

const FUNCTIONS: readonly WindowCase[] = [
  of('row_number', 'row_number()#'),
  of('rank', 'rank()#', {}, false),
  of('dense_rank', 'dense_rank()#', {}, false),
  of('percent_rank', 'percent_rank()#', {}, false),
  of('cume_dist', 'cume_dist()#', {}, false),
  of('ntile', 'ntile(1)#', { count: 1 }),
  of('ntile', 'ntile(3)#', { count: 3 }),
  of('ntile', 'ntile(1000)#', { count: 1000 }),
  of('lag', 'lag(i)#', { input: column('i') }),
  of('lag', 'lag(s, 2)#', { input: column('s'), count: 2 }),
  of('lag', 'lag(n, 0)#', { input: column('n'), count: 0 }),
  of('lag', 'lag(s, 1, repeat(s, 2))#', {
    input: column('s'),
    default: { kind: 'function', name: 'repeat', arguments: [column('s'), lit(2n)] },
  }),
  of('lag', 'lag(w, 3, 5)#', { input: column('w'), count: 3, default: lit(5n) }),
  of('lag', 'lag(l)#', { input: column('l') }),
  of('lag', 'lag(l, 2, [1::integer])#', {
    input: column('l'),
    count: 2,
    default: { kind: 'literal', type: t.list(t.int32), value: [1] },
  }),
  of('lag', 'lag(x ignore nulls)#', { input: column('x'), ignoreNulls: true }),
  of('lead', 'lead(b, 2)#', { input: column('b'), count: 2 }),
  of('lead', 'lead(d, 1, 1.5)#', {
    input: column('d'),
    default: { kind: 'literal', type: t.decimal(2, 1), value: '1.5' },
  }),
  of('lead', 'lead(y)#', { input: column('y') }),
  of('lead', 'lead(f, 2, 0 ignore nulls)#', { input: column('f'), count: 2, default: lit(0n), ignoreNulls: true }),
  of('lead', 'lead(s, 3 ignore nulls)#', { input: column('s'), count: 3, ignoreNulls: true }),
  of('first_value', 'first_value(s)#', { input: column('s') }),
  of('first_value', 'first_value(x ignore nulls)#', { input: column('x'), ignoreNulls: true }),
  of('last_value', 'last_value(i)#', { input: column('i') }),
  of('last_value', 'last_value(l ignore nulls)#', { input: column('l'), ignoreNulls: true }),
  of('last_value', 'last_value(w)#', { input: column('w') }),
  of('nth_value', 'nth_value(d, 2)#', { input: column('d'), count: 2 }),
  of('nth_value', 'nth_value(b, 3 ignore nulls)#', { input: column('b'), count: 3, ignoreNulls: true }),
];

const BY_ROW: ReadonlySet<string> = new Set([
  'first',
  'last',
  'any_value',
  'min_by',
  'max_by',
  'mode',
  'list',
  'concat',
  'string_agg',
]);

export const WINDOW_AGGREGATES: readonly WindowCase[] = AGGREGATE_CASES.filter(
  ({ call }) => call.function !== 'skew',
).map(({ call, sql, likeness = 'exact' }) => ({
  call: (name, filter) => ({ kind: 'aggregate', aggregate: { ...call, name, filter } }),
  // As window functions the first two know no filter, and of several modes DuckDB gives any.
  sql: sql
    .replace(/^first\((.*)\)\|$/, '(list($1)|)[1]')
    .replace(/^last\((.*)\)\|$/, '(list($1)|)[-1]')
    .replace(/^mode\((.*)\)\|$/, `list_aggregate(list($1)|, 'mode')`),
  likeness,
  byRow: BY_ROW.has(call.function) && likeness !== 'unordered',
  unframed: false,
}));

export const WINDOW_CASES: readonly WindowCase[] = [...FUNCTIONS, ...WINDOW_AGGREGATES];

/** A frame, and the words of its offsets. */
export interface FrameCase {
  readonly frame: WindowFrame | undefined;
  readonly offsets: readonly [string, string];
}

/** An order, and which offsets a range in it may have: literal, words, and their size. */
export interface OrderCase {
  readonly key: string;
  readonly offsets: readonly { readonly literal: Expression; readonly sql: string; readonly size: number }[];
}

const literal = (type: DataType, value: JsonValue): Expression => ({ kind: 'literal', type, value });
const amounts = (type: DataType, values: readonly (readonly [JsonValue, string, number])[]): OrderCase['offsets'] =>
  values.map(([value, sql, size]) => ({ literal: literal(type, value), sql, size }));

const SPANS = [
  ...amounts(t.interval, [
    ['P1D', `interval '1 day'`, 24],
    ['P1M', `interval '1 month'`, 720],
    ['P14M', `interval '14 months'`, 10_000],
  ]),
  ...amounts(t.duration('s'), [['PT36H', `interval '36 hours'`, 36]]),
];

export const ORDERS: readonly OrderCase[] = [
  { key: 's', offsets: [] },
  { key: 'l', offsets: [] },
  { key: 'b', offsets: [] },
  { key: 'w', offsets: amounts(t.int64, [['1000000', '1000000', 1e6]]) },
  {
    key: 'i',
    offsets: amounts(t.int64, [
      ['0', '0', 0],
      ['1', '1', 1],
      ['4', '4', 4],
    ]),
  },
  { key: 'n', offsets: amounts(t.int64, [['300000000000', '300000000000', 3e11]]) },
  {
    key: 'x',
    offsets: amounts(t.float64, [
      [0.5, '0.5', 0.5],
      [1000, '1000', 1000],
    ]),
  },
  { key: 'f', offsets: amounts(t.float32, [[100.25, '100.25::float', 100.25]]) },
  {
    key: 'd',
    offsets: [
      ...amounts(t.decimal(4, 2), [['0.03', '0.03', 0.03]]),
      ...amounts(t.int64, [['1000000', '1000000', 1e6]]),
    ],
  },
  { key: 'y', offsets: SPANS },
  { key: 'at', offsets: SPANS },
];

type Bound = { readonly bound: FrameBound; readonly sql: string; readonly at: number };

const UNBOUNDED_START: Bound = { bound: { kind: 'unbounded-preceding' }, sql: '', at: Number.NEGATIVE_INFINITY };
const UNBOUNDED_END: Bound = { bound: { kind: 'unbounded-following' }, sql: '', at: Number.POSITIVE_INFINITY };
const CURRENT: Bound = { bound: { kind: 'current-row' }, sql: '', at: 0 };

const atOffset = ({ literal: offset, sql, size }: OrderCase['offsets'][number]): Bound[] => [
  { bound: { kind: 'preceding', offset }, sql, at: -size },
  { bound: { kind: 'following', offset }, sql, at: size },
];

const ROW_OFFSETS = amounts(t.int64, [
  ['0', '0', 0],
  ['1', '1', 1],
  ['3', '3', 3],
  ['10', '10', 10],
  ['200', '200', 200],
]);

const WORDS: readonly FrameBound['kind'][] = [
  'unbounded-preceding',
  'preceding',
  'current-row',
  'following',
  'unbounded-following',
];

/** Frames of either unit; ranges have the offsets of the order. */
export function framesOf(unit: 'rows' | 'range', { offsets }: OrderCase): fc.Arbitrary<FrameCase> {
  const bounds = [CURRENT, ...(unit === 'rows' ? ROW_OFFSETS : offsets).flatMap(atOffset)];
  const start = fc.constantFrom(UNBOUNDED_START, ...bounds);
  const end = fc.constantFrom(UNBOUNDED_END, ...bounds);
  return (
    fc
      .tuple(start, end, fc.constantFrom(undefined, undefined, 1, 3))
      // What begins behind what it ends with by its words alone DuckDB does not parse.
      .filter(([from, to]) => from.at <= to.at && WORDS.indexOf(from.bound.kind) <= WORDS.indexOf(to.bound.kind))
      .map(([from, to, minPeriods]) => ({
        frame: { unit, start: from.bound, end: to.bound, minPeriods },
        offsets: [from.sql, to.sql],
      }))
  );
}

/** Keys: the one, where rows are to be told apart a second, and how. */
export const orderBy = (key: string, descending: boolean, nullsFirst: boolean | undefined): WindowOrder => ({
  expression: column(key),
  descending,
  nullsFirst,
});
