import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { decimal } from '../../src/columnar/data-type.ts';
import { field, schemaText } from '../../src/columnar/schema.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import type { BoundNode } from '../../src/planner/bound-plan.ts';
import { col, EVERY_NODE, everyTypeScan, int, op } from '../support/plans.ts';
import { problemsOf } from './problems-of.ts';

const items: PlanNode = {
  kind: 'scan',
  sourceId: 'items',
  format: 'parquet',
  schema: [
    field('key', types.int32, false),
    field('price', decimal(15, 2)),
    field('flag', types.utf8, false),
    field('day', types.date),
  ],
};

describe('the schema', () => {
  test.each<readonly [string, PlanNode, string]>([
    ['of a scan', { ...items, columns: ['flag', 'key'] }, 'flag utf8, key int32'],
    ['of rows', EVERY_NODE['in-memory-scan'], 'delay int64?'],
    ['of no rows', EVERY_NODE['empty-scan'], 'delay int64?'],
    [
      'of a projection',
      {
        kind: 'project',
        input: items,
        columns: [
          { name: 'a', expression: op(int(1), '-', col('price')) },
          { name: 'b', expression: op(col('key'), '+', int(1)) },
          { name: 'c', expression: op(col('key'), '%', col('key')) },
        ],
      },
      'a decimal(16, 2)?, b int64, c int32?',
    ],
    [
      'of a filter',
      { kind: 'filter', input: items, predicate: op(col('key'), '>', int(5)) },
      'key int32, price decimal(15, 2)?, flag utf8, day date?',
    ],
    [
      'of an aggregate',
      {
        kind: 'aggregate',
        input: items,
        aggregates: [
          { name: 's', function: 'sum', input: col('price') },
          { name: 'm', function: 'mean', input: col('key') },
          { name: 'n', function: 'count' },
          { name: 'first', function: 'min', input: col('flag') },
        ],
      },
      's decimal(38, 2)?, m float64?, n uint64, first utf8?',
    ],
    [
      'of groups',
      {
        kind: 'grouped-aggregate',
        input: items,
        groupBy: [{ name: 'year', expression: { kind: 'function', name: 'year', arguments: [col('day')] } }],
        aggregates: [
          { name: 's', function: 'sum', input: col('key') },
          { name: 'last', function: 'max', input: col('day') },
        ],
      },
      'year int32?, s int64, last date?',
    ],
    [
      'of a concatenation',
      {
        kind: 'concat',
        inputs: [
          { ...items, columns: ['key'] },
          { kind: 'empty-scan', schema: [field('key', types.int32)] },
        ],
      },
      'key int32?',
    ],
    [
      'of a write',
      { kind: 'write', input: items, format: 'parquet', partitionBy: ['day', 'key'] },
      'path utf8, rows int64, bytes int64, day utf8?, key utf8?',
    ],
    [
      'of a commit',
      { kind: 'commit-write', input: { kind: 'write', input: items, format: 'parquet' }, mode: 'append' },
      'path utf8, rows int64, bytes int64',
    ],
  ])('%s', (_, plan, schema) => {
    expect(schemaText(bindPlan(plan).schema)).toBe(schema);
  });

  test('of what a scan reads has the columns of the filter behind its own', () => {
    const scan = bindPlan({
      ...items,
      columns: ['flag', 'price'],
      filter: op(op(col('key'), '>', int(5)), 'and', op(col('price'), '>', int(1))),
    });
    if (scan.kind !== 'scan') throw new Error('not a scan');
    expect(schemaText(scan.schema)).toBe('flag utf8, price decimal(15, 2)?');
    expect(schemaText(scan.readSchema)).toBe('flag utf8, price decimal(15, 2)?, key int32');
    expect(scan.filter).toMatchObject({
      left: { left: { name: 'key', index: 2 } },
      right: { left: { name: 'price', index: 1 } },
    });
  });
});

describe('defaults', () => {
  test('of a write, a limit and a sort', () => {
    const write = bindPlan({ kind: 'write', input: items, format: 'parquet' });
    expect(write).toMatchObject({
      format: { kind: 'parquet', compression: 'snappy' },
      partitionBy: [],
      targetFileBytes: 134_217_728,
      rowGroupRows: 131_072,
    });
    expect(bindPlan({ kind: 'limit', input: items, limit: 1 })).toMatchObject({ limit: 1, offset: 0 });
    const keys = [
      { expression: col('key') },
      { expression: col('day'), descending: true },
      { expression: col('flag'), nullsFirst: true },
    ];
    const sort = bindPlan({ kind: 'sort', input: items, keys }) as Extract<BoundNode, { kind: 'sort' }>;
    expect(sort.keys.map(({ descending, nullsFirst }) => [descending, nullsFirst])).toEqual([
      [false, false],
      [true, true],
      [false, true],
    ]);
  });

  test('every type can be sorted, grouped and written', () => {
    const input = everyTypeScan();
    const names = bindPlan(input).schema.fields.map(({ name }) => name);
    expect(names).toHaveLength(16);
    bindPlan({ kind: 'sort', input, keys: names.map((name) => ({ expression: col(name) })) });
    bindPlan({
      kind: 'grouped-aggregate',
      input,
      groupBy: names.map((name) => ({ name, expression: col(name) })),
      aggregates: [],
    });
    bindPlan({ kind: 'write', input, format: 'parquet', partitionBy: names.slice(1) });
  });
});

describe('a problem', () => {
  test.each<readonly [string, PlanNode, readonly RegExp[]]>([
    [
      'an unknown column of a scan',
      { ...items, columns: ['kee'] },
      [/^\$\.plan\.columns\[0\]: There is no column "kee"\. Did you mean "key"\?$/],
    ],
    [
      'a filter that is no bool',
      { kind: 'filter', input: items, predicate: col('key') },
      [/^\$\.plan\.predicate: A predicate must be bool/],
    ],
    [
      'an input that does not fit the first',
      { kind: 'concat', inputs: [items, EVERY_NODE['empty-scan']] },
      [/^\$\.plan\.inputs\[1\]: The inputs of concat .* this one delay int64/],
    ],
    [
      'partitioning by what is not there',
      { kind: 'write', input: items, format: 'parquet', partitionBy: ['dya'] },
      [/^\$\.plan\.partitionBy\[0\]: .*Did you mean "day"/],
    ],
    [
      'partitioning by everything',
      { kind: 'write', input: { ...items, columns: ['key', 'day'] }, format: 'parquet', partitionBy: ['day', 'key'] },
      [/^\$\.plan\.partitionBy: All columns/],
    ],
    [
      'partitioning by what a text does not tell',
      {
        kind: 'write',
        input: { kind: 'empty-scan', schema: [field('l', types.list(types.int64)), field('a', types.bool)] },
        format: 'parquet',
        partitionBy: ['l'],
      },
      [/^\$\.plan\.partitionBy\[0\]: The column "l" is list\(int64\), .*Cast it to utf8\.$/],
    ],
    [
      'a partition column that a write has itself',
      {
        kind: 'write',
        input: { kind: 'empty-scan', schema: [field('path', types.utf8), field('a', types.bool)] },
        format: 'parquet',
        partitionBy: ['path'],
      },
      [/^\$\.plan\.partitionBy\[0\]: .*of their own/],
    ],
    [
      'what a format does not hold, and a compression that it does not have',
      {
        kind: 'write',
        input: {
          kind: 'empty-scan',
          schema: [field('b', types.binary), field('l', types.list(types.binary)), field('t', types.duration('s'))],
        },
        format: 'json',
        compression: 'snappy',
        compressionLevel: 3,
      },
      [
        /^\$\.plan\.compression: Files of JSON are not compressed with snappy; there is none, gzip, zstd\.$/,
        /^\$\.plan\.compressionLevel: For JSON, snappy has no levels\.$/,
        /^\$\.plan\.format: The column "b" is binary, which JSON does not hold\. Cast it, or leave it out\.$/,
        /^\$\.plan\.format: The column "l" is binary \(in list\(binary\)\), which JSON does not hold\./,
        /^\$\.plan\.format: The column "t" is duration\(s\), which JSON does not hold\./,
      ],
    ],
    [
      'a level that is none, and nested values in CSV',
      {
        kind: 'write',
        input: { kind: 'empty-scan', schema: [field('l', types.list(types.int8)), field('p', types.int8)] },
        format: { kind: 'csv', delimiter: ';' },
        compression: 'gzip',
        compressionLevel: 10,
        partitionBy: ['p'],
      },
      [
        /^\$\.plan\.compressionLevel: For CSV, gzip has the levels 0 to 9\.$/,
        /^\$\.plan\.format: The column "l" is list\(int8\), which CSV does not hold\./,
      ],
    ],
    [
      'what Parquet has no type for, also inside of others',
      {
        kind: 'write',
        input: {
          kind: 'empty-scan',
          schema: [
            field('i', types.interval),
            field('l', types.list(types.struct(field('of', types.interval)))),
            field('s', types.timestamp('s')),
            field('t', types.list(types.timestamp('s'))),
          ],
        },
        format: 'parquet',
      },
      [
        /^\$\.plan\.format: The column "i" is interval, which Parquet does not hold\. Cast it, or leave it out\.$/,
        /^\$\.plan\.format: The column "l" is interval \(in list\(struct\(of interval\)\)\), which Parquet does not hold\./,
      ],
    ],
    [
      'properties of columns that are not there',
      {
        kind: 'write',
        input: items,
        format: {
          kind: 'parquet',
          columns: [{ name: 'kye' }, { name: 'key', compression: 'brotli', compressionLevel: 12 }],
        },
      },
      [
        /^\$\.plan\.format\.columns\[0\]\.name: .*Did you mean "key"/,
        /^\$\.plan\.format\.columns\[1\]\.compressionLevel: For Parquet, brotli has the levels 0 to 11\.$/,
      ],
    ],
    [
      'an overwrite of partitions without any',
      {
        kind: 'commit-write',
        input: { kind: 'write', input: items, format: 'parquet' },
        mode: 'overwrite-partitions',
      },
      [/^\$\.plan\.mode: overwrite-partitions overwrites partitions, and the write has no partitionBy\.$/],
    ],
    [
      'final aggregates of what are no partial states',
      {
        kind: 'grouped-aggregate',
        input: items,
        groupBy: [{ name: 'key', expression: col('a') }],
        aggregates: [{ name: 'lost', function: 'mean', input: col('a') }],
        stage: { kind: 'final', schema: [field('a', types.utf8), field('b', types.int32), field('b', types.int32)] },
      },
      [
        /^\$\.plan\.stage\.schema\[2\]\.name: The name "b" is given twice/,
        /^\$\.plan\.aggregates\[0\]\.input: mean takes a number/,
      ],
    ],
    [
      'final aggregates over other columns',
      {
        kind: 'grouped-aggregate',
        input: items,
        groupBy: [{ name: 'price', expression: col('k') }],
        aggregates: [
          { name: 'flag', function: 'count' },
          { name: 'lost', function: 'mean', input: col('k') },
        ],
        stage: { kind: 'final', schema: [field('k', types.int32)] },
      },
      [
        /^\$\.plan\.groupBy\[0\]\.name: The column "price" should be the key, int32, and is decimal/,
        /^\$\.plan\.aggregates\[0\]\.name: The column "flag" should be the partial state of count, uint64, and is utf8\.$/,
        /^\$\.plan\.aggregates\[1\]\.name: There is no column "lost"/,
      ],
    ],
    [
      'many, with those above a wrong filter and beside a wrong input',
      {
        kind: 'concat',
        inputs: [
          {
            kind: 'project',
            input: { kind: 'filter', input: items, predicate: col('a') },
            columns: [{ name: 'x', expression: col('b') }],
          },
          {
            kind: 'sort',
            input: { kind: 'project', input: items, columns: [{ name: 'x', expression: col('c') }] },
            keys: [{ expression: col('not looked at') }],
          },
          { kind: 'aggregate', input: items, aggregates: [{ name: 'x', function: 'sum', input: col('flag') }] },
        ],
      },
      [
        /^\$\.plan\.inputs\[0\]\.input\.predicate\.name: /,
        /^\$\.plan\.inputs\[0\]\.columns\[0\]\.expression\.name: /,
        /^\$\.plan\.inputs\[1\]\.input\.columns\[0\]\.expression\.name: /,
        /^\$\.plan\.inputs\[2\]\.aggregates\[0\]\.input: sum takes a number/,
      ],
    ],
  ])('%s', (_, plan, expected) => {
    const found = problemsOf(plan);
    expect(found).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(found[index]).toMatch(pattern);
  });
});
