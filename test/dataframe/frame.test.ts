/** Frames beside DuckDB: what methods mean, that errors come when a frame is built, and that nothing runs before. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { date, decimal, int32, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { DataFrame } from '../../src/dataframe/frame.ts';
import { InvalidArgument, InvalidQuery } from '../../src/errors.ts';
import {
  coalesce,
  col,
  count,
  element,
  fn,
  fromColumns,
  fromRows,
  list,
  lit,
  range,
  rank,
  rowNumber,
  Session,
  struct,
  when,
  window,
} from '../../src/index.ts';
import { duckRowsOf } from '../support/duckdb.ts';
import { resultBatch } from '../support/record-batch-rows.ts';
import type { Row } from '../support/task.ts';

const trades = schema(
  field('id', int64),
  field('shop', utf8),
  field('price', decimal(10, 2)),
  field('n', int32),
  field('day', date),
);
const tradeRows: readonly Row[] = Array.from({ length: 60 }, (_, i) => [
  BigInt(i),
  i % 7 === 3 ? null : `shop ${i % 4}`,
  i % 11 === 5 ? null : BigInt(i * 137 - 900),
  i % 5 === 0 ? null : (i * 31) % 17,
  19_000 + (i % 9),
]);
const shops = schema(field('shop', utf8), field('city', utf8), field('n', int32));
const shopRows: readonly Row[] = [
  ['shop 0', 'Bonn', 1],
  ['shop 1', 'Bern', 2],
  ['shop 1', 'Brno', 3],
  [null, 'nowhere', 4],
  ['shop 9', 'Lima', null],
];

const t = (): DataFrame =>
  fromRows(
    tradeRows.map((row) => ({
      id: row[0],
      shop: row[1],
      price: row[2] === null ? null : (Number(row[2]) / 100).toFixed(2),
      n: row[3],
      day: new Date(Number(row[4]) * 86_400_000),
    })),
    { schema: trades },
  );
const u = (): DataFrame =>
  fromRows(
    shopRows.map(([shop, city, n]) => ({ shop, city, n })),
    { schema: shops },
  );

/** As texts, so that they can be put in an order of their own. */
const inAnyOrder = (rows: readonly Row[]): readonly string[] =>
  rows.map((row) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))).sort();

async function rowsOf(frame: DataFrame): Promise<readonly Row[]> {
  const { batches } = await frame.collect();
  return batches.flatMap((batch) => [...resultBatch(batch).rows()]);
}

async function same(frame: DataFrame, sql: string, { ordered = false } = {}): Promise<void> {
  const [ours, theirs] = await Promise.all([
    rowsOf(frame),
    duckRowsOf({ t: { schema: trades, rows: tradeRows }, u: { schema: shops, rows: shopRows } }, sql),
  ]);
  if (ordered) expect(ours, sql).toEqual(theirs);
  else expect(inAnyOrder(ours), sql).toEqual(inAnyOrder(theirs));
}

describe('a frame', () => {
  const price = col('price');
  const byShop = window().partitionBy('shop');
  const cases: readonly (readonly [string, () => DataFrame, string])[] = [
    [
      'filter',
      () => t().filter(price.gt(lit('20.00', decimal(10, 2))).and(col('n').isNotNull())),
      'from t where price > 20.00 and n is not null',
    ],
    [
      'select',
      () => t().select('id', price.mul(2).alias('double'), col('n').fillNull(0)),
      'select id, price * 2::int, coalesce(n, 0) from t',
    ],
    ['select of a list of expressions', () => t().select((c) => [c.id, c.n.add(1)]), 'select id, n + 1 from t'],
    [
      'withColumns',
      () => t().withColumns(col('n').add(1).alias('n'), lit('x').alias('x')),
      "select id, shop, price, n + 1, day, 'x' from t",
    ],
    ['withColumn', () => t().withColumn('m', col('n').mod(5)), 'select *, n % 5 from t'],
    ['drop and rename', () => t().drop('day', 'price').rename({ shop: 'store' }), 'select id, shop, n from t'],
    [
      'when',
      () => t().select('id', when(col('n').gt(10)).then('much').when(col('n').gt(5)).then('some').otherwise('little')),
      "select id, case when n > 10 then 'much' when n > 5 then 'some' else 'little' end from t",
    ],
    [
      'when without otherwise',
      () => t().select('id', when(col('n').gt(10)).then(1).alias('w')),
      'select id, case when n > 10 then 1 end from t',
    ],
    [
      'isIn and between',
      () => t().filter(col('n').isIn([1, 2, 3]).or(col('n').between(9, 11))),
      'from t where n in (1, 2, 3) or n between 9 and 11',
    ],
    [
      'text functions',
      () => t().select('id', col('shop').str.upper(), col('shop').str.length().alias('l')),
      'select id, upper(shop), length(shop) from t',
    ],
    ['date functions', () => t().select('id', col('day').dt.year()), 'select id, year(day)::int from t'],
    ['coalesce', () => t().select(coalesce(col('n'), col('id'))), 'select coalesce(n, id) from t'],
    [
      'agg',
      () => t().agg(price.sum(), col('n').mean().alias('m'), count(), col('shop').countDistinct().alias('d')),
      'select sum(price), avg(n), count(*)::uint64, count(distinct shop)::uint64 from t',
    ],
    ['select of aggregates', () => t().select(col('n').max().sub(col('n').min())), 'select max(n) - min(n) from t'],
    [
      'groupBy',
      () => t().groupBy('shop').agg(price.sum().alias('s'), count().alias('c')),
      'select shop, sum(price), count(*)::uint64 from t group by shop',
    ],
    [
      'groupBy an expression',
      () => t().groupBy(col('n').mod(3).alias('k'), 'shop').agg(col('id').max()),
      'select n % 3, shop, max(id) from t group by all',
    ],
    [
      'sums of decimals beside decimals with more digits behind the point',
      () =>
        t()
          .groupBy('shop')
          .agg(price.sum().alias('s'))
          .filter(col('s').gt(lit('500.005', decimal(6, 3)))),
      'from (select shop, sum(price) as s from t group by shop) where s > 500.005',
    ],
    [
      'made of aggregates',
      () =>
        t()
          .groupBy('shop')
          .agg(col('n').sum().div(col('n').count()).alias('mean')),
      'select shop, sum(n) / count(n) from t group by shop',
    ],
    [
      'aggregates with a filter',
      () => t().agg(col('id').sum().filter(col('n').gt(8)).alias('s')),
      'select sum(id) filter (n > 8)::bigint from t',
    ],
    ['distinct aggregates', () => t().agg(col('n').sum({ distinct: true })), 'select sum(distinct n)::bigint from t'],
    ['groupBy count', () => t().groupBy('shop').count(), 'select shop, count(*)::uint64 from t group by shop'],
    [
      'over a partition',
      () => t().withColumn('s', col('id').sum().over(byShop)),
      'select *, sum(id) over (partition by shop)::bigint from t',
    ],
    [
      'over everything',
      () => t().withColumn('s', col('id').sum().over(window())),
      'select *, sum(id) over ()::bigint from t',
    ],
    [
      'rank and rows before',
      () =>
        t().withColumns(
          rank().over(byShop.orderBy('n')).alias('r'),
          col('id').lag(2, -1n).over(byShop.orderBy('id')).alias('l'),
        ),
      'select *, (rank() over (partition by shop order by n nulls last))::uint64, lag(id, 2, -1) over (partition by shop order by id) from t',
    ],
    [
      'a frame of rows',
      () => t().withColumn('s', col('id').sum().over(byShop.orderBy('id').rowsBetween(-2, 0))),
      'select *, sum(id) over (partition by shop order by id rows between 2 preceding and current row)::bigint from t',
    ],
    [
      'made of a window',
      () => t().filter(rowNumber().over(byShop.orderBy('id')).eq(1)),
      'from t qualify row_number() over (partition by shop order by id) = 1',
    ],
    [
      'a window of an expression of a window',
      () =>
        t().select(
          'id',
          col('id')
            .sub(col('id').lag().over(byShop.orderBy('id')))
            .sum()
            .over(byShop)
            .alias('s'),
        ),
      'select id, sum(d) over (partition by shop)::bigint from (select *, id - lag(id) over (partition by shop order by id) as d from t)',
    ],
    [
      'join',
      () => t().join(u(), { on: 'shop' }).select('id', 'shop', 'n', 'city', 'n_right'),
      'select id, t.shop, t.n, city, u.n from t join u using (shop)',
    ],
    [
      'left join by other names',
      () =>
        t()
          .join(u().rename({ shop: 'name' }), { leftOn: 'shop', rightOn: 'name', how: 'left' })
          .select('id', 'shop', 'name', 'city'),
      'select id, t.shop, u.shop, city from t left join u on t.shop = u.shop',
    ],
    [
      'outer join',
      () => t().join(u(), { on: 'shop', how: 'outer' }).select('shop', 'id', 'city'),
      'select coalesce(t.shop, u.shop), id, city from t full join u on t.shop = u.shop',
    ],
    [
      'join where null equals null',
      () => t().join(u(), { on: 'shop', nullEqualsNull: true }).select('id', 'city'),
      'select id, city from t join u on t.shop is not distinct from u.shop',
    ],
    [
      'left join that keeps the left side in memory',
      () => t().join(u(), { on: 'shop', how: 'left', buildSide: 'left' }).select('id', 'city'),
      'select id, city from t left join u on t.shop = u.shop',
    ],
    [
      'join by an expression',
      () =>
        t()
          .join(u(), { leftOn: col('n').mod(4), rightOn: 'n' })
          .select('id', 'city'),
      'select id, city from t join u on t.n % 4 = u.n',
    ],
    [
      'semi and anti join',
      () =>
        t()
          .join(u(), { on: 'shop', how: 'semi' })
          .concat(t().limit(0))
          .join(u().filter(col('city').eq('Bonn')), { on: 'shop', how: 'anti' }),
      "select * from t where shop in (select shop from u) and shop not in (select shop from u where city = 'Bonn')",
    ],
    ['cross join', () => t().select('id').crossJoin(u()), 'select id, u.* from t, u'],
    ['union', () => t().select('shop').union(u().select('shop')), 'select shop from t union select shop from u'],
    [
      'union all, types made common',
      () => t().select('n').union(t().select('id'), { all: true }),
      'select n from t union all select id from t',
    ],
    [
      'union by name',
      () => t().select('n', 'id').union(u().select('city', 'n'), { byName: true, all: true }),
      'select n, id, null::varchar as city from t union all select n, null, city from u',
    ],
    [
      'intersect',
      () => t().select('shop').intersect(u().select('shop')),
      'select shop from t intersect select shop from u',
    ],
    [
      'intersect all',
      () => t().select('shop').intersect(u().select('shop'), { all: true }),
      'select shop from t intersect all select shop from u',
    ],
    ['except', () => t().select('n').except(u().select('n')), 'select n from t except select n from u'],
    [
      'except all',
      () => t().select('n').except(u().select('n'), { all: true }),
      'select n from t except all select n from u',
    ],
    ['distinct', () => t().select('shop', 'n').distinct(), 'select distinct shop, n from t'],
    ['distinct on', () => t().distinct('shop'), 'from t qualify row_number() over (partition by shop order by id) = 1'],
    [
      'explode',
      () => t().select('id', list(col('n'), lit(7)).explode().alias('x')),
      'select id, unnest([n, 7]) from t',
    ],
    [
      'lists',
      () =>
        t().select(
          'id',
          list(col('n'), 3)
            .list.map((x) => x.add(1))
            .alias('a'),
          list(col('n'), 3).list.filter(element().gt(2)).alias('b'),
        ),
      'select id, list_transform([n, 3], lambda x: x + 1), list_filter([n, 3], lambda x: x > 2) from t',
    ],
    ['structs', () => t().select('id', struct({ a: col('n'), b: 'x' }).struct.get('a')), 'select id, n from t'],
    [
      'unpivot',
      () =>
        t()
          .select('id', 'n')
          .withColumn('m', col('n').add(1))
          .unpivot({ ids: ['id'] }),
      "select id, 'n', n from t union all select id, 'm', n + 1 from t",
    ],
    [
      'pivot',
      () => t().groupBy('shop').pivot('n', 'id', ['1', '2'], 'sum'),
      'select shop, sum(id) filter (n = 1)::bigint, sum(id) filter (n = 2)::bigint from t group by shop',
    ],
    ['functions by name', () => t().select(fn.columnsMax(col('n'), col('id'))), 'select greatest(n, id) from t'],
  ];

  beforeAll(async () => {
    await duckRowsOf({ t: { schema: trades, rows: tradeRows }, u: { schema: shops, rows: shopRows } }, 'select 1');
  });

  test.each(cases)('%s', async (_, frame, sql) => {
    await same(frame(), sql);
  });

  test('sort, limit and offset', async () => {
    await same(t().sort(['n', 'id'], { descending: [true, false] }), 'from t order by n desc nulls first, id', {
      ordered: true,
    });
    await same(t().sort('id').limit(5, 3), 'from t order by id limit 5 offset 3', { ordered: true });
    await same(
      t().sort(col('n').neg(), { nullsFirst: true }).select('n').head(20),
      'select n from t order by -n nulls first limit 20',
      { ordered: true },
    );
    await same(t().sort('id').offset(50), 'from t order by id offset 50', { ordered: true });
    expect(t().sort('id').limit(5).explain()).toContain('TopN');
  });

  test('compares decimals at a scale at which one of them would not fit: an error', async () => {
    const wide = fromRows([{ d: '9'.repeat(36) }], { schema: schema(field('d', decimal(38, 2))) });
    expect(await wide.filter(col('d').gt(lit('1.55', decimal(3, 2)))).count()).toBe(1);
    await expect(wide.filter(col('d').gt(lit('1.555', decimal(4, 3)))).collect()).rejects.toThrow('38');
  });

  test('a row index, a range, columns', async () => {
    expect(await range(3, 6).withRowIndex('i', 10).toRows()).toEqual([
      { i: 10n, value: 3n },
      { i: 11n, value: 4n },
      { i: 12n, value: 5n },
    ]);
    expect(await fromColumns({ a: [1, 2], b: ['x', null] }).toColumns()).toEqual({ a: [1, 2], b: ['x', null] });
  });

  test('the nearest row of another', async () => {
    const quotes = fromRows([
      { at: 1, bid: 10, sym: 'a' },
      { at: 5, bid: 11, sym: 'a' },
      { at: 4, bid: 90, sym: 'b' },
    ]);
    const found = await fromRows([
      { at: 5, sym: 'a' },
      { at: 4, sym: 'a' },
      { at: 9, sym: 'b' },
      { at: 0, sym: 'b' },
    ])
      .joinAsof(quotes, { on: 'at', by: 'sym' })
      .select('at', 'sym', 'bid')
      .toRows();
    expect(found.map(({ bid }) => bid)).toEqual([11, 10, 90, null]);
  });

  test('is worked out once where it is cached', async () => {
    let runs = 0;
    const session = new Session();
    const execute = session.execute.bind(session);
    session.execute = (...given) => {
      runs += 1;
      return execute(...given);
    };
    const cached = session
      .fromRows([{ a: 1 }, { a: 2 }])
      .filter(col('a').gt(1))
      .cache();
    expect(runs).toBe(0);
    expect(await cached.toRows()).toEqual([{ a: 2 }]);
    expect(await cached.join(cached, { on: 'a' }).toRows()).toEqual([{ a: 2 }]);
    expect(runs).toBe(3);
  });

  test('gives rows as they come, and stops when nobody wants more', async () => {
    const found: bigint[] = [];
    for await (const { value } of range(0, 1_000_000).iterRows()) {
      found.push(value);
      if (found.length === 3) break;
    }
    expect(found).toEqual([0n, 1n, 2n]);
    await expect(async () => {
      for await (const _ of range(0, 10)
        .select(lit(1).floorDiv(0).cast(int32), col('value').cast(int32).mul(2_000_000_000))
        .iterRows());
    }).rejects.toThrow('does not fit int32');
  });
});

describe('errors of a frame', () => {
  test.each([
    [
      'an unknown column',
      () => t().filter(col('prize').gt(1)),
      InvalidQuery,
      'filter: There is no column "prize". Did you mean "price"?',
    ],
    [
      'types that do not go together',
      () => t().select(col('shop').sub(1)),
      InvalidQuery,
      'select: utf8 - int32 is not defined.',
    ],
    ['a column and an aggregate', () => t().select('shop', col('n').sum()), InvalidArgument, 'over(window()…)'],
    [
      'an aggregate of an aggregate',
      () => t().agg(col('n').sum().max()),
      InvalidArgument,
      'An aggregate of the aggregate',
    ],
    ['a rank without a window', () => t().select(rank()), InvalidArgument, 'over(window().orderBy(…))'],
    ['over of no aggregate', () => col('n').over(window()), InvalidArgument, 'over(…) is of an aggregate'],
    [
      'frames of two sessions',
      () => t().join(new Session().range(0, 1), { leftOn: 'id', rightOn: 'value' }),
      InvalidArgument,
      'different sessions',
    ],
    ['no keys', () => t().join(u(), {}), InvalidArgument, 'join: 0 keys'],
    ['a filter that is no condition', () => t().filter(col('n')), InvalidQuery, 'filter'],
    ['values of no type', () => fromRows([{ a: () => 1 }]), InvalidArgument, 'Row 0, column "a"'],
    [
      'values that do not go together',
      () => fromRows<{ a: unknown }>([{ a: 1 }, { a: 'x' }]),
      InvalidArgument,
      'Row 1, column "a"',
    ],
    ['one name twice', () => t().withColumns(lit(1).alias('x'), lit(2).alias('x')), InvalidArgument, 'one name'],
  ] as const)('%s', (_, make, type, message) => {
    expect(make).toThrow(type);
    expect(make).toThrow(message);
  });
});

test('directories name=value are columns where that is asked for, as DuckDB has them', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-hive-'));
  try {
    await t()
      .select('id', 'shop', 'n')
      .writeParquet(directory, { mode: 'overwrite', partitionBy: ['shop', 'n'] });
    const files = join(directory, '**/*.parquet');
    const found = await new Session().readParquet(files, { hivePartitioning: true });
    await same(
      found.filter(col('n').gt(3).or(col('n').isNull())),
      'select id, shop, n::bigint from t where n > 3 or n is null',
    );
    const typed = await new Session().readParquet(files, { hivePartitioning: true, types: { n: int32 } });
    expect(typed.schema.fields.map(({ name, type }) => `${name} ${type.kind}`)).toEqual([
      'id int64',
      'shop utf8',
      'n int32',
    ]);
    await same(typed, 'select id, shop, n from t');
    expect((await new Session().readParquet(files)).columns).toEqual(['id']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

describe('rows of every kind', () => {
  test('come back as they were', async () => {
    const rows = [
      {
        b: true,
        n: 1,
        x: 1.5,
        big: 2n ** 60n,
        s: 'ä',
        bytes: new Uint8Array([1, 2]),
        l: [1, null],
        o: { a: 1, b: 'x' },
      },
      { b: null, n: null, x: Number.NaN, big: null, s: null, bytes: null, l: null, o: null },
    ];
    expect(await fromRows(rows).toRows()).toEqual(rows);
  });

  test('are exact texts where JavaScript has no such values', async () => {
    const found = await t().limit(1).toRows();
    expect(found).toEqual([{ id: 0n, shop: 'shop 0', price: '-9.00', n: null, day: '2022-01-08' }]);
  });
});
