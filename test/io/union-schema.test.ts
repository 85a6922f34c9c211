/** Columns of many files: joined by name, and then read from each of them. */

import { expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { field, schema, schemaText } from '../../src/columnar/schema.ts';
import { InvalidArgument, SchemaMismatch } from '../../src/errors.ts';
import { unionSchema, widerType } from '../../src/io/union-schema.ts';
import { cli } from '../cli/cli.ts';
import { query } from '../support/duckdb.ts';
import { scanRows, temporaryDirectory, writeByDuck } from './parquet/scan-file.ts';

const directory = temporaryDirectory();

test('files whose columns have grown are read as DuckDB does by name', async () => {
  const selects = [
    "select 1::int as id, 'x' as city",
    'select 2::bigint as id, 1.5::float as fare, 3::smallint as n',
    'select 3::int as id, 2.25::double as fare, 70000::int as n',
  ];
  const uris: string[] = [];
  for (const [at, sql] of selects.entries()) uris.push(await writeByDuck(`${directory}/grown-${at}.parquet`, sql));
  const { code, stdout } = await cli(['schema', `${directory}/grown-*.parquet`, '--from', 'all']);
  expect(code).toBe(0);
  const readSchema = { fields: JSON.parse(stdout) };
  expect(schemaText(readSchema)).toBe('id int64?, city utf8?, fare float64?, n int32?');
  const expected = await query(
    `select id, city, fare, n from read_parquet('${directory}/grown-*.parquet', union_by_name = true)`,
  );
  expect((await scanRows(uris, { readSchema })).rows).toEqual(expected);
  const first = await cli([
    'schema',
    `${directory}/grown-*.parquet`,
    '--types',
    '{"id": {"kind": "decimal", "precision": 20, "scale": 2}}',
  ]);
  expect(schemaText({ fields: JSON.parse(first.stdout) })).toBe('id decimal(20, 2)?, city utf8?');
});

test('types that DuckDB widens to too', async () => {
  const selects = [
    "select 2147483647::int as a, 1::tinyint as b, 12.34::decimal(9,2) as c, date '2001-02-03' as d, 1.5::float as e, 7::int as f",
    "select 0.25::decimal(9,2) as a, 200::utinyint as b, 0.0001::decimal(9,4) as c, timestamp '2001-02-03 04:05:06' as d, 2.5::double as e, 0.5::double as f",
    'select 3::smallint as a, -5::int as b, 1::int as c, null::timestamp as d, 3.5::float as e, 3::smallint as f',
  ];
  const uris: string[] = [];
  for (const [at, sql] of selects.entries()) uris.push(await writeByDuck(`${directory}/wider-${at}.parquet`, sql));
  const { code, stdout } = await cli(['schema', `${directory}/wider-*.parquet`, '--from', 'all']);
  expect(code).toBe(0);
  const readSchema = { fields: JSON.parse(stdout) };
  const from = `from read_parquet('${directory}/wider-*.parquet', union_by_name = true)`;
  const [duckTypes = []] = await query(
    `select ${[...'abcdef'].map((name) => `typeof(${name})`).join()} ${from} limit 1`,
  );
  expect(schemaText(readSchema)).toBe(
    'a decimal(12, 2)?, b int32?, c decimal(14, 4)?, d timestamp(us)?, e float64?, f float64?',
  );
  expect(duckTypes).toEqual(['DECIMAL(12,2)', 'INTEGER', 'DECIMAL(14,4)', 'TIMESTAMP', 'DOUBLE', 'DOUBLE']);
  expect((await scanRows(uris, { readSchema })).rows).toEqual(await query(`select * ${from}`));
});

test('lists, structs and maps are what their parts are', async () => {
  const selects = [
    'select [1::int, null] as l, {a: 1::smallint, b: [1.5::float]} as s, map {1::int: 2::int} as m',
    'select [9007199254740993, 2] as l, {a: 70000::int, b: [0.1::double]} as s, map {3::bigint: 0.5::decimal(4, 1)} as m',
    'select []::int[] as l, {a: null::int, b: null::double[]} as s, map {4::int: 5::int} as m',
  ];
  const uris: string[] = [];
  for (const [at, sql] of selects.entries()) uris.push(await writeByDuck(`${directory}/parts-${at}.parquet`, sql));
  const { code, stdout } = await cli(['schema', `${directory}/parts-*.parquet`, '--from', 'all']);
  expect(code).toBe(0);
  const readSchema = { fields: JSON.parse(stdout) };
  expect(schemaText(readSchema)).toBe(
    'l list(int64)?, s struct(a int32, b list(float64))?, m map(int64, decimal(11, 1))?',
  );
  const { rows } = await scanRows(uris, { readSchema });
  const parts = 'l[1], l[2], len(l), s.a, s.b[1], map_keys(m)[1], map_values(m)[1]';
  const expected = await query(
    `select ${parts} from read_parquet('${directory}/parts-*.parquet', union_by_name = true)`,
  );
  const found = rows.map(([l, s, m]) => {
    const [items, [a, b], [[key, value]]] = [l, s, m] as [unknown[], [unknown, unknown[] | null], [[unknown, unknown]]];
    return [items[0] ?? null, items[1] ?? null, BigInt(items.length), a, b?.[0] ?? null, key, value];
  });
  expect(found).toEqual(expected);
});

test('a column that is null in one file has the type of the others, and may be null', () => {
  const nothing = { uri: 'a', schema: schema(field('x', types.nullType)) };
  const numbers = { uri: 'b', schema: schema(field('x', types.int64, false)) };
  for (const files of [
    [nothing, numbers],
    [numbers, nothing],
  ]) {
    expect(schemaText(unionSchema(files, widerType))).toBe('x int64?');
  }
});

test('a column of types that nothing holds is an error by file and column, unless it is given one', () => {
  const files = [
    { uri: 'file:///a', schema: schema(field('n', types.int64, false), field('d', types.date)) },
    { uri: 'file:///b', schema: schema(field('n', types.int32, false), field('d', types.utf8)) },
  ];
  expect(() => unionSchema(files, widerType)).toThrow(SchemaMismatch);
  expect(() => unionSchema(files, widerType)).toThrow(
    /file:\/\/\/b .*column d is utf8 there and date in the files before/,
  );
  expect(schemaText(unionSchema(files, widerType, new Map([['d', types.utf8]])))).toBe('n int64, d utf8?');
  expect(() => unionSchema(files.slice(0, 1), widerType, new Map([['x', types.utf8]]))).toThrow(InvalidArgument);
});

test.each<[types.DataType, types.DataType, types.DataType | undefined]>([
  [types.int32, types.int64, types.int64],
  [types.uint32, types.int32, types.int64],
  [types.uint8, types.int8, types.int16],
  [types.uint64, types.int64, undefined],
  [types.int32, types.float64, types.float64],
  [types.int32, types.float32, types.float64],
  [types.int64, types.float64, undefined],
  [types.float32, types.float64, types.float64],
  [types.float16, types.float32, types.float32],
  [types.decimal(9, 2), types.decimal(12, 4), types.decimal(12, 4)],
  [types.decimal(9, 2), types.decimal(9, 4), types.decimal(11, 4)],
  [types.decimal(38, 2), types.decimal(9, 4), undefined],
  [types.int32, types.decimal(9, 2), types.decimal(12, 2)],
  [types.int32, types.decimal(12, 2), types.decimal(12, 2)],
  [types.int64, types.decimal(38, 20), undefined],
  [types.date, types.timestamp('us'), types.timestamp('us')],
  [types.date, types.timestamp('us', 'UTC'), undefined],
  [types.timestamp('ms'), types.timestamp('ns'), types.timestamp('ns')],
  [types.timestamp('ms'), types.timestamp('ns', 'UTC'), undefined],
  [types.time('us'), types.time('ns'), types.time('ns')],
  [types.utf8, types.int64, undefined],
  [types.list(types.int32), types.list(types.uint32), types.list(types.int64)],
  [types.list(types.int32), types.list(types.utf8), undefined],
  [types.list(types.int32), types.int32, undefined],
  [types.fixedSizeList(types.int8, 2), types.fixedSizeList(types.int16, 2), types.fixedSizeList(types.int16, 2)],
  [types.fixedSizeList(types.int8, 2), types.fixedSizeList(types.int16, 3), undefined],
  [types.map(types.utf8, types.float32), types.map(types.utf8, types.float64), types.map(types.utf8, types.float64)],
  [
    types.struct(field('a', types.int32), field('b', types.list(types.float64))),
    types.struct(field('a', types.int64), field('b', types.list(types.float32))),
    types.struct(field('a', types.int64), field('b', types.list(types.float64))),
  ],
  [types.struct(field('a', types.int32)), types.struct(field('b', types.int32)), undefined],
])('%j and %j', (a, b, common) => {
  expect(widerType(a, b)).toEqual(common);
  expect(widerType(b, a)).toEqual(common);
});
