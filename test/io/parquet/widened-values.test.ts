/** Columns of narrower types than the plan's, as files have them that were written before a schema grew. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { EnabledStatistics, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import { describe, expect, test } from 'vitest';
import * as types from '../../../src/columnar/data-type.ts';
import { field } from '../../../src/columnar/schema.ts';
import { ArithmeticOverflow, SchemaMismatch } from '../../../src/errors.ts';
import { executeTask } from '../../../src/execute-task.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import { fileStore } from '../../../src/io/file-store.ts';
import { memoryStore } from '../../../src/io/memory-store.ts';
import type { PlanNode } from '../../../src/plan/plan-node.ts';
import { query, sqlType } from '../../support/duckdb.ts';
import { col, op } from '../../support/plans.ts';
import { resultBatch } from '../../support/record-batch-rows.ts';
import type { Row } from '../../support/task.ts';
import { bound, matching, type ScanResult, scanRows, temporaryDirectory, uriOf, writeByDuck } from './scan-file.ts';
import { freshPath, writeGroups } from './write-file.ts';

const directory = temporaryDirectory();

/** Of SQL: a type, values of it, and what it is read as. */
const WIDENINGS: readonly (readonly [string, readonly string[], readonly types.DataType[]])[] = [
  ['tinyint', ['-128', '127', '0'], [types.int64, types.float64, types.decimal(3, 0), types.decimal(38, 35)]],
  ['utinyint', ['255', '0'], [types.uint64, types.int16, types.float64, types.decimal(9, 6)]],
  ['smallint', ['-32768', '32767'], [types.float64, types.decimal(5, 0), types.decimal(20, 15)]],
  ['usmallint', ['65535', '1'], [types.int32, types.float64, types.decimal(18, 13)]],
  [
    'integer',
    ['-2147483648', '2147483647', '-1'],
    [types.float64, types.decimal(10, 0), types.decimal(18, 8), types.decimal(38, 28)],
  ],
  ['uinteger', ['4294967295', '7'], [types.int64, types.float64, types.decimal(18, 8), types.decimal(30, 20)]],
  [
    'bigint',
    ['-9223372036854775808', '9223372036854775807'],
    [types.decimal(19, 0), types.decimal(22, 3), types.decimal(38, 19)],
  ],
  ['ubigint', ['18446744073709551615', '3'], [types.decimal(20, 0), types.decimal(38, 18)]],
  ['decimal(4,1)', ['-999.9', '999.9'], [types.decimal(9, 1), types.decimal(9, 3), types.decimal(38, 35)]],
  ['decimal(9,2)', ['-9999999.99', '0.01'], [types.decimal(9, 2), types.decimal(18, 11), types.decimal(20, 5)]],
  [
    'decimal(18,4)',
    ['-99999999999999.9999', '0.0001'],
    [types.decimal(19, 4), types.decimal(38, 10), types.decimal(38, 24)],
  ],
  ['decimal(30,5)', ['-9999999999999999999999999.99999', '0.00001'], [types.decimal(38, 5), types.decimal(38, 13)]],
  [
    'date',
    ["'1906-04-18'", "'2024-02-29'", "'1970-01-01'"],
    (['s', 'ms', 'us', 'ns'] as const).map((unit) => types.timestamp(unit)),
  ],
  [
    'timestamp_ms',
    ["'1906-04-18 05:12:00.001'", "'2024-02-29 00:00:00'"],
    [types.timestamp('us'), types.timestamp('ns')],
  ],
  ['timestamp', ["'1906-04-18 05:12:00.000001'"], [types.timestamp('ns')]],
  ['float', ['1.1', "'-inf'", '3.4028235e38', '-0.0'], [types.float64]],
];

/** Every sixth value is null; where values are few, they are a dictionary. */
const columnOf = (type: string, values: readonly string[]): string =>
  `case when i % 6 = 5 then null else [${values.map((value) => `(${value})::${type}`).join()}][1 + i % ${values.length}] end`;

const ROWS = 1000;

describe.each(WIDENINGS)('%s', (type, values, targets) => {
  test.each(['dictionary_size_limit 100', 'dictionary_size_limit 0', "parquet_version 'V2', dictionary_size_limit 0"])(
    'with %s is read as DuckDB casts it',
    async (options) => {
      const path = freshPath(directory);
      const inside = `{'x': v, 'l': case when i % 4 > 0 then [v, null, v] end}`;
      const uri = await writeByDuck(
        path,
        `select v, ${inside} as s from (select i, ${columnOf(type, values)} as v from range(${ROWS}) r(i))`,
        options,
      );
      for (const to of targets) {
        const nested = types.struct(field('x', to), field('l', types.list(to)));
        const { rows } = await scanRows(uri, { readSchema: { fields: [field('v', to), field('s', nested)] } });
        const cast = (value: string): string => `${value}::${sqlType(to)}`;
        const expected = await query(
          `select ${cast('v')}, {'x': ${cast('s.x')}, 'l': list_transform(s.l, x -> ${cast('x')})} from '${path}'`,
        );
        const differs = rows.findIndex((row, at) => !isDeepStrictEqual(row, expected[at]));
        expect(rows[differs], types.typeName(to)).toEqual(expected[differs]);
        expect(rows.length).toBe(ROWS);
      }
    },
  );
});

test.each([
  ['bigint', '1', types.float64],
  ['integer', '1', types.decimal(11, 2)],
  ['ubigint', '1', types.int64],
  ['decimal(9,2)', '1', types.decimal(9, 3)],
  ['decimal(9,2)', '1', types.decimal(12, 1)],
  ['decimal(9,2)', '1', types.float64],
  ['double', '1', types.float32],
  ['timestamp', "'2001-01-01'", types.timestamp('ms')],
  ['timestamp', "'2001-01-01'", types.date],
  ['date', "'2001-01-01'", types.timestamp('us', 'UTC')],
])('%s %s is no %j', async (type, value, to) => {
  const uri = await writeByDuck(join(directory, 'narrowed.parquet'), `select ${value}::${type} as v`);
  const scan = scanRows(uri, { readSchema: { fields: [field('v', to)] } });
  await expect(scan).rejects.toThrow(SchemaMismatch);
  await expect(scanRows(uri, { readSchema: { fields: [field('v', to)] } })).rejects.toThrow(
    /narrowed.parquet.*column v/,
  );
});

test.each([
  ['date', "'2300-01-01'", types.timestamp('ns')],
  ['timestamp', "'1600-01-01'", types.timestamp('ns')],
])('%s %s does not fit %j', async (type, value, to) => {
  const uri = await writeByDuck(join(directory, `far ${type}.parquet`), `select ${value}::${type} as v from range(10)`);
  const scan = (): Promise<unknown> => scanRows(uri, { readSchema: { fields: [field('v', to)] } });
  await expect(scan).rejects.toThrow(ArithmeticOverflow);
  await expect(scan).rejects.toThrow(/far .*parquet: column v/);
});

test('the same bytes in dictionaries of other types are other dictionaries', async () => {
  const third = 'from range(3000) r(i)';
  const uris = [
    await writeByDuck(join(directory, 'as-int.parquet'), `select (100 + i % 3)::integer as v ${third}`),
    await writeByDuck(join(directory, 'as-cents.parquet'), `select (1 + i % 3 / 100)::decimal(9,2) as v ${third}`),
  ];
  const scan: PlanNode = {
    kind: 'scan',
    sourceId: 't',
    format: 'parquet',
    schema: [field('v', types.decimal(12, 2))],
  };
  const plan: PlanNode = {
    kind: 'grouped-aggregate',
    input: scan,
    groupBy: [{ name: 'v', expression: col('v') }],
    aggregates: [{ name: 'n', function: 'count' }],
  };
  const found: string[][] = [];
  const inputs = { t: { kind: 'files', files: uris.map((uri) => ({ uri })) } };
  const task = { version: 1, jobId: 'job', stageId: 0, taskId: 0, plan, inputs };
  await executeTask(task, {
    store: fileStore(),
    onBatch: (batch) => void found.push(...[...resultBatch(batch).rows()].map((row) => row.map(String))),
  });
  expect(found.toSorted(([a], [b]) => Number(a) - Number(b))).toEqual(
    ['100', '101', '102', '10000', '10100', '10200'].map((v) => [v, '1000']),
  );
});

test('a Bloom filter is asked for what the file has', async () => {
  const of = { fields: [field('n', types.int32), field('d', types.decimal(9, 2)), field('more', types.int64)] };
  const group = Array.from({ length: 20_000 }, (_, i): Row => [i * 3, BigInt(i * 5), BigInt(i) * 1_000_003n]);
  const columns = ['n', 'd'].map((name) => ({ name, bloomFilter: true }));
  const { bytes } = await writeGroups(of, [group], { columns, dictionary: false, compression: 'none' });
  const store = memoryStore();
  await store.put('memory://bucket/bloom.parquet', bytes);
  const decimal = types.decimal(20, 4);
  const rowsOf = async (name: 'n' | 'd', type: types.DataType, value: number | string): Promise<number> => {
    const readSchema = { fields: [field(name, type), field('more', types.int64)] };
    const filter = bound(op(col(name), '=', { kind: 'literal', type, value }), readSchema);
    return (await scanRows('memory://bucket/bloom.parquet', { store, readSchema, filter })).rows.length;
  };
  for (const value of [3, 30_000, 59_997]) {
    expect(await rowsOf('n', decimal, String(value))).toBeGreaterThan(0);
    expect(await rowsOf('n', types.float64, value)).toBeGreaterThan(0);
    expect(await rowsOf('n', types.int64, value)).toBeGreaterThan(0);
  }
  expect(await rowsOf('d', decimal, '0.05')).toBeGreaterThan(0);
  // Between the least and the greatest, and not there.
  for (const value of ['3.5', '4', '40000']) expect(await rowsOf('n', decimal, value)).toBe(0);
  expect(await rowsOf('n', types.float64, 40_000)).toBe(0);
  expect(await rowsOf('d', decimal, '0.051')).toBe(0);
  expect(await rowsOf('d', decimal, '0.06')).toBe(0);
});

describe('what does not match is left out unread, by what the file says of its own values', () => {
  const rows = 20_000;
  const numbers = Array.from({ length: rows }, (_, i) => i);
  const table = tableFromArrays({
    n: Int32Array.from(numbers, (i) => i - 7_000),
    f: Float32Array.from(numbers, (i) => Math.fround(i / 10)),
    few: Int32Array.from(numbers, (i) => 10 * (i % 50)),
    more: numbers.map((i) => `filling that has no order ${(i * 104_729) % 65_537}`),
  });
  const properties = new WriterPropertiesBuilder()
    .setStatisticsEnabled(EnabledStatistics.Page)
    .setDictionaryEnabled(false)
    .setColumnDictionaryEnabled('few', true)
    .setDataPageSizeLimit(8000)
    .setWriteBatchSize(300)
    .build();
  const path = join(directory, 'ordered.parquet');
  writeFileSync(path, writeParquet(Table.fromIPCStream(tableToIPC(table, 'stream')), properties));
  const decimal = types.decimal(14, 2);
  const number = (value: number | string, type: types.DataType = decimal): Expression => ({
    kind: 'literal',
    type,
    value,
  });

  const schemaOf = (to: types.DataType) => ({
    fields: [field('n', to), field('few', to), field('f', types.float64), field('more', types.utf8)],
  });
  const scans = new Map<types.DataType, Promise<ScanResult>>();
  const all = (to: types.DataType): Promise<ScanResult> => {
    const scan = scans.get(to) ?? scanRows(uriOf(path), { readSchema: schemaOf(to) });
    scans.set(to, scan);
    return scan;
  };

  test.each<[string, types.DataType, Expression, number]>([
    ['a range', decimal, op(op(col('n'), '>=', number('99.50')), 'and', op(col('n'), '<', number('150.25'))), 3000],
    ['a range of floats', types.float64, op(col('n'), '<', number(-6_900.5, types.float64)), 3000],
    ['one value', decimal, op(col('n'), '=', number('9000.00')), 3000],
    ['one value as a float', types.float64, op(col('n'), '=', number(-7, types.float64)), 9000],
    ['a value between two', decimal, op(col('n'), '=', number('5.50')), 0],
    ['a float between two', types.float64, op(col('n'), '=', number(5.5, types.float64)), 0],
    ['one of several', decimal, { kind: 'is-in', input: col('n'), list: [number('1.00'), number('2.50')] }, 3000],
    ['no entry of a dictionary', decimal, op(col('few'), '=', number('15.00')), 0],
    ['an entry of a dictionary', decimal, op(col('few'), '=', number('150.00')), rows],
    ['no entry as a float', types.float64, op(col('few'), '=', number(1.5, types.float64)), 0],
    ['an entry as a float', types.float64, op(col('few'), '=', number(0, types.float64)), rows],
    ['floats', decimal, op(col('f'), '>', number(1990, types.float64)), 4000],
  ])('%s of %j', async (_, to, expression, most) => {
    const readSchema = schemaOf(to);
    const filter = bound(expression, readSchema);
    const found = await scanRows(uriOf(path), { readSchema, filter });
    expect(matching(filter, found.rows)).toEqual(matching(filter, (await all(to)).rows));
    expect(found.rows.length).toBeLessThanOrEqual(most);
  });
});
