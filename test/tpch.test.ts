/** The 22 queries of TPC-H as frames, over Parquet files, beside DuckDB with the SQL of the benchmark. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { difference, rowsOf } from '../bench/answers.ts';
import type { Cell } from '../bench/duckdb.ts';
import { TPCH_FRAMES, TPCH_TABLES, type TpchTables } from '../bench/tpch/frames.ts';
import { TPCH_SQL } from '../bench/tpch/sql.ts';
import { keptQuery } from '../src/dataframe/run-query.ts';
import { readParquet } from '../src/index.ts';
import { query, queryAsJson } from './support/duckdb.ts';
import { tpchTablesSql } from './support/tpch-tables.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-tpch-'));
let tables: TpchTables;

beforeAll(async () => {
  for (const statement of tpchTablesSql(0.01)) await query(statement);
  const read = TPCH_TABLES.map(async (name) => {
    const file = join(directory, `${name}.parquet`);
    await query(`copy ${name} to '${file}' (format parquet, row_group_size 20000)`);
    return [name, await readParquet(file)] as const;
  });
  tables = Object.fromEntries(await Promise.all(read)) as TpchTables;
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test.each(TPCH_SQL.map((sql, index) => [index + 1, sql] as const))('Q%i', async (number, sql) => {
  const frame = TPCH_FRAMES[number - 1]?.(tables);
  const { session, query } = frame as NonNullable<typeof frame>;
  const { batches } = await keptQuery(session, query);
  const [ours, theirs] = [batches.flatMap(rowsOf), (await queryAsJson(sql)) as Cell[][]];
  expect(theirs.flat().some((cell) => cell !== null)).toBe(true);
  expect(difference(ours, theirs)).toBeUndefined();
});

test('Q21 finds its suspects once', () => {
  const plan = TPCH_FRAMES[20]?.(tables).explain() as string;
  expect(plan.split('\n').filter((line) => line.includes('Shared'))).toHaveLength(2);
});
