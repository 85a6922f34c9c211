import { describe, expect, test } from 'vitest';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { globScan } from '../../src/operators/sources/glob-scan.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import { Collector, expectAllReturned, testBudget, testTask } from '../support/task.ts';

const listing = schema(field('path', utf8, false), field('size', int64, false), field('num_rows', int64));

const put = async (...keys: readonly string[]): Promise<ObjectStore> => {
  const store = memoryStore();
  for (const key of keys) await store.put(`memory://lake/${key}`, new Uint8Array(key.length));
  return store;
};

async function scan(
  store: ObjectStore,
  globs: readonly string[],
  {
    limit,
    doneAfter,
    memory = testBudget(),
  }: { limit?: number; doneAfter?: number; memory?: ReturnType<typeof testBudget> } = {},
) {
  const source = globScan({ schema: listing, store, globs: globs.map((glob) => `memory://lake/${glob}`), limit });
  const collector = new Collector(memory, source.schema, doneAfter);
  const [stats] = await runChain({ source, stages: [] }, collector, testTask(memory));
  expectAllReturned(memory);
  const keys = collector.rows.map(([path]) => String(path).replace('memory://lake/', ''));
  return { keys, rows: collector.rows, batches: collector.batches, counters: stats?.counters };
}

describe('glob scan', () => {
  test('gives uri and size, and no count of rows', async () => {
    const store = await put('a/1.parquet', 'a/22.parquet', 'a/x.csv');
    expect((await scan(store, ['a/*.parquet'])).rows).toEqual([
      ['memory://lake/a/1.parquet', 11n, null],
      ['memory://lake/a/22.parquet', 12n, null],
    ]);
  });

  test('sorts what several globs match, and gives each object once', async () => {
    const store = await put('a/1', 'a/3', 'b/1', 'b/2', 'c/1');
    const { keys } = await scan(store, ['*/1', 'a/*', 'b/{1,2}', '*/1', 'none/*']);
    expect(keys).toEqual(['a/1', 'a/3', 'b/1', 'b/2', 'c/1']);
  });

  test('has no rows where nothing matches', async () => {
    expect(await scan(await put('a/1'), ['b/*'])).toMatchObject({ keys: [], batches: 0 });
    expect(await scan(await put(), [])).toMatchObject({ keys: [], batches: 0 });
  });

  test('hidden names are not matched, but by their own characters', async () => {
    const store = await put('a/_SUCCESS', 'a/.crc', 'a/part', '_millrace/x', 'a/dir/');
    expect((await scan(store, ['**'])).keys).toEqual(['a/part']);
    expect((await scan(store, ['a/_*'])).keys).toEqual(['a/_SUCCESS']);
  });

  test('stops listing at its limit', async () => {
    const store = await put('a/1', 'a/2', 'a/3');
    expect(await scan(store, ['a/*'], { limit: 2 })).toMatchObject({
      keys: ['a/1', 'a/2'],
      counters: { 'objects listed': 2 },
    });
    expect(await scan(store, ['a/*'], { limit: 0 })).toMatchObject({ keys: [], counters: { 'objects listed': 0 } });
    expect((await scan(store, ['a/*'], { limit: 9 })).keys.length).toBe(3);
  });

  const many = Array.from({ length: 3000 }, (_, n) => `many/${'x'.repeat(200)}/${String(n).padStart(5, '0')}`);

  test('lists in batches, and stops when nobody wants more', async () => {
    const store = await put(...many);
    const all = await scan(store, ['many/**'], { memory: testBudget(512 * 1024) });
    expect(all.keys).toEqual(many);
    expect(all.batches).toBeGreaterThan(2);
    const some = await scan(store, ['many/**'], { doneAfter: 1 });
    expect(some.counters?.['objects listed']).toBeLessThan(3000);
  });

  test('lists a hundred thousand objects in half a megabyte', async () => {
    const store = memoryStore();
    const uris = Array.from({ length: 100_000 }, (_, n) => `memory://lake/${n % 10}/${String(n).padStart(60, '0')}`);
    for (const uri of uris) await store.put(uri, new Uint8Array(0));
    const memory = testBudget(512 * 1024);
    const source = globScan({ schema: listing, store, globs: ['memory://lake/[0-4]/**', 'memory://lake/[3-9]/**'] });
    let rows = 0;
    let most = 0;
    const push = async ({ rowCount }: { readonly rowCount: number }): Promise<'more'> => {
      rows += rowCount;
      most = Math.max(most, rowCount);
      return 'more';
    };
    const [stats] = await runChain({ source, stages: [] }, { push }, testTask(memory));
    expect(rows).toBe(100_000);
    expect(stats?.counters).toEqual({ 'objects listed': 100_000 });
    expect(most).toBeLessThan(2_000);
    expect(memory.peakBytes).toBeLessThanOrEqual(512 * 1024);
    expectAllReturned(memory);
  });

  test('says what is no glob', async () => {
    await expect(scan(await put(), ['a/{b'])).rejects.toMatchObject({ name: 'InvalidArgument' });
  });

  test('stops when the task is aborted', async () => {
    const memory = testBudget();
    const controller = new AbortController();
    const source = globScan({ schema: listing, store: await put(...many), globs: ['memory://lake/many/**'] });
    const push = async (): Promise<'more'> => {
      controller.abort();
      return 'more';
    };
    const run = runChain({ source, stages: [] }, { push }, testTask(memory, controller.signal));
    await expect(run).rejects.toMatchObject({ name: 'TaskCancelled' });
    expectAllReturned(memory);
  });
});
