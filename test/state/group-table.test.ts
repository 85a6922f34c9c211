import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Column } from '../../src/columnar/column.ts';
import { type ColumnForm, columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readValue } from '../../src/columnar/column-values.ts';
import * as t from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { MemoryBudgetExceeded } from '../../src/errors.ts';
import type { Holding } from '../../src/memory/budget.ts';
import { GroupTable, NO_GROUP } from '../../src/state/group-table.ts';
import { expectAllReturned, testBudget } from '../support/task.ts';

/** Every type of key with values that are easy to take for one another. */
const KEY_VALUES: readonly { type: t.DataType; values: readonly Value[] }[] = [
  { type: t.bool, values: [true, false] },
  { type: t.int8, values: [0, 1, -1, 127, -128] },
  { type: t.int16, values: [0, 1, -1, 256, -32_768] },
  { type: t.int32, values: [0, 1, -1, 65_536, -(2 ** 31)] },
  { type: t.int64, values: [0n, 1n, -1n, 2n ** 32n, 2n ** 63n - 1n, -(2n ** 63n)] },
  { type: t.uint8, values: [0, 1, 255] },
  { type: t.uint16, values: [0, 1, 65_535] },
  { type: t.uint32, values: [0, 1, 2 ** 32 - 1] },
  { type: t.uint64, values: [0n, 1n, 2n ** 64n - 1n, 2n ** 63n] },
  { type: t.float32, values: [0, -0, 1.5, -1.5, Number.NaN, Infinity, -Infinity] },
  { type: t.float64, values: [0, -0, 1e300, -1e-300, Number.NaN, Infinity, -Infinity] },
  { type: t.decimal(10, 2), values: [0n, 1n, -1n, 10n ** 10n - 1n] },
  { type: t.decimal(38, 4), values: [0n, 1n, -1n, 2n ** 64n, -(2n ** 64n), 10n ** 38n - 1n] },
  {
    type: t.utf8,
    values: [
      '',
      'a',
      'b',
      'aa',
      'a\0',
      '12345678',
      '123456789',
      ...[14, 15, 16, 17, 40].flatMap((length) => ['x'.repeat(length), `${'x'.repeat(length - 1)}\0`]),
      'ü',
    ],
  },
  { type: t.date, values: [0, 1, -1, 20_000] },
  { type: t.timestamp('us'), values: [0n, 1n, -1n, 2n ** 40n] },
  { type: t.binary, values: [[], [0], [0, 0], [255]].map((bytes) => Uint8Array.from(bytes)) },
  {
    type: t.fixedSizeBinary(3),
    values: [
      [0, 0, 0],
      [0, 0, 1],
      [255, 0, 0],
    ].map((bytes) => Uint8Array.from(bytes)),
  },
  { type: t.float16, values: [0, -0, 1.5, Number.NaN] },
  {
    type: t.interval,
    values: [
      { months: 0, days: 30, nanoseconds: 0n },
      { months: 1, days: 0, nanoseconds: 0n },
      { months: 0, days: 0, nanoseconds: 1n },
    ],
  },
  { type: t.list(t.utf8), values: [[], [''], ['', ''], [null], ['a'], ['a', null], ['a', 'b']] },
  {
    type: t.fixedSizeList(t.float32, 2),
    values: [
      [0, 1],
      [-0, 1],
      [Number.NaN, null],
      [null, null],
    ],
  },
  {
    type: t.struct(field('a', t.int64), field('b', t.list(t.int8))),
    values: [
      [1n, [1]],
      [1n, []],
      [null, null],
      [1n, null],
    ],
  },
  {
    type: t.map(t.utf8, t.bool),
    values: [
      [],
      [['a', true]],
      [['a', null]],
      [
        ['a', true],
        ['b', true],
      ],
    ],
  },
];

/** What SQL holds to be one key: NaN is NaN, -0.0 is 0.0, and a month is 30 days. */
const keyText = (row: readonly Value[]): string => JSON.stringify(row.map(textOf));

function textOf(value: Value): unknown {
  if (value === null) return null;
  if (typeof value !== 'object') return `${typeof value}:${Object.is(value, -0) ? 0 : value}`;
  if (value instanceof Uint8Array) return `bytes:${value}`;
  if (!('months' in value)) return value.map(textOf);
  return `interval:${BigInt(value.months * 30 + value.days) * 86_400_000_000_000n + value.nanoseconds}`;
}

/** Numbers in the order of first appearance, by a map: the oracle. */
class Oracle {
  readonly numbers = new Map<string, number>();
  readonly keys: (readonly Value[])[] = [];

  number(row: readonly Value[]): number {
    const text = keyText(row);
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    this.numbers.set(text, this.keys.length);
    this.keys.push(row);
    return this.keys.length - 1;
  }
}

function idsOf(holding: Holding, address: number, rowCount: number): number[] {
  return Array.from(holding.linear.u32.subarray(address >>> 2, (address >>> 2) + rowCount));
}

function keysOf(holding: Holding, table: GroupTable): Value[][] {
  const columns = table.keyColumns(0, table.groupCount);
  return Array.from({ length: table.groupCount }, (_, row) =>
    columns.map((column) => readValue(holding.linear, column, row)),
  );
}

const columnsOf = (
  holding: Holding,
  types: readonly t.DataType[],
  rows: readonly (readonly Value[])[],
  layouts: readonly Layout[] = [],
): Column[] =>
  types.map((type, index) => {
    const values = rows.map((row) => row[index] ?? null);
    return columnFromValues(holding, type, values, formOf(type, values, layouts[index] ?? 'plain'));
  });

/** A long decimal is narrow where all its values fit 8 bytes. */
function formOf(type: t.DataType, values: readonly Value[], layout: Layout): ColumnForm {
  const dictionary = layout.endsWith('dictionary');
  const isLong = type.kind === 'decimal' && type.precision > 18;
  const fits = values.every((value) => typeof value !== 'bigint' || BigInt.asIntN(64, value) === value);
  const width = isLong && fits && layout.startsWith('narrow') ? { width: 8 as const } : {};
  return { dictionary, ...width, ...(layout === 'bitmap' ? { nullable: true } : {}) };
}

const keyTypes = fc.array(fc.constantFrom(...KEY_VALUES), { minLength: 1, maxLength: 4 });
const layoutOf = fc.constantFrom('plain', 'narrow', 'dictionary', 'narrow dictionary', 'bitmap');
type Layout = 'plain' | 'narrow' | 'dictionary' | 'narrow dictionary' | 'bitmap';

/** Types, and batches of rows with the layout of each column. */
const inputs = keyTypes.chain((kinds) => {
  const row = fc.tuple(...kinds.map(({ values }) => fc.constantFrom(null, ...values)));
  const batch = fc.record({
    rows: fc.array(row, { maxLength: 80 }),
    layouts: fc.array(layoutOf, { minLength: kinds.length, maxLength: kinds.length }),
  });
  return fc.record({ types: fc.constant(kinds.map(({ type }) => type)), batches: fc.array(batch, { maxLength: 5 }) });
});

describe('a group table', () => {
  test('numbers keys of any types and layouts in the order of first appearance, and gives them back', () => {
    fc.assert(
      fc.property(inputs, ({ types, batches }) => {
        const budget = testBudget();
        {
          using holding = budget.reserve('test');
          using input = budget.reserve('input');
          const oracle = new Oracle();
          using table = new GroupTable(types, holding);
          for (const { rows, layouts } of batches) {
            const ids = table.groupIds(columnsOf(input, types, rows, layouts), rows.length);
            expect(idsOf(holding, ids, rows.length)).toEqual(rows.map((row) => oracle.number(row)));
            input.release();
          }
          expect(table.groupCount).toBe(oracle.keys.length);
          expect(keysOf(holding, table).map(keyText)).toEqual(oracle.keys.map(keyText));
        }
        expectAllReturned(budget);
      }),
      { numRuns: 150 },
    );
  });

  test('merged with a later one equals one table that saw both', () => {
    fc.assert(
      fc.property(inputs, inputs, fc.nat(5), ({ types, batches }, _, cut) => {
        using holding = testBudget().reserve('test');
        const oracle = new Oracle();
        const [first, second] = [new GroupTable(types, holding), new GroupTable(types, holding)];
        const seenBySecond = new Oracle();
        for (const [index, { rows, layouts }] of batches.entries()) {
          const table = index < cut ? first : second;
          table.groupIds(columnsOf(holding, types, rows, layouts), rows.length);
          for (const row of rows) oracle.number(row);
          if (table === second) for (const row of rows) seenBySecond.number(row);
        }
        const mapping = first.merge(second);
        expect(keysOf(holding, first).map(keyText)).toEqual(oracle.keys.map(keyText));
        expect(idsOf(holding, mapping.address, second.groupCount)).toEqual(
          seenBySecond.keys.map((row) => oracle.number(row)),
        );
      }),
      { numRuns: 80 },
    );
  });

  test('finds keys without adding them', () => {
    using holding = testBudget().reserve('test');
    using table = new GroupTable([t.utf8, t.int32], holding);
    const known = columnsOf(
      holding,
      [t.utf8, t.int32],
      [
        ['a', 1],
        ['b', null],
        [null, 2],
      ],
      ['plain'],
    );
    table.groupIds(known, 3);
    const asked = columnsOf(
      holding,
      [t.utf8, t.int32],
      [
        ['b', null],
        ['b', 1],
        ['c', 1],
        [null, 2],
        [null, null],
        ['a', 1],
      ],
      ['dictionary', 'dictionary'],
    );
    const found = table.find(asked, 6);
    expect(idsOf(holding, found, 6)).toEqual([1, NO_GROUP, NO_GROUP, 2, NO_GROUP, 0]);
    expect(table.groupCount).toBe(3);
  });

  test('finds keys in their order, in none, and those that end it', () => {
    const whole = fc.integer({ min: -50, max: 2000 });
    const kinds = [
      { type: t.int64, value: (n: number): Value => BigInt(n) << 29n },
      { type: t.uint64, value: (n: number): Value => BigInt.asUintN(64, BigInt(n) << 40n) },
      { type: t.date, value: (n: number): Value => n },
      { type: t.float64, value: (n: number): Value => n / 7 },
      { type: t.decimal(38, 0), value: (n: number): Value => BigInt(n) << 60n },
      { type: t.utf8, value: (n: number): Value => `${n < 0 ? '' : 'key'.repeat(n & 3)} ${n}`.slice(0, n & 31) },
    ];
    const input = fc.record({
      kinds: fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 2 }),
      nullable: fc.boolean(),
      rows: fc.array(fc.tuple(whole, fc.integer({ min: -2, max: 2 })), { maxLength: 1200, size: 'max' }),
      way: fc.constantFrom(1, -1),
      late: fc.array(fc.tuple(whole, fc.constant(0)), { maxLength: 3 }),
      size: fc.integer({ min: 1, max: 700 }),
    });
    fc.assert(
      fc.property(input, (given) => {
        const types = given.kinds.map(({ type }) => type);
        const sorted = given.rows.toSorted(([a, c], [b, d]) => given.way * (a - b || c - d));
        const all = [...sorted, ...given.late].map((row) => given.kinds.map(({ value }, key) => value(row[key] ?? 0)));
        using holding = testBudget().reserve('test');
        using table = new GroupTable(
          types,
          holding,
          types.map(() => given.nullable),
        );
        const oracle = new Oracle();
        for (let from = 0; from < all.length; from += given.size) {
          const rows = all.slice(from, from + given.size);
          const columns = columnsOf(holding, types, rows);
          const known = rows.map((row) => oracle.numbers.get(keyText(row)) ?? NO_GROUP);
          if (from % 3 === 0) expect(idsOf(holding, table.find(columns, rows.length), rows.length)).toEqual(known);
          const ids = table.groupIds(columns, rows.length);
          expect(idsOf(holding, ids, rows.length)).toEqual(rows.map((row) => oracle.number(row)));
        }
        expect(table.groupCount).toBe(oracle.keys.length);
      }),
      { numRuns: 60 },
    );
  });

  test.each<{ name: string; types: t.DataType[]; rows: Value[][]; isInOrder: boolean }>([
    { name: 'numbers that go up', types: [t.int64], rows: [[-3n], [-3n], [5n], [2n ** 40n]], isInOrder: true },
    { name: 'numbers that go down', types: [t.int64], rows: [[9n], [5n], [5n], [-1n]], isInOrder: true },
    { name: 'dates', types: [t.date], rows: [[-9], [-2], [0], [20_000]], isInOrder: true },
    { name: 'texts', types: [t.utf8], rows: [['a'], ['a'], ['ab'], ['b'], ['longer than 8']], isInOrder: true },
    {
      name: 'two keys',
      types: [t.int64, t.int32],
      rows: [
        [1n, 5],
        [1n, 6],
        [2n, 0],
      ],
      isInOrder: true,
    },
    { name: 'one key that comes again', types: [t.int64], rows: [[1n], [2n], [1n]], isInOrder: false },
    { name: 'a text that comes later', types: [t.utf8], rows: [['b'], ['c'], ['abc']], isInOrder: false },
  ])('knows whether keys are in order: $name', ({ types, rows, isInOrder }) => {
    using holding = testBudget().reserve('test');
    using table = new GroupTable(types, holding);
    expect(table.isInOrder).toBe(true);
    table.groupIds(columnsOf(holding, types, rows), rows.length);
    expect(table.isInOrder).toBe(isInOrder);
  });

  test('keys that promise no nulls take no room for them', () => {
    using holding = testBudget().reserve('test');
    using table = new GroupTable([t.int64], holding, [false]);
    const [column] = columnsOf(holding, [t.int64], [[5n], [6n], [5n]], ['plain']);
    expect(idsOf(holding, table.groupIds([column as Column], 3), 3)).toEqual([0, 1, 0]);
    expect(keysOf(holding, table)).toEqual([[5n], [6n]]);
  });

  test.each([
    { name: 'integers', type: t.int64, value: (n: number): Value => BigInt(n) * 0x1_0000_0001n },
    { name: 'text', type: t.utf8, value: (n: number): Value => `${n % 7 === 0 ? 'long '.repeat(8) : ''}${n}` },
  ])('grows to 60,000 groups of $name without losing one', ({ type, value }) => {
    using holding = testBudget().reserve('test');
    using table = new GroupTable([type, t.uint8], holding);
    for (let pass = 0; pass < 2; pass++) {
      for (let from = 0; from < 60_000; from += 10_000) {
        using input = holding.budget.reserve('input');
        const rows = Array.from({ length: 10_000 }, (_, row) => [value(from + row), (from + row) & 3]);
        const ids = table.groupIds(columnsOf(input, [type, t.uint8], rows, ['plain', 'plain']), rows.length);
        expect(idsOf(holding, ids, rows.length)).toEqual(rows.map((_, row) => from + row));
      }
    }
    expect(table.groupCount).toBe(60_000);
  });

  test('retains no entry of a dictionary that no row uses', () => {
    const budget = testBudget();
    using holding = budget.reserve('test');
    using table = new GroupTable([t.utf8], holding);
    for (let round = 0; round < 50; round++) {
      using input = budget.reserve('input');
      const entries = Array.from({ length: 2000 }, (_, entry) => [`entry ${entry} of dictionary ${round}`]);
      const [column] = columnsOf(input, [t.utf8], entries, ['dictionary']);
      table.groupIds([column as Column], 3);
    }
    expect(table.groupCount).toBe(150);
    expect(holding.heldBytes).toBeLessThan(256 * 1024);
  });

  test('says by name that the budget is too small, and gives everything back', () => {
    const budget = testBudget(2 * 1024 * 1024);
    const grow = (): void => {
      using holding = budget.reserve('GroupedAggregate');
      const table = new GroupTable([t.utf8], holding);
      for (let from = 0; ; from += 1000) {
        using input = budget.reserve('input');
        const rows = Array.from({ length: 1000 }, (_, row) => [`the key of row ${from + row}`]);
        table.groupIds(columnsOf(input, [t.utf8], rows, ['plain']), rows.length);
      }
    };
    expect(grow).toThrow(MemoryBudgetExceeded);
    expect(grow).toThrow(/^GroupedAggregate needs \d+ bytes more/);
    expectAllReturned(budget);
  });
});
