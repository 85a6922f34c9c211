/** Rows that are divided: none is lost, each is where the rule says, and what was put aside goes with its session. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { InvalidArgument, InvalidQuery, MemoryBudgetExceeded, TaskCancelled } from '../../src/errors.ts';
import { executeTask } from '../../src/execute-task.ts';
import { col, type DataFrame, memoryStore, Session } from '../../src/index.ts';
import { fileStore } from '../../src/io/file-store.ts';

const temp = mkdtempSync(join(tmpdir(), 'millrace-partitions-'));
afterAll(() => rmSync(temp, { recursive: true }));

const session = new Session({ temp });
const ROWS = 5000;
const rows = Array.from({ length: ROWS }, (_, n) => ({
  n,
  key: n % 11 === 0 ? null : (n * 7919) % 613,
  text: `shop ${n % 37}`,
}));
const frame = session.fromRows(rows);

const parts = (divided: DataFrame<(typeof rows)[number]>) =>
  Promise.all(divided.partitions.map((part) => part.toRows()));
const byNumber = (found: readonly (typeof rows)[number][]) => found.toSorted((a, b) => a.n - b.n);

test('rows with equal keys, null too, are in one partition, in the order in which they were', async () => {
  const found = await parts(frame.repartition(5, { by: ['key', 'text'] }));
  expect(byNumber(found.flat())).toEqual(rows);
  const places = new Map<string, Set<number>>();
  for (const [at, part] of found.entries()) {
    expect(part).toEqual(byNumber(part));
    for (const { key, text } of part) {
      const name = JSON.stringify([key, text]);
      places.set(name, (places.get(name) ?? new Set()).add(at));
    }
  }
  expect(places.size).toBeGreaterThan(600);
  expect([...places.values()].every(({ size }) => size === 1)).toBe(true);
});

test.each([
  { descending: false, nulls: 1 },
  { descending: true, nulls: 1 },
  { descending: false, nulls: 0 },
])('partitions by range follow each other: %o', async ({ descending, nulls }) => {
  const divided = frame.repartition(4, {
    by: [col('key').mul(2), 'n'],
    how: 'range',
    descending: [descending, false],
    nullsFirst: nulls === 0,
  });
  const found = await parts(divided);
  expect(byNumber(found.flat())).toEqual(rows);
  expect(found.every(({ length }) => length > ROWS / 8 && length < ROWS / 2)).toBe(true);
  const sorted = await frame.sort(['key', 'n'], { descending: [descending, false], nullsFirst: nulls === 0 }).toRows();
  let start = 0;
  for (const part of found) {
    expect(byNumber(part)).toEqual(byNumber(sorted.slice(start, start + part.length)));
    start += part.length;
  }
});

test('random partitions are the same again for the same seed, and pieces have one size', async () => {
  const sizes = async (divided: typeof frame): Promise<number[]> => (await parts(divided)).map(({ length }) => length);
  const random = frame.repartition(3, { seed: 7 });
  expect(byNumber((await parts(random)).flat())).toEqual(rows);
  expect(await sizes(frame.repartition(3, { seed: 7 }))).toEqual(await sizes(random));
  expect(await sizes(frame.repartition(3))).not.toEqual(await sizes(random));
  const pieces = frame.intoPartitions(3);
  expect(await sizes(pieces)).toEqual([1667, 1667, 1666]);
  expect((await parts(pieces)).flat()).toEqual(rows);
  expect(await pieces.toRows()).toEqual(rows);
});

test('few rows, and none, leave partitions empty', async () => {
  expect(await parts(frame.limit(0).repartition(3, { by: 'key', how: 'range' }))).toEqual([[], [], []]);
  expect((await parts(frame.limit(1).repartition(3, { by: 'key' }))).flat()).toEqual(rows.slice(0, 1));
  expect((await parts(frame.limit(2).intoPartitions(4))).map(({ length }) => length)).toEqual([1, 1, 0, 0]);
});

test('a frame is divided when it is first asked for, once, and any other has one partition', async () => {
  const started: string[] = [];
  await using own = new Session({ temp, subscribers: [{ onStart: (_, { kind }) => started.push(kind) }] });
  const divided = own.range(0, 100).repartition(2, { by: 'value' });
  expect([divided.partitions.length, divided.filter((c) => c.value.gt(1)).partitions.length]).toEqual([2, 1]);
  expect(started).toEqual([]);
  const counts = await Promise.all([...divided.partitions, divided].map((part) => part.count()));
  expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(100);
  expect(counts[2]).toBe(100);
  expect(started.filter((kind) => kind === 'repartition').length).toBe(1);
});

test('groups that do not fit into memory at once do so by partition', async () => {
  await using small = new Session({ temp, memory: 12 * 1024 * 1024 });
  const many = small.range(0, 400_000).select((c) => [c.value.mod(200_000).alias('key'), c.value]);
  const grouped = (part: typeof many) => part.groupBy('key').agg((c) => [c.value.sum()]);
  await expect(grouped(many).count()).rejects.toThrow(MemoryBudgetExceeded);
  let groups = 0;
  for (const part of many.repartition(16, { by: 'key' }).partitions) groups += await grouped(part).count();
  expect(groups).toBe(200_000);
});

test('what was put aside goes with the session, on the disk and in another storage', async () => {
  const store = memoryStore();
  for (const given of [{ temp }, { temp: 'memory://lake/temp', storage: store }]) {
    const before = readdirSync(temp).length;
    const own = new Session(given);
    const divided = own.range(0, 10).intoPartitions(2);
    await divided.count();
    const objects = async (): Promise<number> =>
      'storage' in given
        ? (await Array.fromAsync(store.list('memory://lake/temp'))).length
        : readdirSync(temp).length - before;
    expect(await objects()).toBeGreaterThan(0);
    await own[Symbol.asyncDispose]();
    expect(await objects()).toBe(0);
    await expect(divided.count()).rejects.toThrow(InvalidArgument);
  }
});

test('a signal ends the writing too, and who else waits for it is not harmed', async () => {
  const stop = new AbortController();
  const divided = session.range(0, 500_000).repartition(2);
  const [one, other] = divided.partitions as [typeof divided, typeof divided];
  const ended = one.count({ signal: stop.signal });
  const counted = other.count();
  stop.abort();
  await expect(ended).rejects.toThrow(TaskCancelled);
  expect((await counted) + (await one.count())).toBe(500_000);
});

test('a session that is disposed of ends its queries, also those that wait for who iterates', async () => {
  const own = new Session({ temp });
  const batches = own.range(0, 100_000).iterBatches();
  await batches.next();
  await own[Symbol.asyncDispose]();
  await expect(Array.fromAsync(batches)).rejects.toThrow(TaskCancelled);
});

test.each([
  [() => frame.repartition(0), InvalidQuery, 'partitions: expected at least 1'],
  [() => frame.intoPartitions(1.5), InvalidQuery, 'partitions'],
  [() => frame.repartition(2, { by: col('prize') as never }), InvalidQuery, 'no column "prize"'],
  [() => frame.repartition(2, { how: 'range' } as never), InvalidArgument, 'range needs keys'],
  [() => frame.repartition(2, { how: 'random', by: 'key' } as never), InvalidArgument, 'random has no keys'],
] as const)('what is wrong is told at once: %s', (make, type, message) => {
  expect(make).toThrow(type);
  expect(make).toThrow(message);
});

test('the task of a cached or divided frame computes its rows, and that of a partition is refused', async () => {
  const directory = join(temp, 'numbers');
  await session.range(0, 1000).writeParquet(directory);
  const numbers = await session.readParquet(`${directory}/*.parquet`);
  const even = numbers.filter(col('value').mod(2).eq(0)).cache();
  const divided = even.repartition(4, { by: col('value').mod(7) });
  const both = divided.join(even, { on: 'value' }).select(col('value').mul(3).alias('x')).intoPartitions(2).sort('x');
  const task = both.toPlan();
  expect(Object.values(task.inputs).every(({ kind }) => kind === 'files')).toBe(true);
  const found: bigint[] = [];
  const onBatch = (batch: Iterable<unknown>): void => {
    for (const row of batch) found.push((row as { x: bigint }).x);
  };
  await executeTask(JSON.stringify(task), { store: fileStore(), onBatch });
  expect(found).toEqual(Array.from({ length: 500 }, (_, n) => BigInt(n * 6)));
  expect(found).toEqual((await both.toRows()).map(({ x }) => x));
  const part = divided.partitions[1]?.filter(col('value').gt(5));
  expect(() => part?.toPlan()).toThrow(InvalidQuery);
  expect(() => part?.toPlan()).toThrow(/^toPlan: A partition is in files/);
});
