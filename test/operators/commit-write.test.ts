import { describe, expect, test } from 'vitest';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { StorageUnavailable } from '../../src/errors.ts';
import { commitWrite, type ResultFile } from '../../src/operators/blocking-sinks/commit-write.ts';
import { tables } from '../support/tables.ts';
import { runStages } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const written = schema(
  field('path', utf8, false),
  field('rows', int64, false),
  field('bytes', int64, false),
  field('month', utf8),
);
const files: readonly ResultFile[] = [
  { path: 'month=1/a.parquet', rows: 3, size: 100, partition: { month: '1' } },
  { path: 'month=__null__/b.parquet', rows: 1, size: 90, partition: { month: null } },
];
const rows = [
  ['month=1/a.parquet', 3n, 100n, '1'],
  ['month=__null__/b.parquet', 1n, 90n, null],
];

describe('commit-write', () => {
  obeysContract(() => commitWrite({ input: written, commit: async () => files }), tables(written, { maxRows: 20 }));

  test('commits after the last row of its input and emits the files of the result', async () => {
    let before = 0;
    let committedAfter = -1;
    const commit = async (): Promise<readonly ResultFile[]> => {
      committedAfter = before;
      return files;
    };
    const others = rows.map(([, ...rest]) => ['of-another-attempt.parquet', ...rest]);
    const feed = { schema: written, rows: others, cuts: [1, 1], before: () => (before += 1) };
    const result = await runStages([commitWrite({ input: written, commit })], feed);
    expect(committedAfter).toBe(2);
    expect(result.rows).toEqual(rows);
  });

  test('commits a write of nothing', async () => {
    let commits = 0;
    const commit = async (): Promise<readonly ResultFile[]> => {
      commits += 1;
      return [];
    };
    const result = await runStages([commitWrite({ input: written, commit })], { schema: written, rows: [] });
    expect(commits).toBe(1);
    expect(result.rows).toEqual([]);
  });

  test('does not commit what was cancelled', async () => {
    let commits = 0;
    const commit = async (): Promise<readonly ResultFile[]> => {
      commits += 1;
      return [];
    };
    const controller = new AbortController();
    const feed = { schema: written, rows, before: () => controller.abort() };
    const run = runStages([commitWrite({ input: written, commit })], feed, { signal: controller.signal });
    await expect(run).rejects.toThrow('cancelled');
    expect(commits).toBe(0);
  });

  test('fails as its commit does', async () => {
    const commit = async (): Promise<never> => {
      throw new StorageUnavailable('gone');
    };
    const run = runStages([commitWrite({ input: written, commit })], { schema: written, rows });
    await expect(run).rejects.toThrow('CommitWrite: gone');
  });
});
