/** Plain numbers, which may be lent where a page was decompressed: batches that begin anywhere in it, with nulls and without. */

import { expect, test } from 'vitest';
import { query } from '../../support/duckdb.ts';
import { parquetMetadataOf, scanRows, temporaryDirectory, writeByDuck } from './scan-file.ts';

const directory = temporaryDirectory();
const SELECTED = `(i * 7919 / 100.0)::decimal(12, 2) as d, date '1990-01-01' + i::int as day,
  case when i < 17000 or i % 2 = 0 then -i end as n`;

// One page for each row group: of the last, levels take an odd number of bytes in front of the values.
test.each(['zstd', 'uncompressed'])('%s', async (codec) => {
  const path = `${directory}/${codec}.parquet`;
  const options = `codec ${codec}, row_group_size 18432, dictionary_size_limit 1`;
  const uri = await writeByDuck(path, `select ${SELECTED} from range(20000) r(i)`, options);
  expect(new Set((await parquetMetadataOf(path, 'd')).encodings)).toEqual(new Set(['PLAIN']));
  const { rows, batches } = await scanRows(uri);
  expect(rows).toEqual(await query(`select * from '${path}'`));
  // The second begins within a page.
  expect(batches).toBe(3);
});
