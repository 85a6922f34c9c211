/** Pages of nested columns, of which only those are read that have rows that are wanted. */

import { Table as ArrowTable, tableToIPC } from 'apache-arrow';
import fc from 'fast-check';
import { EnabledStatistics, Table, WriterPropertiesBuilder, WriterVersion, writeParquet } from 'parquet-wasm';
import { expect, test } from 'vitest';
import { copyToArrow } from '../../../src/columnar/arrow.ts';
import { BATCH_ROWS } from '../../../src/columnar/batch.ts';
import { batchFromRows } from '../../../src/columnar/column-from-values.ts';
import * as types from '../../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../../src/columnar/schema.ts';
import { MemoryBudgetExceeded, MillraceError } from '../../../src/errors.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import { countedStore } from '../../../src/io/counted-store.ts';
import { memoryStore } from '../../../src/io/memory-store.ts';
import { leavesOfColumn } from '../../../src/io/parquet/file-column.ts';
import { readFooter } from '../../../src/io/parquet/footer.ts';
import { PageIndexes } from '../../../src/io/parquet/page-indexes.ts';
import { rowGroupOf } from '../../../src/io/parquet/row-group.ts';
import type { PlannedRowGroup } from '../../../src/io/parquet/scan-plan.ts';
import { col, int, op } from '../../support/plans.ts';
import { type Row, testBudget } from '../../support/task.ts';
import { bound, scanRows, temporaryDirectory, writeByDuck } from './scan-file.ts';

const POINT = types.struct(field('x', types.int32), field('label', types.utf8));
const SCHEMA = schema(
  field('id', types.int64),
  field('k', types.int32),
  field('tags', types.list(types.utf8)),
  field('point', POINT),
  field('deep', types.list(types.struct(field('n', types.int64), field('points', types.list(POINT))))),
  field('counts', types.map(types.utf8, types.int32)),
  field('text', types.utf8),
);
const URI = 'memory://bucket/nested.parquet';
const directory = temporaryDirectory();

/** Chunks should be far longer than what is read along between two pages. */
const FILLING = ', and so on'.repeat(10);

/** Lists of every length from none to some that a page does not hold many of, and nulls at every depth. */
function rowOf(i: number): Row {
  const point = (n: number) => (n % 7 === 3 ? null : [n, n % 5 === 2 ? null : `point ${n} of the row ${i}${FILLING}`]);
  const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
  return [
    BigInt(i),
    (i * 7919) % 1009,
    i % 11 === 4
      ? null
      : range(i % 97 === 0 ? 250 : i % 5).map((at) => (at % 4 === 3 ? null : `tag ${at} of ${i}${FILLING}`)),
    point(i),
    i % 6 === 5 ? null : range(i % 4).map((at) => (at === 2 ? null : [BigInt(i + at), range((i + at) % 3).map(point)])),
    i % 9 === 8 ? null : range(i % 3).map((at) => [`key ${at}`, at === 1 ? null : i]),
    `a text that is long enough to be worth leaving out, of row ${i}`,
  ];
}

/** As arrow-rs writes it: `groupRows` rows in each row group, in pages of 100 rows of most columns. */
async function written(
  rows: readonly Row[],
  groupRows: number,
  version: WriterVersion = WriterVersion.V1,
  columns: Schema = SCHEMA,
) {
  using holding = testBudget(256 << 20).reserve('test');
  const batches = Array.from({ length: Math.ceil(rows.length / BATCH_ROWS) }, (_, at) =>
    copyToArrow(batchFromRows(holding, columns, rows.slice(at * BATCH_ROWS, (at + 1) * BATCH_ROWS)), holding.linear),
  );
  const properties = new WriterPropertiesBuilder()
    .setWriterVersion(version)
    .setStatisticsEnabled(EnabledStatistics.Page)
    .setDictionaryEnabled(false)
    .setColumnDictionaryEnabled('k', true)
    .setDataPageSizeLimit(4000)
    .setWriteBatchSize(100)
    .setMaxRowGroupSize(groupRows)
    .build();
  const bytes = writeParquet(Table.fromIPCStream(tableToIPC(new ArrowTable(batches), 'stream')), properties);
  const store = memoryStore();
  await store.put(URI, bytes);
  return { store, byteLength: bytes.byteLength };
}

const within = (from: number, to: number): Expression =>
  op(op(col('id'), '>=', int(from)), 'and', op(col('id'), '<', int(to)));

const idsOf = (rows: readonly Row[]): number[] => rows.map(([id]) => Number(id));

test('rows of any ranges are those that were written', async () => {
  const rows = Array.from({ length: 4000 }, (_, i) => rowOf(i));
  const files = [await written(rows, 2000), await written(rows, 2000, WriterVersion.V2)] as const;
  const range = fc.tuple(fc.nat(3999), fc.nat(120)).map(([from, count]) => [from, from + count] as const);
  await fc.assert(
    fc.asyncProperty(
      fc.array(range, { minLength: 1, maxLength: 4 }),
      fc.subarray(SCHEMA.fields.slice(1), { minLength: 1 }),
      fc.boolean(),
      fc.constantFrom(...files),
      async (ranges, others, isSmall, { store }) => {
        const readSchema = { fields: [...SCHEMA.fields.slice(0, 1), ...others] };
        const expression = ranges.map(([from, to]) => within(from, to)).reduce((a, b) => op(a, 'or', b));
        const filter = bound(expression, readSchema);
        const budget = testBudget(isSmall ? 8 << 20 : 64 << 20);
        const found = (await scanRows(URI, { store, readSchema, filter, budget })).rows;
        const positions = readSchema.fields.map((one) => SCHEMA.fields.indexOf(one));
        for (const row of found) {
          const whole = rows[Number(row[0])];
          expect(row).toEqual(positions.map((position) => whole?.[position]));
        }
        const ids = idsOf(found);
        expect(ids).toEqual(ids.toSorted((a, b) => a - b));
        const there = new Set(ids);
        const wanted = [...rows.keys()].filter((id) => ranges.some(([from, to]) => from <= id && id < to));
        expect(wanted.filter((id) => !there.has(id))).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

const WIDE = { fields: ['id', 'tags', 'deep', 'text'].map((name) => SCHEMA.fields.find((one) => one.name === name)!) };
const wideOf = ([id, , tags, , deep, , text]: Row): Row => [id!, tags!, deep!, text!];

const long = Promise.resolve().then(() => {
  const rows = Array.from({ length: 20_000 }, (_, i) => rowOf(i));
  return written(rows, rows.length);
});

test.each([
  ['by what its pages say of it', within(10_000, 10_010), 500],
  ['by its values', op(op(col('id'), '*', int(1)), '=', int(10_003)), 500],
])('a filter %s leaves pages of all other columns unread', async (_, expression, most) => {
  const { store, byteLength } = await long;
  const counted = countedStore(store);
  const filter = bound(expression, WIDE);
  const budget = testBudget(128 << 20);
  const { rows: found } = await scanRows(URI, { store: counted.store, readSchema: WIDE, filter, budget });
  expect(found).toContainEqual(wideOf(rowOf(10_003)));
  expect(found.length).toBeLessThanOrEqual(most);
  const { bytesRead, get } = counted.counts();
  expect(bytesRead).toBeLessThan(byteLength / 4);
  expect(get).toBeLessThan(20);
});

test('indexes that are damaged are an error by name, or what they say', async () => {
  const rows = Array.from({ length: 2000 }, (_, i) => rowOf(i));
  const { store } = await written(rows, rows.length);
  const original = (await store.get(URI))?.bytes ?? new Uint8Array();
  const footerBytes = new DataView(original.buffer, original.byteOffset).getUint32(original.byteLength - 8, true);
  const indexEnd = original.byteLength - 8 - footerBytes;
  const filter = bound(op(within(20, 60), 'or', within(1700, 1720)), SCHEMA);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6000 }), fc.integer({ min: 1, max: 255 }), async (before, by) => {
      const bytes = original.slice();
      const at = indexEnd - before;
      bytes[at] = ((bytes[at] ?? 0) + by) & 255;
      const damaged = memoryStore();
      await damaged.put(URI, bytes);
      const scan = scanRows(URI, { store: damaged, readSchema: SCHEMA, filter, budget: testBudget(64 << 20) });
      const outcome: readonly Row[] | unknown = await scan.then(
        (found) => found.rows,
        (error: unknown) => error,
      );
      if (!Array.isArray(outcome)) expect(outcome).toBeInstanceOf(MillraceError);
      else for (const row of outcome) expect(row).toEqual(rows[Number(row[0])]);
    }),
    { numRuns: 25 },
  );
});

test('an index that says of a page what rows it does not have is an error, also where those at its ends are not wanted', async () => {
  const columns = { fields: SCHEMA.fields.filter(({ name }) => name === 'id' || name === 'tags') };
  // Pages of the lists have more rows than those of the ids, by which rows are wanted.
  const rows = Array.from({ length: 8000 }, (_, i): Row => [BigInt(i), i % 4 === 0 ? [`t${i}`] : []]);
  const { store } = await written(rows, rows.length, WriterVersion.V1, columns);
  const original = (await store.get(URI))?.bytes ?? new Uint8Array();
  const footer = await readFooter({ store, memory: testBudget(), uri: URI });
  const [tags] = footer.columns.named('tags').flatMap(leavesOfColumn);
  const [chunk] = rowGroupOf(footer, 0, [tags!]).chunks;
  const { start, byteLength } = chunk!.offsetIndex!;
  const pagesIn = (bytes: Uint8Array) => {
    const indexes = new PageIndexes(() => Uint8Array.from(bytes.subarray(start, start + byteLength)));
    return indexes.locations(chunk!, { rows: rows.length } as PlannedRowGroup);
  };
  const truth = pagesIn(original)!;
  const { start: first, end } = truth[1]!.rows;
  const wanted = Math.floor((first + end) / 2);
  const filter = bound(within(wanted, wanted + 2), columns);
  const scan = async (bytes: Uint8Array): Promise<readonly Row[]> => {
    const damaged = memoryStore();
    await damaged.put(URI, bytes);
    const budget = testBudget(64 << 20);
    return (await scanRows(URI, { store: damaged, readSchema: columns, filter, budget })).rows;
  };
  const found = await scan(original);
  expect(found).toContainEqual(rows[wanted]);
  expect(found.length).toBeLessThan(end - first);
  let lies = 0;
  for (let at = start; at < start + byteLength; at += 1) {
    const bytes = original.slice();
    // Numbers of rows are even where they are positive.
    bytes[at] = (bytes[at]! + 2) & 255;
    const pages = pagesIn(bytes);
    const isOther = [1, 2].some((page) => pages?.[page]?.rows.start !== truth[page]?.rows.start);
    if (pages?.length !== truth.length || !isOther) continue;
    lies += 1;
    await expect(scan(bytes), `byte ${at - start}`).rejects.toThrow(
      'a page does not have the rows that its index says',
    );
  }
  expect(lies).toBeGreaterThan(0);
});

test('too little memory for a dictionary is told with the column, the row group and the file', async () => {
  const path = `${directory}/dictionary.parquet`;
  const text = 'repeat(md5((i % 2000)::text), 60)';
  const uri = await writeByDuck(path, `select i::bigint as id, [{t: ${text}}] as l from range(20000) r(i)`);
  const readSchema = schema(field('id', types.int64), field('l', types.list(types.struct(field('t', types.utf8)))));
  const scan = scanRows(uri, { readSchema, budget: testBudget(3 << 20) });
  await expect(scan).rejects.toThrow(MemoryBudgetExceeded);
  await expect(scan).rejects.toThrow(
    /^Scan, for column l, row group 0 of file:.*dictionary\.parquet, needs \d+ bytes more/,
  );
});
