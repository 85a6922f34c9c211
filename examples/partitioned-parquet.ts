/** CSV in, Parquet out, in a directory for each country; then only one of them is read. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { col, readCsv, readParquet } from '../src/index.ts'; // 'millrace' in a program of yours

const directory = await mkdtemp(join(tmpdir(), 'millrace-example-'));
try {
  const csv = join(directory, 'people.csv');
  await writeFile(
    csv,
    'name,country,born\nAda,GB,1815-12-10\nAlan,GB,1912-06-23\nGrace,US,1906-12-09\nEmmy,DE,1882-03-23\n',
  );

  const people = await readCsv<{ name: string; country: string; born: string }>(csv);
  const out = join(directory, 'people');
  await people.writeParquet(out, { mode: 'overwrite', partitionBy: ['country'] });

  const british = (await readParquet(join(out, '**/*.parquet'), { hivePartitioning: true })).filter(
    col('country').eq('GB'),
  );
  await british.sort('born').show();
} finally {
  await rm(directory, { recursive: true });
}
