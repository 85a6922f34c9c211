import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTask } from '../src/cli/task-document.ts';
import { executeTask, type TaskResult } from '../src/execute-task.ts';
import { fileStore } from '../src/io/file-store.ts';
import { fileUri } from '../src/io/uri.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const MiB = 1024 * 1024;

describe('the main job: three million flights', () => {
  const output = mkdtempSync(join(tmpdir(), 'millrace-demo-'));
  let result: TaskResult;

  beforeAll(async () => {
    process.chdir(root);
    const task = await readTask('demo/flights.json', new AbortController().signal);
    result = await executeTask(
      { ...task, output: { uri: fileUri(output) } },
      { store: fileStore(), memoryBytes: 96 * MiB },
    );
  });
  afterAll(() => rmSync(output, { recursive: true, force: true }));

  test('equals DuckDB to the last digit, file by file in the order of the sort', async () => {
    const connection = await (await DuckDBInstance.create()).connect();
    const rowsOf = async (sql: string): Promise<unknown[][]> => (await connection.runAndReadAll(sql)).getRowsJson();
    const expected = await rowsOf(`
      select month(date) as month, origin, count(*)::ubigint as flights, avg(delay) as mean_delay,
             avg((delay > 15)::int) as late_share
      from 'node_modules/vega-datasets/data/flights-3m.parquet'
      where delay >= -120 and distance >= 100
      group by all order by month, flights desc, origin`);
    const found: unknown[][] = [];
    const paths = (result.manifest?.files ?? []).map(({ path }) => path);
    for (const path of paths) {
      found.push(
        ...(await rowsOf(
          `select month, * exclude (month) from read_parquet('${join(output, path)}', hive_partitioning = true)`,
        )),
      );
    }
    expect(found.length).toBe(1305);
    expect(found).toEqual(expected);
  });

  test('keeps far below its budget', () => {
    expect(result.statistics.peakBytes).toBeLessThan(96 * MiB);
  });
});

test('the demo shows its result, its operators and where the output is', () => {
  const shown = execFileSync(process.execPath, ['demo/run.ts'], { cwd: root, encoding: 'utf8' });
  expect(shown).toMatch(/CommitWrite[\s\S]*Write[\s\S]*Sort[\s\S]*GroupedAggregate[\s\S]*Scan/);
  expect(shown).toMatch(/JFK {2}/);
  expect(shown).toMatch(/manifest {2}demo\/output\/_millrace\/flights-\d+\/manifest\.json/);
  const [, used] = /at most (\d+) MB of 256 MB/.exec(shown) ?? [];
  expect(Number(used)).toBeLessThan(256);
});
