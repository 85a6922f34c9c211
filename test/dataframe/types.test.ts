/**
 * What TypeScript knows of frames. `tsc` is the judge of `@ts-expect-error` and of `expectTypeOf`; what does not compile
 * is run all the same, and fails there too, and rows of every frame are looked at beside their types.
 */

import { describe, expect, expectTypeOf, test } from 'vitest';
import type { DataFrame } from '../../src/dataframe/frame.ts';
import {
  col,
  count,
  type Decimal,
  element,
  field,
  fn,
  fromColumns,
  fromRows,
  list,
  lit,
  rank,
  struct,
  type Temporal,
  types,
  window,
} from '../../src/index.ts';

const sales = fromRows([
  { shop: 'a', price: 1.5, n: 3, id: 1n, at: new Date(0), tags: ['x', 'y'], paid: true },
  { shop: 'b', price: 2.5, n: 4, id: 2n, at: new Date(1), tags: [], paid: false },
]);
const shops = fromRows([
  { shop: 'a', city: 'Bonn', n: 1 },
  { shop: 'c', city: null, n: 2 },
]);

test('rows have the types of what they are made of', async () => {
  type Sale = { shop: string; price: number; n: number; id: bigint; at: Temporal; tags: string[]; paid: boolean };
  expectTypeOf(await sales.toRows()).toEqualTypeOf<Sale[]>();
  expectTypeOf(await fromColumns({ a: [1, null], b: ['x', 'y'] }).toColumns()).toEqualTypeOf<{
    a: (number | null)[];
    b: string[];
  }>();
  const [row] = await sales.limit(1).toRows();
  expect(row).toEqual({ shop: 'a', price: 1.5, n: 3, id: 1n, at: '1970-01-01T00:00:00', tags: ['x', 'y'], paid: true });
  expectTypeOf(fromRows([{ a: 1 }], {})).toEqualTypeOf<DataFrame>();
  const optional: { a?: number }[] = [{ a: 1 }, {}];
  expectTypeOf(await fromRows(optional).toRows()).toEqualTypeOf<{ a: number | null }[]>();
});

test('columns and their values go from frame to frame', async () => {
  const selected = sales.select((c) => [
    c.shop.str.upper(),
    c.price.mul(2).alias('double'),
    c.price.gt(1).and(c.paid).alias('much'),
    c.at.sub('1970-01-01T00:00:00').alias('since'),
    c.at.dt.year().alias('year'),
    c.id.add(1n).alias('next'),
    c.n.div(2).alias('half'),
    c.price.cast({ kind: 'decimal', precision: 10, scale: 2 }).mul(2).alias('exact'),
  ]);
  expectTypeOf(await selected.toRows()).toEqualTypeOf<
    {
      shop: string | null;
      double: number;
      much: boolean | null;
      since: Temporal;
      year: number | null;
      next: bigint;
      half: number | null;
      exact: Decimal | number | null;
    }[]
  >();
  expect((await selected.toRows())[0]).toMatchObject({ shop: 'A', double: 3, much: true, year: 1970, next: 2n });

  const changed = sales
    .select('shop', 'n', 'tags')
    .withColumn('n', (c) => c.n.gt(3))
    .withColumns((c) => [c.n.not().alias('few')])
    .rename({ shop: 'store' })
    .withRowIndex()
    .explode('tags', { indexColumn: 'place' })
    .drop('n');
  expectTypeOf(await changed.toRows()).toEqualTypeOf<
    { store: string; tags: string | null; few: boolean | null; index: bigint; place: bigint | null }[]
  >();
  expect(await changed.toRows()).toEqual([
    { index: 0n, store: 'a', tags: 'x', few: true, place: 0n },
    { index: 0n, store: 'a', tags: 'y', few: true, place: 1n },
    { index: 1n, store: 'b', tags: null, few: false, place: null },
  ]);

  const long = sales.select('shop', 'price', 'n').unpivot({ ids: ['shop'] });
  expectTypeOf(await long.toRows()).toEqualTypeOf<{ shop: string; variable: string; value: number }[]>();
  expect((await long.toRows())[0]).toEqual({ shop: 'a', variable: 'price', value: 1.5 });
});

test('functions know what they are of', async () => {
  const made = sales.select((c) => [
    c.price.abs().alias('abs'),
    c.id.sign().alias('sign'),
    c.id.sqrt().alias('root'),
    c.id.bitwiseAnd(1).alias('bits'),
    c.price.cast({ kind: 'decimal', precision: 10, scale: 2 }).round(1).alias('exact'),
    c.at.dt.date().alias('day'),
    c.at.dt.toUnixEpoch('ms').alias('epoch'),
    c.shop.str.split(',').alias('split'),
    c.shop.md5().str.left(2).alias('hash'),
    c.tags.list.get(0).alias('tag'),
    c.tags.list.sort().alias('sorted'),
    c.tags.list.map((tag) => tag.str.length()).alias('lengths'),
    c.tags.list.map(element().str.upper()).alias('upper'),
    c.tags.list.filter((tag) => tag.ne('x')).alias('others'),
    list(c.n, 7).list.sum().alias('sum'),
  ]);
  expectTypeOf(await made.toRows()).toEqualTypeOf<
    {
      abs: number | null;
      sign: bigint | null;
      root: number | null;
      bits: number | bigint | null;
      exact: Decimal | null;
      day: Temporal | null;
      epoch: bigint | null;
      split: readonly (string | null)[] | null;
      hash: string | null;
      tag: string | null;
      sorted: string[] | null;
      lengths: readonly (bigint | null)[] | null;
      upper: readonly (string | null)[] | null;
      others: string[] | null;
      sum: number | bigint | Decimal | null;
    }[]
  >();
  expect((await made.toRows())[0]).toEqual({
    ...{ abs: 1.5, sign: 1n, root: 1, bits: 1n, exact: '1.5', day: '1970-01-01', epoch: 0n, split: ['a'], hash: '0c' },
    ...{ tag: 'x', sorted: ['x', 'y'], lengths: [1n, 1n], upper: ['X', 'Y'], others: ['y'], sum: 10n },
  });
  const described = sales.select('shop', 'price', 'paid').describe();
  expectTypeOf(await described.toRows()).toEqualTypeOf<
    { statistic: string; shop: string | null; price: number | null; paid: number | null }[]
  >();
  expect((await described.toRows())[0]).toEqual({ statistic: 'count', shop: '2', price: 2, paid: 2 });
});

test('groups', async () => {
  const grouped = sales
    .groupBy('shop', sales.col('n').mod(2).alias('odd'))
    .agg((c) => [
      c.n.sum(),
      c.price.mean(),
      c.id.sum().alias('ids'),
      c.at.max(),
      c.price.implode().alias('all'),
      count(),
    ]);
  type Group = {
    shop: string;
    odd: number | null;
    n: number | bigint | null;
    price: number | null;
    ids: bigint | null;
    at: Temporal | null;
    all: number[];
    count: bigint;
  };
  expectTypeOf(await grouped.toRows()).toEqualTypeOf<Group[]>();
  expect((await grouped.sort('shop').toRows())[0]).toEqual({
    ...{ shop: 'a', odd: 1, n: 3n, price: 1.5, ids: 1n, at: '1970-01-01T00:00:00', all: [1.5], count: 1n },
  });
  const wide = sales.groupBy((c) => [c.paid]).pivot('shop', 'n', ['a', 'b'], 'sum');
  const [row] = await wide.toRows();
  expectTypeOf(row?.paid).toEqualTypeOf<boolean | undefined>();
  expectTypeOf<keyof NonNullable<typeof row>>().toEqualTypeOf<'paid' | 'a' | 'b'>();
});

test('joins', async () => {
  const left = sales.select('shop', 'n');
  expectTypeOf(await left.join(shops, { on: 'shop' }).toRows()).toEqualTypeOf<
    { shop: string; n: number; n_right: number; city: string | null }[]
  >();
  const outer = left.join(shops, { on: 'shop', how: 'outer', suffix: '_b' });
  expectTypeOf(await outer.toRows()).toEqualTypeOf<
    { shop: string; n: number | null; n_b: number | null; city: string | null }[]
  >();
  expect(await outer.sort('shop').toRows()).toEqual([
    { shop: 'a', n: 3, city: 'Bonn', n_b: 1 },
    { shop: 'b', n: 4, city: null, n_b: null },
    { shop: 'c', n: null, city: null, n_b: 2 },
  ]);
  expectTypeOf(await left.join(shops, { leftOn: 'n', rightOn: 'n', how: 'left' }).toRows()).toEqualTypeOf<
    { shop: string; n: number; shop_right: string | null; city: string | null }[]
  >();
  expectTypeOf(await left.join(shops, { on: 'shop', how: 'anti' }).toRows()).toEqualTypeOf<
    { shop: string; n: number }[]
  >();
  const nearest = left.joinAsof(shops, { on: 'n', by: 'shop' });
  expectTypeOf(await nearest.toRows()).toEqualTypeOf<{ shop: string; n: number; city: string | null }[]>();
  expect((await nearest.toRows())[0]).toEqual({ shop: 'a', n: 3, city: 'Bonn' });
  const both = left.union(shops, { byName: true });
  expectTypeOf(await both.toRows()).toEqualTypeOf<{ shop: string; n: number; city: string | null }[]>();
  expectTypeOf(await left.crossJoin(shops.select('n')).toRows()).toEqualTypeOf<
    { shop: string; n: number; n_right: number }[]
  >();
});

describe('what does not compile does not run', () => {
  const wrong: readonly (() => unknown)[] = [
    // @ts-expect-error: no such column
    () => sales.select('nope'),
    // @ts-expect-error: no such column
    () => sales.select(col('nope').add(1)),
    // @ts-expect-error: no such column
    () => sales.select((c) => [c.nope]),
    // @ts-expect-error: no such column
    () => sales.filter(col('nope').gt(1)),
    // @ts-expect-error: no such column beside another
    () => sales.filter(col('n').gt(col('nope'))),
    // @ts-expect-error: no such column
    () => sales.groupBy('nope').count(),
    // @ts-expect-error: no such column
    () => sales.groupBy('shop').agg(col('nope').sum()),
    // @ts-expect-error: no such column
    () => sales.agg(col('nope').sum()),
    // @ts-expect-error: no such column
    () => sales.sort('nope'),
    // @ts-expect-error: no such column
    () => sales.sort(['shop', col('nope')]),
    // @ts-expect-error: no such column
    () => sales.drop('nope'),
    // @ts-expect-error: no such column
    () => sales.rename({ shop: 'store', nope: 'x' }),
    // @ts-expect-error: no such column
    () => sales.withColumn('x', col('nope')),
    // @ts-expect-error: no such column
    () => sales.explode('nope'),
    // @ts-expect-error: no such column
    () => sales.withColumn('x', rank().over(window().partitionBy('shop').orderBy('nope'))),
    // @ts-expect-error: a column of the left side only
    () => sales.join(shops, { on: 'price' }),
    // @ts-expect-error: a column of the right side only
    () => sales.join(shops, { leftOn: 'city', rightOn: 'city' }),
    // @ts-expect-error: a text is no number
    () => sales.select((c) => [c.price.add('x')]),
    // @ts-expect-error: a text is no number
    () => sales.select((c) => [c.price.add(c.shop)]),
    // @ts-expect-error: texts have no sums
    () => sales.select((c) => [c.shop.add('x')]),
    // @ts-expect-error: a text is no number
    () => sales.filter((c) => c.price.gt('x')),
    // @ts-expect-error: a text is no number
    () => sales.filter((c) => c.price.eq('x')),
    // @ts-expect-error: a text is no number
    () => sales.filter((c) => c.n.isIn(['x'])),
    // @ts-expect-error: a number is no condition
    () => sales.filter((c) => c.n),
    // @ts-expect-error: a number is no condition
    () => sales.filter((c) => c.paid.and(c.n)),
    // @ts-expect-error: numbers have no methods of texts
    () => sales.select((c) => [c.price.str.upper()]),
    // @ts-expect-error: texts have no years
    () => sales.select((c) => [c.shop.dt.year()]),
    // @ts-expect-error: texts have no roots
    () => sales.select((c) => [c.shop.sqrt()]),
    // @ts-expect-error: times are no texts
    () => sales.select((c) => [c.at.str.upper()]),
    // @ts-expect-error: texts are no lists
    () => sales.select((c) => [c.shop.list.length()]),
    // @ts-expect-error: a number is no part of a text
    () => sales.select((c) => [c.shop.str.contains(1)]),
    // @ts-expect-error: a text is no count
    () => sales.select((c) => [c.shop.str.left('x')]),
    // @ts-expect-error: a text is no exponent
    () => sales.select((c) => [c.price.pow('x')]),
    // @ts-expect-error: a number is no unit
    () => sales.select((c) => [c.at.dt.dateTrunc(5)]),
    // @ts-expect-error: numbers have no digest
    () => sales.select((c) => [c.n.md5()]),
    // @ts-expect-error: a text is no index
    () => sales.select((c) => [c.tags.list.get('x')]),
    // @ts-expect-error: items that are texts have no roots
    () => sales.select((c) => [c.tags.list.map((tag) => tag.sqrt())]),
    // @ts-expect-error: a text is no condition
    () => sales.select((c) => [c.tags.list.filter((tag) => tag.str.upper())]),
    // @ts-expect-error: no column of the frame in a lambda
    () => sales.select((c) => [c.tags.list.filter((tag) => tag.eq(col('nope')))]),
    // @ts-expect-error: texts have no sum
    () => sales.agg((c) => [c.shop.sum()]),
    // @ts-expect-error: no such column of the frame
    () => sales.col('nope'),
    // @ts-expect-error: a column that the frame before had
    () => sales.drop('n').select('n'),
  ];
  test.each(wrong.map((make) => [String(make).replace('() => ', ''), make] as const))('%s', (_, make) => {
    expect(make).toThrow(
      /no column|not defined|takes|no common type|cannot be compared|must (be|give)|predicate|not a function|undefined/,
    );
  });
});

test('frames of unknown columns are free', () => {
  const free = sales as DataFrame;
  expect(() => free.select('shop', col('price').add(1), list(col('n')).alias('l')).sort('l')).not.toThrow();
  expect(() =>
    free
      .filter((c) => c.paid)
      .groupBy('shop')
      .agg(col('n').sum())
      .join(free, { on: 'shop' }),
  ).not.toThrow();
  expectTypeOf(free.select('shop')).toEqualTypeOf<DataFrame>();
  expectTypeOf(free.join(sales, { on: 'shop' })).toEqualTypeOf<DataFrame>();
});

test('functions have types as the methods of the same names', async () => {
  const made = sales.select((c) => [
    fn.abs(c.price).alias('abs'),
    fn.negate(c.id).alias('negated'),
    fn.round(c.price, 1).alias('round'),
    fn.columnsMax(c.n, c.price, 2).alias('most'),
    fn.columnsMin(c.shop, 'b').alias('least'),
    fn.listGet(c.tags, 0).alias('tag'),
    fn.listSort(c.tags).alias('sorted'),
    fn.listAppend(c.tags, c.shop).alias('more'),
    fn.listMax(c.tags).alias('greatest'),
    fn.listMap(c.tags, (tag) => tag.str.length()).alias('lengths'),
    fn.listFilter(c.tags, element().ne('x')).alias('others'),
    fn.toList(c.n, 1).alias('list'),
    fn.listFill(2, c.shop).alias('twice'),
    fn.dateTrunc('month', c.at).alias('month'),
    fn.currentDate().alias('today'),
    fn.pi().alias('pi'),
  ]);
  const rows = await made.toRows();
  expectTypeOf(rows).toEqualTypeOf<
    {
      abs: number | null;
      negated: bigint | null;
      round: number | null;
      most: number | null;
      least: string | null;
      tag: string | null;
      sorted: string[] | null;
      more: string[] | null;
      greatest: string | null;
      lengths: readonly (bigint | null)[] | null;
      others: string[] | null;
      list: readonly number[];
      twice: readonly string[] | null;
      month: Temporal | null;
      today: Temporal | null;
      pi: number | null;
    }[]
  >();
  expect(rows[0]).toEqual({
    ...{ abs: 1.5, negated: -1n, round: 1.5, most: 3, least: 'a', tag: 'x', sorted: ['x', 'y'], more: ['x', 'y', 'a'] },
    ...{
      greatest: 'y',
      lengths: [1n, 1n],
      others: ['y'],
      list: [3, 1],
      twice: ['a', 'a'],
      month: '1970-01-01T00:00:00',
    },
    ...{ today: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), pi: Math.PI },
  });
  // @ts-expect-error: the column is not there
  expect(() => sales.select(fn.abs(col('prize')))).toThrow('prize');
  // @ts-expect-error: a text has no absolute value
  expect(() => sales.select((c) => [fn.abs(c.shop)])).toThrow('abs');
  // @ts-expect-error: the items are texts
  expect(() => sales.select((c) => [fn.listAppend(c.tags, c.paid)])).toThrow('list_append');
});

const orders = fromRows([
  {
    id: 1,
    at: { shop: 'a', place: { x: 1.5 } },
    lines: [{ key: 'tea', value: 2 }],
    sizes: [1, 2, 3],
    names: ['x', 'y'],
  },
]);

test('structs, maps and what is made of lists', async () => {
  const made = orders.select((c) => [
    c.at.struct.get('shop').alias('shop'),
    c.at.struct.get('place').struct.get('x').add(1).alias('x'),
    fn.structGet(c.at, 'place').alias('place'),
    fn.toStruct('a', c.id, 'b', 'text').alias('pair'),
    struct({ a: c.id, b: 'text' }).alias('same'),
    fn.mapFromLists(c.names, list(c.id, 7)).alias('map'),
    fn.mapFromEntries(c.lines).map.get('tea').alias('teas'),
    fn.mapKeys(fn.mapFromEntries(c.lines)).alias('keys'),
    fn.mapFromEntries(c.lines).map.values().alias('values'),
    fn.mapEntries(fn.mapFromEntries(c.lines)).alias('entries'),
    fn.mapContains(fn.mapFromLists(c.names, c.names), 'x').alias('has'),
    fn.mapSize(fn.mapFromLists(c.names, c.names)).alias('size'),
    fn.listValueCounts(c.names).alias('counts'),
    fn.listChunk(c.sizes, 2).alias('chunks'),
    c.sizes.list.reduce(10, (sum, size) => sum.add(size)).alias('sum'),
    fn.listReduce(c.names, '', (text, name) => fn.concatWs('', text, name)).alias('text'),
    lit('https://a.b/c?d').url.parse().alias('url'),
  ]);
  const rows = await made.toRows();
  expectTypeOf(rows).toEqualTypeOf<
    {
      shop: string | null;
      x: number | null;
      place: { x: number } | null;
      pair: { readonly a: number; readonly b: string };
      same: { readonly a: number; readonly b: string };
      map: readonly (readonly [key: string, value: number | null])[] | null;
      teas: number | null;
      keys: readonly string[] | null;
      values: readonly number[] | null;
      entries: readonly { readonly key: string; readonly value: number }[] | null;
      has: boolean | null;
      size: bigint | null;
      counts: readonly (readonly [key: string, value: bigint])[] | null;
      chunks: readonly number[][] | null;
      sum: number | null;
      text: string | null;
      url: {
        readonly scheme: string | null;
        readonly username: string | null;
        readonly password: string | null;
        readonly host: string | null;
        readonly port: number | null;
        readonly path: string | null;
        readonly query: string | null;
        readonly fragment: string | null;
      } | null;
    }[]
  >();
  expect(rows[0]).toMatchObject({
    ...{ shop: 'a', x: 2.5, place: { x: 1.5 }, pair: { a: 1, b: 'text' }, same: { a: 1, b: 'text' }, teas: 2 },
    map: [
      ['x', 1],
      ['y', 7],
    ],
    ...{ keys: ['tea'], values: [2], entries: [{ key: 'tea', value: 2 }], has: true, size: 2n, chunks: [[1, 2]] },
    counts: [
      ['x', 1n],
      ['y', 1n],
    ],
    ...{ sum: 16, text: 'xy', url: { scheme: 'https', host: 'a.b', path: '/c', query: 'd', port: null } },
  });
  // @ts-expect-error: no such field
  expect(() => orders.select((c) => c.at.struct.get('shops'))).toThrow('shops');
  // @ts-expect-error: no such field
  expect(() => orders.select((c) => fn.structGet(c.at, 'shops'))).toThrow('shops');
  // @ts-expect-error: a list is no struct
  expect(() => orders.select((c) => c.names.struct.get('a'))).toThrow('struct_get');
  // @ts-expect-error: keys are texts
  expect(() => orders.select((c) => fn.mapGet(fn.mapFromLists(c.names, c.names), c.sizes))).toThrow('map_get');
  // @ts-expect-error: the lambda gives a text, and starts with a number
  expect(() => orders.select((c) => c.names.list.reduce(0, (_, name) => name))).toThrow('list_reduce');
});

test('types that are cast to say what values are', async () => {
  const made = orders.select((c) => [
    c.id.cast(types.int64).alias('long'),
    c.id.cast(types.decimal(10, 2)).alias('exact'),
    c.names.cast(types.list(types.utf8)).alias('names'),
    lit([['a', 1]], types.map(types.utf8, types.int32)).alias('map'),
    c.at
      .cast(types.struct(field('shop', types.utf8), field('place', types.struct(field('x', types.float32)))))
      .alias('at'),
  ]);
  const rows = await made.toRows();
  expectTypeOf(rows).toEqualTypeOf<
    {
      long: bigint | null;
      exact: Decimal | null;
      names: readonly (string | null)[] | null;
      map: readonly (readonly [key: string, value: number | null])[] | null;
      at: { readonly shop: string | null; readonly place: { readonly x: number | null } | null } | null;
    }[]
  >();
  expect(rows).toEqual([
    { long: 1n, exact: '1.00', names: ['x', 'y'], map: [['a', 1]], at: { shop: 'a', place: { x: 1.5 } } },
  ]);
});

test('a function of the columns gives one expression or several', async () => {
  const one = sales.select((c) => c.price.mul(2).alias('double')).withColumns((c) => c.double.add(1).alias('more'));
  expectTypeOf(await one.toRows()).toEqualTypeOf<{ double: number; more: number }[]>();
  expect(await one.toRows()).toEqual([
    { double: 3, more: 4 },
    { double: 5, more: 6 },
  ]);
  const summed = sales
    .groupBy('paid')
    .agg((c) => c.n.sum())
    .sort('paid');
  expect(await summed.toRows()).toEqual([
    { paid: false, n: 4n },
    { paid: true, n: 3n },
  ]);
  expectTypeOf(await sales.agg((c) => c.n.sum()).toRows()).toEqualTypeOf<{ n: number | bigint | null }[]>();
});

test('aggregates are over the rows that are equal in columns, as over a window', async () => {
  const shares = sales.select(
    'shop',
    col('n').sum().over('paid').alias('of'),
    col('n')
      .max()
      .over(['shop', col('n').mod(2)])
      .alias('most'),
  );
  expect(await shares.sort('shop').toRows()).toEqual([
    { shop: 'a', of: 3n, most: 3 },
    { shop: 'b', of: 4n, most: 4 },
  ]);
  // @ts-expect-error: the column is not there
  expect(() => sales.select(col('n').sum().over('payed'))).toThrow('payed');
});
