/** Nodes that make rows of rows: what they are bound to, what of them is pruned, how they are explained, what they give. */

import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { decimal, float64, int32, int64, list, utf8 } from '../../src/columnar/data-type.ts';
import { field, schemaText } from '../../src/columnar/schema.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import type { TaskInput } from '../../src/plan/task.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import { buildChain } from '../../src/planner/build-chain.ts';
import { explainPlan } from '../../src/planner/explain.ts';
import { pushDown } from '../../src/planner/push-down.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import { col, int, op } from '../support/plans.ts';
import { Collector, type Row, testBudget, testTask } from '../support/task.ts';
import { problemsOf } from './problems-of.ts';

const scan: PlanNode = {
  kind: 'scan',
  sourceId: 'items',
  format: 'parquet',
  schema: [
    field('id', int64, false),
    field('city', utf8),
    field('price', float64),
    field('small', int32),
    field('money', decimal(10, 2)),
    field('tags', list(utf8)),
    field('marks', types.fixedSizeList(int32, 2)),
    field('m', types.map(utf8, int64)),
  ],
};
const flat: PlanNode = { ...scan, columns: ['id', 'city', 'price', 'small', 'money'] };

/** The plan above `only`, of which no more than these columns are wanted. */
const only = (input: PlanNode, ...names: readonly string[]): PlanNode => ({
  kind: 'project',
  input,
  columns: names.map((name) => ({ name, expression: col(name) })),
});
const explained = (plan: PlanNode): readonly string[] => explainPlan(pushDown(bindPlan(plan))).split('\n');

/** The rows of a plan over rows in memory. */
async function rowsOf(plan: PlanNode, inputs: Readonly<Record<string, TaskInput>>): Promise<readonly Row[]> {
  const memory = testBudget();
  const chain = await buildChain(pushDown(bindPlan(plan)), { inputs, store: memoryStore() });
  const collector = new Collector(memory, pushDown(bindPlan(plan)).schema);
  await runChain(chain, collector, testTask(memory));
  return collector.rows;
}

const sales: PlanNode = {
  kind: 'in-memory-scan',
  sourceId: 'rows',
  schema: [field('city', utf8), field('year', float64), field('sold', int32), field('name', utf8)],
};
const rows: Readonly<Record<string, TaskInput>> = {
  rows: {
    kind: 'rows',
    rows: [
      { city: 'Ulm', year: 2, sold: 5, name: 'None' },
      { city: 'Bonn', year: null, sold: 7 },
      { city: 'Ulm', year: 2, sold: 1, name: 'x' },
      { city: 'Ulm', year: null, sold: 3 },
    ],
  },
};

describe('explode', () => {
  const explode = { kind: 'explode', input: scan, columns: ['tags'] } as const;

  test('leaves the columns where they are, the index comes last', () => {
    expect(schemaText(bindPlan({ ...explode, columns: ['m', 'tags', 'marks'], indexColumn: 'at' }).schema)).toBe(
      'id int64, city utf8?, price float64?, small int32?, money decimal(10, 2)?, tags utf8?, marks int32?, m struct(key utf8, value int64)?, at uint64?',
    );
    const { fields } = bindPlan({ ...explode, columns: ['m'], ignoreEmpty: true, indexColumn: 'at' }).schema;
    expect(fields.slice(-2).map(({ nullable }) => nullable)).toEqual([false, false]);
  });

  test('reads what is taken apart, whoever needs it, and makes no index that nobody needs', () => {
    expect(explained(only({ ...explode, indexColumn: 'at' }, 'city', 'id'))).toEqual([
      'Project city, id',
      '  Explode tags',
      '    Scan items columns id, city, tags',
    ]);
    expect(explained(only({ ...explode, ignoreEmpty: true, indexColumn: 'at' }, 'at'))).toEqual([
      'Project at',
      '  Explode tags without empty lists index as at',
      '    Scan items columns tags',
    ]);
  });

  test.each<readonly [string, Partial<typeof explode> | object, string]>([
    ['an unknown column', { columns: ['tag'] }, '$.plan.columns[0]: There is no column "tag". Did you mean "tags"?'],
    [
      'what is no list',
      { columns: ['tags', 'id'] },
      '$.plan.columns[1]: explode takes lists and maps apart, and "id" is int64.',
    ],
    [
      'a name twice',
      { columns: ['tags', 'tags'] },
      '$.plan.columns[1]: The name "tags" is given twice; names of columns are unique.',
    ],
    [
      'an index under a name there is',
      { indexColumn: 'id' },
      '$.plan.indexColumn: The input has a column "id" already. Give this one another name.',
    ],
  ])('refuses %s', (_, change, problem) => {
    expect(problemsOf({ ...explode, ...change } as PlanNode).map((text) => text.replace(/ It has.*$/, ''))).toEqual([
      expect.stringContaining(problem),
    ]);
  });

  test('gives a row per item', async () => {
    const listed: PlanNode = {
      kind: 'project',
      input: sales,
      columns: [
        { name: 'city', expression: col('city') },
        { name: 'l', expression: { kind: 'list', items: [col('sold'), int(0)] } },
      ],
    };
    const plan: PlanNode = { kind: 'explode', input: listed, columns: ['l'], indexColumn: 'at' };
    expect((await rowsOf(plan, rows)).slice(0, 3)).toEqual([
      ['Ulm', 5n, 0n],
      ['Ulm', 0n, 1n],
      ['Bonn', 7n, 0n],
    ]);
    expect(
      await rowsOf(only({ kind: 'filter', input: plan, predicate: op(col('l'), '>', int(5)) }, 'at'), rows),
    ).toEqual([[0n]]);
  });
});

describe('unpivot', () => {
  const unpivot = { kind: 'unpivot', input: flat, ids: ['city'], values: ['small', 'id'] } as const;

  test('the values become the type that holds all of them', () => {
    const typeOf = (...values: string[]): string => schemaText(bindPlan({ ...unpivot, values }).schema);
    expect(typeOf('small', 'id')).toBe('city utf8?, variable utf8, value int64?');
    expect(typeOf('id')).toBe('city utf8?, variable utf8, value int64');
    expect(typeOf('small', 'price')).toBe('city utf8?, variable utf8, value float64?');
    expect(typeOf('money', 'id')).toBe('city utf8?, variable utf8, value decimal(21, 2)?');
  });

  test('is explained with its cast below, and reads no ids that nobody needs', () => {
    expect(explained(unpivot)).toEqual([
      'Unpivot small, id by city as variable, value',
      '  Project city, cast(small as int64) as small, id',
      '    Scan items columns id, city, small',
    ]);
    const named = { ...unpivot, ids: ['city', 'price'], values: ['id'], variableName: 'v', valueName: 'n' } as const;
    expect(explained(only(named, 'n', 'price'))).toEqual([
      'Project n, price',
      '  Unpivot id by price as v, n',
      '    Scan items columns id, price',
    ]);
    expect(explained(only({ ...named, ids: [] }, 'v'))).toEqual([
      'Project v',
      '  Unpivot id as v, n',
      '    Scan items columns id',
    ]);
  });

  test.each<readonly [string, object, string]>([
    ['an unknown value', { values: ['smal'] }, '$.plan.values[0]: There is no column "smal". Did you mean "small"?'],
    ['an unknown id', { ids: ['cty'] }, '$.plan.ids[0]: There is no column "cty". Did you mean "city"?'],
    [
      'values without a type in common',
      { input: scan, values: ['id', 'tags'] },
      '$.plan.values[1]: No type holds the values of all: "tags" is list(utf8), and those before it int64.',
    ],
    ['a column twice', { values: ['city'] }, '$.plan.values[0]: The name "city" is given twice'],
    ['a name that an id has', { valueName: 'city' }, '$.plan.valueName: The name "city" is given twice'],
  ])('refuses %s', (_, change, problem) => {
    expect(problemsOf({ ...unpivot, ...change } as PlanNode)).toEqual([expect.stringContaining(problem)]);
  });

  test('gives a row per value', async () => {
    const plan: PlanNode = { kind: 'unpivot', input: sales, ids: ['city'], values: ['sold', 'year'] };
    expect((await rowsOf(plan, rows)).slice(0, 4)).toEqual([
      ['Ulm', 'sold', 5],
      ['Ulm', 'year', 2],
      ['Bonn', 'sold', 7],
      ['Bonn', 'year', null],
    ]);
  });
});

describe('sample', () => {
  test('says how', () => {
    expect(explained({ kind: 'sample', input: flat, fraction: 0.25, seed: 7 })[0]).toBe('Sample fraction 0.25 seed 7');
    const size: PlanNode = { kind: 'sample', input: flat, size: 9, withReplacement: true };
    expect(explained(only(size, 'id'))).toEqual([
      'Sample 9 rows with replacement seed drawn when it runs',
      '  Scan items columns id',
    ]);
  });

  test.each([{}, { fraction: 0.5, size: 2 }])('refuses %o', (amount) => {
    expect(problemsOf({ kind: 'sample', input: flat, ...amount })).toEqual([
      '$.plan: A sample has either a fraction, from 0 to 1, or a size, a number of rows.',
    ]);
  });

  test('gives the same rows again with a seed, and as many without', async () => {
    const plan: PlanNode = { kind: 'sample', input: sales, size: 1000, withReplacement: true };
    expect((await rowsOf(plan, rows)).length).toBe(1000);
    expect(await rowsOf({ ...plan, seed: 4 }, rows)).toEqual(await rowsOf({ ...plan, seed: 4 }, rows));
    expect(await rowsOf({ ...plan, seed: 5 }, rows)).not.toEqual(await rowsOf({ ...plan, seed: 4 }, rows));
  });
});

describe('shared', () => {
  test('has equal inputs under one name', () => {
    const named = (name: string, input: PlanNode): PlanNode => ({ kind: 'shared', name, input });
    const all = (...inputs: readonly PlanNode[]): PlanNode => ({ kind: 'concat', inputs });
    const few: PlanNode = { kind: 'limit', input: flat, limit: 3 };
    expect(problemsOf(all(named('a', few), named('a', { ...few }), named('b', flat)))).toEqual([]);
    expect(problemsOf(all(named('a', few), named('b', flat), named('a', { ...few, limit: 4 })))).toEqual([
      '$.plan.inputs[2].input: It differs from that of $.plan.inputs[0], which has the name "a" too: give them two names.',
    ]);
  });

  test('keeps what is asked of one reader from the others', () => {
    const named: PlanNode = { kind: 'shared', name: 'a', input: flat };
    const filter: PlanNode = { kind: 'filter', input: named, predicate: op(col('id'), '>', int(1)) };
    const limit: PlanNode = { kind: 'limit', input: named, limit: 1 };
    expect(explained(only({ kind: 'concat', inputs: [filter, limit] }, 'id'))).toEqual([
      'Concat',
      '  Filter id > 1',
      '    Shared a columns id',
      '      Scan items columns id',
      '  Limit 1',
      '    Shared a columns id',
    ]);
  });
});

describe('into-batches', () => {
  test('says how many rows', () => {
    expect(explained({ kind: 'into-batches', input: flat, rows: 100 })[0]).toBe('IntoBatches 100 rows');
    expect(explained(only({ kind: 'into-batches', input: flat, rows: 100, strict: true }, 'id'))).toEqual([
      'IntoBatches 100 rows strict',
      '  Scan items columns id',
    ]);
  });

  test('refuses more rows than a batch can have', () => {
    expect(problemsOf({ kind: 'into-batches', input: flat, rows: 16_385 })).toEqual([
      '$.plan.rows: No batch has more than 16384 rows, whoever makes it: ask for as many, or fewer.',
    ]);
    expect(problemsOf({ kind: 'into-batches', input: flat, rows: 16_384 })).toEqual([]);
  });

  test('a limit above it reaches the scan', () => {
    const plan: PlanNode = {
      kind: 'limit',
      input: { kind: 'into-batches', input: flat, rows: 9 },
      limit: 5,
      offset: 2,
    };
    expect(explained(plan)).toEqual([
      'Limit 5 offset 2',
      '  IntoBatches 9 rows',
      '    Scan items columns id, city, price, small, money limit 7',
    ]);
  });
});

describe('monotonically-increasing-id', () => {
  const ids = { kind: 'monotonically-increasing-id', input: flat, name: 'row' } as const;

  test('comes first', () => {
    expect(schemaText(bindPlan({ ...ids, input: only(flat, 'city') }).schema)).toBe('row uint64, city utf8?');
    expect(explained(only({ ...ids, partition: 3, offset: 5 }, 'row', 'city'))).toEqual([
      'MonotonicallyIncreasingId row partition 3 offset 5',
      '  Scan items columns city',
    ]);
  });

  test('is not made where nobody needs it', () => {
    expect(explained(only(ids, 'price'))).toEqual(['Scan items columns price']);
  });

  test('has a name of its own', () => {
    expect(problemsOf({ ...ids, name: 'city' })).toEqual([
      '$.plan.name: The input has a column "city" already. Give this one another name.',
    ]);
  });

  test('numbers rows', async () => {
    const plan: PlanNode = { kind: 'monotonically-increasing-id', input: sales, name: 'row', partition: 1 };
    const limited: PlanNode = { kind: 'limit', input: plan, limit: 2 };
    expect(await rowsOf(only(limited, 'sold', 'row'), rows)).toEqual([
      [5, 2n ** 36n],
      [7, 2n ** 36n + 1n],
    ]);
  });
});

describe('dedup', () => {
  test('reads its keys beside what is needed', () => {
    expect(explained(only({ kind: 'dedup', input: flat, columns: ['city', 'price'] }, 'id'))).toEqual([
      'Project id',
      '  Dedup by city, price',
      '    Scan items columns id, city, price',
    ]);
    expect(explained({ kind: 'dedup', input: only(flat, 'id', 'city') })[0]).toBe('Dedup by id, city');
  });

  test.each<readonly [string, PlanNode, string]>([
    [
      'an unknown column',
      { kind: 'dedup', input: flat, columns: ['cty'] },
      '$.plan.columns[0]: There is no column "cty"',
    ],
    [
      'a column twice',
      { kind: 'dedup', input: flat, columns: ['id', 'id'] },
      '$.plan.columns[1]: The name "id" is given twice',
    ],
  ])('refuses %s', (_, plan, problem) => expect(problemsOf(plan)).toEqual([expect.stringContaining(problem)]));

  test('keeps the first row of each key', async () => {
    expect(await rowsOf(only({ kind: 'dedup', input: sales, columns: ['city'] }, 'sold'), rows)).toEqual([[5], [7]]);
  });
});

describe('pivot', () => {
  const pivot = {
    kind: 'pivot',
    input: sales,
    groupBy: ['city'],
    pivot: 'year',
    value: 'sold',
    aggregate: 'sum',
    names: ['2', 'None', '3', 'x'],
  } as const;

  test('has a column for each name', () => {
    expect(schemaText(bindPlan(pivot).schema)).toBe('city utf8?, 2 int64?, None int64?, 3 int64?, x int64?');
  });

  test('makes no columns that nobody needs, and needs all keys', () => {
    expect(explained(only({ ...pivot, names: ['2', '3'] }, '3'))).toEqual([
      'Project "3"',
      '  Pivot sum(sold) by city for year in "3"',
      '    InMemoryScan rows columns city, year, sold, name',
    ]);
  });

  test('names stand for values, however they are written, and None for null', async () => {
    expect(await rowsOf(pivot, rows)).toEqual([
      ['Ulm', 6n, 3n, null, null],
      ['Bonn', null, 7n, null, null],
    ]);
    const twice: PlanNode = { ...pivot, names: ['2.00', '2', 'NaN'] };
    expect(await rowsOf(twice, rows)).toEqual([
      ['Ulm', 6n, 6n, null],
      ['Bonn', null, null, null],
    ]);
  });

  test('of texts, null and the text that is its name are one', async () => {
    const plan: PlanNode = { ...pivot, pivot: 'name', names: ['None', 'x'], aggregate: 'list' };
    expect(await rowsOf(plan, rows)).toEqual([
      ['Ulm', [5, 3], [1]],
      ['Bonn', [7], null],
    ]);
  });

  test('a name stands for no value near it', async () => {
    const plan: PlanNode = { ...pivot, pivot: 'sold', names: ['5', '05', '5.0', '5.4', '7'], aggregate: 'count' };
    expect(await rowsOf(plan, rows)).toEqual([
      ['Ulm', 1n, 1n, null, null, null],
      ['Bonn', null, null, null, null, 1n],
    ]);
    const money: PlanNode = {
      ...pivot,
      pivot: 'money',
      input: casted(decimal(10, 2)),
      names: ['5', '5.00', '5.004', '+5'],
    };
    expect((await rowsOf(money, rows))[0]).toEqual(['Ulm', 5n, 5n, null, 5n]);
  });

  /** Sales with `money`, which is what was sold. */
  function casted(type: types.DataType): PlanNode {
    const money = { name: 'money', expression: { kind: 'cast', input: col('sold'), type } } as const;
    const columns = ['city', 'sold'].map((name) => ({ name, expression: col(name) }));
    return { kind: 'project', input: sales, columns: [...columns, money] };
  }

  test.each<readonly [string, object, string]>([
    ['an unknown group', { groupBy: ['cty'] }, '$.plan.groupBy[0]: There is no column "cty"'],
    ['an unknown pivot', { pivot: 'yer' }, '$.plan.pivot: There is no column "yer"'],
    ['an unknown value', { value: 'sol' }, '$.plan.value: There is no column "sol"'],
    ['what an aggregate does not take', { value: 'name' }, '$.plan.aggregate: sum takes a number, and this is utf8.'],
    ['an aggregate of two inputs', { aggregate: 'min_by' }, '$.plan.aggregate: min_by needs to know by what.'],
    ['an option it does not know', { options: { ddof: 1 } }, '$.plan.aggregate: sum has no option ddof. It has none.'],
    ['a name twice', { names: ['2', '2'] }, '$.plan.names[1]: The name "2" is given twice'],
    ['a name that a group has', { names: ['city'] }, '$.plan.names[0]: The name "city" is given twice'],
  ])('refuses %s', (_, change, problem) => {
    expect(problemsOf({ ...pivot, ...change } as PlanNode)).toEqual([expect.stringContaining(problem)]);
  });
});

describe('glob-scan', () => {
  const plan: PlanNode = { kind: 'glob-scan', sourceId: 'globs' };

  test('has columns of its own, and takes the limit above it', () => {
    expect(schemaText(bindPlan(plan).schema)).toBe('path utf8, size int64, num_rows int64?');
    expect(explained({ kind: 'limit', input: only(plan, 'path'), limit: 5 })).toEqual([
      'Limit 5',
      '  Project path',
      '    GlobScan globs limit 5',
    ]);
  });

  test('lists what a task names', async () => {
    const store = memoryStore();
    for (const key of ['b', 'a', '_c']) await store.put(`memory://lake/${key}`, new Uint8Array(3));
    const memory = testBudget();
    const bound = pushDown(bindPlan(plan));
    const collector = new Collector(memory, bound.schema);
    const inputs = { globs: { kind: 'globs', globs: ['memory://lake/*', 'memory://lake/a'] } } as const;
    await runChain(await buildChain(bound, { inputs, store }), collector, testTask(memory));
    expect(collector.rows).toEqual([
      ['memory://lake/a', 3n, null],
      ['memory://lake/b', 3n, null],
    ]);
  });
});
