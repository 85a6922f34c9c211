/** Columns that a filter does not read are asked for when it is known which rows it keeps: bytes by value. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { parquetMetadata } from 'hyparquet';
import { readOffsetIndex } from 'hyparquet/src/indexes.js';
import { Compression, EnabledStatistics, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Schema } from '../../../src/columnar/schema.ts';
import { bindPredicate } from '../../../src/expressions/bind.ts';
import type { Expression, TypedExpression } from '../../../src/expressions/expression.ts';
import { Problems } from '../../../src/expressions/problems.ts';
import { countedStore } from '../../../src/io/counted-store.ts';
import { fileStore } from '../../../src/io/file-store.ts';
import { FilterFirst } from '../../../src/io/parquet/filter-first.ts';
import type { ColumnChunk } from '../../../src/io/parquet/row-group.ts';
import { coalesce, keepRows, type PlannedRowGroup } from '../../../src/io/parquet/scan-plan.ts';
import { query } from '../../support/duckdb.ts';
import { col, int, op } from '../../support/plans.ts';
import { testBudget } from '../../support/task.ts';
import { type ScanResult, scanRows, schemaOf, temporaryDirectory, uriOf, writeByDuck } from './scan-file.ts';

const directory = temporaryDirectory();
const TAIL_BYTES = 256 * 1024;
const MiB = 1 << 20;

function bound(expression: Expression, schema: Schema): TypedExpression {
  const problems = new Problems();
  const predicate = bindPredicate(expression, schema, problems, '$');
  if (predicate === undefined) throw new Error(JSON.stringify(problems));
  return predicate;
}

/** Nothing that a file says of `name` rules out that it is equal to something. */
const hidden = (name: string): Expression => op(col(name), '*', int(1));

async function scan(
  uri: string,
  expression: Expression,
  limitBytes: number = 64 * MiB,
): Promise<ScanResult & { bytesRead: number; requests: number }> {
  const { store, counts } = countedStore(fileStore());
  const schema = await schemaOf(fileStore(), uri);
  const filter = bound(expression, schema);
  const result = await scanRows(uri, { store, readSchema: schema, filter, budget: testBudget(limitBytes) });
  const { bytesRead, get } = counts();
  expect(result.counters['bytes read']).toBe(bytesRead);
  return { ...result, bytesRead, requests: get };
}

describe('a file whose pages are not known', () => {
  const path = join(directory, 'groups.parquet');
  const uri = uriOf(path);
  beforeAll(async () => {
    await writeByDuck(
      path,
      'select i as n, i % 7 as small, md5(i::varchar) || md5((i + 1)::varchar) || md5((i + 2)::varchar) as t from range(122880) r(i)',
      "row_group_size 20480, codec 'uncompressed'",
    );
  });

  /** Bytes of chunks, as DuckDB says, that are not in the tail. */
  async function chunkBytes(column: string, rowGroups: readonly number[]): Promise<number> {
    const tailStart = readFileSync(path).byteLength - TAIL_BYTES;
    const [[bytes] = []] = await query(
      `select sum(least(start + total_compressed_size, ${tailStart}) - least(start, ${tailStart}))::double from (
       select *, case when dictionary_page_offset > 0 then least(dictionary_page_offset, data_page_offset)
         else data_page_offset end as start from parquet_metadata('${path}'))
       where path_in_schema = '${column}' and row_group_id in (${rowGroups.join()})`,
    );
    return Number(bytes);
  }
  const ALL = [0, 1, 2, 3, 4, 5];

  test('other columns of row groups without a match are not asked for', async () => {
    const { rows, bytesRead } = await scan(uri, op(hidden('n'), '=', int(45_000)));
    expect(rows.some(([n]) => n === 45_000n)).toBe(true);
    expect(rows.length).toBeLessThan(16_385);
    const others = (await chunkBytes('small', [2])) + (await chunkBytes('t', [2]));
    expect(bytesRead).toBe(TAIL_BYTES + (await chunkBytes('n', ALL)) + others);
  });

  test('nor any, where there is no match at all', async () => {
    const { rows, bytesRead, counters } = await scan(uri, op(hidden('n'), '=', int(-1)));
    expect(rows).toEqual([]);
    expect(counters['rows skipped']).toBe(122_880);
    expect(bytesRead).toBe(TAIL_BYTES + (await chunkBytes('n', ALL)));
  });

  test('a filter that is not known to be selective reads the first row groups at once', async () => {
    const { rows, bytesRead } = await scan(uri, op(hidden('n'), '>=', int(122_000)));
    expect(rows.length).toBeGreaterThanOrEqual(880);
    expect(rows.length).toBeLessThan(16_385);
    const all = await Promise.all(['n', 'small', 't'].map((column) => chunkBytes(column, ALL)));
    expect(bytesRead).toBeGreaterThan(TAIL_BYTES + (await chunkBytes('n', ALL)) + (await chunkBytes('t', [0, 5])));
    expect(bytesRead).toBeLessThanOrEqual(TAIL_BYTES + all.reduce((sum, bytes) => sum + bytes, 0));
  });

  test('a filter that keeps most rows reads everything, in requests of whole row groups', async () => {
    const { rows, bytesRead, requests } = await scan(uri, op(hidden('small'), '=', int(3)));
    expect(rows.length).toBeGreaterThan(122_000);
    const all = await Promise.all(['n', 'small', 't'].map((column) => chunkBytes(column, ALL)));
    // The column of the filter lies between the others, and is read along with them after it was read alone.
    const again = await chunkBytes('small', ALL);
    expect(bytesRead).toBeLessThanOrEqual(TAIL_BYTES + all.reduce((sum, bytes) => sum + bytes, again));
    // Four of the first are cut in two.
    expect(requests).toBeLessThanOrEqual(1 + 2 * ALL.length + 4);
  });

  test('in little memory, where chunks are read in windows', async () => {
    const { rows } = await scan(uri, op(hidden('n'), '=', int(45_000)), 16 * MiB);
    expect(rows.some(([n]) => n === 45_000n)).toBe(true);
  });
});

test('of pages that are known, those without a match are not asked for', async () => {
  const path = join(directory, 'pages.parquet');
  const numbers = Array.from({ length: 160_000 }, (_, i) => i);
  const table = tableFromArrays({
    a: BigInt64Array.from(numbers, (i) => BigInt(i)),
    c: Int32Array.from(numbers, (i) => (i * 7919) % 1000),
    e: numbers.map((i) => `filling that has no order ${(i * 104_729) % 65_537}, and more of it ${i}`),
  });
  const properties = new WriterPropertiesBuilder()
    .setStatisticsEnabled(EnabledStatistics.Page)
    .setCompression(Compression.UNCOMPRESSED)
    .setDictionaryEnabled(false)
    .setColumnDictionaryEnabled('c', true)
    .setDataPageSizeLimit(100_000)
    .setWriteBatchSize(1000)
    .setMaxRowGroupSize(80_000)
    .build();
  writeFileSync(path, writeParquet(Table.fromIPCStream(tableToIPC(table, 'stream')), properties));
  const { rows, bytesRead } = await scan(uriOf(path), op(hidden('a'), '=', int(40_000)), 256 * MiB);
  expect(rows.filter(([a]) => a === 40_000n)).toEqual([[40_000n, (40_000 * 7919) % 1000, table.get(40_000)?.['e']]]);
  // Only the rows that the pages around the match have in common.
  expect(rows.length).toBeLessThanOrEqual(64);

  // In less memory the pages are read in windows.
  expect((await scan(uriOf(path), op(hidden('a'), '=', int(40_000)))).rows).toEqual(rows);

  const bytes = readFileSync(path);
  const tailStart = bytes.byteLength - TAIL_BYTES;
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const filterRanges: { start: number; byteLength: number }[] = [];
  const others: { start: number; byteLength: number }[] = [];
  for (const [group, { columns }] of parquetMetadata(file).row_groups.entries()) {
    for (const [at, { meta_data: chunk, offset_index_offset: offset }] of columns.entries()) {
      const start = Number(chunk?.dictionary_page_offset ?? chunk?.data_page_offset);
      if (at === 0) filterRanges.push({ start, byteLength: Number(chunk?.total_compressed_size) });
      else if (group === 0) {
        const view = new DataView(file, Number(offset));
        const pages = readOffsetIndex({ view, offset: 0 }).page_locations;
        const wanted = pages.filter(
          (page, next) => page.first_row_index <= 40_000n && (pages[next + 1]?.first_row_index ?? 80_000n) > 40_000n,
        );
        const first = Number(pages[0]?.offset);
        if (first > start) others.push({ start, byteLength: first - start });
        others.push(...wanted.map((page) => ({ start: Number(page.offset), byteLength: page.compressed_page_size })));
      }
    }
  }
  const expected = [...filterRanges, ...coalesce(others)].reduce(
    (sum, { start, byteLength }) => sum + Math.max(0, Math.min(byteLength, tailStart - start)),
    TAIL_BYTES,
  );
  expect(bytesRead).toBe(expected);
  expect(bytesRead).toBeLessThan(bytes.byteLength / 2);
});

const CHUNK = { start: 0, byteLength: 1 } as ColumnChunk;

test('what is kept: rows around survivors whose pages are there in all columns', () => {
  const pagesAt = (...ends: number[]): PlannedRowGroup['pages'][number] => [
    ends.map((end, at) => ({ start: 0, byteLength: 1, rows: { start: ends[at - 1] ?? 0, end } })),
  ];
  const group: PlannedRowGroup = {
    index: 0,
    rows: 100,
    chunks: [[CHUNK], [CHUNK], [CHUNK]],
    kept: [{ start: 0, end: 100 }],
    pages: [[], pagesAt(30, 60, 100), pagesAt(10, 50, 100)],
  };
  const rows = [
    { start: 5, end: 6 },
    { start: 25, end: 26 },
    { start: 70, end: 71 },
  ];
  const { kept } = keepRows(group, rows, [1, 2], () => undefined);
  // Between 26 and 70, pages from 30 to 60 of the first are not read.
  expect(kept).toEqual([
    { start: 5, end: 26 },
    { start: 70, end: 71 },
  ]);
});

test('when waiting for the filter pays', () => {
  const schema = { fields: [{ name: 'n', type: { kind: 'int64' }, nullable: false }] } as const;
  const equality = bound(op(col('n'), '=', int(1)), schema);
  const range = bound(op(col('n'), '>', int(1)), schema);
  const either = bound(op(op(col('n'), '=', int(1)), 'or', op(col('n'), '>', int(5))), schema);
  const large = { filter: MiB, others: 8 * MiB, othersAhead: 80 * MiB, isBehind: false };
  expect(new FilterFirst(equality).waits(large)).toBe(true);
  expect(new FilterFirst(range).waits(large)).toBe(false);
  expect(new FilterFirst(either).waits(large)).toBe(false);
  // What is left to read takes no longer than a request.
  const last = { filter: 100, others: MiB, othersAhead: MiB };
  expect(new FilterFirst(equality).waits({ ...last, isBehind: false })).toBe(false);
  expect(new FilterFirst(equality).waits({ ...last, isBehind: true })).toBe(true);
  // Next to nothing is spared of few bytes, and many are decoded twice.
  expect(new FilterFirst(equality).waits({ ...large, filter: 80 * MiB, others: MiB })).toBe(false);
  const learnt = new FilterFirst(range);
  learnt.note(1);
  expect(learnt.waits(large)).toBe(true);
  for (let group = 0; group < 10; group += 1) learnt.note(0);
  expect(learnt.waits(large)).toBe(false);
});
