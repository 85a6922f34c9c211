/** Files of before 2013, made by hand: their levels are packed the other way round. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as types from '../../../src/columnar/data-type.ts';
import { field, schemaText } from '../../../src/columnar/schema.ts';
import { MalformedFile } from '../../../src/errors.ts';
import { memoryStore } from '../../../src/io/memory-store.ts';
import type { Row } from '../../support/task.ts';
import { bigEndian, bitPacked, handMadeFile, int32Bytes, PHYSICAL } from './hand-made.ts';
import { scanRows, schemaOf } from './scan-file.ts';

const URI = 'memory://bucket/old.parquet';
const RLE = 3;
const BIT_PACKED = 4;

async function storeOf(bytes: Uint8Array) {
  const store = memoryStore();
  await store.put(URI, bytes);
  return store;
}

/** `items` in pages of so many. */
const inPages = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));

const isValue = (value: number | null): value is number => value !== null;

describe.each(['none', 'gzip'] as const)('compressed with %s', (codec) => {
  test('nulls of a flat column', async () => {
    const values = fc.array(fc.option(fc.integer({ min: -5, max: 5 }), { nil: null }), { minLength: 1, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(values, fc.integer({ min: 1, max: 20 }), async (column, size) => {
        const pages = inPages(column, size).map((page) => ({
          values: page.length,
          bytes: Uint8Array.from([
            ...bitPacked(
              page.map((value) => Number(value !== null)),
              1,
            ),
            ...int32Bytes(page.filter(isValue)),
          ]),
          definitions: BIT_PACKED,
          repetitions: BIT_PACKED,
        }));
        const of = { path: [['v', 1]], type: PHYSICAL.int32, pages } as const;
        const store = await storeOf(handMadeFile([of], column.length, codec));
        expect((await scanRows(URI, { store })).rows).toEqual(column.map((value) => [value]));
      }),
      { numRuns: 50 },
    );
  });

  test('lists, whose levels have one and two bits', async () => {
    const item = fc.option(fc.integer({ min: 0, max: 99 }), { nil: null });
    const lists = fc.array(fc.option(fc.array(item, { maxLength: 5 }), { nil: null }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(lists, fc.integer({ min: 1, max: 30 }), fc.boolean(), async (rows, size, isMixed) => {
        // Null, empty, an item that is null, an item.
        const entries = rows.flatMap((list): [number, number, number | null][] => {
          if (list === null || list.length === 0) return [[0, list === null ? 0 : 1, null]];
          return list.map((value, at) => [at === 0 ? 0 : 1, value === null ? 2 : 3, value]);
        });
        const pages = inPages(entries, size).map((page) => {
          const repetitions = page.map(([repetition]) => repetition);
          // As runs of eight values that are packed, the lower bit first: those that writers moved on to.
          const packed = repetitions.map((level, at) => level << (at % 8));
          const eights = inPages(packed, 8).map((bits) => bits.reduce((a, b) => a | b, 0));
          const hybrid = [eights.length + 1, 0, 0, 0, eights.length * 2 + 1, ...eights];
          return {
            values: page.length,
            bytes: Uint8Array.from([
              ...(isMixed ? hybrid : bitPacked(repetitions, 1)),
              ...bitPacked(
                page.map(([, definition]) => definition),
                2,
              ),
              ...int32Bytes(page.map(([, , value]) => value).filter(isValue)),
            ]),
            definitions: BIT_PACKED,
            repetitions: isMixed ? RLE : BIT_PACKED,
          };
        });
        const path = [
          ['l', 1],
          ['list', 2],
          ['element', 1],
        ] as const;
        const bytes = handMadeFile([{ path, type: PHYSICAL.int32, pages }], rows.length, codec);
        const store = await storeOf(bytes);
        expect(schemaText(await schemaOf(store, URI))).toBe('l list(int32)?');
        expect((await scanRows(URI, { store })).rows).toEqual(rows.map((list): Row => [list]));
      }),
      { numRuns: 50 },
    );
  });
});

test('levels that are longer than their page are an error', async () => {
  const page = { values: 100, bytes: Uint8Array.from([255]), definitions: BIT_PACKED, repetitions: BIT_PACKED };
  const store = await storeOf(handMadeFile([{ path: [['v', 1]], type: PHYSICAL.int32, pages: [page] }], 100, 'none'));
  await expect(scanRows(URI, { store })).rejects.toThrow(MalformedFile);
});

test('decimals whose bytes are as many as they need are widened as others are', async () => {
  const values = [0n, 1n, -1n, 127n, -128n, 128n, 99_999n, -99_999n];
  const page = {
    values: values.length,
    bytes: Uint8Array.from(values.flatMap(bigEndian)),
    definitions: RLE,
    repetitions: RLE,
  };
  const of = { path: [['d', 0]], type: PHYSICAL.bytes, decimal: { precision: 5, scale: 2 }, pages: [page] } as const;
  const store = await storeOf(handMadeFile([of], values.length, 'none'));
  for (const [type, factor] of [
    [types.decimal(5, 2), 1n],
    [types.decimal(12, 4), 100n],
    [types.decimal(38, 30), 10n ** 28n],
  ] as const) {
    const readSchema = { fields: [field('d', type)] };
    expect((await scanRows(URI, { store, readSchema })).rows).toEqual(values.map((value) => [value * factor]));
  }
});
