/** Scans whose task names globs: files are found while they are read. */

import type { RecordBatch } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import * as types from '../src/columnar/data-type.ts';
import { field } from '../src/columnar/schema.ts';
import { ObjectNotFound } from '../src/errors.ts';
import { executeTask } from '../src/execute-task.ts';
import { httpStore } from '../src/io/http/http-store.ts';
import { memoryStore } from '../src/io/memory-store.ts';
import type { ObjectStore } from '../src/io/object-store.ts';
import { storeRouter } from '../src/io/store-router.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import { observedStore } from './support/observed-store.ts';
import { resultBatch } from './support/record-batch-rows.ts';

const scan = (more: object = {}): PlanNode => ({
  kind: 'scan',
  sourceId: 't',
  format: 'csv',
  schema: [field('n', types.int64)],
  ...more,
});

async function run(plan: PlanNode, globs: readonly string[], store: ObjectStore): Promise<unknown[]> {
  const rows: unknown[] = [];
  const task = { version: 1, jobId: 'g', stageId: 0, taskId: 0, plan, inputs: { t: { kind: 'globs', globs } } };
  await executeTask(task, {
    store,
    memoryBytes: 8 * 1024 * 1024,
    onBatch: (batch: RecordBatch) => void rows.push(...[...resultBatch(batch).rows()].flat()),
  });
  return rows;
}

const store = storeRouter({ memory: memoryStore(), https: httpStore() });
const COUNT = 1_500;
for (let n = 0; n < COUNT; n++) {
  const uri = `memory://lake/${n % 2}/${String(n).padStart(6, '0')}.csv`;
  await store.put(uri, new TextEncoder().encode(`n\n${n}\n`));
}

describe('a scan of globs', () => {
  test('reads what they match, in order, each file once', async () => {
    const rows = await run(scan(), ['memory://lake/**/*.csv', 'memory://lake/1/*'], store);
    const numbers = Array.from({ length: COUNT }, (_, n) => BigInt(n));
    expect(rows).toEqual([...numbers.filter((n) => n % 2n === 0n), ...numbers.filter((n) => n % 2n === 1n)]);
  });

  test('reads no more files than it needs', async () => {
    const { store: watched, asked } = observedStore(store);
    expect(await run(scan({ limit: 3 }), ['memory://lake/0/*'], watched)).toEqual([0n, 2n, 4n]);
    const read = asked.filter(({ operation }) => operation === 'readInto');
    expect(new Set(read.map(({ uri }) => uri)).size).toBe(3);
    expect(new Set(asked.map(({ uri }) => uri)).size).toBeLessThanOrEqual(6);
  });

  test('asks about no file, for the listing has told what it is, and reads each once', async () => {
    const { store: watched, asked } = observedStore(store);
    await run(scan(), ['memory://lake/0/*'], watched);
    const reads = asked.map(({ operation, uri }) => [operation, uri]);
    const files = [...new Set(asked.map(({ uri }) => uri))].sort();
    expect(files).toHaveLength(COUNT / 2);
    expect(reads).toEqual(files.map((uri) => ['readInto', uri]));
  });

  test('meets what is wrong with a file in its turn', async () => {
    const gone: ObjectStore = {
      ...observedStore(store).store,
      readInto: async (...given) => {
        if (given[0].endsWith('4.csv')) throw new ObjectNotFound(given[0]);
        await store.readInto(...given);
      },
    };
    const rows: unknown[] = [];
    const inputs = { t: { kind: 'globs', globs: ['memory://lake/0/*'] } };
    const running = executeTask(
      { version: 1, jobId: 'g', stageId: 0, taskId: 0, plan: scan(), inputs },
      {
        store: gone,
        memoryBytes: 8 * 1024 * 1024,
        onBatch: (batch: RecordBatch) => void rows.push(...[...resultBatch(batch).rows()].flat()),
      },
    );
    await expect(running).rejects.toThrow('000004.csv');
    expect(rows).toEqual([0n, 2n]);
  });

  test('of nothing, or of what cannot be listed, is an error that says so', async () => {
    await expect(run(scan(), ['memory://lake/2/*'], store)).rejects.toThrow(
      /matches no object. Names that begin with _/,
    );
    await expect(run(scan(), ['https://example.com/*.csv'], store)).rejects.toThrow(/cannot be listed.*Name the files/);
    const parquet = run(scan({ format: 'parquet' }), ['memory://lake/0/000000.csv'], store);
    await expect(parquet).rejects.toMatchObject({
      name: 'MalformedFile',
      message: expect.stringContaining('000000.csv'),
    });
  });
});
