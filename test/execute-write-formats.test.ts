/** Whole jobs that write other files than Parquet. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { int64, utf8 } from '../src/columnar/data-type.ts';
import { field } from '../src/columnar/schema.ts';
import { executeTask } from '../src/execute-task.ts';
import { fileStore } from '../src/io/file-store.ts';
import { fileUri } from '../src/io/uri.ts';
import type { CommitWriteNode, WriteNode } from '../src/plan/plan-node.ts';
import type { Task } from '../src/plan/task.ts';
import { query } from './support/duckdb.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-write-jobs-'));
afterAll(() => rmSync(root, { recursive: true }));
const store = fileStore({ sync: false });

function job(
  jobId: string,
  mode: CommitWriteNode['mode'],
  write: Pick<WriteNode, 'format' | 'partitionBy' | 'compression'>,
  rows: readonly { day: string; n: number }[],
): Task {
  const input = { kind: 'in-memory-scan', sourceId: 'rows', schema: [field('day', utf8), field('n', int64)] } as const;
  return {
    version: 1,
    jobId,
    stageId: 0,
    taskId: 0,
    plan: { kind: 'commit-write', mode, input: { kind: 'write', input, ...write } },
    inputs: { rows: { kind: 'rows', rows } },
    output: { uri: fileUri(join(root, 'out')) },
  };
}

describe('jobs', () => {
  test('overwrite partitions of CSV, and DuckDB sees the rest of the table unchanged', async () => {
    const write = { format: { kind: 'csv', delimiter: ';' }, partitionBy: ['day'], compression: 'gzip' } as const;
    const first = [1, 2, 3, 4].map((n) => ({ day: n % 2 === 0 ? 'even' : 'odd', n }));
    await executeTask(job('first', 'append', write, first), { store });
    await executeTask(
      job('second', 'overwrite-partitions', write, [
        { day: 'odd', n: 7 },
        { day: 'new', n: 9 },
      ]),
      { store },
    );
    const table = `read_csv('${join(root, 'out')}/**/*.csv.gz', delim = ';', header = true, hive_partitioning = true)`;
    expect(await query(`select day, n from ${table} order by n`)).toEqual([
      ['even', 2n],
      ['even', 4n],
      ['odd', 7n],
      ['new', 9n],
    ]);
  });

  test.each([
    { format: 'csv', files: 1 },
    { format: 'arrow', files: 1 },
    { format: 'json', files: 0 },
  ] as const)('without rows leave $files files of $format', async ({ format, files }) => {
    const task = job(`empty-${format}`, 'overwrite', { format }, []);
    const result = await executeTask({ ...task, output: { uri: fileUri(join(root, format)) } }, { store });
    expect(result.manifest?.files).toHaveLength(files);
  });
});
