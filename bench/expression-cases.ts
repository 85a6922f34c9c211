/** The expressions that are measured: each as a plan over a made table, beside the SQL of the same. */

import { int64 } from '../src/columnar/data-type.ts';
import type { AggregateCall, Expression } from '../src/expressions/expression.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import {
  cents,
  dates,
  floats,
  type MadeColumn,
  moments,
  numerals,
  phrases,
  sentences,
  unboundedWholes,
  wholes,
} from './made-columns.ts';
import { madeScan } from './made-table.ts';
import { binary, call, column, float, text, when, whole } from './plan-words.ts';

/** Where a kind of expression is meant to be computed, which decides what is asked of it. */
export type Home = 'compiled' | 'elsewhere';

export interface ExpressionCase {
  readonly name: string;
  readonly home: Home;
  /** All columns of the table. */
  readonly columns: readonly MadeColumn[];
  readonly plan: PlanNode;
  /** Over the table `t`. */
  readonly sql: string;
}

type Described = Omit<ExpressionCase, 'plan'>;

/** One row: the sum of `input` over all rows. */
const summed = (input: Expression, described: Described): ExpressionCase => ({
  ...described,
  plan: aggregate(madeScan(described.columns), { name: 'total', function: 'sum', input }),
});

/** One row: how many rows there are for which `predicate` is true. */
const counted = (predicate: Expression, described: Described): ExpressionCase => ({
  ...described,
  plan: aggregate(
    { kind: 'filter', predicate, input: madeScan(described.columns) },
    { name: 'rows', function: 'count' },
  ),
});

const aggregate = (input: PlanNode, call: AggregateCall): PlanNode => ({
  kind: 'aggregate',
  input,
  aggregates: [call],
});

const [a, b, c, d, s] = ['a', 'b', 'c', 'd', 's'].map(column) as [
  Expression,
  Expression,
  Expression,
  Expression,
  Expression,
];

const million = (salt: number) => ({ salt, least: -1_000_000, count: 2_000_001 });
const numbers = [wholes('a', million(1)), wholes('b', million(2)), wholes('c', million(3))];

/** (a + b * 2 - c) * 5 - a */
const chain = (number: (value: number) => Expression): Expression => {
  const inner = binary(binary(a, '+', binary(b, '*', number(2))), '-', c);
  return binary(binary(inner, '*', number(5)), '-', a);
};

const arithmetic: readonly ExpressionCase[] = [
  summed(chain(whole), {
    name: 'int64-chain',
    home: 'compiled',
    columns: numbers,
    sql: 'select sum((a + b * 2 - c) * 5 - a) from t',
  }),
  summed(chain(whole), {
    name: 'int64-chain-unbounded',
    home: 'compiled',
    columns: [unboundedWholes('a', million(1)), unboundedWholes('b', million(2)), unboundedWholes('c', million(3))],
    sql: 'select sum((a + b * 2 - c) * 5 - a) from t',
  }),
  summed(chain(float), {
    name: 'float64-chain',
    home: 'compiled',
    columns: [floats('a', million(1)), floats('b', million(2)), floats('c', million(3))],
    sql: 'select sum((a + b * 2::double - c) * 5::double - a) from t',
  }),
  summed(binary(column('price'), '*', column('discount')), {
    name: 'decimal-product',
    home: 'compiled',
    columns: [
      cents('price', { salt: 1, least: 90_000, count: 10_000_000 }),
      cents('discount', { salt: 2, least: 0, count: 11 }),
    ],
    sql: 'select sum(price * discount) from t',
  }),
  summed(call('abs', binary(a, '-', b)), {
    name: 'int64-abs',
    home: 'compiled',
    columns: numbers.slice(0, 2),
    sql: 'select sum(abs(a - b)) from t',
  }),
  summed(call('sqrt', call('abs', a)), {
    name: 'float64-sqrt',
    home: 'compiled',
    columns: [floats('a', million(1))],
    sql: 'select sum(sqrt(abs(a))) from t',
  }),
  summed(call('round', binary(a, '/', float(7)), whole(2)), {
    name: 'float64-round',
    home: 'compiled',
    columns: [floats('a', million(1))],
    sql: 'select sum(round(a / 7::double, 2)) from t',
  }),
  summed(call('round', column('price'), whole(1)), {
    name: 'decimal-round',
    home: 'compiled',
    columns: [cents('price', { salt: 1, least: 90_000, count: 10_000_000 })],
    sql: 'select sum(round(price, 1)) from t',
  }),
];

const conditions: readonly ExpressionCase[] = [
  summed(when(binary(a, '<', whole(-500_000)), b, when(binary(a, '<', whole(250_000)), c, a)), {
    name: 'case-when',
    home: 'compiled',
    columns: numbers,
    sql: 'select sum(case when a < -500000 then b when a < 250000 then c else a end) from t',
  }),
  inList(Array.from({ length: 50 }, (_, index) => index * 1_997 + 11)),
];

function inList(values: readonly number[]): ExpressionCase {
  return counted(
    { kind: 'is-in', input: a, list: values.map(whole) },
    {
      name: 'in-list-50',
      home: 'compiled',
      columns: [wholes('a', { salt: 1, least: 0, count: 100_000 })],
      sql: `select count(*) from t where a in (${values.join(', ')})`,
    },
  );
}

const like: Omit<Described, 'name' | 'columns'> = {
  home: 'compiled',
  sql: `select count(*) from t where s like '%needle%'`,
};
const days = [dates('d', { salt: 1, least: -5_000, count: 40_000 })];
const datePart = (name: string, sql: string): ExpressionCase =>
  summed(call(name, d), {
    name: `date-${name.replaceAll('_', '-')}`,
    home: 'compiled',
    columns: days,
    sql: `select ${sql} from t`,
  });

const truncated = (unit: string): ExpressionCase =>
  summed(call('to_unix_epoch', call('date_trunc', text(unit), d)), {
    name: `date-trunc-${unit}`,
    home: 'compiled',
    columns: [moments('d', { salt: 1, least: -1_000_000_000, count: 2_000_000_000 })],
    sql: `select sum(epoch_us(date_trunc('${unit}', d)) // 1000000) from t`,
  });

const PATTERN = '(needle|thread) [a-m][a-z]* .*[aeiou]n';

const textsAndDates: readonly ExpressionCase[] = [
  counted(call('like', s, text('%needle%')), { name: 'like-plain', columns: [sentences('s', 1)], ...like }),
  // DuckDB works on plain text here: its tables in memory have no dictionaries. Over an enum it took 0.6 of the time.
  counted(call('like', s, text('%needle%')), { name: 'like-dictionary', columns: [phrases('s', 1)], ...like }),
  datePart('year', 'sum(year(d))'),
  datePart('month', 'sum(month(d))'),
  // Their weeks begin with 1.
  datePart('day_of_week', 'sum(isodow(d)) - count(*)'),
  truncated('hour'),
  truncated('month'),
  counted(binary(call('upper', s), '<', text('N')), {
    name: 'upper',
    home: 'compiled',
    columns: [sentences('s', 1)],
    sql: `select count(*) from t where upper(s) < 'N'`,
  }),
  summed(
    { kind: 'cast', input: s, type: int64 },
    { name: 'text-to-int64', home: 'elsewhere', columns: [numerals('s', 1)], sql: 'select sum(s::bigint) from t' },
  ),
  counted(call('regexp_match', s, text(PATTERN)), {
    name: 'regexp-match',
    home: 'elsewhere',
    columns: [sentences('s', 1)],
    sql: `select count(*) from t where regexp_matches(s, '${PATTERN}')`,
  }),
];

export const EXPRESSION_CASES: readonly ExpressionCase[] = [...arithmetic, ...conditions, ...textsAndDates];
