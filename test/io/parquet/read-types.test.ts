import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { schemaText } from '../../../src/columnar/schema.ts';
import { MemoryBudgetExceeded } from '../../../src/errors.ts';
import { bindPredicate } from '../../../src/expressions/bind.ts';
import { Problems } from '../../../src/expressions/problems.ts';
import { query } from '../../support/duckdb.ts';
import { col, int, op } from '../../support/plans.ts';
import { testBudget } from '../../support/task.ts';
import { scanRows, temporaryDirectory, writeByDuck } from './scan-file.ts';

const directory = temporaryDirectory();

/** Every third value null, by a different rhythm per column, so that no two bitmaps are the same. */
const orNull = (value: string, rhythm: number): string => `case when i % ${rhythm} = 0 then null else ${value} end`;

const VALUES: Readonly<Record<string, string>> = {
  bool: 'i % 3 = 1',
  int8: '(i % 256 - 128)::tinyint',
  int16: '(i % 65536 - 32768)::smallint',
  int32: '(i * 7919 - 2000000000)::integer',
  int64: '(i::bigint * 922337203685 - 4611686018427387904)::bigint',
  uint8: '(i % 256)::utinyint',
  uint16: '(i % 65536)::usmallint',
  uint32: '(4294967295 - i)::uinteger',
  uint64: '(18446744073709551615::ubigint - i::ubigint)',
  float32: '(i / 7.0)::float',
  float64: '(i / 11.0)::double',
  short: '(i * 1.01)::decimal(9, 2)',
  middle: '(i * 100000000.25 - 1000000)::decimal(18, 4)',
  long: '(i::hugeint * 123456789012345678901234567 - 170141183460469)::decimal(38, 6)',
  text: "'row ' || i || repeat('ż', i % 5)",
  few: "['', 'a', 'bc', 'żółw', 'a text that is longer than sixteen bytes'][1 + i % 5]",
  date: "date '1970-01-01' + (i % 40000 - 20000)::integer",
  moment: "timestamp '2001-01-31 08:00:00.123456' + to_seconds(i * 3671)",
};

const TABLE = (rows: number, nulls: boolean): string =>
  `select ${Object.entries(VALUES)
    .map(([name, value], at) => `${nulls ? orNull(value, at + 2) : value} as "${name}"`)
    .join()} from range(${rows}) r(i)`;

describe('files of DuckDB', () => {
  for (const compression of ['uncompressed', 'snappy', 'gzip', 'zstd']) {
    for (const nulls of [false, true]) {
      test(`${compression}, ${nulls ? 'nulls' : 'no nulls'}, several row groups`, async () => {
        const path = join(directory, `${compression}-${nulls}.parquet`);
        const uri = await writeByDuck(path, TABLE(5000, nulls), `codec '${compression}', row_group_size 2048`);
        const { rows, counters, schema } = await scanRows(uri);
        expect(schemaText(schema)).toMatchInlineSnapshot(
          `"bool bool?, int8 int8?, int16 int16?, int32 int32?, int64 int64?, uint8 uint8?, uint16 uint16?, uint32 uint32?, uint64 uint64?, float32 float32?, float64 float64?, short decimal(9, 2)?, middle decimal(18, 4)?, long decimal(38, 6)?, text utf8?, few utf8?, date date?, moment timestamp(us)?"`,
        );
        expect(rows).toEqual(await query(`select * from '${path}'`));
        expect(counters['row groups read']).toBe(3);
        expect(counters['rows read']).toBe(5000);
      });
    }
  }

  test('a chunk that falls back from its dictionary to plain values in its middle, in batches that meet both', async () => {
    const path = join(directory, 'fallback.parquet');
    const columns = `case when i < 30000 then i % 10 else i end::bigint as n,
      case when i % 7 = 0 then null when i < 30000 then 'k' || i % 10 else 'key ' || i end as t`;
    await writeByDuck(path, `select ${columns} from range(60000) r(i)`, 'dictionary_size_limit 100');
    const { rows } = await scanRows(`file://${path}`);
    expect(rows).toEqual(await query(`select * from '${path}'`));
  });

  test('timestamps in every unit, and with a zone', async () => {
    const path = join(directory, 'times.parquet');
    const at = "timestamp '1969-12-31 23:59:59.123456' + to_days(i::integer)";
    const uri = await writeByDuck(
      path,
      `select (${at})::timestamp_ms as ms, (${at})::timestamp as us, (${at})::timestamp_ns as ns, (${at})::timestamptz as tz from range(3000) r(i)`,
    );
    const { schema, rows } = await scanRows(uri);
    expect(schemaText(schema)).toBe('ms timestamp(ms)?, us timestamp(us)?, ns timestamp(ns)?, tz timestamp(us, UTC)?');
    const expected = await query(
      `select epoch_ms(ms)::bigint, epoch_us(us)::bigint, epoch_ns(ns)::bigint, epoch_us(tz)::bigint from '${path}'`,
    );
    expect(rows).toEqual(expected);
  });

  test('columns in another order', async () => {
    const path = join(directory, 'order.parquet');
    const uri = await writeByDuck(
      path,
      "select i as a, {'x': i, 'y': {'z': 'q'}} as s, 'b' || i as b from range(1000) r(i)",
    );
    const { schema } = await scanRows(uri);
    expect(schemaText(schema)).toBe('a int64?, s struct(x int64, y struct(z utf8))?, b utf8?');
    const turned = await scanRows(uri, { readSchema: { fields: schema.fields.toReversed() } });
    expect(turned.rows).toEqual(await query(`select b, s, a from '${path}'`));
  });

  test.each(['V1', 'V2'])('nested values over many pages and batches, %s', async (version) => {
    const path = join(directory, `nested-${version}.parquet`);
    const columns = `case when i % 7 = 0 then null else range(i % 5) end as numbers,
      case when i % 11 = 0 then null else list_transform(range(i % 4), x -> case when x = 2 then null else 'text ' || (i + x) % 50 end) end as texts,
      list_transform(range(i % 3), x -> case when i % 13 = 0 then null else list_transform(range(x), y -> {'a': y + i, 'b': [x % 2 = 0]}) end) as deep,
      case when i % 5 = 0 then null else map(list_transform(range(i % 4), x -> 'k' || x), list_transform(range(i % 4), x -> (i * x)::decimal(20, 2))) end as entries,
      case when i % 3 = 0 then null else {'d': date '2000-01-01' + i::integer, 'l': case when i % 2 = 0 then [i / 4] end} end as parts`;
    await writeByDuck(
      path,
      `select ${columns} from range(30000) r(i)`,
      `parquet_version '${version}', row_group_size 20480, codec 'lz4_raw'`,
    );
    const uri = `file://${path}`;
    const expected = await query(`select * from '${path}'`);
    const { rows, batches } = await scanRows(uri);
    expect(batches).toBeGreaterThan(2);
    const differs = rows.findIndex((row, at) => !isDeepStrictEqual(row, expected[at]));
    expect(rows[differs]).toEqual(expected[differs]);
    expect(rows.length).toBe(30_000);
  });

  test('one list that is longer than many batches, within little memory', async () => {
    const path = join(directory, 'long-list.parquet');
    const uri = await writeByDuck(
      path,
      'select case when i = 1 then range(300000) else [i] end as l from range(4) r(i)',
    );
    const { rows } = await scanRows(uri, { budget: testBudget(64 << 20) });
    expect(rows.map(([l]) => (l as readonly unknown[]).length)).toEqual([1, 300_000, 1, 1]);
    const [, [long = null] = []] = rows;
    expect((long as readonly bigint[]).every((value, at) => value === BigInt(at))).toBe(true);
    await expect(scanRows(uri, { budget: testBudget(4 << 20) })).rejects.toThrow(MemoryBudgetExceeded);
  });

  test.each(['V1', 'V2'])('rows of filters and of others, skipped in the middle of pages, %s', async (version) => {
    const path = join(directory, `skips-${version}.parquet`);
    const columns = `i, case when i % 3 = 0 then null else 'prefix ' || i end as t, i / 3 as x, i % 2 = 0 as b,
      (i * 7)::integer as n, case when i % 5 = 0 then null else range(i % 4) end as l, {'u': 'v' || i % 9} as s`;
    const uri = await writeByDuck(
      path,
      `select ${columns} from range(120000) r(i)`,
      `parquet_version '${version}', row_group_size 122880, dictionary_size_limit 16`,
    );
    const { schema } = await scanRows(uri, { limit: 0 });
    const problems = new Problems();
    const filter = bindPredicate(
      op(op(col('i'), '>=', int(70_000)), 'and', op(col('i'), '<', int(70_010))),
      schema,
      problems,
      '$',
    );
    const { rows, counters } = await scanRows(uri, { filter });
    expect(counters['rows skipped']).toBeGreaterThan(60_000);
    const wanted = rows.filter(([i]) => (i as bigint) >= 70_000n && (i as bigint) < 70_010n);
    expect(wanted).toEqual(await query(`select * from '${path}' where i >= 70000 and i < 70010`));
  });

  test('no columns at all: rows are counted and only the footer is read', async () => {
    const uri = await writeByDuck(join(directory, 'count.parquet'), 'select i from range(100000) r(i)');
    const { rows, counters } = await scanRows(uri, { readSchema: { fields: [] } });
    expect(rows.length).toBe(100_000);
    expect(counters['requests']).toBe(1);
  });

  test('an empty table', async () => {
    const uri = await writeByDuck(join(directory, 'none.parquet'), 'select i, i::varchar as t from range(0) r(i)');
    expect((await scanRows(uri)).rows).toEqual([]);
  });
});

test('a file of Polars: zstd, dictionaries without an offset, 3 million rows in 11 row groups', async () => {
  const path = join(import.meta.dirname, '../../../node_modules/vega-datasets/data/flights-3m.parquet');
  const { rows, schema } = await scanRows(`file://${path}`, { rowGroups: [10], limit: 40_000 });
  expect(schemaText(schema)).toBe(
    'date timestamp(us)?, delay int64?, distance int64?, origin utf8?, destination utf8?',
  );
  const [[before]] = (await query(
    `select sum(row_group_num_rows) from parquet_metadata('${path}') where column_id = 0 and row_group_id < 10`,
  )) as [[bigint]];
  const expected = await query(`select * from '${path}' offset ${before} limit 40000`);
  expect(rows.length).toBe(40_000);
  const differs = expected.findIndex((row, at) => row.some((value, column) => value !== rows[at]?.[column]));
  expect(differs).toBe(-1);
});
