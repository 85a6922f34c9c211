import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import { InvalidPlan, type PlanProblem } from '../../src/errors.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import { MAX_PROBLEMS } from '../../src/expressions/problems.ts';
import { MAX_NESTING, MAX_VALUES } from '../../src/plan/document-limits.ts';
import { parsePlan, parseTask } from '../../src/plan/parse-task.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import { explainPlan } from '../../src/planner/explain.ts';
import { pushDown } from '../../src/planner/push-down.ts';
import { col, EVERY_EXPRESSION, EVERY_NODE, int, op, taskOf } from '../support/plans.ts';

function problemsOf(parse: () => unknown): readonly PlanProblem[] {
  try {
    parse();
  } catch (error) {
    if (error instanceof InvalidPlan) return error.problems;
    throw error;
  }
  return [];
}
const texts = (input: unknown): readonly string[] =>
  problemsOf(() => parseTask(input)).map(({ path, message }) => `${path}: ${message}`);

const nodes = Object.values(EVERY_NODE);
const tasks = nodes.map(taskOf);
const rowsTask = taskOf(EVERY_NODE['in-memory-scan']);

describe('a valid task', () => {
  test.each(tasks.map((task) => [(task.plan as PlanNode).kind, task] as const))('%s is taken as it is', (_, task) => {
    expect(parseTask(JSON.stringify(task))).toEqual(task);
    expect(parseTask(task)).toEqual(task);
  });

  test.each(Object.entries(EVERY_EXPRESSION))('takes expressions of kind %s', (_, expression: Expression) => {
    const plan: PlanNode = { ...EVERY_NODE.project, columns: [{ name: 'e', expression }] };
    expect(parsePlan(JSON.stringify(plan))).toEqual(plan);
  });

  test('may refer to its plan, which is then checked with it', () => {
    const task = parseTask({ ...taskOf(EVERY_NODE.limit), plan: { uri: 's3://bucket/plan.json' } });
    expect(parsePlan(JSON.stringify(EVERY_NODE.limit), task)).toEqual(EVERY_NODE.limit);
    expect(problemsOf(() => parsePlan(EVERY_NODE['in-memory-scan'], task)).map(({ path }) => path)).toEqual([
      '$.plan.sourceId',
      '$.inputs.trips',
    ]);
  });
});

describe('a problem', () => {
  const scan = EVERY_NODE.scan;
  const filter = EVERY_NODE.filter;
  test.each<readonly [string, unknown, readonly (string | RegExp)[]]>([
    [
      'an unknown kind',
      { ...taskOf(scan), plan: { ...scan, kind: 'scann' } },
      [/^\$\.plan\.kind: expected one of .*, found "scann"\. Did you mean "scan"\?$/],
    ],
    [
      'an unknown key',
      { ...taskOf(scan), plan: { ...scan, collumns: [] } },
      ['$.plan: unknown key "collumns". Did you mean "columns"?'],
    ],
    ['a missing key', { ...taskOf(scan), stageId: undefined }, ['$.stageId: expected a number, found nothing']],
    [
      'a wrong type deep inside',
      taskOf({ ...filter, predicate: op(col('delay'), '+', { kind: 'not' } as never) }),
      ['$.plan.predicate.right.input: expected an object, found nothing'],
    ],
    [
      'an unknown operator',
      taskOf({ ...filter, predicate: op(col('a'), '==' as never, int(1)) }),
      [/^\$\.plan\.predicate\.operator: .*found "=="\. Did you mean "="\?$/],
    ],
    [
      'several at once',
      { ...taskOf(scan), version: 2, stageId: -1, taskId: 1.5, inputs: [] },
      [
        /^\$\.version: expected 1/,
        '$.stageId: expected at least 0',
        /^\$\.taskId: expected a whole number/,
        '$.inputs: expected an object, found an array',
      ],
    ],
    ['a limit beyond what is counted exactly', taskOf({ ...EVERY_NODE.limit, limit: 2 ** 53 }), [/^\$\.plan\.limit: /]],
    [
      'a precision of 39',
      taskOf({ ...EVERY_NODE['empty-scan'], schema: [field('a', types.decimal(39, 2))] }),
      [/^\$\.plan\.schema\[0\]\.type\.precision: expected at most 38/],
    ],
    [
      'a scale above the precision',
      taskOf({ ...EVERY_NODE['empty-scan'], schema: [field('a', types.decimal(2, 3))] }),
      [/^\$\.plan\.schema\[0\]\.type\.scale: must not exceed/],
    ],
    ['a scan without an input', { ...taskOf(scan), inputs: {} }, ['$.plan.sourceId: The task has no input "trips".']],
    [
      'an input that is misspelt',
      { ...taskOf(scan), inputs: { trip: { kind: 'files', files: [] } } },
      [
        '$.plan.sourceId: The task has no input "trips". Did you mean "trip"?',
        '$.inputs.trip: No scan of the plan has the source "trip".',
      ],
    ],
    [
      'an input of the wrong kind',
      { ...taskOf(scan), inputs: { trips: { kind: 'rows', rows: [] } } },
      ['$.inputs.trips.kind: A scan ($.plan) takes files, and this is rows.'],
    ],
    [
      'an input that only every object has',
      taskOf({ ...scan, sourceId: 'constructor' }),
      ['$.plan.sourceId: The task has no input "constructor".'],
    ],
    ['a write without an output', { ...taskOf(EVERY_NODE.write), output: undefined }, [/^\$\.output: The task writes/]],
    [
      'a write that is not the root',
      taskOf({ ...filter, input: EVERY_NODE.write }),
      [/^\$\.plan\.input: write may only be the root/],
    ],
    [
      'a commit that is not the root',
      taskOf({ ...filter, input: EVERY_NODE['commit-write'] }),
      [/^\$\.plan\.input: commit-write may only be the root/, /^\$\.plan\.input\.input: write may only/],
    ],
    [
      'a commit of no write',
      taskOf({ ...EVERY_NODE['commit-write'], input: scan }),
      ['$.plan.input: commit-write commits a write, and its input is scan.'],
    ],
    [
      'names given twice',
      taskOf({ ...EVERY_NODE['grouped-aggregate'], aggregates: [{ name: 'delay', function: 'count' }] }),
      [/^\$\.plan\.aggregates\[0\]\.name: The name "delay" is given twice/],
    ],
    [
      'properties of a column given twice',
      taskOf({
        ...EVERY_NODE.write,
        format: { kind: 'parquet', columns: [{ name: 'a' }, { name: 'a', dictionary: false }] },
      }),
      [/^\$\.plan\.format\.columns\[1\]\.name: The name "a" is given twice/],
    ],
    [
      'a text of null that would be read as more than a field',
      taskOf({ ...EVERY_NODE.write, format: { kind: 'csv', delimiter: ';', nullText: 'a;b' } }),
      [/^\$\.plan\.format: the text of null/],
    ],
    [
      'a row group named twice',
      { ...taskOf(scan), inputs: { trips: { kind: 'files', files: [{ uri: 'a', rowGroups: [1, 1] }] } } },
      ['$.inputs.trips.files[0].rowGroups: A row group is named twice.'],
    ],
    [
      'rows that do not fit',
      { ...rowsTask, inputs: { rows: { kind: 'rows', rows: [{ delay: 1.5 }, { dela: 1 }, [], { delay: {} }] } } },
      [
        /^\$\.inputs\.rows\.rows\[0\]\.delay: is no int64/,
        '$.inputs.rows.rows[1]: The schema has no column "dela". Did you mean "delay"?',
        /rows\[2\]: expected an object/,
        /rows\[3\]\.delay: is no int64/,
      ],
    ],
    [
      'a column that is named as the prototype',
      taskOf({ ...EVERY_NODE['empty-scan'], schema: [field('__proto__', types.bool)] }),
      [/^\$\.plan\.schema\[0\]\.name: is not allowed/],
    ],
    ['no object', 'null', ['$: expected an object, found null']],
    ['a key given twice', '{"a": {"b": [1, {"c": 1, "\\u0063": 2}]}}', ['$.a.b[1].c: The key "c" stands here twice.']],
    [
      'the prototype as a key',
      '{"plan": {"__proto__": {"kind": "scan"}}}',
      ['$.plan: The key "__proto__" is not allowed.'],
    ],
    ['no JSON', '{"password": hunter2}', ['$: This is not JSON.']],
    ['JSON that ends early', '{"version":', ['$: This is not JSON: it ends too early.']],
  ])('%s', (_, input, expected) => {
    const found = texts(input);
    expect(found).toHaveLength(expected.length);
    for (const [index, wanted] of expected.entries()) {
      if (typeof wanted === 'string') expect(found[index]).toBe(wanted);
      else expect(found[index]).toMatch(wanted);
    }
  });

  test.each(['', '.', '..', 'a/b', 'a b', 'ä', 'x'.repeat(129), '%2e'])('jobId %j', (jobId) => {
    expect(texts({ ...rowsTask, jobId })).toEqual([expect.stringMatching(/^\$\.jobId: must be 1 to 128/)]);
  });

  test('does not repeat what may be secret or long', () => {
    const uri = `s3://user:hunter2@bucket/?token=hunter2&${'x'.repeat(10_000)}`;
    const input = { ...taskOf(EVERY_NODE.scan), output: { uri: [uri] }, jobId: 'hunter2 ', stageId: uri, secret: uri };
    const message = texts({ ...input, inputs: { trips: { kind: 'files', files: [{ uri: `${uri}\n` }, uri] } } }).join(
      '\n',
    );
    expect(message).toContain('$.inputs.trips.files[1]');
    expect(message).not.toContain('hunter2');
    expect(message.length).toBeLessThan(1_500);
  });
});

describe('a hostile document', () => {
  const many = (element: unknown, count: number): unknown[] => new Array(count).fill(element);
  const nested = (depth: number): PlanNode => {
    let plan: PlanNode = EVERY_NODE['in-memory-scan'];
    for (let level = 0; level < depth; level += 1) plan = { kind: 'limit', input: plan, limit: 1 };
    return plan;
  };
  const cyclic: Record<string, unknown> = {};
  cyclic['plan'] = cyclic;
  let shared: unknown = 1;
  for (let level = 0; level < 100; level += 1) shared = [shared, shared];

  test.each<readonly [string, unknown]>([
    ['ten megabytes of nonsense', 'x{["'.repeat(2_500_000)],
    ['more than 16 Mi characters', ' '.repeat(17 * 1024 * 1024)],
    ['100,000 arrays inside each other', '['.repeat(100_000)],
    ['100,000 objects inside each other', '{"plan":'.repeat(100_000)],
    ['a million values', `[${'1,'.repeat(1_000_000)}1]`],
    ['an object that holds itself', cyclic],
    ['2 ** 100 shared values', { plan: shared }],
    ['200,000 wrong files', { ...rowsTask, inputs: { rows: { kind: 'files', files: many(1, 200_000) } } }],
    ['60,000 wrong nodes', { ...rowsTask, plan: { kind: 'concat', inputs: many({ kind: 'zcan' }, 60_000) } }],
    ['200,000 wrong rows', { ...rowsTask, inputs: { rows: { kind: 'rows', rows: many(1, 200_000) } } }],
    ['100,000 unknown keys', { ...rowsTask, ...Object.fromEntries(many(0, 100_000).map((_, i) => [`k${i}`, 0])) }],
    ['100,000 names given twice', taskOf({ ...EVERY_NODE.write, partitionBy: many('a', 100_000) as string[] })],
    [
      'a row with 100,000 unknown columns',
      {
        ...rowsTask,
        inputs: { rows: { kind: 'rows', rows: [Object.fromEntries(many(0, 100_000).map((_, i) => [`k${i}`, 0]))] } },
      },
    ],
    ['a map', new Map()],
    ['a bigint', { version: 1n }],
    ['a function', { plan: () => 1 }],
    ['nothing', undefined],
    // What took time by the square of its size would not end before the time of a test is over.
  ])('%s is refused', (_, input) => {
    const problems = problemsOf(() => parseTask(input));
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThanOrEqual(MAX_PROBLEMS);
    expect(problems.map(({ message }) => message).join('').length).toBeLessThan(100_000);
  });

  test('may be as deep as the limit says, through every recursion', () => {
    // A task and the scan's schema have their levels too.
    const deepest = nested(MAX_NESTING - 5);
    const task = parseTask(JSON.stringify(taskOf(deepest)));
    expect(pushDown(bindPlan(task.plan as PlanNode)).kind).toBe('limit');
    expect(texts(JSON.stringify(taskOf(nested(MAX_NESTING))))).toEqual([expect.stringMatching(/nested too deeply/)]);
    expect(texts(taskOf(nested(MAX_NESTING)))).toEqual([expect.stringMatching(/nested too deeply/)]);
  });

  test.each<readonly [string, (e: Expression) => Expression]>([
    ['not', (input) => ({ kind: 'not', input: { kind: 'is-null', input } })],
    ['arithmetic', (left) => op(left, '+', col('delay'))],
    ['casts', (input) => ({ kind: 'cast', input: { kind: 'cast', input, type: types.float64 }, type: types.int64 })],
  ])('may have expressions as deep: %s', (name, wrap) => {
    let expression: Expression = col('delay');
    const levels = (MAX_NESTING - 10) / (name === 'arithmetic' ? 1 : 2);
    for (let level = 0; level < levels; level += 1) expression = wrap(expression);
    const plan = parsePlan(JSON.stringify({ ...EVERY_NODE.project, columns: [{ name: 'e', expression }] }));
    expect(explainPlan(pushDown(bindPlan(plan)))).toContain('Project');
  });

  test('may have as many rows as there may be values', () => {
    const rows = many({ delay: 5 }, MAX_VALUES / 2 - 20);
    const task = { ...rowsTask, inputs: { rows: { kind: 'rows', rows } } };
    expect(parseTask(JSON.stringify(task))).toEqual(task);
  });

  test('whatever has been changed in a valid task, gives a task or InvalidPlan', () => {
    const mutated = fc.tuple(
      fc.constantFrom(...tasks),
      fc.array(fc.tuple(fc.nat(), fc.nat(), fc.jsonValue({ maxDepth: 2 })), { minLength: 1, maxLength: 4 }),
    );
    let valid = 0;
    fc.assert(
      fc.property(mutated, ([task, changes]) => {
        const document = JSON.parse(JSON.stringify(task)) as unknown;
        for (const [where, how, value] of changes) mutate(document, where, how, value);
        for (const input of [document, JSON.stringify(document)]) {
          const problems = problemsOf(() => {
            const parsed = parseTask(input);
            if ('kind' in parsed.plan) pushDown(bindPlan(parsed.plan));
            valid += 1;
          });
          for (const { path } of problems) expect(path).toMatch(/^\$/);
        }
      }),
      { numRuns: 1_500 },
    );
    expect(valid).toBeGreaterThan(0);
  });

  test('whatever has been changed in the text of a valid task, gives a task or InvalidPlan', () => {
    const text = JSON.stringify(taskOf(EVERY_NODE['grouped-aggregate']));
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(20), fc.string({ maxLength: 5 }), (at, cut, put) => {
        problemsOf(() => parseTask(text.slice(0, at) + put + text.slice(at + cut)));
      }),
      { numRuns: 1_500 },
    );
  });
});

/** Changes one member of one of the objects or arrays in `document`. */
function mutate(document: unknown, where: number, how: number, value: unknown): void {
  const all: Record<string, unknown>[] = [];
  const waiting = [document];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    all.push(next as Record<string, unknown>);
    waiting.push(...Object.values(next));
  }
  const target = all[where % all.length];
  if (target === undefined) return;
  const keys = Object.keys(target);
  const key = keys[how % Math.max(1, keys.length)] ?? 'kind';
  const other = all[how % all.length];
  const changes = [
    () => delete target[key],
    () => Object.assign(target, { [key]: value }),
    () => Object.assign(target, { [`${key}x`]: value }),
    () => Object.assign(target, { [key]: JSON.parse(JSON.stringify(other ?? null)) as unknown }),
    () => Object.assign(target, { [key]: ['filter', 'utf8', 'delay', -1, 1e300, null][how % 6] }),
  ];
  changes[how % changes.length]?.();
}
