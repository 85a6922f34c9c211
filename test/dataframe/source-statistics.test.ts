/** What sessions know of files before they are read, beside what DuckDB counts in them. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { col, fromRows, readParquet } from '../../src/index.ts';
import { query } from '../support/duckdb.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-statistics-'));

beforeAll(async () => {
  const rows = (first: number): string =>
    `select ${first} + i as id, i % 7 as few, 'word ' || (i % 50) as word, 'of ' || (${first} + i) as own, (date '2020-01-01' + (i % 10)::integer) as day,
      case when i % 4 > 0 then i / 2.0 end as half from range(10000) r(i)`;
  await query(`copy (${rows(0)}) to '${join(directory, 'a.parquet')}' (format parquet, row_group_size 4096)`);
  await query(`copy (${rows(10_000)}) to '${join(directory, 'b.parquet')}' (format parquet)`);
  await query(
    `copy (select 'word ' || i as w, i as n from range(1) r(i)) to '${join(directory, 'few.pq')}' (format parquet)`,
  );
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const statisticsOf = async (glob: string, options: object = {}) => {
  const { query: read } = await readParquet(join(directory, glob), options);
  return [...read.inputs.values()][0]?.statistics;
};

test('rows, bounds, nulls and how many values there are of a file', async () => {
  const found = await statisticsOf('a.parquet');
  expect(found?.rows).toBe(10_000);
  const [[storedBytes] = []] = await query(
    `select sum(total_compressed_size) from parquet_metadata('${join(directory, 'a.parquet')}') where path_in_schema = 'id'`,
  );
  const id = { low: 0, high: 9_999, nulls: 0, distinct: 10_000, storedBytes: Number(storedBytes) };
  expect(found?.columns.get('id')).toEqual(id);
  expect(found?.columns.get('few')).toMatchObject({ low: 0, high: 6, distinct: 7 });
  expect(found?.columns.get('day')).toMatchObject({ low: 18_262, high: 18_271, distinct: 10 });
  expect(found?.columns.get('half')).toMatchObject({ low: 0.5, high: 4999.5, nulls: 0.25 });
  expect(found?.columns.get('half')?.distinct).toBeUndefined();
});

test('how many texts there are, by the size of their dictionary, where there is one', async () => {
  const words = (await statisticsOf('a.parquet'))?.columns;
  expect(words?.get('word')?.distinct).toBeGreaterThan(50 / 4);
  expect(words?.get('word')?.distinct).toBeLessThan(50 * 4);
  expect(words?.get('own')?.distinct).toBeUndefined();
  const ofPyarrow = await readParquet(join(import.meta.dirname, '../io/parquet/fixtures/flat_dictionary.parquet'));
  const distinct = [...ofPyarrow.query.inputs.values()][0]?.statistics?.columns.get('binary')?.distinct;
  const there = new Set((await ofPyarrow.select('binary').toRows()).map(({ binary }) => String(binary)));
  // An estimate: nothing is known of how long they are.
  expect(distinct).toBeGreaterThan(there.size / 4);
  expect(distinct).toBeLessThan(there.size * 4);
});

test('of several files, of which one was read or all', async () => {
  const [one, all] = [await statisticsOf('*.parquet'), await statisticsOf('*.parquet', { schemaFrom: 'all' })];
  expect(Math.abs((one?.rows ?? 0) - 20_000)).toBeLessThan(3_000);
  expect(one?.columns.get('few')?.distinct).toBe(7);
  expect(all?.rows).toBe(20_000);
  expect(all?.columns.get('id')).toMatchObject({ low: 0, high: 19_999, distinct: 20_000 });
  expect(all?.columns.get('few')).toMatchObject({ low: 0, high: 6, distinct: 7 });
});

test('of rows that a program has, how many there are', () => {
  const { query: given } = fromRows([{ a: 1 }, { a: 2 }]);
  expect([...given.inputs.values()][0]?.statistics?.rows).toBe(2);
});

test('the smaller side of a join is kept', async () => {
  const [large, small] = [
    await readParquet(join(directory, 'a.parquet')),
    await readParquet(join(directory, 'b.parquet')),
  ];
  expect(small.limit(10).join(large, { on: 'few' }).explain()).toContain('builds left');
  expect(large.join(small.limit(10), { on: 'few' }).explain()).toContain('builds right');
});

test('joins by texts are put in order', async () => {
  const [large, other] = [
    await readParquet(join(directory, '*.parquet')),
    await readParquet(join(directory, 'a.parquet')),
  ];
  const words = await readParquet(join(directory, 'few.pq'));
  const [a, b, c] = [
    large.select('own', 'word'),
    other.select(col('own').alias('their'), 'half'),
    words.select('w', 'n'),
  ] as const;
  const written = a.join(b, { leftOn: 'own', rightOn: 'their' }).join(c, { leftOn: 'word', rightOn: 'w' });
  const plan = written.explain({ rules: true });
  expect(plan).toContain('order-joins 1');
  expect(plan.indexOf('their')).toBeLessThan(plan.indexOf('word = w'));
  expect(await written.count()).toBe(200);
});
