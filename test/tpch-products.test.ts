/** Queries of TPC-H as their SQL is written, products of tables under one filter, beside DuckDB: no memory holds what they say, word for word. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { difference, rowsOf } from '../bench/answers.ts';
import type { Cell } from '../bench/duckdb.ts';
import { TPCH_TABLES, type TpchTables } from '../bench/tpch/frames.ts';
import { TPCH_SQL } from '../bench/tpch/sql.ts';
import { keptQuery } from '../src/dataframe/run-query.ts';
import { col, type DataFrame, type Expr, lit, readParquet } from '../src/index.ts';
import { query, queryAsJson } from './support/duckdb.ts';
import { tpchTablesSql } from './support/tpch-tables.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-products-'));
let tables: TpchTables;

beforeAll(async () => {
  for (const statement of tpchTablesSql(0.01)) await query(statement);
  const read = TPCH_TABLES.map(async (name) => {
    const file = join(directory, `${name}.parquet`);
    await query(`copy ${name} to '${file}' (format parquet)`);
    return [name, await readParquet(file)] as const;
  });
  tables = Object.fromEntries(await Promise.all(read)) as TpchTables;
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const productOf = (...frames: readonly DataFrame[]): DataFrame => frames.reduce((left, right) => left.crossJoin(right));
const all = (...conditions: readonly Expr[]): Expr => conditions.reduce((left, right) => left.and(right));
const equal = (left: string, right: string): Expr => col(left).eq(col(right));
const revenue = col('l_extendedprice').mul(lit(1).sub(col('l_discount')));
const named = (frame: DataFrame, prefix: string): DataFrame =>
  frame.select(...frame.columns.map((name) => col(name).alias(prefix + name)));

const QUERIES: readonly (readonly [number, (tables: TpchTables) => DataFrame])[] = [
  [
    3,
    ({ customer, orders, lineitem }) =>
      productOf(customer, orders, lineitem)
        .filter(
          all(
            col('c_mktsegment').eq('BUILDING'),
            equal('c_custkey', 'o_custkey'),
            equal('l_orderkey', 'o_orderkey'),
            col('o_orderdate').lt('1995-03-15'),
            col('l_shipdate').gt('1995-03-15'),
          ),
        )
        .groupBy('l_orderkey', 'o_orderdate', 'o_shippriority')
        .agg(revenue.sum().alias('revenue'))
        .sort(['revenue', 'o_orderdate'], { descending: [true, false] })
        .limit(10)
        .select('l_orderkey', 'revenue', 'o_orderdate', 'o_shippriority'),
  ],
  [
    5,
    ({ customer, orders, lineitem, supplier, nation, region }) =>
      productOf(customer, orders, lineitem, supplier, nation, region)
        .filter(
          all(
            equal('c_custkey', 'o_custkey'),
            equal('l_orderkey', 'o_orderkey'),
            equal('l_suppkey', 's_suppkey'),
            equal('c_nationkey', 's_nationkey'),
            equal('s_nationkey', 'n_nationkey'),
            equal('n_regionkey', 'r_regionkey'),
            col('r_name').eq('ASIA'),
            col('o_orderdate').ge('1994-01-01'),
            col('o_orderdate').lt('1995-01-01'),
          ),
        )
        .groupBy('n_name')
        .agg(revenue.sum().alias('revenue'))
        .sort('revenue', { descending: true }),
  ],
  [
    7,
    ({ supplier, lineitem, orders, customer, nation }) =>
      productOf(supplier, lineitem, orders, customer, named(nation, '1_'), named(nation, '2_'))
        .filter(
          all(
            equal('s_suppkey', 'l_suppkey'),
            equal('o_orderkey', 'l_orderkey'),
            equal('c_custkey', 'o_custkey'),
            equal('s_nationkey', '1_n_nationkey'),
            equal('c_nationkey', '2_n_nationkey'),
            all(col('1_n_name').eq('FRANCE'), col('2_n_name').eq('GERMANY')).or(
              all(col('1_n_name').eq('GERMANY'), col('2_n_name').eq('FRANCE')),
            ),
            col('l_shipdate').between('1995-01-01', '1996-12-31'),
          ),
        )
        .groupBy('1_n_name', '2_n_name', col('l_shipdate').dt.year().alias('l_year'))
        .agg(revenue.sum().alias('revenue'))
        .sort(['1_n_name', '2_n_name', 'l_year']),
  ],
  [
    9,
    ({ part, supplier, lineitem, partsupp, orders, nation }) =>
      productOf(part, supplier, lineitem, partsupp, orders, nation)
        .filter(
          all(
            equal('s_suppkey', 'l_suppkey'),
            equal('ps_suppkey', 'l_suppkey'),
            equal('ps_partkey', 'l_partkey'),
            equal('p_partkey', 'l_partkey'),
            equal('o_orderkey', 'l_orderkey'),
            equal('s_nationkey', 'n_nationkey'),
            col('p_name').str.contains('green'),
          ),
        )
        .groupBy('n_name', col('o_orderdate').dt.year().alias('o_year'))
        .agg(
          revenue
            .sub(col('ps_supplycost').mul(col('l_quantity')))
            .sum()
            .alias('sum_profit'),
        )
        .sort(['n_name', 'o_year'], { descending: [false, true] }),
  ],
];

test.each(QUERIES)('Q%i', async (number, frame) => {
  const made = frame(tables);
  expect(made.explain({ optimized: false })).toContain('CrossJoin');
  expect(made.explain()).not.toContain('CrossJoin');
  const { batches } = await keptQuery(made.session, made.query);
  const [ours, theirs] = [batches.flatMap(rowsOf), (await queryAsJson(TPCH_SQL[number - 1] as string)) as Cell[][]];
  expect(theirs.length).toBeGreaterThan(0);
  expect(difference(ours, theirs)).toBeUndefined();
});
