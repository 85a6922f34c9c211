/** What a scan of Parquet leases holds whatever dictionaries it meets, row group after row group. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { col, Session } from '../src/index.ts';
import { query } from './support/duckdb.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-scan-memory-'));
const file = join(directory, 'growing.parquet');
const MiB = 1024 * 1024;

beforeAll(async () => {
  // Each row group has a few more values than the one before.
  await query(`copy (
    select (hash(n // 45056, n % (30000 + n // 45056 * 1000)) // 2)::bigint as a,
      (hash(n // 45056, n % (32000 + n // 45056 * 1000), 1) // 2)::bigint as b
    from (select i::bigint as n from range(8 * 45056) t(i))
  ) to '${file}' (format parquet, row_group_size 45056, dictionary_size_limit 1000000, compression snappy)`);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test.each([14, 16, 24, 64])('dictionaries that grow, in %i MiB', async (memory) => {
  const frame = await new Session({ memory: memory * MiB }).readParquet(file);
  const [row] = await frame.agg(col('a').max().alias('a'), col('b').max().alias('b')).toRows();
  const [expected] = await query(`select max(a), max(b) from '${file}'`);
  expect([row.a, row.b]).toEqual(expected);
});
