/** How calls that wait for storage are taken out of projections, and where they are refused. */

import { describe, expect, test } from 'vitest';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import { explainPlan } from '../../src/planner/explain.ts';
import { pushDown } from '../../src/planner/push-down.ts';
import { lit } from '../support/expressions.ts';
import { branches, col, int, op } from '../support/plans.ts';
import { problemsOf } from './problems-of.ts';

const call = (name: string, ...given: Expression[]): Expression => ({ kind: 'function', name, arguments: given });
const download = (uri: Expression, ...more: Expression[]): Expression => call('url_download', uri, ...more);
const length = (e: Expression): Expression => call('length_bytes', e);
const photos: PlanNode = {
  kind: 'scan',
  sourceId: 'photos',
  format: 'parquet',
  schema: [field('path', utf8), field('day', int64), field('url_download', utf8)],
};
const project = (input: PlanNode, columns: Readonly<Record<string, Expression>>): PlanNode => ({
  kind: 'project',
  input,
  columns: Object.entries(columns).map(([name, expression]) => ({ name, expression })),
});
const filter = (input: PlanNode, predicate: Expression): PlanNode => ({ kind: 'filter', input, predicate });
const pushed = (plan: PlanNode): string => explainPlan(pushDown(bindPlan(plan)));

describe('a call', () => {
  test('gets a node of its own, its arguments below and the rest of the column above', () => {
    const path = call('concat', lit('s3://lake/'), col('path'));
    const plan = project(photos, { size: length(download(path, lit('null'))), day: col('day') });
    expect(pushed(plan)).toBe(
      `
Project length_bytes("url_download 2") as size, day
  UrlDownload url_download(argument, 'null', 32, 67108864) as "url_download 2"
    Project day, concat('s3://lake/', path) as argument
      Scan photos columns path, day
`.trim(),
    );
  });

  test('inside of another comes before it, and equal calls are one', () => {
    const bytes = download(col('path'));
    const copy = call('url_upload', bytes, lit('s3://lake/out/_copies'));
    const plan = project(photos, { copy, size: length(bytes), again: bytes });
    expect(pushed(plan)).toBe(
      `
Project url_upload as copy, length_bytes("url_download 2") as size, "url_download 2" as again
  UrlUpload url_upload("url_download 2", s3://lake/out/_copies, null, 'raise', 32) as url_upload
    UrlDownload url_download(path, 'raise', 32, 67108864) as "url_download 2"
      Scan photos columns path
`.trim(),
    );
  });

  test('is made for each column where its arguments differ by themselves', () => {
    const random = call('concat', col('path'), { kind: 'cast', input: call('random'), type: utf8 });
    const plan = project(photos, { a: download(random), b: download(random) });
    expect(pushed(plan).match(/UrlDownload/g)).toHaveLength(2);
  });

  test('of a literal is made below the rows, and of null not at all', () => {
    expect(pushed(project(photos, { a: download(lit('s3://lake/a?key=SECRET')), day: col('day') }))).toBe(
      `
Project "url_download 2" as a, day
  UrlDownload url_download(s3://lake/a, 'raise', 32, 67108864) as "url_download 2"
    Scan photos columns day
`.trim(),
    );
    expect(pushed(project(photos, { a: download(lit(null)) }))).not.toContain('UrlDownload');
  });

  test('whose result nobody reads is not made', () => {
    const plan = project(project(photos, { day: col('day'), a: download(col('path')) }), { day: col('day') });
    expect(pushed(plan)).toBe('Scan photos columns day');
  });

  test('is made for the rows that filters and limits above it leave', () => {
    const bytes = project(photos, { day: col('day'), a: download(col('path')) });
    const few: PlanNode = { kind: 'limit', input: filter(bytes, op(col('day'), '>', int(5))), limit: 3, offset: 1 };
    expect(pushed(few)).toBe(
      `
Project day, "url_download 2" as a
  UrlDownload url_download(path, 'raise', 32, 67108864) as "url_download 2"
    Limit 3 offset 1
      Scan photos columns path, day filter day > 5 limit 4
`.trim(),
    );
    const random = project(photos, { r: call('random', int(1)), a: download(col('path')) });
    expect(pushed({ kind: 'limit', input: random, limit: 3, offset: 1 })).toMatch(/^Limit 3 offset 1/);
    const small = filter(bytes, op(length(col('a')), '<', int(5)));
    expect(pushed({ kind: 'limit', input: small, limit: 3 })).toBe(
      `
Limit 3
  Filter length_bytes(a) < 5
    Project day, "url_download 2" as a
      UrlDownload url_download(path, 'raise', 32, 67108864) as "url_download 2"
        Scan photos columns path, day
`.trim(),
    );
  });
});

describe('a call stands', () => {
  const bytes = download(col('path'));
  const branch = 'is called for every row before the rest is computed';

  test.each<readonly [string, Expression]>([
    ['in a function', length(bytes)],
    ['in a comparison', op(length(bytes), '>', int(3))],
    ['in a condition', branches({ kind: 'is-null', input: bytes }, int(1), int(2))],
    ['as what is coalesced first', { kind: 'coalesce', inputs: [length(bytes), int(0)] }],
    ['as what is filled', { kind: 'fill-null', input: length(bytes), fill: int(0) }],
    ['on the left of and', op({ kind: 'is-null', input: bytes }, 'and', op(col('day'), '>', int(1)))],
    ['between two bounds', { kind: 'between', input: length(bytes), low: int(1), high: int(2) }],
    ['in a list', { kind: 'list', items: [bytes, bytes] }],
    ['under another name', { kind: 'alias', name: 'x', input: bytes }],
  ])('%s', (_, expression) => {
    const plan = project(photos, { a: expression });
    expect(problemsOf(plan)).toEqual([]);
    expect(pushed(plan).match(/UrlDownload/g)).toHaveLength(1);
  });

  test.each<readonly [string, Expression, string]>([
    ['a branch', branches(op(col('day'), '>', int(1)), bytes, bytes), 'then'],
    ['what is coalesced later', { kind: 'coalesce', inputs: [int(0), length(bytes)] }, 'inputs[1].arguments[0]'],
    ['what fills', { kind: 'fill-null', input: col('day'), fill: length(bytes) }, 'fill.arguments[0]'],
    ['the right of or', op(op(col('day'), '>', int(1)), 'or', { kind: 'is-null', input: bytes }), 'right.input'],
    ['the upper bound', { kind: 'between', input: col('day'), low: int(1), high: length(bytes) }, 'high.arguments[0]'],
    ['a list that is searched', { kind: 'is-in', input: int(1), list: [length(bytes)] }, 'list[0].arguments[0]'],
    [
      'a lambda',
      call(
        'list_map',
        { kind: 'list', items: [col('path')] },
        {
          kind: 'lambda',
          parameters: ['x'],
          body: download({ kind: 'parameter', name: 'x' }),
        },
      ),
      'arguments[1].body',
    ],
  ])('not in %s', (_, expression, place) => {
    const problems = problemsOf(project(photos, { a: expression }));
    expect(problems[0]).toMatch(`$.plan.columns[0].expression.${place}: url_download ${branch}`);
  });

  test.each<readonly [string, PlanNode, string]>([
    ['a filter', filter(photos, { kind: 'is-null', input: bytes }), 'predicate.input'],
    ["a scan's filter", { ...photos, filter: { kind: 'is-null', input: bytes } } as PlanNode, 'filter.input'],
    ['a sort', { kind: 'sort', input: photos, keys: [{ expression: bytes }] }, 'keys[0].expression'],
    [
      'an aggregate',
      { kind: 'aggregate', input: photos, aggregates: [{ name: 'n', function: 'count', input: bytes }] },
      'aggregates[0].input',
    ],
    [
      'a key',
      { kind: 'grouped-aggregate', input: photos, groupBy: [{ name: 'k', expression: bytes }], aggregates: [] },
      'groupBy[0].expression',
    ],
  ])('not in %s', (_, plan, place) => {
    expect(problemsOf(plan)).toEqual([
      `$.plan.${place}: url_download may only be called in the columns of a project: put it there, and name that column here.`,
    ]);
  });

  test('with options that are literals', () => {
    const problem = (...given: Expression[]): string =>
      problemsOf(project(photos, { a: download(...(given as [Expression])) })).join();
    expect(problem(col('path'), lit('ignore'))).toMatch(/on_error is 'raise' or 'null', as a literal/);
    expect(problem(col('path'), col('path'))).toMatch(/on_error is/);
    expect(problem(col('path'), lit('null'), int(0))).toMatch(/max_connections is a literal from 1 to 256/);
    expect(problem(col('path'), lit('null'), col('day'))).toMatch(/max_connections is/);
    expect(problem(col('path'), lit('null'), int(8), int(2 ** 31))).toMatch(
      /max_bytes is a literal from 1 to 2147483647/,
    );
    expect(problem(col('day'))).toMatch(/url_download takes utf8/);
    expect(problem(col('path'), lit('null'), int(8), int(2 ** 31 - 1))).toBe('');
  });
});
