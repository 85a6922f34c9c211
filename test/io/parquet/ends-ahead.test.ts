/** Which ends of files are asked for, and when. */

import { expect, test } from 'vitest';
import { ObjectNotFound } from '../../../src/errors.ts';
import { memoryStore } from '../../../src/io/memory-store.ts';
import type { ObjectStore } from '../../../src/io/object-store.ts';
import { readTail } from '../../../src/io/object-tail.ts';
import { filesWithEnds } from '../../../src/io/parquet/ends-ahead.ts';
import type { MemoryBudget } from '../../../src/memory/budget.ts';
import { testBudget } from '../../support/task.ts';

const uriOf = (at: number): string => `memory://bucket/${at}`;

/** Files of a byte, numbered from 0, and which of them were asked for. */
async function files(count: number): Promise<{ store: ObjectStore; asked: number[] }> {
  const stored = memoryStore();
  for (let at = 0; at < count; at += 1) await stored.put(uriOf(at), Uint8Array.of(at));
  const asked: number[] = [];
  const readAndNote: ObjectStore['readTail'] = (uri, into, options) => {
    asked.push(Number(uri.split('/').at(-1)));
    return readTail(stored, uri, into, options);
  };
  return { asked, store: Object.assign(Object.create(stored) as ObjectStore, { readTail: readAndNote }) };
}

const numbers = (count: number): { uri: string }[] => Array.from({ length: count }, (_, at) => ({ uri: uriOf(at) }));
const signal = new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Visit {
  readonly file: number;
  readonly asked: number;
}

/** Files in the order in which they come, and how many had been asked for by then. */
async function visits(
  count: number,
  memory: MemoryBudget,
  isWanted: (at: number) => boolean = () => true,
): Promise<Visit[]> {
  const { store, asked } = await files(count);
  const found: Visit[] = [];
  const wanted = (file: { uri: string }): { uri: string } | undefined =>
    isWanted(Number(file.uri.split('/').at(-1))) ? file : undefined;
  for await (const { file, answer: end } of filesWithEnds(numbers(count), wanted, { store, memory, signal })) {
    await turn();
    const at = Number(file.uri.split('/').at(-1));
    expect(end?.bytes).toEqual(Uint8Array.of(at));
    expect(end?.info.size).toBe(1);
    found.push({ file: at, asked: asked.length });
  }
  expect(memory.usedBytes).toBe(0);
  return found;
}

test('none beside the first file, and one more with each, up to four', async () => {
  const found = await visits(8, testBudget(256 << 20));
  expect(found.map(({ file }) => file)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(found.map(({ asked }) => asked)).toEqual([1, 3, 5, 7, 8, 8, 8, 8]);
});

test('one at a time in little memory', async () => {
  const found = await visits(4, testBudget(8 << 20));
  expect(found.map(({ asked }) => asked)).toEqual([1, 3, 4, 4]);
});

test('files that are not wanted are not asked for', async () => {
  const found = await visits(6, testBudget(256 << 20), (at) => at % 3 !== 0);
  expect(found).toEqual([
    { file: 1, asked: 1 },
    { file: 2, asked: 3 },
    { file: 4, asked: 4 },
    { file: 5, asked: 4 },
  ]);
});

test('who retains all memory is told nothing ahead', async () => {
  const { store, asked } = await files(2);
  const memory = testBudget(8 << 20);
  using all = memory.reserve('test');
  all.grow(memory.limitBytes - memory.floorBytes);
  for await (const { answer: end } of filesWithEnds(numbers(2), (file) => file, { store, memory, signal })) {
    expect(end).toBeUndefined();
  }
  expect(asked).toEqual([]);
});

test('a file that is missing fails when it is its turn', async () => {
  const { store } = await files(1);
  const memory = testBudget(256 << 20);
  const seen: string[] = [];
  const all = async (): Promise<void> => {
    for await (const { file } of filesWithEnds(numbers(3), (one) => one, { store, memory, signal })) {
      await turn();
      seen.push(file.uri);
    }
  };
  await expect(all()).rejects.toThrow(ObjectNotFound);
  expect(seen).toEqual([uriOf(0)]);
  expect(memory.usedBytes).toBe(0);
});

test('who stops waits until nobody writes to memory that is given back', async () => {
  const { store } = await files(3);
  const memory = testBudget(256 << 20);
  let pending = 0;
  const slow: ObjectStore = Object.assign(Object.create(store) as ObjectStore, {
    readTail: async (...given: Parameters<NonNullable<ObjectStore['readTail']>>) => {
      pending += 1;
      try {
        await turn();
        await turn();
        return await store.readTail?.(...given);
      } finally {
        pending -= 1;
      }
    },
  });
  for await (const { file } of filesWithEnds(numbers(3), (one) => one, { store: slow, memory, signal })) {
    if (file.uri === uriOf(1)) {
      expect(pending).toBe(1);
      break;
    }
  }
  expect(pending).toBe(0);
  expect(memory.usedBytes).toBe(0);
});
