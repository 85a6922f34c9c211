/** Pages of gzip and of Brotli: what is in them, and what is refused. */

import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MalformedFile } from '../../../src/errors.ts';
import { memoryStore } from '../../../src/io/memory-store.ts';
import { codecBytes, decompress } from '../../../src/io/parquet/decompress.ts';
import { loadCodecs } from '../../../src/io/parquet/load-codecs.ts';
import { parquetKernels } from '../../../src/kernels/parquet-kernels.ts';
import { PADDING_BYTES } from '../../../src/memory/linear-memory.ts';
import { content } from '../../support/contents.ts';
import { expectAllReturned, testBudget } from '../../support/task.ts';
import { handMadeFile, int32Bytes, PHYSICAL } from './hand-made.ts';
import { scanRows } from './scan-file.ts';

const MiB = 1 << 20;
const UNTOUCHED = 0xa5;

await loadCodecs(['GZIP', 'BROTLI']);

/** Undefined where `stored` is refused. Nothing is written to behind the padding of the place, or this throws. */
function plain(codec: string, stored: Uint8Array, toBytes: number): Buffer | undefined {
  const budget = testBudget(16 * MiB);
  let found: Buffer | undefined;
  {
    using holding = budget.reserve('test');
    const from = holding.allocate(stored.byteLength);
    const to = holding.allocate(toBytes);
    const behind = holding.allocate(4096);
    const { u8 } = budget.linear;
    u8.set(stored, from.address);
    u8.fill(UNTOUCHED, behind.address, behind.address + 4096);
    u8.fill(UNTOUCHED, to.address, to.address + toBytes + PADDING_BYTES);
    const work = { holding, kernels: parquetKernels(budget.linear) };
    const isRight = decompress(codec, work, from.address, stored.byteLength, to.address, toBytes);
    expect(u8.subarray(behind.address, behind.address + 4096).every((byte) => byte === UNTOUCHED)).toBe(true);
    if (isRight) found = Buffer.from(u8.slice(to.address, to.address + toBytes));
  }
  expectAllReturned(budget);
  return found;
}

test('members of gzip, one behind the other, are their contents; less and more than that is refused', () => {
  const cuts = fc.array(fc.nat({ max: 100_000 }), { maxLength: 3 });
  fc.assert(
    fc.property(content, cuts, fc.integer({ min: 0, max: 9 }), (bytes, places, level) => {
      const bounds = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
      const members = bounds.slice(1).map((end, at) => gzipSync(bytes.subarray(bounds[at], end), { level }));
      const stored = Buffer.concat(members);
      expect(plain('GZIP', stored, bytes.length)?.equals(bytes)).toBe(true);
      expect(plain('GZIP', stored, bytes.length + 1)).toBeUndefined();
      if (bytes.length > 0) expect(plain('GZIP', stored, bytes.length - 1)).toBeUndefined();
      expect(plain('GZIP', stored.subarray(0, -1), bytes.length)).toBeUndefined();
    }),
    { numRuns: 60 },
  );
});

test('what Brotli makes, and nothing else', () => {
  fc.assert(
    fc.property(content, (bytes) => {
      const stored = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
      expect(plain('BROTLI', stored, bytes.length)?.equals(bytes)).toBe(true);
      expect(plain('BROTLI', stored, bytes.length + 1)).toBeUndefined();
      if (bytes.length > 0) expect(plain('BROTLI', stored, bytes.length - 1)).toBeUndefined();
    }),
    { numRuns: 20 },
  );
});

test('what the library of Node makes of Brotli is reserved, and let go of at once', () => {
  const bytes = Buffer.alloc(4 * MiB, 'a text that comes again and again, ');
  const stored = brotliCompressSync(bytes);
  const budget = testBudget(32 * MiB);
  using holding = budget.reserve('test');
  const from = holding.allocate(stored.byteLength);
  const to = holding.allocate(bytes.length);
  budget.linear.u8.set(stored, from.address);
  const work = { holding, kernels: parquetKernels(budget.linear) };
  const run = (): boolean => decompress('BROTLI', work, from.address, stored.byteLength, to.address, bytes.length);
  const before = process.memoryUsage().arrayBuffers;
  // Not collected within so few turns, were they only dropped.
  for (let page = 0; page < 5; page += 1) expect(run()).toBe(true);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(bytes.length);
  expect(budget.peakBytes).toBeGreaterThanOrEqual(holding.heldBytes + codecBytes('BROTLI', bytes.length));
  using _others = budget.reserve('Sort');
  _others.grow(8 * MiB);
  expect(run).toThrow(/^test needs \d+ bytes more/);
});

test.each<[string, (page: Buffer) => Uint8Array]>([
  ['another checksum', (page) => flipped(page, page.length - 8)],
  ['another size', (page) => flipped(page, page.length - 4)],
  ['less', (page) => page.subarray(0, -9)],
  ['zeros behind it', (page) => Buffer.concat([page, Buffer.alloc(3)])],
  ['more behind it', (page) => Buffer.concat([page, Buffer.from('and so on')])],
  ['half of a member behind it', (page) => Buffer.concat([page, page.subarray(0, 10)])],
  ['another member that makes it longer', (page) => Buffer.concat([page, gzipSync('x')])],
  ['no gzip', () => Buffer.from('these bytes are none')],
])('a page with %s is refused by file and column', async (_, damage) => {
  const store = memoryStore();
  const uri = 'memory://bucket/pages.parquet';
  const bytes = Uint8Array.from(int32Bytes([1, 2, 3, 4, 5]));
  const pages = [{ values: 5, bytes, definitions: 3, repetitions: 3 }];
  const of = { path: [['v', 0]], type: PHYSICAL.int32, pages } as const;
  const file = (compress: (page: Uint8Array) => Uint8Array) => handMadeFile([of], 5, 'gzip', compress);
  await store.put(
    uri,
    file((page) => Buffer.concat([gzipSync(page.subarray(0, 7)), gzipSync(page.subarray(7))])),
  );
  expect((await scanRows(uri, { store })).rows).toEqual([[1], [2], [3], [4], [5]]);
  await store.put(
    uri,
    file((page) => damage(gzipSync(page))),
  );
  const scan = scanRows(uri, { store });
  await expect(scan).rejects.toThrow(MalformedFile);
  await expect(scan).rejects.toThrow(/pages\.parquet.*column v, row group 0: a page cannot be decompressed \(GZIP\)/);
});

function flipped(page: Buffer, at: number): Buffer {
  const bytes = Buffer.from(page);
  bytes[at]! ^= 1;
  return bytes;
}
