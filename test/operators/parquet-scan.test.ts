import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Table as ArrowTable, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { Compression, Encoding, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import { expect, test } from 'vitest';
import { readColumn } from '../../src/columnar/column-values.ts';
import * as types from '../../src/columnar/data-type.ts';
import { field, fieldIndex, type Schema } from '../../src/columnar/schema.ts';
import { MemoryBudgetExceeded, ObjectChanged, SchemaMismatch } from '../../src/errors.ts';
import { fileStore } from '../../src/io/file-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { parquetScan } from '../../src/operators/sources/parquet-scan.ts';
import { scanRows, temporaryDirectory, uriOf, writeByDuck } from '../io/parquet/scan-file.ts';
import { expectAllReturned, testBudget, testTask } from '../support/task.ts';

const directory = temporaryDirectory();
const pathOf = (name: string): string => join(directory, `${name}.parquet`);
const schemaOf = (...fields: Schema['fields']): Schema => ({ fields });
const MiB = 1024 * 1024;

test('files in order, columns by name: missing ones are null, others are left out, narrower ones widened', async () => {
  const a = await writeByDuck(
    pathOf('a'),
    "select 1::tinyint as n, 'x' as t, 1.5::float as f, 1.25::decimal(4, 2) as d",
  );
  const b = await writeByDuck(pathOf('b'), "select 'y' as t, 9::bigint as n, true as extra");
  const readSchema = schemaOf(
    field('d', types.decimal(20, 2)),
    field('n', types.int64),
    field('f', types.float64),
    field('t', types.utf8),
  );
  const { rows } = await scanRows([a, b, a], { readSchema });
  const first = [125n, 1n, 1.5, 'x'];
  expect(rows).toEqual([first, [null, 9n, null, 'y'], first]);
});

test('every widening keeps the values', async () => {
  const pairs: [string, types.DataType][] = [
    ['tinyint', types.int16],
    ['tinyint', types.int32],
    ['smallint', types.int32],
    ['integer', types.int64],
    ['utinyint', types.int16],
    ['utinyint', types.uint64],
    ['usmallint', types.int32],
    ['uinteger', types.int64],
    ['uinteger', types.uint64],
  ];
  const columns = pairs.map(([sql], at) => `(${sql.startsWith('u') ? 'i + 127' : 'i'})::${sql} as c${at}`);
  const uri = await writeByDuck(pathOf('widen'), `select ${columns.join()} from range(-127, 128) r(i)`);
  const { rows } = await scanRows(uri, { readSchema: { fields: pairs.map(([, type], at) => field(`c${at}`, type)) } });
  const wide = (value: number, type: types.DataType): number | bigint =>
    types.integerBits(type) === 64 ? BigInt(value) : value;
  const expected = Array.from({ length: 255 }, (_, at) =>
    pairs.map(([sql, type]) => wide(sql.startsWith('u') ? at : at - 127, type)),
  );
  expect(rows).toEqual(expected);
});

test('what does not fit is refused by name of file and column', async () => {
  const uri = await writeByDuck(
    pathOf('types'),
    "select 1::bigint as n, 'x' as t, now()::timestamp as m, [1] as l, null::int as z",
  );
  const refused: [Schema['fields'][number], typeof SchemaMismatch, RegExp][] = [
    [field('n', types.int32), SchemaMismatch, /types\.parquet.*column n is int64 there and int32 in the plan/],
    [field('n', types.float64), SchemaMismatch, /column n/],
    [field('t', types.bool), SchemaMismatch, /column t/],
    [field('m', types.timestamp('ms')), SchemaMismatch, /column m is timestamp\(us\)/],
    [field('m', types.timestamp('us', 'UTC')), SchemaMismatch, /column m/],
    [field('l', types.int64), SchemaMismatch, /column l is list\(int32\)/],
    [field('gone', types.int64, false), SchemaMismatch, /no column gone/],
    [field('z', types.int32, false), SchemaMismatch, /column z has nulls/],
  ];
  for (const [wanted, error, message] of refused) {
    const scan = scanRows(uri, { readSchema: schemaOf(wanted) });
    await expect(scan).rejects.toThrow(error);
    await expect(scan).rejects.toThrow(message);
  }
});

test('a limit stops reading: row groups behind it are not asked for', async () => {
  const uri = await writeByDuck(
    pathOf('limit'),
    "select i, 'text ' || i as t from range(200000) r(i)",
    'row_group_size 20480',
  );
  const whole = await scanRows(uri);
  const { rows, counters } = await scanRows([uri, uri], { limit: 21_000 });
  expect(rows).toEqual(whole.rows.slice(0, 21_000));
  expect(counters['row groups read']).toBe(2);
  expect(counters['rows read']).toBe(21_000);
  expect(Number(counters['bytes read'])).toBeLessThan(Number(whole.counters['bytes read']) / 2);
});

test('a consumer that is done stops the scan', async () => {
  const uri = await writeByDuck(pathOf('done'), 'select i from range(200000) r(i)', 'row_group_size 20480');
  const { counters } = await scanRows([uri, uri], { doneAfter: 1 });
  expect(counters['row groups read']).toBe(1);
});

test('batches without a row that the filter keeps are passed over', async () => {
  const path = pathOf('skipped');
  const uri = await writeByDuck(
    path,
    `select (i * 7919) % 90000 as key, case when i % 3 = 0 then null else 'text ' || i end as plain, i % 5 = 0 as flag,
      case when i % 4 = 0 then null else 'k' || i % 9 end as codes, i::integer as n, (i * 1.5)::decimal(30, 2) as d
      from range(90000) r(i) order by i`,
    'row_group_size 81920',
  );
  const { schema, rows: all } = await scanRows(uri);
  const at = fieldIndex(schema, 'key');
  const key = { kind: 'column', index: at, name: 'key', type: types.int64, nullable: true } as const;
  const wanted = { kind: 'literal', value: all[50_000]?.[at] ?? null, type: types.int64, nullable: false } as const;
  const filter = {
    kind: 'compare',
    operator: '=',
    left: key,
    right: wanted,
    type: types.bool,
    nullable: true,
  } as const;
  const { rows, counters } = await scanRows(uri, { readSchema: schema, filter });
  // Of the batch with it, from 49,152 on, there is the row, and those before it from a multiple of 64 on.
  expect(rows).toEqual(all.slice(49_984, 50_001));
  expect(Number(counters['rows skipped']) + rows.length + Number(counters['row groups pruned']) * 8080).toBe(90_000);
});

test('of a batch there are the rows from the first that the filter keeps to the last, or all where these are most', async () => {
  const uri = await writeByDuck(
    pathOf('narrow'),
    `select i as n, i in (1000, 3000, 16390, 32700, 49151) as flag, case when i % 3 = 0 then null else 'text ' || i end as t,
      [i, i + 1][: i % 3] as l, {a: i % 7, b: case when i % 2 = 0 then null else i end} as s, 'k' || i % 9 as codes
      from range(60000) r(i) order by i`,
  );
  const { schema, rows: all } = await scanRows(uri);
  const at = fieldIndex(schema, 'flag');
  const filter = { kind: 'column', index: at, name: 'flag', type: types.bool, nullable: true } as const;
  const { rows, counters } = await scanRows(uri, { readSchema: schema, filter });
  const kept = [...all.slice(960, 3001), ...all.slice(16_384, 32_768), ...all.slice(49_088, 49_152)];
  expect(rows).toEqual(kept);
  expect(counters['rows skipped']).toBe(60_000 - kept.length);
});

test('only the columns asked for are read', async () => {
  const uri = await writeByDuck(
    pathOf('wide'),
    'select i as a, repeat(md5(i::varchar), 10) as b, i + 1 as c from range(50000) r(i)',
  );
  const { rows, counters } = await scanRows(uri, { readSchema: schemaOf(field('c', types.int64)) });
  expect(rows.at(-1)).toEqual([50_000n]);
  expect(Number(counters['bytes read'])).toBeLessThan(Number(counters['bytes total']) / 2);
});

// Memory --------------------------------------------------------------------------------------------------------------

const BIG = `select i, hash(i) as h, md5(i::varchar) as t from range(300000) r(i)`;

/** One row group of 17 MB, in pages of 100 kB. */
function writeManyPages(path: string): { readonly numbers: readonly bigint[]; readonly texts: readonly string[] } {
  const numbers = BigInt64Array.from({ length: 300_000 }, (_, i) => BigInt(i) * 1_000_003n);
  const texts = Array.from(numbers, (n) => `${n} and ${n * 7n} and ${n * 13n}`);
  const table = new ArrowTable({ n: vectorFromArray(numbers), t: vectorFromArray(texts, new Utf8()) });
  const properties = new WriterPropertiesBuilder()
    .setDictionaryEnabled(false)
    .setEncoding(Encoding.PLAIN)
    .setCompression(Compression.SNAPPY)
    .setDataPageSizeLimit(100_000)
    .build();
  writeFileSync(path, writeParquet(Table.fromIPCStream(tableToIPC(table, 'stream')), properties));
  return { numbers: Array.from(numbers), texts };
}

test('a row group that fits as a whole, and through windows of two sizes', async () => {
  const path = pathOf('big');
  const { numbers, texts } = writeManyPages(path);
  const requests: number[] = [];
  for (const limitMiB of [256, 24, 12]) {
    const budget = testBudget(limitMiB * MiB);
    const readSchema = schemaOf(field('n', types.int64), field('t', types.utf8));
    const { rows, counters } = await scanRows(uriOf(path), { budget, readSchema });
    expect(rows.length).toBe(numbers.length);
    const wrong = rows.findIndex(([n, t], at) => n !== numbers[at] || t !== texts[at]);
    expect(wrong).toBe(-1);
    expect(budget.peakBytes).toBeLessThanOrEqual((limitMiB / 4) * MiB);
    requests.push(Number(counters['requests']));
  }
  // The tail, and the rest in pieces of 8 MiB, two of which are cut in two.
  expect(requests[0]).toBe(6);
  expect(requests[1]).toBeGreaterThan(5);
  expect(requests[2]).toBeGreaterThan(Number(requests[1]));
});

test('pages without a row that the filter keeps are passed over as a whole', async () => {
  const path = pathOf('big');
  const { numbers } = writeManyPages(path);
  const readSchema = schemaOf(field('t', types.utf8), field('n', types.int64));
  const key = { kind: 'column', index: 1, name: 'n', type: types.int64, nullable: true } as const;
  const wanted = { kind: 'literal', value: numbers[250_000] ?? 0n, type: types.int64, nullable: false } as const;
  const filter = {
    kind: 'compare',
    operator: '=',
    left: key,
    right: wanted,
    type: types.bool,
    nullable: true,
  } as const;
  const { rows, counters } = await scanRows(uriOf(path), { readSchema, filter });
  const first = rows.findIndex(([, n]) => n === wanted.value);
  expect(rows[first]).toEqual([`${wanted.value} and ${wanted.value * 7n} and ${wanted.value * 13n}`, wanted.value]);
  // A page of the filter's column, which the page index has found: of both columns no other page was read.
  expect(rows.length).toBeLessThan(16_384);
  expect(counters['rows skipped']).toBe(300_000 - rows.length);
  expect(Number(counters['bytes read'])).toBeLessThan(Number(counters['bytes total']) / 3);
});

test('too little memory is an error that says so, and everything is given back', async () => {
  const uri = await writeByDuck(pathOf('much'), BIG, "row_group_size 1000000, codec 'uncompressed'");
  await expect(scanRows(uri, { budget: testBudget(2 * MiB) })).rejects.toThrow(MemoryBudgetExceeded);
});

test('repeated dictionaries keep their id over row groups and files', async () => {
  const uri = await writeByDuck(
    pathOf('ids'),
    "select ['a', 'b', 'c', 'd'][1 + i % 4] as t, (i % 8)::integer as n from range(10000) r(i)",
    'row_group_size 2048',
  );
  const ids = new Set<string>();
  const source = parquetScan({
    store: fileStore(),
    files: [{ uri }, { uri }],
    readSchema: schemaOf(field('t', types.utf8), field('n', types.int32)),
  });
  using run = source.open(testTask());
  await run.run({
    push: async ({ columns }) => {
      ids.add(columns.map(({ dictionary }) => dictionary?.id).join());
      return 'more';
    },
  });
  expect(ids.size).toBe(1);
});

test('bounds cover the values, and change a few times at most', async () => {
  const uri = await writeByDuck(
    pathOf('bounds'),
    'select i * i * 37 as n, -i as m from range(400000) r(i)',
    'dictionary_size_limit 1',
  );
  const bounds = new Set<number | undefined>();
  const budget = testBudget();
  const source = parquetScan({
    store: fileStore(),
    files: [{ uri }],
    readSchema: schemaOf(field('n', types.int64), field('m', types.int64)),
  });
  using run = source.open(testTask(budget));
  await run.run({
    push: async (batch) => {
      for (const column of batch.columns) {
        const limit = 2n ** BigInt(column.bits ?? 0);
        const values = readColumn(budget.linear, column, batch.rowCount) as bigint[];
        // One assertion of all: there are 800,000 values.
        expect(values.find((value) => value >= limit || value <= -limit)).toBeUndefined();
      }
      bounds.add(batch.columns[0]?.bits);
      return 'more';
    },
  });
  expect(bounds.size).toBeLessThanOrEqual(5);
});

// Interruptions ------------------------------------------------------------------------------------------------------

test('a file that is replaced between its footer and its data fails the scan', async () => {
  const path = pathOf('replaced');
  // More than is read with the footer.
  const uri = await writeByDuck(path, 'select i from range(100000) r(i)', "codec 'uncompressed'");
  const real = fileStore();
  let reads = 0;
  const store: ObjectStore = {
    ...bound(real),
    readInto: async (...call) => {
      reads += 1;
      if (reads === 1) await writeByDuck(path, 'select i + 1 as i from range(200000) r(i)');
      return real.readInto(...call);
    },
  };
  await expect(scanRows(uri, { store, readSchema: schemaOf(field('i', types.int64)) })).rejects.toThrow(ObjectChanged);
});

test('an aborted scan stops, and waits for what it had asked for before it gives memory back', async () => {
  const uri = await writeByDuck(
    pathOf('aborted'),
    'select i, md5(i::varchar) as t from range(100000) r(i)',
    'row_group_size 20480',
  );
  const budget = testBudget();
  const abort = new AbortController();
  const readSchema = schemaOf(field('i', types.int64), field('t', types.utf8));
  using run = parquetScan({ store: fileStore(), files: [{ uri }], readSchema }).open(testTask(budget, abort.signal));
  let batches = 0;
  const running = run.run({
    push: async () => {
      batches += 1;
      abort.abort();
      return 'more';
    },
  });
  await expect(running).rejects.toThrow();
  expect(batches).toBe(1);
  expectAllReturned(budget);
});

/** The methods of a store, so that one of them can be replaced. */
function bound(store: ObjectStore): ObjectStore {
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(store)).concat(Object.keys(store));
  const entries = methods.map((name) => [name, (store as unknown as Record<string, unknown>)[name]]);
  return Object.fromEntries(
    entries.map(([name, method]) => [name, typeof method === 'function' ? method.bind(store) : method]),
  ) as ObjectStore;
}

test('the scan of a directory entry that is no file of Parquet names the file', async () => {
  await expect(
    scanRows(uriOf(join(import.meta.dirname, 'parquet-scan.test.ts')), { readSchema: schemaOf() }),
  ).rejects.toThrow(/parquet-scan\.test\.ts is damaged/);
});
