import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import type { PartitionBy, PlanNode } from '../../src/plan/plan-node.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import { explainPlan } from '../../src/planner/explain.ts';
import { pushDown } from '../../src/planner/push-down.ts';
import { col, int, op } from '../support/plans.ts';
import { problemsOf } from './problems-of.ts';

const input: PlanNode = {
  kind: 'shuffle-read',
  sourceId: 'left',
  schema: [field('k', types.int32), field('price', types.decimal(10, 2)), field('tags', types.list(types.utf8))],
};
const by = (rule: PartitionBy, partitions = 4): PlanNode => ({ kind: 'repartition', input, partitions, by: rule });
const keys = [{ expression: col('price'), descending: true }, { expression: col('k') }];

test('explain tells how rows are partitioned', () => {
  const explained = (plan: PlanNode): string => explainPlan(pushDown(bindPlan(plan))).split('\n')[0] ?? '';
  expect([
    explained(by({ kind: 'hash', columns: [col('k'), op(col('k'), '+', int(1))] })),
    explained(
      by({
        kind: 'range',
        keys,
        boundaries: [
          [null, 0],
          ['9.50', 3],
          ['9.50', null],
        ],
      }),
    ),
    explained(by({ kind: 'range', keys: [{ expression: col('k') }], boundaries: [] })),
    explained({ ...by({ kind: 'random' }), compression: 'none' } as PlanNode),
    explained({ kind: 'into-partitions', input, partitions: 3 }),
    explained({ kind: 'gather', input, compression: 'none' }),
    explained(input),
  ]).toEqual([
    'Repartition into 4 by hash of k, cast(k as int64) + 1',
    'Repartition into 4 by range of price desc, k at (null, 0), (9.50, 3), (9.50, null)',
    'Repartition into 4 by range of k at no boundaries',
    'Repartition into 4 at random, seed 0 uncompressed',
    'IntoPartitions 3',
    'Gather uncompressed',
    'ShuffleRead left columns k, price, tags',
  ]);
});

describe('says of a plan', () => {
  test.each<[string, PlanNode, string[]]>([
    [
      'a hash of what has none',
      by({ kind: 'hash', columns: [col('k'), col('tags'), col('prise')] }),
      ['$.plan.by.columns[2].name: There is no column "prise". Did you mean "price"?'],
    ],
    [
      'too many boundaries',
      by({ kind: 'range', keys: [{ expression: col('k') }], boundaries: [[1], [2]] }, 2),
      ['$.plan.by.boundaries: 2 partitions have at most 1 boundaries between them, and these are 2.'],
    ],
    [
      'a boundary without a value for every key',
      by({ kind: 'range', keys, boundaries: [['1.00', 2], ['1.00']] }),
      ['$.plan.by.boundaries[1]: A boundary has a value for each of the 2 keys; this one has 1.'],
    ],
    [
      'boundaries that do not ascend',
      by({
        kind: 'range',
        keys,
        boundaries: [
          ['1.00', 2],
          ['2.00', 3],
        ],
      }),
      [
        '$.plan.by.boundaries[1]: The boundaries ascend in the order of the keys, and this one comes before the last one.',
      ],
    ],
    [
      'a boundary of another type',
      by({ kind: 'range', keys: [{ expression: col('k') }], boundaries: [['x']] }),
      [expect.stringMatching(/^\$\.plan\.by\.boundaries\[0\]\[0\]: is no int32: expected /)],
    ],
    [
      'a boundary that is no list',
      by({ kind: 'range', keys: [{ expression: col('tags') }], boundaries: [['a']] }),
      [expect.stringMatching(/^\$\.plan\.by\.boundaries\[0\]\[0\]: is no list\(utf8\): expected /)],
    ],
    [
      'a repartition that is not the root',
      { kind: 'limit', input: by({ kind: 'random' }), limit: 1 },
      ['$.plan.input: repartition may only be the root of a plan.'],
    ],
    [
      'a commit of a gather',
      { kind: 'commit-write', input: { kind: 'gather', input }, mode: 'append' },
      [
        '$.plan.input: gather may only be the root of a plan.',
        '$.plan.input: commit-write commits a write, and its input is gather.',
      ],
    ],
  ])('%s', (_, plan, problems) => {
    expect(problemsOf(plan)).toEqual(problems);
  });
});
