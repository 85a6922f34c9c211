/** Stages of tasks: what one partitions and the next reads, and what repeated attempts leave. */

import { describe, expect, test } from 'vitest';
import { int64, utf8 } from '../src/columnar/data-type.ts';
import { type Field, field } from '../src/columnar/schema.ts';
import { abortJob } from '../src/commit/abort-job.ts';
import { clean } from '../src/commit/clean.ts';
import type { ShuffleObject, TaskManifest } from '../src/commit/manifest.ts';
import { listCommitted } from '../src/commit/read-manifest.ts';
import { executeTask, type TaskResult, type TaskServices } from '../src/execute-task.ts';
import { memoryStore } from '../src/io/memory-store.ts';
import type { ObjectStore } from '../src/io/object-store.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import type { ShufflePieceInput, Task } from '../src/plan/task.ts';
import { all } from './io/object-store-contract.ts';
import { query } from './support/duckdb.ts';
import { col, op } from './support/plans.ts';

const destination = 'memory://lake/out';
const fields: readonly Field[] = [field('id', int64), field('shop', utf8)];
const source: PlanNode = { kind: 'in-memory-scan', sourceId: 'rows', schema: fields };
const byShop: PlanNode = {
  kind: 'repartition',
  input: { kind: 'filter', input: source, predicate: op(col('id'), '>=', { kind: 'literal', type: int64, value: 0 }) },
  partitions: 3,
  by: { kind: 'hash', columns: [col('shop')] },
};

const mapTask = (taskId: number, plan: PlanNode = byShop): Task => ({
  version: 1,
  jobId: 'job',
  stageId: 0,
  taskId,
  plan,
  inputs: {
    rows: {
      kind: 'rows',
      rows: Array.from({ length: 500 }, (_, n) => ({
        id: taskId * 500 + n,
        shop: n % 9 === 0 ? null : `shop ${n % 7}`,
      })),
    },
  },
  output: { uri: destination },
});

const shuffleOf = ({ manifest }: TaskResult): readonly ShuffleObject[] => (manifest as TaskManifest).shuffle ?? [];

/** What a planner of stages makes of task manifests: the pieces of one partition. */
const piecesOf = (results: readonly TaskResult[], partition: number): ShufflePieceInput[] =>
  results.flatMap(shuffleOf).map(({ path, etag, partitions }) => ({
    uri: `${destination}/${path}`,
    etag,
    ranges: (partitions[partition] ?? []).map(([offset = 0, bytes = 0, rows = 0, skip = 0]) => ({
      offset,
      bytes,
      rows,
      skip,
    })),
  }));

async function rowsOf(store: ObjectStore, task: Task, services: Partial<TaskServices> = {}) {
  const rows: unknown[][] = [];
  const result = await executeTask(task, {
    store,
    ...services,
    onBatch: (batch) => void rows.push(...batch.toArray().map((row) => Object.values(row?.toJSON() ?? {}))),
  });
  return { rows, result };
}

const shuffleObjects = async (store: ObjectStore): Promise<string[]> =>
  (await all(store.list(destination))).map(({ uri }) => uri).filter((uri) => uri.endsWith('.shuffle'));

describe('stages of tasks', () => {
  test('a stage reads by partition what the one before it has written: groups are whole', async () => {
    const store = memoryStore();
    const results = [];
    for (const taskId of [0, 1]) results.push(await executeTask(mapTask(taskId), { store }));
    expect(results.map(({ rowCount }) => rowCount)).toEqual([500, 500]);
    const counts: PlanNode = {
      kind: 'grouped-aggregate',
      input: { kind: 'shuffle-read', sourceId: 'pieces', schema: fields },
      groupBy: [{ name: 'shop', expression: col('shop') }],
      aggregates: [{ name: 'n', function: 'count' }],
    };
    const rows: unknown[][] = [];
    for (const partition of [0, 1, 2]) {
      const inputs: Task['inputs'] = { pieces: { kind: 'shuffle', pieces: piecesOf(results, partition) } };
      const task: Task = { version: 1, jobId: 'job', stageId: 1, taskId: partition, plan: counts, inputs };
      rows.push(...(await rowsOf(store, task)).rows);
    }
    const expected = await query(
      `select case when n % 9 = 0 then null else 'shop ' || (n % 7) end s, 2 * count(*) from range(500) t(n) group by s`,
    );
    const text = (found: readonly (readonly unknown[])[]): string[] =>
      found.map((row) => row.map(String).join()).sort();
    expect(text(rows)).toEqual(text(expected));
  });

  test.each([
    { plan: { kind: 'into-partitions', input: source, partitions: 3 } as const, rows: [167, 167, 166] },
    { plan: { kind: 'gather', input: source } as const, rows: [500] },
  ])('$plan.kind tells how many rows each partition has', async ({ plan, rows }) => {
    const { rows: pieces, result } = await rowsOf(memoryStore(), mapTask(0, plan));
    expect(pieces.map(([partition, , count]) => [Number(partition), Number(count)])).toEqual(
      rows.map((n, at) => [at, n]),
    );
    expect(shuffleOf(result).map(({ rows: count }) => count)).toEqual([500]);
    expect(result.schema.fields.map(({ name }) => name)).toEqual(['partition', 'path', 'rows', 'bytes', 'ranges']);
  });

  test('objects are visible through the manifest of their task only', async () => {
    const store = memoryStore();
    const result = await executeTask(mapTask(0), { store, attemptId: 'a1' });
    expect(await shuffleObjects(store)).toEqual([`${destination}/_millrace/job/stage-0/part-job-0-0-a1-0.shuffle`]);
    expect(shuffleOf(result).map(({ path }) => `${destination}/${path}`)).toEqual(await shuffleObjects(store));
    expect((result.manifest as TaskManifest).files).toEqual([]);
    expect((await listCommitted(store, destination)).files).toEqual([]);
  });

  test('an attempt after the first gives its result and writes nothing', async () => {
    const store = memoryStore();
    const first = await rowsOf(store, mapTask(0), { attemptId: 'a1' });
    const second = await rowsOf(store, mapTask(0), { attemptId: 'a2' });
    expect(second.rows.map(String)).toEqual(first.rows.map(String));
    expect(second.result.manifest).toEqual(first.result.manifest);
    expect(second.result.rowCount).toBe(500);
    expect(await shuffleObjects(store)).toHaveLength(1);
  });

  test('an attempt that is overtaken deletes its own object, and tells of that of the first', async () => {
    const inner = memoryStore();
    let overtaking: Promise<unknown> | undefined;
    const store: ObjectStore = new Proxy(inner, {
      get: (target, name) => {
        if (name !== 'completeUpload') return Reflect.get(target, name).bind(target);
        return async (...call: Parameters<ObjectStore['completeUpload']>) => {
          overtaking ??= executeTask(mapTask(0), { store: inner, attemptId: 'fast' });
          await overtaking;
          return inner.completeUpload(...call);
        };
      },
    });
    const { rows, result } = await rowsOf(store, mapTask(0), { attemptId: 'slow' });
    expect((result.manifest as TaskManifest).attemptId).toBe('fast');
    const left = await shuffleObjects(inner);
    expect(left).toEqual([`${destination}/_millrace/job/stage-0/part-job-0-0-fast-0.shuffle`]);
    expect(rows.every(([, path]) => `${destination}/${path}` === left[0])).toBe(true);
  });

  test('a task that fails leaves nothing, and cleaning takes what an aborted job has left', async () => {
    const store = memoryStore();
    const failing: PlanNode = {
      ...byShop,
      by: { kind: 'hash', columns: [{ kind: 'cast', input: col('shop'), type: int64 }] },
    };
    await expect(executeTask(mapTask(0, failing), { store })).rejects.toMatchObject({ name: 'InvalidCast' });
    expect(await all(store.list(destination))).toEqual([]);
    expect(await all(store.listUploads(destination))).toEqual([]);
    await executeTask(mapTask(1), { store });
    await abortJob({ store, destination, jobId: 'job', reason: 'it is a test' });
    await expect(executeTask(mapTask(2), { store })).rejects.toMatchObject({ name: 'JobAborted' });
    const { deletedObjects } = await clean({ store, destination, olderThanMs: 0, nowMs: Date.now() + 1_000 });
    expect(deletedObjects).toHaveLength(1);
    expect(await shuffleObjects(store)).toEqual([]);
  });
});
