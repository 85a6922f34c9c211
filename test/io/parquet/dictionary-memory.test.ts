/** Columns whose dictionaries are large, in budgets that have room for what is said to be needed and little more. */

import { expect, test } from 'vitest';
import * as types from '../../../src/columnar/data-type.ts';
import { field, schema } from '../../../src/columnar/schema.ts';
import { MemoryBudgetExceeded } from '../../../src/errors.ts';
import { query } from '../../support/duckdb.ts';
import { testBudget } from '../../support/task.ts';
import { parquetMetadataOf, scanRows, temporaryDirectory, writeByDuck } from './scan-file.ts';

const MiB = 1 << 20;
const directory = temporaryDirectory();
const LEAF = types.struct(
  field('a', types.utf8),
  field('b', types.utf8),
  field('c', types.utf8),
  field('d', types.utf8),
);

/** Four leaves with a dictionary of 1.2 MB each, in each of two row groups. */
function written(name: string, column: (text: (leaf: number) => string) => string, codec: string): Promise<string> {
  const text = (leaf: number): string => `${leaf} || repeat(md5(((i * 7 + ${leaf}) % 1000)::text || '${leaf}'), 37)`;
  const options = `codec ${codec}, row_group_size 2048, dictionary_size_limit 2000, string_dictionary_page_size_limit 4000000`;
  return writeByDuck(`${directory}/${name}.parquet`, `select ${column(text)} as v from range(4096) r(i)`, options);
}

const struct = (text: (leaf: number) => string): string =>
  `{${['a', 'b', 'c', 'd'].map((name, leaf) => `${name}: ${text(leaf)}`).join()}}`;

test.each([
  ['lists, snappy', (text: (leaf: number) => string) => `[${struct(text)}]`, types.list(LEAF), 'snappy', 8],
  ['structs, zstd', struct, LEAF, 'zstd', 8],
  ['structs, not compressed', struct, LEAF, 'uncompressed', 9],
] as const)('four dictionaries of 1.2 MB: %s', async (name, column, type, codec, least) => {
  const uri = await written(name, column, codec);
  const path = uri.slice('file://'.length);
  const leaf = type.kind === 'list' ? 'v, list, element, a' : 'v, a';
  expect((await parquetMetadataOf(path, leaf)).encodings).toEqual(['PLAIN_DICTIONARY', 'PLAIN_DICTIONARY']);
  const readSchema = schema(field('v', type));
  const { rows } = await scanRows(uri, { readSchema, budget: testBudget(least * MiB) });
  expect(rows).toEqual(await query(`select v from '${path}'`));
  // They do not fit as a whole: it is found out, and nothing is kept.
  await expect(scanRows(uri, { readSchema, budget: testBudget(4 * MiB) })).rejects.toThrow(MemoryBudgetExceeded);
});

test('a few long texts that many rows of a nested column refer to make small batches', async () => {
  const path = `${directory}/long.parquet`;
  const text = `repeat(md5((i % 3)::text), 500)`;
  const sql = `select i, {t: ${text}, n: [i, i + 1]} as v from range(2000) r(i)`;
  const uri = await writeByDuck(path, sql, 'dictionary_size_limit 2000, string_dictionary_page_size_limit 4000000');
  expect((await parquetMetadataOf(path, 'v, t')).encodings).toEqual(['PLAIN_DICTIONARY']);
  const type = types.struct(field('t', types.utf8), field('n', types.list(types.int64)));
  const readSchema = schema(field('i', types.int64), field('v', type));
  // All of the texts are 32 MB.
  const { rows } = await scanRows(uri, { readSchema, budget: testBudget(12 * MiB) });
  expect(rows).toEqual(await query(`select * from '${path}'`));
});
