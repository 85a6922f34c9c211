import { TPCH_SQL } from './sql.ts';

const replaced = (number: number, ...changes: readonly (readonly [from: string, to: string])[]): string =>
  changes.reduce(
    (sql, [from, to]) => {
      if (!sql.includes(from)) throw new Error(`Q${number} has no ${from}`);
      return sql.replaceAll(from, to);
    },
    TPCH_SQL[number - 1] as string,
  );

const ZERO = ['else 0', 'else cast(0 as decimal(15, 2))'] as const;
const REVENUE = [
  'l_extendedprice * (1 - l_discount)',
  'cast(l_extendedprice * (1 - l_discount) as decimal(18, 4))',
] as const;

/** Queries that Daft does not take as they are, by their numbers, in words that it takes. */
const OTHERWISE: Readonly<Record<number, string>> = {
  // A product and a sum of decimals have 38 digits, and what is computed of them would have more.
  1: replaced(1, REVENUE, ['(1 + l_tax)', 'cast(1 + l_tax as decimal(15, 2))']),
  9: replaced(9, REVENUE),
  // A whole number and a decimal have no type in common in a `case`; one in a sum loses its name.
  8: replaced(
    8,
    [
      'n2.n_name as nation',
      "case when n2.n_name = 'BRAZIL' then l_extendedprice * (1 - l_discount) else cast(0 as decimal(15, 2)) end as share",
    ],
    ["sum(case when nation = 'BRAZIL' then volume else 0 end)", '1.0 * sum(share)'],
  ),
  14: replaced(14, ZERO),
  // A sub-query that asks for another supplier cannot be bound: how many an order has, and how many of these were late.
  21: `select s_name, count(*) as numwait from supplier, lineitem l1, orders, nation,
      (select l_orderkey as together from lineitem group by l_orderkey having count(distinct l_suppkey) > 1) as orders_of_many,
      (select l_orderkey as late from lineitem where l_receiptdate > l_commitdate
        group by l_orderkey having count(distinct l_suppkey) = 1) as late_by_one
    where s_suppkey = l1.l_suppkey and o_orderkey = l1.l_orderkey and o_orderstatus = 'F'
      and l1.l_receiptdate > l1.l_commitdate and l1.l_orderkey = together and l1.l_orderkey = late
      and s_nationkey = n_nationkey and n_name = 'SAUDI ARABIA'
    group by s_name order by numwait desc, s_name limit 100`,
};

export const DAFT_SQL: readonly string[] = TPCH_SQL.map((sql, index) => OTHERWISE[index + 1] ?? sql);
