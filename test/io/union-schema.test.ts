/** Columns of many files: joined by name, and then read from each of them. */

import { expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { field, schema, schemaText } from '../../src/columnar/schema.ts';
import { InvalidArgument, SchemaMismatch } from '../../src/errors.ts';
import { unionSchema, widerParquetType, widerType } from '../../src/io/union-schema.ts';
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

test.each<[types.DataType, types.DataType, types.DataType | undefined, types.DataType | undefined]>([
  [types.int32, types.int64, types.int64, types.int64],
  [types.uint32, types.int32, undefined, undefined],
  [types.uint32, types.int64, types.int64, types.int64],
  [types.int32, types.float64, types.float64, undefined],
  [types.int64, types.float64, undefined, undefined],
  [types.float32, types.float64, types.float64, types.float64],
  [types.decimal(9, 2), types.decimal(12, 4), types.decimal(12, 4), undefined],
  [types.decimal(9, 2), types.decimal(12, 2), types.decimal(12, 2), types.decimal(12, 2)],
  [types.date, types.timestamp('us'), types.timestamp('us'), undefined],
  [types.timestamp('ms'), types.timestamp('ns'), types.timestamp('ns'), types.timestamp('ns')],
  [types.timestamp('ms'), types.timestamp('ns', 'UTC'), undefined, undefined],
  [types.utf8, types.int64, undefined, undefined],
])('%j and %j', (a, b, common, ofParquet) => {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    expect(widerType(one, other)).toEqual(common);
    expect(widerParquetType(one, other)).toEqual(ofParquet);
  }
});
