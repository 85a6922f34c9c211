import * as types from '../../src/columnar/data-type.ts';
import { decimal } from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import type { BinaryOperator, Expression } from '../../src/expressions/expression.ts';
import type { NodeKind, PlanNode } from '../../src/plan/plan-node.ts';
import type { Task } from '../../src/plan/task.ts';

/** Short ways to write plans in tests. */
export const col = (name: string): Expression => ({ kind: 'column', name });
export const int = (value: number): Expression => ({ kind: 'literal', type: types.int64, value });
export const op = (left: Expression, operator: BinaryOperator, right: Expression): Expression => ({
  kind: 'binary',
  operator,
  left,
  right,
});

type Complete<Kind extends NodeKind> = Required<Extract<PlanNode, { kind: Kind }>>;

const leaf: PlanNode = { kind: 'scan', sourceId: 'trips', format: 'parquet', schema: [field('delay', types.int64)] };

/** A node of every kind with every member that its interface has: what the compiler demands here, parsers must take. */
export const EVERY_NODE: { readonly [Kind in NodeKind]: Complete<Kind> } = {
  scan: {
    kind: 'scan',
    sourceId: 'trips',
    format: 'parquet',
    schema: [field('delay', types.int64), field('price', decimal(15, 2))],
    filePathColumn: 'path',
    columns: ['price'],
    filter: op(col('delay'), '>', int(5)),
    limit: 10,
  },
  'in-memory-scan': { kind: 'in-memory-scan', sourceId: 'rows', schema: [field('delay', types.int64)] },
  'empty-scan': { kind: 'empty-scan', schema: [field('delay', types.int64)] },
  project: { kind: 'project', input: leaf, columns: [{ name: 'late', expression: op(col('delay'), '>', int(0)) }] },
  'udf-project': {
    kind: 'udf-project',
    input: leaf,
    udf: { module: 'user', export: 'add' },
    arguments: [col('delay'), int(1)],
    name: 'later',
    returns: types.int64,
    passthrough: ['delay'],
  },
  filter: { kind: 'filter', input: leaf, predicate: { kind: 'is-not-null', input: col('delay') } },
  'glob-scan': { kind: 'glob-scan', sourceId: 'globs', limit: 5 },
  explode: {
    kind: 'explode',
    input: { kind: 'empty-scan', schema: [field('tags', types.list(types.utf8)), field('delay', types.int64)] },
    columns: ['tags'],
    ignoreEmpty: true,
    indexColumn: 'at',
  },
  unpivot: {
    kind: 'unpivot',
    input: everyTypeScan(),
    ids: ['utf8'],
    values: ['int8', 'int64'],
    variableName: 'column',
    valueName: 'number',
  },
  sample: { kind: 'sample', input: leaf, fraction: 0.5, size: undefined, withReplacement: true, seed: 7 },
  'into-batches': { kind: 'into-batches', input: leaf, rows: 100, strict: true },
  'monotonically-increasing-id': {
    kind: 'monotonically-increasing-id',
    input: leaf,
    name: 'id',
    partition: 3,
    offset: 10,
  },
  dedup: { kind: 'dedup', input: leaf, columns: ['delay'] },
  pivot: {
    kind: 'pivot',
    input: everyTypeScan(),
    groupBy: ['date'],
    pivot: 'int8',
    value: 'int64',
    aggregate: 'percentile',
    options: { percentile: 0.5 },
    names: ['1', '2'],
  },
  limit: { kind: 'limit', input: leaf, limit: 1, offset: 2 },
  shared: { kind: 'shared', input: leaf, name: 'trips' },
  concat: { kind: 'concat', inputs: [leaf, leaf] },
  aggregate: {
    kind: 'aggregate',
    input: leaf,
    aggregates: [{ name: 'n', function: 'count' }],
    stage: { kind: 'partial' },
  },
  'grouped-aggregate': {
    kind: 'grouped-aggregate',
    input: leaf,
    groupBy: [{ name: 'delay', expression: col('delay') }],
    aggregates: [{ name: 'total', function: 'sum', input: col('delay') }],
    stage: { kind: 'partial' },
  },
  sort: { kind: 'sort', input: leaf, keys: [{ expression: col('delay'), descending: true, nullsFirst: false }] },
  'top-n': { kind: 'top-n', input: leaf, keys: [{ expression: col('delay') }], limit: 3, offset: 0 },
  'window-partition-only': {
    kind: 'window-partition-only',
    input: leaf,
    partitionBy: [col('delay')],
    aggregates: [{ name: 'total', function: 'sum', input: col('delay') }],
  },
  'window-partition-and-order-by': {
    kind: 'window-partition-and-order-by',
    input: leaf,
    partitionBy: [col('delay')],
    orderBy: [{ expression: col('delay'), descending: true, nullsFirst: false }],
    functions: [
      { kind: 'window', name: 'nr', function: 'row_number' },
      {
        kind: 'window',
        name: 'before',
        function: 'lag',
        input: col('delay'),
        count: 2,
        default: int(0),
        ignoreNulls: true,
      },
    ],
  },
  'window-partition-and-dynamic-frame': {
    kind: 'window-partition-and-dynamic-frame',
    input: leaf,
    partitionBy: [col('delay')],
    orderBy: [{ expression: col('delay') }],
    frame: { unit: 'range', start: { kind: 'preceding', offset: int(5) }, end: { kind: 'current-row' }, minPeriods: 2 },
    functions: [{ kind: 'aggregate', aggregate: { name: 'total', function: 'sum', input: col('delay') } }],
  },
  'window-order-by-only': {
    kind: 'window-order-by-only',
    input: leaf,
    orderBy: [{ expression: col('delay') }],
    frame: { unit: 'range', start: { kind: 'unbounded-preceding' }, end: { kind: 'following', offset: int(1) } },
    functions: [{ kind: 'window', name: 'third', function: 'nth_value', input: col('delay'), count: 3 }],
  },
  'hash-join': {
    kind: 'hash-join',
    left: leaf,
    right: { kind: 'in-memory-scan', sourceId: 'rows', schema: [field('delay', types.int64)] },
    leftOn: [col('delay')],
    rightOn: [col('delay')],
    joinType: 'left',
    buildSide: 'right',
    nullEqualsNull: [false],
    residual: op(col('delay'), '>', int(5)),
  },
  'cross-join': {
    kind: 'cross-join',
    left: leaf,
    right: { kind: 'empty-scan', schema: [field('x', types.int64)] },
    collect: 'left',
    residual: op(col('delay'), '<', col('x')),
  },
  'sort-merge-join': {
    kind: 'sort-merge-join',
    left: leaf,
    right: leaf,
    leftOn: [col('delay')],
    rightOn: [col('delay')],
    joinType: 'outer',
  },
  'asof-join': {
    kind: 'asof-join',
    left: leaf,
    right: { kind: 'empty-scan', schema: [field('delay', types.int64), field('x', types.float64)] },
    leftBy: [col('delay')],
    rightBy: [col('delay')],
    leftOn: col('delay'),
    rightOn: col('x'),
    strategy: 'nearest',
    tolerance: int(3),
    allowExactMatches: false,
  },
  write: {
    kind: 'write',
    input: everyTypeScan(),
    format: 'parquet',
    partitionBy: ['utf8'],
    compression: 'zstd',
    compressionLevel: 3,
    targetFileBytes: 1_000_000,
    rowGroupRows: 1_000,
  },
  'shuffle-read': { kind: 'shuffle-read', sourceId: 'pieces', schema: [field('delay', types.int64)] },
  repartition: {
    kind: 'repartition',
    input: leaf,
    partitions: 4,
    by: { kind: 'range', keys: [{ expression: col('delay') }], boundaries: [[-5], ['0'], [null]] },
    compression: 'none',
  },
  'into-partitions': { kind: 'into-partitions', input: leaf, partitions: 3, compression: 'zstd' },
  gather: { kind: 'gather', input: leaf, compression: 'none' },
  'commit-write': {
    kind: 'commit-write',
    input: { kind: 'write', input: leaf, format: 'parquet' },
    mode: 'overwrite',
    successFile: true,
  },
};

/** A scan with a column of every type, named after it. */
export function everyTypeScan(): PlanNode {
  const all = [
    types.bool,
    ...types.INTEGER_TYPES,
    types.float32,
    types.float64,
    types.utf8,
    types.date,
    decimal(15, 2),
    types.timestamp('us'),
    types.timestamp('ns', 'UTC'),
  ];
  return {
    kind: 'scan',
    sourceId: 'trips',
    format: 'parquet',
    schema: all.map((type) => field(type.kind === 'timestamp' ? `${type.kind}_${type.unit}` : type.kind, type)),
  };
}

const text: Expression = { kind: 'literal', type: types.utf8, value: 'ab' };

/** An expression of every kind. */
export const EVERY_EXPRESSION: {
  readonly [Kind in Expression['kind']]: Required<Extract<Expression, { kind: Kind }>>;
} = {
  column: { kind: 'column', name: 'delay' },
  literal: { kind: 'literal', type: types.timestamp('us', 'UTC'), value: '2001-01-31T08:00:00.5Z' },
  binary: { kind: 'binary', operator: '//', left: col('delay'), right: int(2) },
  not: { kind: 'not', input: op(int(1), '=', int(1)) },
  'is-null': { kind: 'is-null', input: col('delay') },
  'is-not-null': { kind: 'is-not-null', input: col('delay') },
  cast: { kind: 'cast', input: col('delay'), type: types.float64, try: true },
  'if-else': branches(op(col('delay'), '>', int(0)), int(1), int(2)),
  function: { kind: 'function', name: 'starts_with', arguments: [text, text] },
  coalesce: { kind: 'coalesce', inputs: [col('delay'), int(0)] },
  'fill-null': { kind: 'fill-null', input: col('delay'), fill: int(0) },
  'is-in': { kind: 'is-in', input: col('delay'), list: [int(1), int(2)] },
  between: { kind: 'between', input: col('delay'), low: int(1), high: int(2) },
  list: { kind: 'list', items: [int(1), int(2)] },
  alias: { kind: 'alias', name: 'late', input: col('delay') },
  lambda: { kind: 'lambda', parameters: ['x'], body: { kind: 'parameter', name: 'x' } },
  parameter: { kind: 'parameter', name: 'x' },
};

/** `then` where the condition holds. */
export function branches(
  condition: Expression,
  then: Expression,
  otherwise: Expression,
): Extract<Expression, { kind: 'if-else' }> {
  return { kind: 'if-else', condition, then, otherwise };
}

/** A task around a plan, with the inputs that those of this file need. */
export function taskOf(plan: PlanNode): Task {
  const needs = JSON.stringify(plan);
  return {
    version: 1,
    jobId: 'job-1',
    stageId: 0,
    taskId: 3,
    plan,
    inputs: {
      ...(needs.includes('"trips"') && {
        trips: { kind: 'files', files: [{ uri: 's3://bucket/a.parquet', etag: '"1"', rowGroups: [0, 2] }] },
      }),
      ...(needs.includes('"sourceId":"globs"') && { globs: { kind: 'globs', globs: ['s3://bucket/*.parquet'] } }),
      ...(needs.includes('"sourceId":"rows"') && { rows: { kind: 'rows', rows: [{ delay: 1 }, { delay: '2' }, {}] } }),
      ...(needs.includes('"pieces"') && {
        pieces: {
          kind: 'shuffle',
          pieces: [
            { uri: 's3://bucket/a.shuffle', etag: '"2"', ranges: [{ offset: 0, bytes: 99, rows: 3, skip: 1 }] },
            { uri: 's3://bucket/b.shuffle', partition: 2 },
          ],
        },
      }),
    },
    output: { uri: 's3://bucket/out' },
  };
}
