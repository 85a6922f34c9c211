/** What lies in the files of our writer: pages, dictionaries, bounds and filters, as others read them. */

import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { readColumnIndex, readOffsetIndex } from 'hyparquet/src/indexes.js';
import { describe, expect, test } from 'vitest';
import * as types from '../../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../../src/columnar/schema.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { bindPredicate } from '../../../src/expressions/bind.ts';
import { Problems } from '../../../src/expressions/problems.ts';
import { parquetEncodeKernels } from '../../../src/kernels/parquet-encode-kernels.ts';
import { parquetKernels } from '../../../src/kernels/parquet-kernels.ts';
import { query } from '../../support/duckdb.ts';
import { fuzzed } from '../../support/fuzz.ts';
import { col, int, op } from '../../support/plans.ts';
import { type Row, testBudget } from '../../support/task.ts';
import { scanRows, temporaryDirectory, uriOf } from './scan-file.ts';
import { freshPath, type WriteOptions, writeGroups } from './write-file.ts';

const directory = temporaryDirectory();
/** Of the file that was written last. */
let path = '';

async function written(of: Schema, rows: readonly Row[], options: WriteOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes } = await writeGroups(of, [rows], options);
  path = freshPath(directory);
  writeFileSync(path, bytes);
  return bytes;
}

const MANY = 50_000;
const LISTS = schema(
  field('n', types.int64),
  field('few', types.utf8),
  field('many', types.utf8),
  field('list', types.list(types.int32)),
  field('flag', types.bool),
);
const listRow = (n: number): Row => [
  BigInt(n) * 7_919_000_001n,
  n % 11 === 0 ? null : `few ${n % 40}`,
  `many ${(n * 2_654_435_761) % 4_294_967_296}`,
  n % 13 === 0 ? null : Array.from({ length: n % 4 }, (_, item) => (item === 2 ? null : n + item)),
  n % 5 === 0 ? null : n % 3 === 0,
];

describe.each(['none', 'snappy'] as const)('many pages, %s', (compression) => {
  test('are read whole by DuckDB and by our reader', async () => {
    const rows = Array.from({ length: MANY }, (_, n) => listRow(n));
    await written(LISTS, rows, { compression });
    expect((await scanRows(uriOf(path))).rows).toEqual(rows);
    expect(await query(`select * from '${path}'`)).toEqual(rows);
  });
});

test('a dictionary is written where it pays, and where it was asked for', async () => {
  const rows = Array.from({ length: MANY }, (_, n) => listRow(n));
  const encodings = async (options: WriteOptions): Promise<unknown> => {
    const metadata = parquetMetadata((await written(LISTS, rows, options)).buffer);
    return metadata.row_groups[0]?.columns.map(({ meta_data: chunk }) => chunk?.encodings.includes('RLE_DICTIONARY'));
  };
  expect(await encodings({})).toEqual([false, true, false, false, false]);
  expect(await encodings({ columns: [{ name: 'few', dictionary: false }] })).toEqual(Array(5).fill(false));
});

test('few values are the same in a dictionary whether they lie close together or far apart', async () => {
  const of = schema(
    field('i8', types.int8),
    field('i16', types.int16),
    field('i32', types.int32),
    field('i64', types.int64),
    field('u64', types.uint64),
    field('f64', types.float64),
    field('t', types.utf8),
  );
  // Codes have a place each up to 65,536 values, which these meet, miss by one, and miss by all there is.
  for (const [least, spread] of [
    [-(2n ** 63n), 65_535n],
    [2n ** 63n - 1n - 65_536n, 65_536n],
    [-(2n ** 63n), 2n ** 64n - 1n],
    [-3n, 0n],
  ] as const) {
    const offsets = [0n, spread, spread / 2n, spread / 3n];
    const rows = Array.from({ length: 4000 }, (_, n): Row => {
      const offset = offsets[Math.floor(n / 7) % (n < 2000 ? 2 : 4)] ?? 0n;
      const value = least + offset;
      const narrow = (bits: number): number => Number(BigInt.asIntN(bits, value));
      if (n % 11 === 0) return [null, null, null, null, null, null, null];
      return [narrow(8), narrow(16), narrow(32), value, offset, Number(offset), `t${offset}`];
    });
    const bytes = await written(of, rows, { dictionary: least === -3n });
    expect(await query(`select * from '${path}'`)).toEqual(rows);
    const bounds = await query(`select stats_min_value, stats_max_value from parquet_metadata('${path}')`);
    const [least8, least16, least32] = [0, 1, 2].map((at) =>
      rows.map((row) => row[at] as number | null).filter((value) => value !== null),
    ) as [number[], number[], number[]];
    const ofWhole = [least8, least16, least32].map((all) => [String(Math.min(...all)), String(Math.max(...all))]);
    expect(bounds.slice(0, 5)).toEqual([...ofWhole, [`${least}`, `${least + spread}`], ['0', `${spread}`]]);
    const { row_groups } = parquetMetadata(bytes.buffer);
    for (const { meta_data: chunk } of row_groups[0]?.columns ?? [])
      expect(chunk?.encodings).toContain('RLE_DICTIONARY');
  }
});

test('pages are counted by their encodings, and row groups left out by dictionaries', async () => {
  const rows = Array.from({ length: MANY }, (_, n) => listRow(n));
  const { row_groups } = parquetMetadata((await written(LISTS, rows)).buffer);
  const pages = (name: string): unknown =>
    row_groups[0]?.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name)?.meta_data?.encoding_stats;
  expect(pages('few')).toEqual([
    { page_type: 'DICTIONARY_PAGE', encoding: 'PLAIN', count: 1 },
    { page_type: 'DATA_PAGE', encoding: 'RLE_DICTIONARY', count: 2 },
  ]);
  expect(pages('flag')).toEqual([{ page_type: 'DATA_PAGE', encoding: 'PLAIN', count: 2 }]);
  for (const [value, pruned] of [
    ['few 25', 0],
    ['few 25!', 1],
  ] as const) {
    const wanted = { kind: 'literal', type: types.utf8, value } as const;
    const filter = bindPredicate(op(col('few'), '=', wanted), LISTS, new Problems(), '$');
    expect((await scanRows(uriOf(path), { filter })).counters['row groups pruned']).toBe(pruned);
  }
});

test('a page ends between rows, and holds values of very different lengths', async () => {
  const of = schema(field('s', types.utf8), field('l', types.list(types.utf8)));
  const long = 'x'.repeat(400_000);
  const rows: Row[] = Array.from({ length: 3000 }, (_, n): Row => {
    const text = n % 1000 === 999 ? `${n}${long}` : `text ${n}`;
    return [text, n === 1500 ? Array.from({ length: 70_000 }, (_, item) => `item ${item}`) : [text]];
  });
  await written(of, rows, { compression: 'snappy' });
  expect(await query(`select * from '${path}'`)).toEqual(rows);
  expect((await scanRows(uriOf(path))).rows).toEqual(rows);
});

describe('bounds', () => {
  const bounds = async (type: types.DataType, values: Row): Promise<Row | undefined> => {
    await written(
      schema(field('c', type)),
      values.map((value) => [value]),
    );
    const [row] = await query(
      `select stats_min_value, stats_max_value, stats_null_count from parquet_metadata('${path}')`,
    );
    return row;
  };

  test.each<[types.DataType, Row, Row]>([
    [types.int8, [-3, null, 5, 5], ['-3', '5', 1n]],
    [types.uint32, [4_000_000_000, 1], ['1', '4000000000', 0n]],
    [types.uint64, [2n ** 64n - 1n, 1n], ['1', '18446744073709551615', 0n]],
    [types.decimal(38, 2), [-(10n ** 30n), 10n ** 30n, 1n], [`-1${'0'.repeat(28)}.00`, `1${'0'.repeat(28)}.00`, 0n]],
    [types.decimal(7, 2), [-12_345n, 7n], ['-123.45', '0.07', 0n]],
    [types.float64, [1.5, NaN, -2.5], ['-2.5', '1.5', 0n]],
    [types.float64, [NaN, null, NaN], [null, null, 1n]],
    [types.float32, [0, -0], ['-0.0', '0.0', 0n]],
    [types.utf8, ['b', 'ä', '', 'abc'], ['', 'ä', 0n]],
    [types.bool, [true, null, false], ['false', 'true', 1n]],
    [types.date, [-1, 1], ['1969-12-31', '1970-01-02', 0n]],
    [types.int32, [null, null], [null, null, 2n]],
    [types.fixedSizeBinary(2), [Buffer.from('ab'), Buffer.from('aa')], ['aa', 'ab', 0n]],
    // As long as values, or none: pyarrow ends its process over shorter ones.
    [types.fixedSizeBinary(65), [Buffer.alloc(65, 'a'), null], [null, null, 1n]],
  ])('of %j', async (type, values, wanted) => {
    expect(await bounds(type, values)).toEqual(wanted);
  });

  test('of long texts are shorter, and beyond them', async () => {
    const least = `a${'ä'.repeat(100)}`;
    const greatest = `${'z'.repeat(64)}\u{10FFFF}y`;
    const [min, max] = (await bounds(types.utf8, ['k', least, greatest])) ?? [];
    expect([min, max]).toEqual([`a${'ä'.repeat(31)}`, `${'z'.repeat(63)}{`]);
    expect(await bounds(types.utf8, ['\u{10FFFF}'.repeat(20)])).toEqual(['\u{10FFFF}'.repeat(16), null, 0n]);
  });

  test('can be left out', async () => {
    const of = schema(field('c', types.int32));
    await written(of, [[1]], { columns: [{ name: 'c', statistics: false }] });
    expect(await query(`select stats_min_value, stats_null_count from parquet_metadata('${path}')`)).toEqual([
      [null, null],
    ]);
  });

  test('of pages let our reader skip them', async () => {
    const of = schema(field('n', types.int64), field('s', types.utf8));
    const rows = Array.from({ length: MANY }, (_, n): Row => [BigInt(n), `text ${n}`]);
    await written(of, rows);
    const filter = bindPredicate(op(col('n'), '>=', int(MANY - 10)), of, new Problems(), '$');
    const { rows: found, counters } = await scanRows(uriOf(path), { readSchema: of, filter });
    expect(found.slice(-10)).toEqual(rows.slice(-10));
    expect(counters['rows read']).toBeLessThan(MANY / 2);
  });
});

test('another reader finds pages by their index, whose bounds are those of their rows', async () => {
  const rows = Array.from({ length: MANY }, (_, n) => listRow(n));
  const { buffer: file } = await written(LISTS, rows);
  const columns = LISTS.fields.map(({ name }) => name);
  const read = await parquetReadObjects({ file, rowStart: 34_000, rowEnd: 34_010, useOffsetIndex: true, columns });
  expect(read.map((row) => columns.map((name) => row[name] ?? null))).toEqual(rows.slice(34_000, 34_010));

  const { row_groups, schema: elements } = parquetMetadata(file);
  for (const [column, name] of columns.entries()) {
    const { column_index_offset: at, offset_index_offset: places } = row_groups[0]?.columns[column] ?? {};
    const element = elements.find((one) => one.name === (name === 'list' ? 'element' : name));
    if (at === undefined || places === undefined || element === undefined) throw new Error(`${name} has no index`);
    const readerAt = (offset: bigint | number) => ({ view: new DataView(file, Number(offset)), offset: 0 });
    const index = readColumnIndex(readerAt(at), element);
    const starts = readOffsetIndex(readerAt(places)).page_locations.map((page) => Number(page.first_row_index));
    expect(starts.length).toBeGreaterThan(1);
    for (const [page, start] of starts.entries()) {
      const values = rows.slice(start, starts[page + 1]).flatMap((row) => row[column] as Value | Value[]);
      // Texts of these rows are ASCII: their order is that of their bytes.
      const present = values.filter((value) => value !== null) as (string | bigint | number | boolean)[];
      present.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      const bounds = [index.min_values[page], index.max_values[page]];
      expect(bounds, `${name}, page ${page}`).toEqual([present[0], present.at(-1)]);
      // Of lists, those without items count too.
      if (name !== 'list') expect(index.null_counts?.[page]).toBe(BigInt(values.length - present.length));
    }
  }
});

test('DuckDB and our reader leave out row groups by Bloom filters', async () => {
  const of = schema(field('n', types.int64), field('s', types.utf8), field('d', types.utf8));
  const rows = Array.from({ length: 20_000 }, (_, n): Row => [BigInt(n * 2), `text ${n * 2}`, `d${(n % 50) * 2}`]);
  await written(of, rows, { columns: ['n', 's', 'd'].map((name) => ({ name, bloomFilter: true })) });
  const excluded = async (column: string, value: string): Promise<Row> =>
    (
      await query(`select bool_or(bloom_filter_excludes) from parquet_bloom_probe('${path}', '${column}', ${value})`)
    )[0] ?? [];
  for (const [column, there, notThere] of [
    ['n', '2468', '2469'],
    ['s', "'text 2468'", "'text 2469'"],
    ['d', "'d24'", "'d25'"],
  ] as const) {
    expect(await excluded(column, there)).toEqual([false]);
    expect(await excluded(column, notThere)).toEqual([true]);
    expect(await query(`select count(*) > 0 from '${path}' where ${column} = ${there}`)).toEqual([[true]]);
  }
});

test('Bloom filters have both zeros where they have one: they are equal', async () => {
  const of = schema(field('f', types.float64), field('h', types.float32), field('d', types.float64));
  // Ones that repeat become a dictionary.
  const rows = Array.from({ length: 1000 }, (_, n): Row => [n === 0 ? -0 : n, n === 0 ? 0 : n, n % 2 === 0 ? -0 : 1]);
  await written(of, rows, { columns: ['f', 'h', 'd'].map((name) => ({ name, bloomFilter: true })) });
  for (const [column, value] of [
    ['f', '0.0::double'],
    ['f', '-0.0::double'],
    ['h', '0.0::float'],
    ['h', '-0.0::float'],
    ['d', '0.0::double'],
  ]) {
    const probe = `parquet_bloom_probe('${path}', '${column}', ${value})`;
    expect(await query(`select bool_or(bloom_filter_excludes) from ${probe}`)).toEqual([[false]]);
  }
});

test('columns have codecs and levels of their own, and the level of the file is that of its codec', async () => {
  const of = schema(field('a', types.utf8), field('b', types.utf8));
  const rows = Array.from({ length: 5000 }, (_, n): Row => [`${(n * n) % 9973} and ${n % 977}`, `text ${n}`]);
  const sizes = async (options: WriteOptions): Promise<number[]> => {
    const metadata = parquetMetadata((await written(of, rows, options)).buffer);
    const chunks = metadata.row_groups[0]?.columns.map(({ meta_data }) => meta_data) ?? [];
    expect(chunks.map((chunk) => chunk?.codec)).toEqual(['ZSTD', 'GZIP']);
    expect(await query(`select * from '${path}'`)).toEqual(rows);
    return chunks.map((chunk) => Number(chunk?.total_compressed_size));
  };
  const fast = await sizes({ compression: 'zstd', level: 1, columns: [{ name: 'b', compression: 'gzip' }] });
  const good = await sizes({ compression: 'zstd', level: 19, columns: [{ name: 'b', compression: 'gzip' }] });
  expect(good[0]).toBeLessThan(fast[0] ?? 0);
  expect(good[1]).toBe(fast[1]);
  const own = await sizes({ compression: 'zstd', level: 1, columns: [{ name: 'b', compression: 'gzip', level: 1 }] });
  expect(own[0]).toBe(fast[0]);
  expect(own[1]).toBeGreaterThan(fast[1] ?? 0);
});

test.each(['none', 'zstd'] as const)(
  'a page that has changed since is told by its checksum, %s',
  async (compression) => {
    const bytes = await written(schema(field('n', types.int64)), [[1n], [2n], [3n]], { compression });
    // The only page ends where the chunk does.
    const chunk = parquetMetadata(bytes.buffer).row_groups[0]?.columns[0]?.meta_data;
    const end = 4 + Number(chunk?.total_compressed_size);
    bytes[end - 1] = Number(bytes[end - 1]) ^ 1;
    writeFileSync(path, bytes);
    await expect(scanRows(uriOf(path))).rejects.toThrow(/checksum/);
  },
);

test('Snappy gives back what was compressed', () => {
  const memory = testBudget();
  using holding = memory.reserve('test');
  const most = 200_000;
  const [from, to, back] = [most, most + Math.ceil(most / 6) + 100, most].map(
    (bytes) => holding.allocate(bytes).address,
  ) as [number, number, number];
  const table = holding.allocate(65_536).address;
  const { snappyCompress } = parquetEncodeKernels(memory.linear);
  const { snappyDecompress } = parquetKernels(memory.linear);
  // Pieces that come again, near and far, and some that do not.
  const pieces = fc.array(
    fc.oneof(
      fc.record({ byte: fc.nat(255), times: fc.nat(300) }).map(({ byte, times }) => new Uint8Array(times).fill(byte)),
      fc.uint8Array({ maxLength: 200 }),
      fc
        .constantFrom('some words', 'other words that are somewhat longer than the first', 'x')
        .map((text) => Buffer.from(text)),
      fc.integer({ min: 0, max: 50_000 }).map((times) => Uint8Array.from({ length: times }, (_, n) => (n * n) >> 7)),
    ),
    { maxLength: 12, size: 'max' },
  );
  fc.assert(
    fc.property(pieces, (given) => {
      const bytes = Buffer.concat(given).subarray(0, most);
      memory.linear.u8.set(bytes, from);
      const end = snappyCompress(from, bytes.byteLength, to, table);
      expect(end - to).toBeLessThanOrEqual(32 + bytes.byteLength + bytes.byteLength / 6);
      memory.linear.u8.fill(0, back, back + bytes.byteLength);
      expect(Boolean(snappyDecompress(to, end - to, back, bytes.byteLength))).toBe(true);
      expect(Buffer.compare(memory.linear.u8.slice(back, back + bytes.byteLength), bytes)).toBe(0);
    }),
    fuzzed(300),
  );
});
