/** More groups than memory holds: the rows are divided by their key on the disk, and grouped a partition at a time. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBudgetExceeded, readParquet, Session } from '../src/index.ts'; // 'millrace' in a program of yours

const directory = await mkdtemp(join(tmpdir(), 'millrace-example-'));
await using session = new Session({ memory: 16 * 1024 * 1024, temp: directory });
const visits = session.range(0, 400_000).select((c) => [c.value.mod(200_000).alias('user'), c.value.alias('at')]);
const byUser = (rows: typeof visits) =>
  rows.groupBy('user').agg((c) => [c.at.count().alias('visits'), c.at.max().alias('last')]);

try {
  try {
    await byUser(visits).writeParquet(join(directory, 'at-once'));
  } catch (error) {
    if (!(error instanceof MemoryBudgetExceeded)) throw error;
    console.log('At once they are too many.');
  }
  const out = join(directory, 'by-part');
  for (const part of visits.repartition(16, { by: 'user' }).partitions) await byUser(part).writeParquet(out);
  await (await readParquet(join(out, '**/*.parquet')))
    .agg((c) => [c.user.count().alias('users'), c.visits.sum()])
    .show();
} finally {
  await rm(directory, { recursive: true });
}
