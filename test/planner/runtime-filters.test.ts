/** Which scans are told of the keys of a join: what stands between decides. */

import { describe, expect, test } from 'vitest';
import { int32, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import { explainPlan } from '../../src/planner/explain.ts';
import { pushDown } from '../../src/planner/push-down.ts';
import { col, int, op } from '../support/plans.ts';

const { fields } = schema(field('k', int64), field('n', int32), field('a', int64), field('t', utf8));
const scan = (sourceId: string): PlanNode => ({ kind: 'scan', sourceId, format: 'parquet', schema: fields });
const named = (prefix: string, input: PlanNode = scan(prefix)): PlanNode => ({
  kind: 'project',
  input,
  columns: fields.map(({ name }) => ({ name: `${prefix}${name}`, expression: col(name) })),
});
type Join = Extract<PlanNode, { kind: 'hash-join' }>;
const join = (left: PlanNode, right: PlanNode, on: Partial<Join> = {}): PlanNode => ({
  kind: 'hash-join',
  left,
  right,
  leftOn: [col('lk')],
  rightOn: [col('rk')],
  joinType: 'inner',
  ...on,
});

/** By scan, what it is told. */
function told(plan: PlanNode): Record<string, string> {
  const lines = explainPlan(pushDown(bindPlan(plan))).split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, source, keys] = /Scan (\w+) .* runtime filters? on (.*)$/.exec(line) ?? [];
      return source === undefined || keys === undefined ? [] : [[source, keys]];
    }),
  );
}

describe('runtime filters', () => {
  test('are for the side that is not built, where its rows without a match change nothing', () => {
    const l = { l: 'k from rk' };
    const r = { r: 'k from lk' };
    const of = (joinType: Join['joinType'], buildSide: Join['buildSide']): Record<string, string> =>
      told(join(named('l'), named('r'), { joinType, buildSide }));
    expect([of('inner', 'right'), of('inner', 'left')]).toEqual([l, r]);
    expect([of('left', 'right'), of('left', 'left')]).toEqual([{}, r]);
    expect([of('right', 'right'), of('right', 'left')]).toEqual([l, {}]);
    expect([of('outer', 'right'), of('outer', 'left')]).toEqual([{}, {}]);
    expect([of('semi', 'right'), of('semi', 'left')]).toEqual([l, r]);
    expect([of('anti', 'right'), of('anti', 'left')]).toEqual([{}, r]);
  });

  test('are of keys that are columns, or columns cast to what the other side has', () => {
    const keys: Partial<Join> = {
      leftOn: [col('ln'), { kind: 'is-null', input: col('lt') }, col('lt')],
      rightOn: [col('rk'), { kind: 'is-null', input: col('rt') }, col('rt')],
    };
    expect(told(join(named('l'), named('r'), keys))).toEqual({ l: 'cast(n as int64) from rk, t from rt' });
  });

  test.each<[string, (input: PlanNode) => PlanNode, string]>([
    ['a filter', (input) => ({ kind: 'filter', input, predicate: op(col('la'), '>', int(3)) }), 'k from rk'],
    ['a sort', (input) => ({ kind: 'sort', input, keys: [{ expression: col('la') }] }), 'k from rk'],
    [
      'groups by the key',
      (input) => ({
        kind: 'grouped-aggregate',
        input,
        groupBy: [{ name: 'lk', expression: col('lk') }],
        aggregates: [{ name: 'la', function: 'max', input: col('la') }],
      }),
      'k from rk',
    ],
    ['distinct keys', (input) => ({ kind: 'dedup', input, columns: ['lk'] }), 'k from rk'],
    ['a union', (input) => ({ kind: 'concat', inputs: [input, input] }), 'k from rk'],
    ['a limit', (input) => ({ kind: 'limit', input, limit: 5 }), ''],
    ['a sample', (input) => ({ kind: 'sample', input, size: 5 }), ''],
    ['other distinct values', (input) => ({ kind: 'dedup', input, columns: ['la'] }), ''],
    ['numbers of rows', (input) => ({ kind: 'monotonically-increasing-id', input, name: 'id' }), ''],
    [
      'a filter that may fail',
      (input) => ({ kind: 'filter', input, predicate: op(op(col('la'), '*', int(3)), '>', int(3)) }),
      '',
    ],
  ])('get below %s, or not', (_, over, expected) => {
    const { l = '' } = told(join(over(named('l')), named('r')));
    expect(l).toBe(expected);
  });

  test('get to both sides of an equality below, and to the probe side of every join of a chain', () => {
    const below = join(named('l'), named('m'), { leftOn: [col('lk')], rightOn: [col('mk')] });
    expect(told(join(below, named('r')))).toEqual({ l: 'k from rk, k from mk', m: 'k from rk' });
    expect(told(join(below, named('r'), { leftOn: [col('ma')], rightOn: [col('ra')] }))).toEqual({
      l: 'k from mk',
      m: 'a from ra',
    });
    // Rows of m come out beside nulls too.
    const kept = join(named('l'), named('m'), { leftOn: [col('lk')], rightOn: [col('mk')], joinType: 'left' });
    expect(told(join(kept, named('r'), { leftOn: [col('ma')], rightOn: [col('ra')] }))).toEqual({});
    expect(told(join(kept, named('r')))).toEqual({ l: 'k from rk', m: 'k from rk' });
  });

  test('are told within a build side too', () => {
    const built = join(named('l'), named('m'), { leftOn: [col('lk')], rightOn: [col('mk')] });
    expect(told(join(named('r'), built, { leftOn: [col('rk')], rightOn: [col('lk')] }))).toEqual({
      r: 'k from lk',
      l: 'k from mk',
    });
  });
});
