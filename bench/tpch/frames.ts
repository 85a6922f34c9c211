/**
 * The 22 queries of TPC-H as frames, with the parameters of its validation: as `sql.ts` has them, one beside the other.
 *
 * Joins run as written. Where nothing is said the right side is kept in memory, so the smaller one stands there: what is
 * filtered comes first. A sub-query that goes over the rows of a group is a window.
 */

import { col, count, type DataFrame, type Expr, lit, types, when, window } from '../../src/index.ts';

export const TPCH_TABLES = [
  'region',
  'nation',
  'supplier',
  'part',
  'partsupp',
  'customer',
  'orders',
  'lineitem',
] as const;
/** The tables, of which each query takes those that it needs. */
export type TpchTables = Readonly<Record<(typeof TPCH_TABLES)[number], DataFrame>>;

/** Exact: a number of JavaScript with a point is a float. */
const exact = (digits: string): Expr => {
  const scale = digits.split('.')[1]?.length ?? 0;
  return lit(digits, types.decimal(15, scale));
};
const isBetween = (name: string, first: string, end: string): Expr => col(name).ge(first).and(col(name).lt(end));
const revenue = col('l_extendedprice').mul(lit(1).sub(col('l_discount')));

/** Those of nations, with the names of these as `nation`. */
const ofNations = (people: DataFrame, key: string, nations: DataFrame): DataFrame =>
  people.join(nations.select('n_nationkey', col('n_name').alias('nation')), { leftOn: key, rightOn: 'n_nationkey' });

const nationsOf = ({ nation, region }: TpchTables, name: string): DataFrame =>
  nation.join(region.filter(col('r_name').eq(name)), { leftOn: 'n_regionkey', rightOn: 'r_regionkey', how: 'semi' });

/** In the order of their numbers, the first of which is 1. */
export const TPCH_FRAMES: readonly ((tables: TpchTables) => DataFrame)[] = [
  // The prices of what was shipped.
  ({ lineitem }) =>
    lineitem
      .filter(col('l_shipdate').le('1998-09-02'))
      .groupBy('l_returnflag', 'l_linestatus')
      .agg(
        col('l_quantity').sum().alias('sum_qty'),
        col('l_extendedprice').sum().alias('sum_base_price'),
        revenue.sum().alias('sum_disc_price'),
        revenue
          .mul(lit(1).add(col('l_tax')))
          .sum()
          .alias('sum_charge'),
        col('l_quantity').mean().alias('avg_qty'),
        col('l_extendedprice').mean().alias('avg_price'),
        col('l_discount').mean().alias('avg_disc'),
        count().alias('count_order'),
      )
      .sort(['l_returnflag', 'l_linestatus']),

  // Who of a region sells a part for least.
  (tables) =>
    tables.partsupp
      .join(tables.part.filter(col('p_size').eq(15).and(col('p_type').str.endsWith('BRASS'))), {
        leftOn: 'ps_partkey',
        rightOn: 'p_partkey',
      })
      .join(ofNations(tables.supplier, 's_nationkey', nationsOf(tables, 'EUROPE')), {
        leftOn: 'ps_suppkey',
        rightOn: 's_suppkey',
      })
      .filter(col('ps_supplycost').eq(col('ps_supplycost').min().over(window().partitionBy('p_partkey'))))
      .sort(['s_acctbal', 'nation', 's_name', 'p_partkey'], { descending: [true, false, false, false] })
      .limit(100)
      .select('s_acctbal', 's_name', 'nation', 'p_partkey', 'p_mfgr', 's_address', 's_phone', 's_comment'),

  // Orders of worth that are not shipped.
  ({ lineitem, orders, customer }) =>
    lineitem
      .filter(col('l_shipdate').gt('1995-03-15'))
      .join(
        orders.filter(col('o_orderdate').lt('1995-03-15')).join(customer.filter(col('c_mktsegment').eq('BUILDING')), {
          leftOn: 'o_custkey',
          rightOn: 'c_custkey',
          how: 'semi',
        }),
        { leftOn: 'l_orderkey', rightOn: 'o_orderkey' },
      )
      .groupBy('l_orderkey', 'o_orderdate', 'o_shippriority')
      .agg(revenue.sum().alias('revenue'))
      .sort(['revenue', 'o_orderdate'], { descending: [true, false] })
      .limit(10)
      .select('l_orderkey', 'revenue', 'o_orderdate', 'o_shippriority'),

  // Orders that came late, by their priorities.
  ({ lineitem, orders }) =>
    orders
      .filter(isBetween('o_orderdate', '1993-07-01', '1993-10-01'))
      .join(lineitem.filter(col('l_commitdate').lt(col('l_receiptdate'))), {
        leftOn: 'o_orderkey',
        rightOn: 'l_orderkey',
        how: 'semi',
        buildSide: 'left',
      })
      .groupBy('o_orderpriority')
      .agg(count().alias('order_count'))
      .sort('o_orderpriority'),

  // What suppliers sell in their own nation.
  (tables) =>
    tables.lineitem
      .join(
        tables.orders
          .filter(isBetween('o_orderdate', '1994-01-01', '1995-01-01'))
          .join(tables.customer, { leftOn: 'o_custkey', rightOn: 'c_custkey' }),
        { leftOn: 'l_orderkey', rightOn: 'o_orderkey' },
      )
      .join(ofNations(tables.supplier, 's_nationkey', nationsOf(tables, 'ASIA')), {
        leftOn: ['l_suppkey', 'c_nationkey'],
        rightOn: ['s_suppkey', 's_nationkey'],
      })
      .groupBy('nation')
      .agg(revenue.sum().alias('revenue'))
      .sort('revenue', { descending: true }),

  // What discounts cost.
  ({ lineitem }) =>
    lineitem
      .filter(
        isBetween('l_shipdate', '1994-01-01', '1995-01-01')
          .and(col('l_discount').between(exact('0.05'), exact('0.07')))
          .and(col('l_quantity').lt(24)),
      )
      .agg(col('l_extendedprice').mul(col('l_discount')).sum().alias('revenue')),

  // What two nations sell to one another.
  ({ lineitem, orders, customer, supplier, nation }) => {
    const both = nation.filter(col('n_name').isIn(['FRANCE', 'GERMANY']));
    return lineitem
      .filter(col('l_shipdate').between('1995-01-01', '1996-12-31'))
      .join(ofNations(supplier, 's_nationkey', both).rename({ nation: 'supp_nation' }), {
        leftOn: 'l_suppkey',
        rightOn: 's_suppkey',
      })
      .join(
        orders.join(ofNations(customer, 'c_nationkey', both).rename({ nation: 'cust_nation' }), {
          leftOn: 'o_custkey',
          rightOn: 'c_custkey',
        }),
        { leftOn: 'l_orderkey', rightOn: 'o_orderkey' },
      )
      .filter(col('supp_nation').ne(col('cust_nation')))
      .groupBy('supp_nation', 'cust_nation', col('l_shipdate').dt.year().alias('l_year'))
      .agg(revenue.sum().alias('revenue'))
      .sort(['supp_nation', 'cust_nation', 'l_year']);
  },

  // The share of a nation in a market.
  (tables) => {
    const customers = tables.customer.join(nationsOf(tables, 'AMERICA'), {
      leftOn: 'c_nationkey',
      rightOn: 'n_nationkey',
      how: 'semi',
    });
    return tables.lineitem
      .join(tables.part.filter(col('p_type').eq('ECONOMY ANODIZED STEEL')), {
        leftOn: 'l_partkey',
        rightOn: 'p_partkey',
        how: 'semi',
      })
      .join(tables.orders.filter(col('o_orderdate').between('1995-01-01', '1996-12-31')), {
        leftOn: 'l_orderkey',
        rightOn: 'o_orderkey',
        buildSide: 'left',
      })
      .join(customers, { leftOn: 'o_custkey', rightOn: 'c_custkey', how: 'semi' })
      .join(ofNations(tables.supplier, 's_nationkey', tables.nation), { leftOn: 'l_suppkey', rightOn: 's_suppkey' })
      .groupBy(col('o_orderdate').dt.year().alias('o_year'))
      .agg(when(col('nation').eq('BRAZIL')).then(revenue).otherwise(0).sum().div(revenue.sum()).alias('mkt_share'))
      .sort('o_year');
  },

  // What is earned with a kind of parts.
  ({ lineitem, part, partsupp, orders, supplier, nation }) =>
    lineitem
      .join(part.filter(col('p_name').str.contains('green')), {
        leftOn: 'l_partkey',
        rightOn: 'p_partkey',
        how: 'semi',
      })
      .join(partsupp, { leftOn: ['l_partkey', 'l_suppkey'], rightOn: ['ps_partkey', 'ps_suppkey'] })
      .join(ofNations(supplier, 's_nationkey', nation), { leftOn: 'l_suppkey', rightOn: 's_suppkey' })
      .join(orders, { leftOn: 'l_orderkey', rightOn: 'o_orderkey', buildSide: 'left' })
      .groupBy('nation', col('o_orderdate').dt.year().alias('o_year'))
      .agg(
        revenue
          .sub(col('ps_supplycost').mul(col('l_quantity')))
          .sum()
          .alias('sum_profit'),
      )
      .sort(['nation', 'o_year'], { descending: [false, true] }),

  // Customers who sent most back.
  ({ lineitem, orders, customer, nation }) =>
    lineitem
      .filter(col('l_returnflag').eq('R'))
      .join(orders.filter(isBetween('o_orderdate', '1993-10-01', '1994-01-01')), {
        leftOn: 'l_orderkey',
        rightOn: 'o_orderkey',
      })
      .join(ofNations(customer, 'c_nationkey', nation), { leftOn: 'o_custkey', rightOn: 'c_custkey' })
      .groupBy('c_custkey', 'c_name', 'c_acctbal', 'c_phone', 'nation', 'c_address', 'c_comment')
      .agg(revenue.sum().alias('revenue'))
      .sort('revenue', { descending: true })
      .limit(20)
      .select('c_custkey', 'c_name', 'revenue', 'c_acctbal', 'nation', 'c_address', 'c_phone', 'c_comment'),

  // Parts that are much of the stock of a nation.
  ({ partsupp, supplier, nation }) =>
    partsupp
      .join(ofNations(supplier, 's_nationkey', nation.filter(col('n_name').eq('GERMANY'))), {
        leftOn: 'ps_suppkey',
        rightOn: 's_suppkey',
      })
      .groupBy('ps_partkey')
      .agg(col('ps_supplycost').mul(col('ps_availqty')).sum().alias('value'))
      .filter(col('value').gt(col('value').sum().over(window()).mul(exact('0.0001'))))
      .sort('value', { descending: true }),

  // Whether cheap ways of shipping make orders late.
  ({ lineitem, orders }) => {
    const isUrgent = col('o_orderpriority').isIn(['1-URGENT', '2-HIGH']);
    return orders
      .join(
        lineitem.filter(
          col('l_shipmode')
            .isIn(['MAIL', 'SHIP'])
            .and(col('l_commitdate').lt(col('l_receiptdate')))
            .and(col('l_shipdate').lt(col('l_commitdate')))
            .and(isBetween('l_receiptdate', '1994-01-01', '1995-01-01')),
        ),
        { leftOn: 'o_orderkey', rightOn: 'l_orderkey' },
      )
      .groupBy('l_shipmode')
      .agg(count().filter(isUrgent).alias('high_line_count'), count().filter(isUrgent.not()).alias('low_line_count'))
      .sort('l_shipmode');
  },

  // How many customers have how many orders.
  ({ customer, orders }) =>
    customer
      .join(orders.filter(col('o_comment').str.like('%special%requests%').not()), {
        leftOn: 'c_custkey',
        rightOn: 'o_custkey',
        how: 'left',
        buildSide: 'left',
      })
      .groupBy('c_custkey')
      .agg(col('o_orderkey').count().alias('c_count'))
      .groupBy('c_count')
      .agg(count().alias('custdist'))
      .sort(['custdist', 'c_count'], { descending: true }),

  // The share of promotions.
  ({ lineitem, part }) =>
    part
      .join(lineitem.filter(isBetween('l_shipdate', '1995-09-01', '1995-10-01')), {
        leftOn: 'p_partkey',
        rightOn: 'l_partkey',
      })
      .agg(
        when(col('p_type').str.startsWith('PROMO'))
          .then(revenue)
          .otherwise(0)
          .sum()
          .mul(exact('100.00'))
          .div(revenue.sum())
          .alias('promo_revenue'),
      ),

  // The supplier who sold most.
  ({ lineitem, supplier }) =>
    supplier
      .join(
        lineitem
          .filter(isBetween('l_shipdate', '1996-01-01', '1996-04-01'))
          .groupBy('l_suppkey')
          .agg(revenue.sum().alias('total_revenue'))
          .filter(col('total_revenue').eq(col('total_revenue').max().over(window()))),
        { leftOn: 's_suppkey', rightOn: 'l_suppkey' },
      )
      .select('s_suppkey', 's_name', 's_address', 's_phone', 'total_revenue')
      .sort('s_suppkey'),

  // How many suppliers there are without complaints, by kinds of parts.
  ({ partsupp, part, supplier }) =>
    partsupp
      .join(
        part.filter(
          col('p_brand')
            .ne('Brand#45')
            .and(col('p_type').str.startsWith('MEDIUM POLISHED').not())
            .and(col('p_size').isIn([49, 14, 23, 45, 19, 3, 36, 9])),
        ),
        { leftOn: 'ps_partkey', rightOn: 'p_partkey' },
      )
      .join(supplier.filter(col('s_comment').str.like('%Customer%Complaints%')), {
        leftOn: 'ps_suppkey',
        rightOn: 's_suppkey',
        how: 'anti',
      })
      .groupBy('p_brand', 'p_type', 'p_size')
      .agg(col('ps_suppkey').countDistinct().alias('supplier_cnt'))
      .sort(['supplier_cnt', 'p_brand', 'p_type', 'p_size'], { descending: [true, false, false, false] })
      .select('p_brand', 'p_type', 'p_size', 'supplier_cnt'),

  // What small orders of some parts are worth in a year.
  ({ lineitem, part }) => {
    const mean = col('l_quantity').mean().over(window().partitionBy('l_partkey'));
    return lineitem
      .join(part.filter(col('p_brand').eq('Brand#23').and(col('p_container').eq('MED BOX'))), {
        leftOn: 'l_partkey',
        rightOn: 'p_partkey',
        how: 'semi',
      })
      .filter(col('l_quantity').lt(mean.mul(exact('0.2'))))
      .agg(col('l_extendedprice').sum().div(exact('7.0')).alias('avg_yearly'));
  },

  // Customers with large orders.
  ({ lineitem, orders, customer }) =>
    customer
      .join(
        orders.join(
          lineitem.groupBy('l_orderkey').agg(col('l_quantity').sum().alias('quantity')).filter(col('quantity').gt(300)),
          { leftOn: 'o_orderkey', rightOn: 'l_orderkey' },
        ),
        { leftOn: 'c_custkey', rightOn: 'o_custkey' },
      )
      .select('c_name', 'c_custkey', 'o_orderkey', 'o_orderdate', 'o_totalprice', 'quantity')
      .sort(['o_totalprice', 'o_orderdate'], { descending: [true, false] })
      .limit(100),

  // What some parts bring that are delivered by air, in person.
  ({ lineitem, part }) => {
    const are = (brand: string, containers: readonly string[], quantity: number, size: number): Expr =>
      col('p_brand')
        .eq(brand)
        .and(col('p_container').isIn(containers))
        .and(col('l_quantity').between(quantity, quantity + 10))
        .and(col('p_size').between(1, size));
    return lineitem
      .filter(col('l_shipmode').isIn(['AIR', 'AIR REG']).and(col('l_shipinstruct').eq('DELIVER IN PERSON')))
      .join(part.filter(col('p_size').between(1, 15)), { leftOn: 'l_partkey', rightOn: 'p_partkey' })
      .filter(
        are('Brand#12', ['SM CASE', 'SM BOX', 'SM PACK', 'SM PKG'], 1, 5)
          .or(are('Brand#23', ['MED BAG', 'MED BOX', 'MED PKG', 'MED PACK'], 10, 10))
          .or(are('Brand#34', ['LG CASE', 'LG BOX', 'LG PACK', 'LG PKG'], 20, 15)),
      )
      .agg(revenue.sum().alias('revenue'));
  },

  // Suppliers who have too much of some parts.
  ({ lineitem, part, partsupp, supplier, nation }) => {
    const offers = partsupp.join(part.filter(col('p_name').str.startsWith('forest')), {
      leftOn: 'ps_partkey',
      rightOn: 'p_partkey',
      how: 'semi',
    });
    const sold = lineitem
      .filter(isBetween('l_shipdate', '1994-01-01', '1995-01-01'))
      .join(offers, { leftOn: ['l_partkey', 'l_suppkey'], rightOn: ['ps_partkey', 'ps_suppkey'] })
      .groupBy('l_partkey', 'l_suppkey', 'ps_availqty')
      .agg(col('l_quantity').sum().alias('quantity'))
      .filter(col('ps_availqty').gt(col('quantity').mul(exact('0.5'))));
    return ofNations(supplier, 's_nationkey', nation.filter(col('n_name').eq('CANADA')))
      .join(sold, { leftOn: 's_suppkey', rightOn: 'l_suppkey', how: 'semi' })
      .select('s_name', 's_address')
      .sort('s_name');
  },

  // Suppliers who alone kept orders waiting.
  ({ lineitem, orders, supplier, nation }) => {
    const late = lineitem.filter(col('l_receiptdate').gt(col('l_commitdate')));
    const suspects = late
      .join(ofNations(supplier, 's_nationkey', nation.filter(col('n_name').eq('SAUDI ARABIA'))), {
        leftOn: 'l_suppkey',
        rightOn: 's_suppkey',
      })
      .join(orders.filter(col('o_orderstatus').eq('F')), {
        leftOn: 'l_orderkey',
        rightOn: 'o_orderkey',
        how: 'semi',
        buildSide: 'left',
      })
      .select('l_orderkey', 'l_suppkey', 's_name');
    const suppliers = lineitem
      .join(suspects, { on: 'l_orderkey', how: 'semi' })
      .groupBy('l_orderkey')
      .agg(
        col('l_suppkey').countDistinct().alias('all'),
        col('l_suppkey')
          .countDistinct()
          .filter(col('l_receiptdate').gt(col('l_commitdate')))
          .alias('late'),
      );
    return suspects
      .join(suppliers.filter(col('all').gt(1).and(col('late').eq(1))), { on: 'l_orderkey', how: 'semi' })
      .groupBy('s_name')
      .agg(count().alias('numwait'))
      .sort(['numwait', 's_name'], { descending: [true, false] })
      .limit(100);
  },

  // People of means who have not ordered.
  ({ customer, orders }) => {
    const asked = customer
      .select(col('c_phone').str.left(2).alias('cntrycode'), 'c_acctbal', 'c_custkey')
      .filter(col('cntrycode').isIn(['13', '31', '23', '29', '30', '18', '17']));
    return asked
      .crossJoin(asked.filter(col('c_acctbal').gt(0)).agg(col('c_acctbal').mean().alias('mean')))
      .filter(col('c_acctbal').gt(col('mean')))
      .join(orders, { leftOn: 'c_custkey', rightOn: 'o_custkey', how: 'anti', buildSide: 'left' })
      .groupBy('cntrycode')
      .agg(count().alias('numcust'), col('c_acctbal').sum().alias('totacctbal'))
      .sort('cntrycode');
  },
];
