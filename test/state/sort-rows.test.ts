import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ColumnForm, columnFromValues } from '../../src/columnar/column-from-values.ts';
import {
  binary,
  bool,
  type DataType,
  date,
  decimal,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  timestamp,
  uint8,
  uint16,
  uint32,
  uint64,
  utf8,
} from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { sortRows } from '../../src/state/sort-rows.ts';
import { valuesOf } from '../support/tables.ts';
import { testBudget } from '../support/task.ts';

interface Key {
  readonly type: DataType;
  readonly values: readonly Value[];
  readonly descending?: boolean;
  readonly nullsFirst?: boolean;
  readonly form?: ColumnForm;
}

/** The permutation that `sortRows` finds, after checking that it gave its scratch back. */
function permutationOf(keys: readonly Key[], rowCount: number): number[] {
  const memory = testBudget(512 * 1024 * 1024);
  using columns = memory.reserve('columns');
  const sortColumns = keys.map(({ type, values, descending = false, nullsFirst = false, form = {} }) => ({
    column: columnFromValues(columns, type, values, form),
    descending,
    nullsFirst,
  }));
  using holding = memory.reserve('sort');
  const region = sortRows(sortColumns, rowCount, holding);
  if (region === undefined) {
    expect(holding.heldBytes).toBe(0);
    return Array.from({ length: rowCount }, (_, row) => row);
  }
  const start = region.address / 4;
  const rows = [...memory.linear.u32.slice(start, start + rowCount)];
  holding.free(region);
  expect(holding.heldBytes).toBe(0);
  return rows;
}

/** The order by comparing JavaScript values, whose sort is stable. */
function reference(keys: readonly Key[], rowCount: number): number[] {
  const compare = (a: Value, b: Value): number => {
    if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
    if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
    if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
    if (Number.isNaN(b)) return -1;
    return Number((a as number) > (b as number)) - Number((a as number) < (b as number));
  };
  return Array.from({ length: rowCount }, (_, row) => row).sort((x, y) => {
    for (const { values, descending, nullsFirst } of keys) {
      const [a, b] = [values[x] as Value, values[y] as Value];
      if (a === null && b === null) continue;
      if (a === null || b === null) return (a === null) === (nullsFirst === true) ? -1 : 1;
      const order = compare(a, b);
      if (order !== 0) return descending === true ? -order : order;
    }
    return 0;
  });
}

function expectSorted(keys: readonly Key[]): void {
  const rowCount = keys[0]?.values.length ?? 0;
  expect(permutationOf(keys, rowCount)).toEqual(reference(keys, rowCount));
}

const TYPES = [
  bool,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float32,
  float64,
  utf8,
  date,
  decimal(9, 2),
  decimal(38, 10),
  timestamp('ns'),
];

/** A generator that needs no arbitrary: the same numbers on every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const list = <T>(length: number, value: (row: number) => T): T[] => Array.from({ length }, (_, row) => value(row));

describe('sorting rows', () => {
  test.each(TYPES)('orders $kind, either way, nulls at either end, ties as they came', (type) => {
    const keys = fc.record({
      type: fc.constant(type),
      values: fc.array(fc.option(valuesOf(type), { freq: 6 }), { maxLength: 300, size: 'max' }),
      descending: fc.boolean(),
      nullsFirst: fc.boolean(),
      form: fc.record({
        dictionary: fc.constant(type.kind === 'utf8').chain((on) => (on ? fc.boolean() : fc.constant(false))),
      }),
    });
    fc.assert(
      fc.property(keys, (key) => expectSorted([key])),
      { numRuns: 40 },
    );
  });

  test('orders by several keys of any types', () => {
    const keys = fc
      .tuple(fc.integer({ min: 1, max: 200 }), fc.array(fc.constantFrom(...TYPES), { minLength: 2, maxLength: 5 }))
      .chain(([length, types]) =>
        fc.tuple(
          ...types.map((type) =>
            fc.record({
              type: fc.constant(type),
              values: fc.array(fc.option(valuesOf(type), { freq: 5 }), {
                minLength: length,
                maxLength: length,
                size: 'max',
              }),
              descending: fc.boolean(),
              nullsFirst: fc.boolean(),
            }),
          ),
        ),
      );
    fc.assert(
      fc.property(keys, (several) => expectSorted(several)),
      { numRuns: 100 },
    );
  });

  test('few-valued keys before one of full range: the prefix is cut inside a key', () => {
    const next = random(1);
    const wide = list(5000, () => BigInt(Math.floor(next() * 2 ** 53)) * 1024n - 2n ** 62n);
    const few = list(5000, () => Math.floor(next() * 3));
    expectSorted([
      { type: int32, values: few },
      { type: int64, values: wide, descending: true },
      { type: int64, values: list(5000, (row) => BigInt(row % 7)) },
    ]);
    expectSorted([
      { type: int32, values: few },
      { type: decimal(38, 0), values: wide.map((value) => value * 10n ** 18n) },
    ]);
  });

  describe('distributions that break sorts', () => {
    const next = random(7);
    const small = list(4000, () => BigInt(Math.floor(next() * 100_000)));
    test.each([
      { name: 'all equal', values: small.map(() => 5n) },
      { name: 'sorted', values: small.toSorted((a, b) => Number(a - b)) },
      { name: 'reversed', values: small.toSorted((a, b) => Number(b - a)) },
      { name: 'nearly sorted', values: list(4000, (row) => BigInt(row % 100 === 0 ? row + 50 : row)) },
      { name: 'two outliers that blow up the range', values: [...small, 2n ** 63n - 1n, -(2n ** 63n)] },
      { name: 'clusters far apart', values: small.map((value, row) => (value % 10n) + BigInt(row % 3) * 2n ** 60n) },
      {
        name: 'one value nine times of ten',
        values: small.map((value, row) => (row % 10 === 0 ? value * 2n ** 40n : 3n)),
      },
      { name: 'full range', values: small.map((value) => BigInt.asIntN(64, value * 0x9e3779b97f4a7c15n)) },
    ])('$name', ({ values }) => {
      expectSorted([{ type: int64, values }]);
      expectSorted([{ type: int64, values, descending: true }]);
      expectSorted([
        { type: float64, values: values.map(Number) },
        { type: int64, values },
      ]);
      expectSorted([{ type: decimal(38, 0), values: values.map((value) => value * 2n ** 50n), descending: true }]);
      expectSorted([{ type: utf8, values: values.map(String) }]);
      expectSorted([
        { type: utf8, values: values.map((value) => `a common beginning ${value}`), form: { dictionary: true } },
      ]);
    });
  });

  describe('text', () => {
    const next = random(3);
    const pick = (from: readonly string[]): string => from[Math.floor(next() * from.length)] as string;
    const a = 'a'.repeat(1000);
    test.each([
      {
        name: 'texts that begin each other',
        values: list(3000, (row) => 'abcdefghijklmnopqrstuvwxyz'.repeat(2).slice(0, (row * 17) % 53)),
      },
      {
        name: 'zeros inside and at the end',
        values: list(3000, () =>
          pick([
            '',
            '\0',
            '\0\0',
            'a',
            'a\0',
            'a\0\0\0\0\0\0\0',
            'a\0\0\0\0\0\0\0\0',
            'a\0b',
            'a\0\0\0\0\0\0\0\0\0\0\0b',
            'b',
          ]),
        ),
      },
      {
        name: 'common beginnings in groups',
        values: list(
          5000,
          () =>
            `http://${pick(['a', 'bb', 'example.org', 'a-long-host-name'])}/${pick(['', 'path/', 'another/path/of/many/parts/'])}${Math.floor(next() * 100)}`,
        ),
      },
      { name: 'long texts that differ at their very end', values: list(400, () => `${a}${Math.floor(next() * 30)}`) },
      {
        name: 'long texts that differ after a few bytes, then agree',
        values: list(400, () => `${pick(['x', 'y', 'z'])}${a}${pick(['', '1', '2'])}`),
      },
      { name: 'each a byte longer than the last', values: list(1500, (row) => 'z'.repeat(1500 - row)) },
      {
        name: 'beyond ascii',
        values: list(2000, () => pick(['ä', 'z', 'é', '日本', '日本語', '😀', '\uffff', 'żółw', 'a'])),
      },
      {
        name: 'short ones, exact in the prefix',
        values: list(3000, () => pick(['JFK', 'LAX', 'SFO', 'ORD', 'A', 'JFKX', ''])),
      },
    ])('$name', ({ values }) => {
      for (const descending of [false, true]) {
        expectSorted([{ type: utf8, values, descending }]);
        const withNulls = values.map((value, row) => (row % 11 === 0 ? null : value));
        expectSorted([
          { type: utf8, values: withNulls, descending, nullsFirst: true },
          { type: int32, values: values.map((_, row) => -(row % 5)) },
        ]);
        expectSorted([{ type: utf8, values: withNulls, descending, form: { dictionary: true } }]);
      }
    });

    // All of 256 bytes and the end: more symbols than a byte has, and more than a word holds of eight positions.
    test.each([0, 3, 40])('bytes of all values behind %i that are the same', (shared) => {
      const bytes = random(11);
      const values = list(3000, (row) =>
        Uint8Array.from({ length: shared + (row % 70) }, (_, at) => (at < shared ? 7 : Math.floor(bytes() ** 3 * 256))),
      );
      for (const descending of [false, true]) {
        expectSorted([{ type: binary, values, descending }]);
        const few = values.map((_, row) => (row % 13 === 0 ? null : row % 3));
        expectSorted([
          { type: int32, values: few },
          { type: binary, values: values.map((value, row) => (row % 7 === 0 ? null : value)), descending },
          { type: int32, values: few },
        ]);
      }
    });

    // Without an end in the time of a test where each level were a recursion, or each comparison one of whole texts.
    test('texts of many levels are sorted without recursion', () => {
      // Each text leaves the common path at another depth: a comparison sort of whole texts, or a level per recursion, would suffer.
      const values = list(3000, (row) => `${'ab'.repeat(row % 1500)}c${row}`);
      expectSorted([{ type: utf8, values }]);
    });
  });
});
