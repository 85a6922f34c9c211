import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { schemaText } from '../../../src/columnar/schema.ts';
import { query } from '../../support/duckdb.ts';
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

  test('columns in another order, without the nested ones that nobody asks for', async () => {
    const path = join(directory, 'nested.parquet');
    const uri = await writeByDuck(
      path,
      "select i as a, [i, i + 1] as list, {'x': i, 'y': {'z': 'q'}} as struct, 'b' || i as b from range(1000) r(i)",
    );
    const { schema, rows } = await scanRows(uri);
    expect(schemaText(schema)).toBe('a int64?, b utf8?');
    expect(rows).toEqual(await query(`select a, b from '${path}'`));
    const [a, b] = schema.fields;
    const turned = await scanRows(uri, { readSchema: { fields: [b, a].filter((field) => field !== undefined) } });
    expect(turned.rows).toEqual(await query(`select b, a from '${path}'`));
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
