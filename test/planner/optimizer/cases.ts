/** Plans that show what each rule does, and what it leaves, over small tables; `rules.test.ts` has them before and after. */

import { type Query, queryOf } from '../../../src/dataframe/query.ts';
import { col, count, type DataFrame, field, fn, lit, Session, schema, types, window } from '../../../src/index.ts';
import type { JoinType, PlanNode } from '../../../src/plan/plan-node.ts';
import type { SourceStatistics } from '../../../src/planner/optimizer/statistics.ts';
import { col as column, op } from '../../support/plans.ts';

const session = new Session({ memory: 64 * 1024 * 1024 });

const ints = (...names: readonly string[]) => schema(...names.map((name) => field(name, types.int64)));
const table = (names: readonly string[], rows: number, factor: number): DataFrame =>
  session.fromRows(
    Array.from({ length: rows }, (_, row) =>
      Object.fromEntries(names.map((name, at) => [name, row % 7 === 6 && at > 0 ? null : (row * (factor + at)) % 5])),
    ),
    { schema: ints(...names) },
  );

/** int64, all of them, with nulls but in the first. */
const a: DataFrame = table(['k', 'x', 'y'], 12, 1);
const b: DataFrame = table(['k', 'z'], 9, 2);
const c: DataFrame = table(['m', 'w'], 6, 3);
const t: DataFrame = session.fromRows(
  [
    { id: 1, s: '1', f: 0, day: '2025-01-02' },
    { id: 2, s: 'x', f: -0, day: '2025-01-03' },
    { id: 3, s: '3', f: 1.5, day: null },
    { id: null, s: null, f: null, day: '2025-01-02' },
  ],
  {
    schema: schema(
      field('id', types.int64),
      field('s', types.utf8),
      field('f', types.float64),
      field('day', types.date),
    ),
  },
);

const sourceOf = ({ query }: DataFrame): string => [...query.inputs.keys()][0] as string;
/** Of the tables' ids, what they are called in goldens. */
export const NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({ a, b, c, t }).map(([name, frame]) => [sourceOf(frame), name]),
);

export interface Case {
  readonly rule: string;
  readonly title: string;
  readonly query: Query;
  /** Rows of tables, by their names; all values are different. */
  readonly rows?: Readonly<Record<string, number>>;
  /** Where it shows what the rule leaves as it is. */
  readonly isLeft?: boolean;
}

const same = (rule: string, title: string, frame: DataFrame | Query, rest: Partial<Case> = {}): Case => ({
  rule,
  title,
  query: 'query' in frame ? frame.query : frame,
  ...rest,
});
const left = (rule: string, title: string, frame: DataFrame | Query): Case =>
  same(rule, title, frame, { isLeft: true });

/** A node that no method of frames makes. */
const node = (plan: PlanNode, ...of: readonly DataFrame[]): Query =>
  queryOf(plan, new Map(of.flatMap(({ query }) => [...query.inputs])), 'case');

export const statisticsOf =
  (rows: Readonly<Record<string, number>>) =>
  (id: string): SourceStatistics | undefined => {
    const count = rows[NAMES.get(id) ?? ''];
    if (count === undefined) return undefined;
    const columns = ['k', 'x', 'y', 'z', 'm', 'w'].map((name) => [name, { distinct: count }] as const);
    return { rows: count, columns: new Map(columns) };
  };

/** With a condition on pairs, of which one part asks something of the right side alone. */
const joinOf = (joinType: JoinType): Query =>
  node(
    {
      kind: 'hash-join',
      left: a.query.plan,
      right: c.query.plan,
      leftOn: [column('k')],
      rightOn: [column('m')],
      joinType,
      residual: op(op(column('x'), '>', column('w')), 'and', { kind: 'is-not-null', input: column('w') }),
    },
    a,
    c,
  );
const number = col('s').cast(types.int64);

/** One row of many. */
const few = a.join(c, { leftOn: 'k', rightOn: 'm', how: 'semi' });
/** Sums as floats. */
const sumWith = (zero: number): DataFrame =>
  a.groupBy('k').agg(col('x').sum().add(lit(zero, types.float64)).alias('x'));
/** Rows of a frame beside the greatest of each key of it, or of another one like it. */
const twice = (frame: DataFrame, other: DataFrame = frame): DataFrame =>
  frame.join(other.groupBy('k').agg(col('x').max().alias('most')), { on: 'k' });

export const CASES: readonly Case[] = [
  same(
    'push-filter',
    'past a projection, over what its columns are',
    a.select('k', col('x').mod(3).alias('r')).filter(col('r').eq(1)),
  ),
  same('push-filter', 'past a sort', a.sort('x').filter(col('k').gt(1))),
  same(
    'push-filter',
    'to the sides of a join',
    a.join(b, { on: 'k' }).filter(
      col('x')
        .gt(1)
        .and(col('z').lt(3))
        .and(col('x').lt(col('z'))),
    ),
  ),
  same(
    'push-filter',
    'to the side of a left join that comes out whole',
    a.join(c, { leftOn: 'k', rightOn: 'm', how: 'left' }).filter(col('x').gt(1).and(col('w').isNull())),
  ),
  same(
    'push-filter',
    'to the left side of an anti join',
    a.join(c, { leftOn: 'k', rightOn: 'm', how: 'anti' }).filter(col('x').gt(1)),
  ),
  same('push-filter', 'to all inputs of a concat', a.select('k').concat(b.select('k')).filter(col('k').gt(1))),
  same(
    'push-filter',
    'past groups, by their keys',
    a
      .groupBy('k')
      .agg(col('x').sum().alias('x'))
      .filter(col('k').gt(1).and(col('x').gt(2))),
  ),
  same(
    'push-filter',
    'past windows, by their partitions',
    a.withColumns(col('x').sum().over(window().partitionBy('k')).alias('sum')).filter(col('k').gt(1)),
  ),
  left(
    'push-filter',
    'what can fail is not moved past what protects it',
    t.filter(col('s').ne('x')).filter(number.gt(1)),
  ),
  left(
    'push-filter',
    'nor to a side of a join, which may have more rows',
    t.join(c, { leftOn: 'id', rightOn: 'm' }).filter(col('id').add(1).gt(2)),
  ),
  same('push-filter', 'what can fail goes where it sees the same rows', t.sort('id').filter(col('id').add(1).gt(2))),
  left('push-filter', 'nothing passes random values', a.select('k', fn.random().alias('r')).filter(col('k').gt(1))),
  left('push-filter', 'groups of two zeros are not told apart', t.groupBy('f').agg(count()).filter(col('f').ge(0))),
  left('push-filter', 'nothing passes a limit', a.sort(['k', 'x', 'y']).limit(5).filter(col('k').gt(1))),

  same('merge-filters', 'two filters', a.filter(col('k').gt(1)).filter(col('x').gt(1))),
  same('merge-filters', 'all but what can fail', t.filter(col('s').ne('x')).filter(number.gt(0).and(col('id').lt(3)))),

  same('simplify-filter', 'what is always true', a.filter(col('k').gt(1).and(lit(1).lt(2)))),
  same('simplify-filter', 'what is asked twice', a.filter(col('k').gt(1)).limit(100).filter(col('k').gt(1))),
  same('simplify-filter', 'what is never true', a.filter(col('k').gt(1).and(lit(2).lt(1)))),

  same(
    'factor-or',
    'what all alternatives ask',
    a.filter(
      col('k')
        .eq(1)
        .and(col('x').gt(1))
        .or(col('k').eq(1).and(col('y').gt(1))),
    ),
  ),
  same(
    'factor-or',
    'an alternative that asks nothing more',
    a.filter(
      col('k')
        .eq(1)
        .or(col('k').eq(1).and(col('y').gt(1))),
    ),
  ),

  same(
    'split-or',
    'alternatives of both sides of a join',
    a.join(c, { leftOn: 'k', rightOn: 'm' }).filter(
      col('x')
        .eq(1)
        .and(col('w').eq(2))
        .or(col('x').eq(2).and(col('w').eq(1))),
    ),
  ),
  left(
    'split-or',
    'alternatives, of which one may fail, that ask the same, and what is asked below',
    a
      .filter(col('x').eq(1))
      .sort('x')
      .limit(20)
      .crossJoin(c)
      .filter(col('w').mod(3).eq(0).and(col('x').eq(1)).or(col('x').eq(1))),
  ),

  same(
    'outer-to-inner',
    'a left join whose right side is asked for',
    a.join(c, { leftOn: 'k', rightOn: 'm', how: 'left' }).filter(col('w').gt(1)),
  ),
  same(
    'outer-to-inner',
    'an outer join, of which one side is',
    a.join(b, { on: 'k', how: 'outer' }).filter(col('x').isNotNull()),
  ),
  same(
    'outer-to-inner',
    'an outer join, of which both are',
    a.join(b, { on: 'k', how: 'outer' }).filter(col('x').lt(col('z'))),
  ),
  left(
    'outer-to-inner',
    'a filter that nulls pass',
    a.join(c, { leftOn: 'k', rightOn: 'm', how: 'left' }).filter(col('w').gt(1).or(col('w').isNull())),
  ),

  same(
    'cross-to-inner',
    'a product, of which equal values are kept',
    a.crossJoin(c).filter(
      col('k')
        .eq(col('m'))
        .and(col('x').lt(col('w'))),
    ),
  ),
  same('cross-to-inner', 'one more key', a.join(c, { leftOn: 'k', rightOn: 'm' }).filter(col('x').eq(col('w')))),

  same('split-residual', 'of a left join what asks of the right side', joinOf('left')),
  same('split-residual', 'of a semi join', joinOf('semi')),

  same(
    'infer-predicate',
    'what is true of a key is true of the other',
    a.filter(col('k').between(1, 3)).join(c, { leftOn: 'k', rightOn: 'm' }),
  ),
  same(
    'infer-predicate',
    'from the left side of a left join',
    a.filter(col('k').gt(1)).join(c, { leftOn: 'k', rightOn: 'm', how: 'left' }),
  ),
  left(
    'infer-predicate',
    'not from its right side',
    a.join(c.filter(col('m').gt(1)), { leftOn: 'k', rightOn: 'm', how: 'left' }),
  ),

  same(
    'push-semi-join',
    'past a projection',
    a.select(col('k').alias('key'), col('x').mod(2).alias('odd')).join(c, { leftOn: 'key', rightOn: 'm', how: 'semi' }),
  ),
  same('push-semi-join', 'past a sort', a.sort(['x', 'y']).join(c, { leftOn: 'k', rightOn: 'm', how: 'anti' })),
  same(
    'push-semi-join',
    'to a side of a join, where that side is no larger',
    a.join(b, { on: 'k' }).join(c, { leftOn: 'x', rightOn: 'm', how: 'semi' }),
    { rows: { a: 100, b: 1000, c: 10 } },
  ),

  same('push-limit', 'the first of a sort', a.sort(['k', 'x', 'y']).limit(3, 1)),
  same('push-limit', 'of limits', a.sort(['k', 'x', 'y']).limit(9, 2).limit(4, 3).limit(3)),
  same('push-limit', 'past a projection', a.sort(['k', 'x', 'y']).select('y', 'k').limit(3)),
  same('push-limit', 'into the inputs of a concat', a.select('k').concat(b.select('k')).limit(3, 2)),
  left('push-limit', 'an offset alone', a.sort(['k', 'x', 'y']).offset(3)),

  same(
    'merge-projects',
    'what is computed once',
    a.select('k', col('x').mod(3).alias('r')).select('r', col('k').add(1).alias('n')),
  ),
  left(
    'merge-projects',
    'not what would be computed twice',
    a.select(col('x').mod(3).alias('r')).select('r', col('r').mul(col('r')).alias('n')),
  ),

  same('count-distinct', 'of all rows', a.agg(col('x').countDistinct())),
  left('count-distinct', 'not beside other aggregates', a.agg(col('x').countDistinct().alias('n'), col('x').sum())),

  same('drop-empty', 'a join with nothing', a.join(c.limit(0), { leftOn: 'k', rightOn: 'm' }).select('k')),
  same('drop-empty', 'an anti join with nothing', a.join(c.limit(0), { leftOn: 'k', rightOn: 'm', how: 'anti' })),
  same('drop-empty', 'an input of a concat', a.select('k').concat(b.select('k').limit(0))),

  same(
    'drop-nodes',
    'a projection of all columns',
    node(
      { kind: 'project', input: a.query.plan, columns: a.columns.map((name) => ({ name, expression: column(name) })) },
      a,
    ),
  ),
  same('drop-nodes', 'an order that nobody sees', a.sort('x').groupBy('k').agg(col('x').sum())),
  left('drop-nodes', 'not one that the first value shows', a.sort(['x', 'y']).groupBy('k').agg(col('x').first())),
  same('drop-nodes', 'groups are distinct', a.groupBy('k').agg(col('x').max()).distinct()),
  same('drop-nodes', 'a limit of one row', a.agg(count()).limit(5)),

  same(
    'order-joins',
    'the smallest first',
    a.join(b.rename({ k: 'l' }), { leftOn: 'x', rightOn: 'l' }).join(c, { leftOn: 'k', rightOn: 'm' }),
    { rows: { a: 1_000_000, b: 900_000, c: 10 } },
  ),
  same(
    'order-joins',
    'by what is equal to what is equal',
    a.join(b.rename({ k: 'l' }), { leftOn: 'k', rightOn: 'l' }).join(c, { leftOn: 'l', rightOn: 'm' }),
    { rows: { a: 1_000_000, b: 1_000_000, c: 10 } },
  ),
  same(
    'order-joins',
    'a product that others have the keys of',
    a.crossJoin(c).join(b.rename({ k: 'l' }), { leftOn: ['x', 'm'], rightOn: ['l', 'z'] }),
    { rows: { a: 1000, b: 1000, c: 1000 } },
  ),
  same(
    'order-joins',
    'with a condition that reads no column',
    a
      .join(b.rename({ k: 'l' }), { leftOn: 'x', rightOn: 'l' })
      .filter(lit(-0, types.float64).lt(lit(0, types.float64)))
      .join(c, { leftOn: 'k', rightOn: 'm' }),
    { rows: { a: 1_000_000, b: 900_000, c: 10 } },
  ),
  same(
    'order-joins',
    'an anti join that leaves nearly all, behind what leaves few',
    a.join(b.rename({ k: 'l' }), { leftOn: 'x', rightOn: 'l', how: 'anti' }).join(c, { leftOn: 'k', rightOn: 'm' }),
    { rows: { a: 1_000_000, b: 1000, c: 10 } },
  ),
  same(
    'order-joins',
    'semi joins, the one that leaves fewest first',
    a
      .join(b.rename({ k: 'l' }), { leftOn: 'x', rightOn: 'l', how: 'semi' })
      .join(c, { leftOn: 'k', rightOn: 'm', how: 'semi' }),
    { rows: { a: 1_000_000, b: 900_000, c: 10 } },
  ),
  left(
    'order-joins',
    'not where nothing is known',
    a.join(b.rename({ k: 'l' }), { leftOn: 'x', rightOn: 'l' }).join(c, { leftOn: 'k', rightOn: 'm' }),
  ),

  same('choose-build-side', 'the smaller side is kept', c.join(a, { leftOn: 'm', rightOn: 'k' }), {
    rows: { a: 1000, c: 10 },
  }),
  same('choose-build-side', 'also of a semi join', c.join(a, { leftOn: 'm', rightOn: 'k', how: 'semi' }), {
    rows: { a: 1000, c: 10 },
  }),
  same(
    'choose-build-side',
    'not where a filter may leave next to nothing of the usual one',
    c.join(a.groupBy('k').agg(col('x').sum()).filter(col('x').gt(3)), { leftOn: 'm', rightOn: 'k' }),
    { rows: { a: 1000, c: 10 }, isLeft: true },
  ),

  same('share-rows', 'what two read', twice(few), { rows: { a: 1_000_000, c: 10 } }),
  same('share-rows', 'written twice', twice(few, a.join(c, { leftOn: 'k', rightOn: 'm', how: 'semi' })), {
    rows: { a: 1_000_000, c: 10 },
  }),
  same('share-rows', 'groups, of which nothing is known', twice(a.groupBy('k').agg(col('x').sum()))),
  same(
    'share-rows',
    'the largest parts, and what is in parts that differ',
    twice(twice(few).groupBy('k').agg(col('x').max())).concat(few.select('k', 'x', col('y').alias('most'))),
    { rows: { a: 1_000_000, c: 10 } },
  ),
  same('share-rows', 'not what is soon read again', twice(few), { rows: { a: 1000, c: 10 }, isLeft: true }),
  same('share-rows', 'not what is as large as what it is made of', twice(a.filter(col('k').gt(1))), {
    rows: { a: 1_000_000 },
    isLeft: true,
  }),
  left('share-rows', 'not where nothing is known', twice(few)),
  same('share-rows', 'what is below of what is random', twice(few.withColumn('r', fn.random())), {
    rows: { a: 1_000_000, c: 10 },
  }),
  left('share-rows', 'not a sample that is drawn anew', twice(a.sample({ size: 3 }).groupBy('k').agg(col('x').sum()))),
  same('share-rows', 'what is below of two zeros', twice(sumWith(0), sumWith(-0))),
];
