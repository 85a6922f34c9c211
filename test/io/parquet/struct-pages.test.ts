/** Pages of structs without an index: those without a row that is wanted are passed over by what their headers say. */

import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import * as types from '../../../src/columnar/data-type.ts';
import { field, schema } from '../../../src/columnar/schema.ts';
import { MalformedFile } from '../../../src/errors.ts';
import { memoryStore } from '../../../src/io/memory-store.ts';
import type { ObjectStore } from '../../../src/io/object-store.ts';
import { col, int, op } from '../../support/plans.ts';
import { type Row, testBudget } from '../../support/task.ts';
import { bitPacked, handMadeFile, int32Bytes, PHYSICAL } from './hand-made.ts';
import { bound, scanRows } from './scan-file.ts';

const URI = 'memory://bucket/structs.parquet';
const ROWS = 20_000;
const PAGE_ROWS = [700, 1, 3000, 64, 5000, 900];
const SCHEMA = schema(field('id', types.int32), field('s', types.struct(field('v', types.int32))));
const BIT_PACKED = 4;

const structOf = (i: number): Row | null => (i % 13 === 0 ? null : [i % 7 === 0 ? null : i * 3]);
const ALL: readonly Row[] = Array.from({ length: ROWS }, (_, i) => [i, structOf(i)]);

/** Rows of each page of the struct. */
const PAGES: readonly (readonly number[])[] = (() => {
  const pages: number[][] = [];
  for (let at = 0; at < ROWS; at += pages.at(-1)!.length) {
    const rows = Math.min(PAGE_ROWS[pages.length % PAGE_ROWS.length]!, ROWS - at);
    pages.push(Array.from({ length: rows }, (_, i) => at + i));
  }
  return pages;
})();

/** The file, the pages of the struct that begin with the rows `damaged` of which cannot be decompressed. */
async function storeOf(damaged: readonly number[] = []): Promise<ObjectStore> {
  const pages = PAGES.map((rows) => {
    const values = rows.map(structOf);
    const levels = values.map((value) => (value === null ? 0 : value[0] === null ? 1 : 2));
    const present = rows.filter((_, at) => levels[at] === 2).map((i) => i * 3);
    const bytes = Uint8Array.from([...bitPacked(levels, 2), ...int32Bytes(present)]);
    return { values: rows.length, bytes, definitions: BIT_PACKED, repetitions: BIT_PACKED, first: rows[0]! };
  });
  const ids = Uint8Array.from(int32Bytes(ALL.map((_, i) => i)));
  const id = { path: [['id', 0]], type: PHYSICAL.int32, pages: [{ ...pages[0]!, values: ROWS, bytes: ids }] } as const;
  const s = {
    path: [
      ['s', 1],
      ['v', 1],
    ],
    type: PHYSICAL.int32,
    pages,
  } as const;
  const broken: ReadonlySet<Uint8Array> = new Set<Uint8Array>(
    pages.filter(({ first }) => damaged.includes(first)).map(({ bytes }) => bytes),
  );
  const compress = (page: Uint8Array) => (broken.has(page) ? Buffer.from('none of gzip') : gzipSync(page));
  const store = memoryStore();
  await store.put(URI, handMadeFile([id, s], ROWS, 'gzip', compress));
  return store;
}

/** In batches of a few thousand rows. */
const rowsFrom = async (store: ObjectStore, start: number, end: number): Promise<readonly Row[]> => {
  const filter = bound(op(op(col('id'), '>=', int(start)), 'and', op(col('id'), '<', int(end))), SCHEMA);
  const { rows } = await scanRows(URI, { store, readSchema: SCHEMA, filter, budget: testBudget(2 << 20) });
  return rows;
};

test.each([
  [0, 1],
  [699, 702],
  [9000, 9001],
  [12_345, 17_000],
  [19_999, ROWS],
])('rows %i to %i', async (start, end) => {
  const rows = await rowsFrom(await storeOf(), start, end);
  // Whole batches come: the filter is applied behind the scan.
  const first = Number(rows[0]?.[0]);
  expect(rows.length).toBeLessThan(ROWS);
  expect(first).toBeLessThanOrEqual(start);
  expect(first + rows.length).toBeGreaterThanOrEqual(end);
  expect(rows).toEqual(ALL.slice(first, first + rows.length));
});

test('what is passed over is not decompressed', async () => {
  const store = await storeOf(PAGES.map(([first]) => first!).filter((first) => first > 0 && first < 9000));
  expect((await rowsFrom(store, ROWS - 1, ROWS)).at(-1)).toEqual(ALL.at(-1));
  await expect(rowsFrom(store, 1000, 1001)).rejects.toThrow(MalformedFile);
});
