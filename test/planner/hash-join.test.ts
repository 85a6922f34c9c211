import { describe, expect, test } from 'vitest';
import { date, decimal, int32, int64, timestamp, utf8 } from '../../src/columnar/data-type.ts';
import { field, type Schema, schema, schemaText } from '../../src/columnar/schema.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import { explainPlan } from '../../src/planner/explain.ts';
import { pushDown } from '../../src/planner/push-down.ts';
import { type JoinOptions, joinNode } from '../support/joins.ts';
import { col, int, op } from '../support/plans.ts';
import { problemsOf } from './problems-of.ts';

const left = schema(field('k', int64), field('a', int64), field('x', utf8));
const right = schema(field('k', int32), field('b', int64, false), field('y', utf8));
const onK: JoinOptions = { leftOn: [col('k')], rightOn: [col('k')], joinType: 'inner' };

const explained = (plan: PlanNode): string => explainPlan(pushDown(bindPlan(plan)));
const scan = (sourceId: string, { fields }: Schema): PlanNode => ({
  kind: 'scan',
  sourceId,
  format: 'parquet',
  schema: fields,
});
const scans = (options: JoinOptions): PlanNode => ({
  ...joinNode(left, right, options),
  left: scan('l', left),
  right: scan('r', right),
});
const project = (input: PlanNode, ...names: string[]): PlanNode => ({
  kind: 'project',
  input,
  columns: names.map((name) => ({ name, expression: col(name) })),
});

describe('a hash join', () => {
  test('compares keys in one type, and says so', () => {
    expect(explained(scans({ ...onK, joinType: 'left', residual: op(col('a'), '>', col('b')) }))).toBe(
      [
        'HashJoin left on k = cast(k as int64) where a > b builds right',
        '  Scan l columns k, a, x',
        '  Scan r columns k, b, y',
      ].join('\n'),
    );
  });

  test('reads and gives no more columns than are needed', () => {
    const filtered: PlanNode = { kind: 'filter', input: scans(onK), predicate: op(col('a'), '>', int(1)) };
    expect(explained(project(filtered, 'y', 'a'))).toBe(
      [
        'Project y, a',
        '  Filter a > 1',
        '    HashJoin inner on k = cast(k as int64) builds right',
        '      Scan l columns k, a runtime filter on k from cast(k as int64)',
        '      Scan r columns k, y',
      ].join('\n'),
    );
  });

  test('of rows of left gives its columns', () => {
    const semi = scans({ ...onK, joinType: 'semi', residual: op(col('y'), '=', col('x')), nullEqualsNull: [true] });
    expect(explained(project(semi, 'a'))).toBe(
      [
        'HashJoin semi on k <=> cast(k as int64) where y = x builds right',
        '  Scan l columns k, a, x runtime filter on k from cast(k as int64)',
        '  Scan r columns k, y',
      ].join('\n'),
    );
    expect(schemaText(bindPlan(semi).schema)).toBe('k int64?, a int64?, x utf8?');
  });

  test('builds left where right is kept whole', () => {
    expect(explained(scans({ ...onK, joinType: 'right' }))).toContain('builds left');
    expect(explained(scans({ ...onK, joinType: 'right', buildSide: 'right' }))).toContain('builds right');
  });
});

describe('a hash join is refused', () => {
  const problems = (options: Partial<JoinOptions>, of: Schema = right): readonly string[] =>
    problemsOf(joinNode(left, of, { ...onK, ...options }));

  test('where keys are not there, or not as many', () => {
    expect(problems({ leftOn: [col('q')] })).toEqual([
      '$.plan.leftOn[0].name: There is no column "q". The columns are "k", "a", "x".',
    ]);
    expect(problems({ rightOn: [col('k'), col('b')], nullEqualsNull: [true, false] })).toEqual([
      '$.plan.rightOn: There are 1 keys on the left and 2 on the right: give as many.',
      '$.plan.nullEqualsNull: Whether null equals null is said for each key, and there are 2 for 1 keys.',
    ]);
  });

  test('where keys cannot be compared', () => {
    expect(problems({ rightOn: [col('y')] })[0]).toContain('$.plan.leftOn[0]: int64 = utf8 is not defined.');
    const wide = schema(field('k', decimal(38, 38)));
    expect(problems({}, wide)[0]).toContain('a decimal of 57 digits would be needed');
  });

  test('where a residual is no predicate, or asks for what is not there', () => {
    expect(problems({ residual: col('a') })[0]).toContain('$.plan.residual: A predicate');
    expect(problems({ residual: op(col('c'), '>', int(1)) })[0]).toContain(
      '$.plan.residual.left.name: There is no column "c".',
    );
  });

  test('where names clash, unless only left comes out and nothing is asked of pairs', () => {
    const clash = schema(field('k', int64), field('a', int64));
    const message = '$.plan: Both sides have a column "a", which is no key of both.';
    expect(problems({}, clash)[0]).toContain(message);
    expect(problems({ joinType: 'anti' }, clash)).toEqual([]);
    expect(problems({ joinType: 'anti', residual: op(col('a'), '>', int(1)) }, clash)[0]).toContain(message);
  });

  test('not where dates meet timestamps', () => {
    const days = schema(field('d', date));
    const moments = schema(field('m', timestamp('us')));
    expect(problemsOf(joinNode(days, moments, { ...onK, leftOn: [col('d')], rightOn: [col('m')] }))).toEqual([]);
  });
});
