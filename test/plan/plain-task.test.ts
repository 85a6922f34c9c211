import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import type { InvalidPlan } from '../../src/errors.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import { parseTask } from '../../src/plan/parse-task.ts';
import { plainTask } from '../../src/plan/plain-task.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import { taskSchema } from '../../src/plan/schema.ts';
import { takeTask } from '../../src/plan/take-document.ts';
import { fuzzed, fuzzSeed } from '../support/fuzz.ts';
import { col, EVERY_EXPRESSION, EVERY_NODE, op, taskOf } from '../support/plans.ts';

const projects = Object.values(EVERY_EXPRESSION).map(
  (expression: Expression): PlanNode => ({ ...EVERY_NODE.project, columns: [{ name: 'e', expression }] }),
);
const TASKS: readonly object[] = [...Object.values(EVERY_NODE), ...projects].map(taskOf);

/** What one part of a document is replaced by, or gets beside what it has. */
const word = fc.constantFrom<unknown>(
  ...['', '__proto__', 'a', 'scan', 'parquet', 'int64', '\ud800', '\u0001', 'x'.repeat(9000), null, true, undefined],
  ...[0, -1, 1.5, 2 ** 31, 2 ** 53, Number.NaN, [], {}, [1], { kind: 'column', name: 'a' }, { kind: 'int64' }],
);

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** Every member of every object and every element of every array. */
function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}

/** The problems of what `parse` throws. */
const said = (parse: () => unknown): Promise<unknown> =>
  Promise.resolve()
    .then(parse)
    .catch((error: unknown) => (error as InvalidPlan).problems);

describe('a task that is taken without zod', () => {
  test('is one that zod takes, and the same', () => {
    const change = fc.record({ place: fc.nat(), what: fc.constantFrom('replace', 'delete', 'add'), by: word });
    const document = fc.record({ which: fc.nat(TASKS.length - 1), changes: fc.array(change, { maxLength: 2 }) });
    const property = fc.property(document, ({ which, changes }) => {
      const task = structuredClone(TASKS[which]);
      for (const { place, what, by } of changes) {
        const places = placesIn(task);
        const { holder, key } = places[place % places.length]!;
        // The document's own: a later change may be within it.
        const value = structuredClone(by);
        if (what === 'replace') holder[key] = value;
        else if (what === 'delete') delete holder[key];
        else if (!Array.isArray(holder)) holder['more'] = value;
      }
      const plain = plainTask(task);
      if (plain === undefined) return;
      const byZod = taskSchema.parse(task);
      expect(plain).toEqual(byZod);
      expect(JSON.stringify(plain)).toBe(JSON.stringify(byZod));
    });
    fc.assert(property, { ...fuzzed(3000), seed: fuzzSeed });
  });

  test('has nodes and expressions of many kinds', () => {
    const plain = (key: string): boolean => plainTask(taskOf(EVERY_NODE[key as keyof typeof EVERY_NODE])) !== undefined;
    const kinds = Object.keys(EVERY_NODE).filter(plain);
    expect(kinds).toEqual(expect.arrayContaining(['scan', 'project', 'filter', 'limit', 'sort', 'top-n']));
    expect(projects.filter((plan) => plainTask(taskOf(plan)) !== undefined).length).toBeGreaterThan(10);
    const keys = [col('day')];
    const input: PlanNode = {
      kind: 'scan',
      sourceId: 't',
      format: 'parquet',
      schema: [field('day', types.timestamp('us')), field('price', types.decimal(15, 2))],
      filter: op(op(col('price'), '>=', col('price')), 'and', { kind: 'not', input: col('day') }),
    };
    const join: PlanNode = {
      kind: 'hash-join',
      left: input,
      right: input,
      leftOn: keys,
      rightOn: keys,
      joinType: 'semi',
    };
    const plan: PlanNode = {
      kind: 'grouped-aggregate',
      input: join,
      groupBy: [{ name: 'day', expression: col('day') }],
      aggregates: [{ name: 'n', function: 'sum', input: col('price'), distinct: true }],
    };
    const task = { ...taskOf(plan), inputs: { t: { kind: 'files', files: [{ uri: 's3://b/k', rowGroups: [1] }] } } };
    expect(plainTask(task)).toEqual(task);
    expect(plainTask({ ...task, plan: { uri: 's3://b/plan.json' } })).toBeDefined();
  });

  test('is checked as all are', async () => {
    const task = { ...taskOf(EVERY_NODE.scan), inputs: {} };
    expect(plainTask(task)).toBeDefined();
    const problems = await said(() => parseTask(task));
    expect(problems).toHaveLength(1);
    expect(await said(() => takeTask(task))).toEqual(problems);
  });
});

test.each(Object.keys(EVERY_NODE))('a task of %s is the same either way', async (kind) => {
  const task = taskOf(EVERY_NODE[kind as keyof typeof EVERY_NODE]);
  expect(await takeTask(task)).toEqual(parseTask(task));
  expect(await takeTask(JSON.stringify(task))).toEqual(parseTask(task));
});

test('what is wrong with a task is said as ever', async () => {
  const task = { ...taskOf(EVERY_NODE.limit), stageId: -1, more: 1 };
  const problems = await said(() => parseTask(task));
  expect(problems).toHaveLength(2);
  expect(await said(() => takeTask(task))).toEqual(problems);
});
