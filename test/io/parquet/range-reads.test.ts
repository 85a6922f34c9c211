/** Which ranges are asked for, and when: as they are planned, and where a chunk is read through a window. */

import { expect, test } from 'vitest';
import { memoryStore } from '../../../src/io/memory-store.ts';
import type { ObjectStore } from '../../../src/io/object-store.ts';
import { ChunkWindow, type WindowRequest } from '../../../src/io/parquet/chunk-bytes.ts';
import type { ParquetFooter } from '../../../src/io/parquet/footer.ts';
import { arrivalOf, RangeReads, requestsOfScan } from '../../../src/io/parquet/range-reads.ts';
import { testBudget } from '../../support/task.ts';

const URI = 'memory://bucket/a';
const FILE = Uint8Array.from({ length: 40_000 }, (_, at) => (at * 7 + (at >> 8)) % 251);

/** Windows over a file of which requests are written down, and answered when `release` says so. */
async function windows(released: boolean): Promise<{
  reads: RangeReads;
  asked: [start: number, byteLength: number][];
  open: (request: Partial<WindowRequest> & { start: number; end: number }) => ChunkWindow;
  release: () => void;
  bytesAt: (window: ChunkWindow, position: number, byteLength: number) => Uint8Array;
  end: () => Promise<void>;
}> {
  const stored = memoryStore();
  const { etag } = await stored.put(URI, FILE);
  const gate = Promise.withResolvers<void>();
  if (released) gate.resolve();
  const asked: [number, number][] = [];
  const store: ObjectStore = {
    ...stored,
    readInto: async (uri, start, into, options) => {
      asked.push([start, into.byteLength]);
      await gate.promise;
      await stored.readInto(uri, start, into, options);
    },
  };
  const budget = testBudget(8 << 20);
  const holding = await budget.lease('test', budget.floorBytes);
  const footer = { uri: URI, etag, tail: { start: Number.MAX_SAFE_INTEGER, bytes: new Uint8Array() } } as ParquetFooter;
  const signal = new AbortController().signal;
  const costs = { bytesRead: 0, bytesTotal: 0, requests: 0 };
  const reads = new RangeReads({ store, footer, signal, holding, costs, inFlight: requestsOfScan() });
  const opened: ChunkWindow[] = [];
  return {
    reads,
    asked,
    open: (request) => {
      const window = new ChunkWindow({
        ...{ reads, holding, windowBytes: 1000, isWhole: true, rank: (share) => share },
        ...request,
      });
      opened.push(window);
      return window;
    },
    release: gate.resolve,
    bytesAt: (window, position, byteLength) => {
      const address = window.address(position);
      return holding.linear.u8.slice(address, address + byteLength);
    },
    end: async () => {
      for (const window of opened) await window.free();
      holding[Symbol.dispose]();
      expect(budget.usedBytes).toBe(0);
    },
  };
}

test('the first ranges are cut in two, so that none of these pieces is as large as another', async () => {
  const { reads, asked, release, end } = await windows(false);
  const bytes = 512 << 10;
  const load = reads.tryBegin(
    [0, bytes, 2 * bytes].map((start) => ({ start, byteLength: bytes })),
    0,
  );
  const small = reads.tryBegin([{ start: 3 * bytes, byteLength: 1000 }], 1);
  expect(asked).toEqual([
    [0, 233_017],
    [233_017, 291_271],
    [bytes, 174_763],
    [bytes + 174_763, 349_525],
    [2 * bytes, 116_509],
    [2 * bytes + 116_509, 407_779],
    [3 * bytes, 1000],
  ]);
  release();
  for (const one of [load, small]) await reads.free(one!);
  await end();
});

test('what is needed first is asked for first, whenever it was begun', async () => {
  const { reads, asked, release, end } = await windows(false);
  const begin = (start: number, rank: number) => reads.tryBegin([{ start, byteLength: 100 }], rank);
  const loads = [0, 1, 2, 3, 4, 5, 6, 7].map((at) => begin(at * 100, 9));
  // Eight are on their way: these wait.
  loads.push(begin(5000, 7), begin(6000, 3), begin(7000, 5), begin(6100, 3));
  expect(asked.length).toBe(8);
  release();
  for (const load of loads) for (const span of load?.spans ?? []) await arrivalOf(span, span.start, span.start + 1);
  expect(asked.slice(8).map(([start]) => start)).toEqual([6000, 6100, 7000, 5000]);
  for (const load of loads) await reads.free(load!);
  await end();
});

test('half of a window is ahead of what is decoded, and nothing is asked for twice', async () => {
  const { asked, open, bytesAt, end } = await windows(true);
  const window = open({ start: 100, end: 2700 });
  expect(asked).toEqual([[100, 500]]);
  for (let position = 100; position < 2700; position += 90) {
    if (!window.has(position, 90)) await window.load(position, 90);
    const bytes = Math.min(90, 2700 - position);
    expect(bytesAt(window, position, bytes)).toEqual(FILE.slice(position, position + bytes));
  }
  // The window is filled up from the page on that did not fit: those at 100, 550, 1090, 1540 and 2080.
  expect(asked).toEqual([
    [100, 500],
    [600, 500],
    [1100, 450],
    [1550, 540],
    [2090, 450],
    [2540, 160],
  ]);
  await end();
});

test('a page that is larger than the window is read alone, and what it took is given back', async () => {
  const { asked, open, bytesAt, end } = await windows(true);
  const window = open({ start: 0, end: 20_000 });
  await window.load(0, 10);
  await window.load(10, 5000);
  expect(bytesAt(window, 10, 5000)).toEqual(FILE.slice(10, 5010));
  window.release();
  expect(window.has(5009, 1)).toBe(false);
  await window.load(5010, 10);
  expect(bytesAt(window, 5010, 10)).toEqual(FILE.slice(5010, 5020));
  expect(asked).toEqual([
    [0, 500],
    [500, 500],
    [10, 5000],
    [5010, 500],
    [5510, 500],
  ]);
  await end();
});

test('pages that are known one by one are not read ahead', async () => {
  const { asked, open, bytesAt, end } = await windows(true);
  const window = open({ start: 0, end: 20_000, isWhole: false });
  expect(asked).toEqual([]);
  await window.load(7000, 100);
  await window.load(12_000, 100);
  expect(bytesAt(window, 12_000, 1000)).toEqual(FILE.slice(12_000, 13_000));
  expect(asked).toEqual([
    [7000, 1000],
    [12_000, 1000],
  ]);
  await end();
});

test('who goes on somewhere else drops what was on its way', async () => {
  const { asked, open, bytesAt, end } = await windows(true);
  const window = open({ start: 0, end: 20_000 });
  await window.load(0, 10);
  await window.load(9000, 10);
  expect(bytesAt(window, 9000, 500)).toEqual(FILE.slice(9000, 9500));
  expect(asked.slice(2)).toEqual([
    [9000, 500],
    [9500, 500],
  ]);
  await end();
});

test('all chunks are asked for at once, up to eight requests at a time', async () => {
  const { asked, open, release, end } = await windows(false);
  const chunks = Array.from({ length: 9 }, (_, at) =>
    open({ start: at * 4000, end: at * 4000 + (at === 0 ? 1200 : 3000) }),
  );
  expect(asked).toEqual(Array.from({ length: 8 }, (_, at) => [at * 4000, 500]));
  release();
  await Promise.all(chunks.map((chunk) => chunk.load(chunk.start, 10)));
  expect(asked.length).toBe(18);
  expect(asked[8]).toEqual([32_000, 500]);
  await end();
});
