/** Bytes of values are in the order of the values: against the order of expressions, over values of every type. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Column, nextDictionaryId } from '../../src/columnar/column.ts';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import * as t from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import { sliceColumn } from '../../src/columnar/slice.ts';
import type { Value } from '../../src/columnar/value.ts';
import { order } from '../../src/expressions/value-order.ts';
import type { Holding } from '../../src/memory/budget.ts';
import { ValueBytes } from '../../src/state/value-bytes.ts';
import { anyType, anyValue, FLAT_TYPES } from '../support/arbitrary-values.ts';
import { expectAllReturned, testBudget } from '../support/task.ts';

function bytesOf({ linear }: Holding, { values, bytes }: Column, rowCount: number): Buffer[] {
  const offset = (row: number): number => linear.u32[(values >>> 2) + row] ?? 0;
  return Array.from({ length: rowCount }, (_, row) =>
    Buffer.from(linear.u8.slice(bytes + offset(row), bytes + offset(row + 1))),
  );
}

interface Values {
  readonly type: t.DataType;
  readonly values: readonly Value[];
  readonly form: 'plain' | 'dictionary' | 'sliced';
}

function columnOf(holding: Holding, { type, values, form }: Values): Column {
  if (form === 'sliced') {
    const before = Array.from({ length: SLICED_OFF }, (_, row) => values[row % values.length] ?? null);
    return sliceColumn(columnFromValues(holding, type, [...before, ...values]), SLICED_OFF);
  }
  return columnFromValues(holding, type, values, { dictionary: form === 'dictionary' });
}

const valuesOf = (type: t.DataType): fc.Arbitrary<Values> =>
  fc.record({
    type: fc.constant(type),
    values: fc.array(anyValue(type), { minLength: ROWS, maxLength: ROWS }),
    form: fc.constantFrom('plain' as const, 'dictionary' as const, 'sliced' as const),
  });
const ROWS = 12;
/** Where any column may be cut. */
const SLICED_OFF = 64;

/** That bytes are in the order of the values, the same where these are equal, and none begins another; of nulls there are none. */
function check(of: Values): void {
  const budget = testBudget();
  {
    using holding = budget.reserve('test');
    const writer = new ValueBytes(holding);
    const column = columnOf(holding, of);
    const written = writer.of(column, ROWS);
    expect(written.validity).toBe(column.validity);
    const bytes = bytesOf(holding, written, ROWS);
    for (let a = 0; a < ROWS; a += 1) {
      for (let b = 0; b < ROWS; b += 1) {
        const [x, y] = [of.values[a] ?? null, of.values[b] ?? null];
        const [one, other] = [bytes[a], bytes[b]] as [Buffer, Buffer];
        const where = JSON.stringify([one.toString('hex'), other.toString('hex')]);
        if (x === null) expect(one.length, where).toBe(0);
        if (x === null || y === null) continue;
        expect(Math.sign(Buffer.compare(one, other)), where).toBe(Math.sign(order(x, y)));
        if (one.length < other.length) expect(other.subarray(0, one.length).equals(one), where).toBe(false);
      }
    }
    writer.free();
  }
  expectAllReturned(budget);
}

describe('bytes of values', () => {
  test.each(FLAT_TYPES.map((type) => ({ name: t.typeName(type), type })))('of $name are in its order', ({ type }) => {
    fc.assert(fc.property(valuesOf(type), check), { numRuns: 8 });
  });

  test('of types with parts are in the order of the first difference', () => {
    fc.assert(fc.property(anyType(2).chain(valuesOf), check), { numRuns: 150 });
  });

  // Whatever is close together, or easily taken for something else, in ascending order.
  const ascending: readonly (readonly [t.DataType, readonly Value[]])[] = [
    [t.utf8, ['', '\0', '\0\0', '\0a', '\u0001', 'a', 'a\0', 'a\0\0', 'a\0b', 'a\u0001', 'aa', 'ü', '\u{1F600}']],
    [t.float64, [-Infinity, -1e300, -5e-324, 0, 5e-324, 1, Infinity, Number.NaN]],
    [t.float16, [-Infinity, -65504, -6e-8, 0, 6e-8, 65504, Infinity, Number.NaN]],
    [t.decimal(38, 0), [-(10n ** 38n) + 1n, -(2n ** 64n), -1n, 0n, 1n, 2n ** 63n, 2n ** 64n, 10n ** 38n - 1n]],
    [t.list(t.utf8), [[], ['', ''], ['', 'a'], ['\0'], ['a'], ['a', ''], ['a', null], [null], [null, '']]],
    [t.list(t.list(t.int8)), [[], [[]], [[], []], [[], [1]], [[1]], [[1], []], [[1, 2]], [[null]], [null]]],
    [
      t.struct(field('a', t.int32), field('b', t.utf8)),
      [
        [-1, 'z'],
        [0, ''],
        [0, 'a'],
        [0, null],
        [null, 'a'],
        [null, null],
      ],
    ],
    [
      t.map(t.utf8, t.bool),
      [
        [],
        [['a', false]],
        [
          ['a', false],
          ['b', true],
        ],
        [['a', true]],
        [['a', null]],
        [['b', false]],
      ],
    ],
    [
      t.interval,
      [
        { months: -1, days: 0, nanoseconds: 0n },
        { months: 0, days: 0, nanoseconds: -1n },
        { months: 0, days: 0, nanoseconds: 0n },
        { months: 0, days: 1, nanoseconds: -1n },
        { months: 0, days: 1, nanoseconds: 0n },
        { months: 1, days: 0, nanoseconds: -1n },
        { months: 0, days: 30, nanoseconds: 0n },
        { months: 0, days: 30, nanoseconds: 1n },
      ],
    ],
  ];
  test.each(ascending.map(([type, values]) => ({ name: t.typeName(type), type, values })))(
    'of $name that are close are told apart',
    ({ type, values }) => {
      const budget = testBudget();
      using holding = budget.reserve('test');
      const writer = new ValueBytes(holding);
      const bytes = bytesOf(holding, writer.of(columnFromValues(holding, type, values), values.length), values.length);
      for (const [at, one] of bytes.entries()) {
        const next = bytes[at + 1];
        if (next !== undefined) expect(Buffer.compare(one, next), `${at}`).toBe(-1);
      }
    },
  );

  test.each<readonly [t.DataType, Value, Value]>([
    [t.float64, 0, -0],
    [t.list(t.float32), [-0, Number.NaN], [0, Number.NaN]],
    [t.interval, { months: 1, days: -30, nanoseconds: 0n }, { months: 0, days: 0, nanoseconds: 0n }],
    [
      t.struct(field('i', t.interval)),
      [{ months: 0, days: 1, nanoseconds: 0n }],
      [{ months: 0, days: 0, nanoseconds: 86_400_000_000_000n }],
    ],
  ])('of %o: equal values have the same', (type, a, b) => {
    const budget = testBudget();
    using holding = budget.reserve('test');
    const writer = new ValueBytes(holding);
    const [one, other] = bytesOf(holding, writer.of(columnFromValues(holding, type, [a, b]), 2), 2);
    expect(one).toEqual(other);
  });

  test('do not depend on the width of a long decimal, nor on a dictionary that lies below', () => {
    const budget = testBudget();
    using holding = budget.reserve('test');
    const writer = new ValueBytes(holding);
    const type = t.decimal(38, 2);
    const values = [-5n, null, 7n];
    const wide = bytesOf(holding, writer.of(columnFromValues(holding, type, values, { width: 16 }), 3), 3);
    const narrow = bytesOf(holding, writer.of(columnFromValues(holding, type, values, { width: 8 }), 3), 3);
    expect(narrow).toEqual(wide);
    const lists = columnFromValues(holding, t.list(t.utf8), [['x'], ['y', 'z']]);
    const codes = holding.allocateZeroed(12).address;
    holding.linear.u32.set([1, 0, 1], codes >>> 2);
    const dictionary = { id: nextDictionaryId(), size: 2, values: lists };
    const coded = bytesOf(holding, writer.of({ ...lists, values: codes, dictionary, children: undefined }, 3), 3);
    const [x, yz] = bytesOf(holding, writer.of(lists, 2), 2);
    expect(coded).toEqual([yz, x, yz]);
  });

  test('of large values take the room that they need, and too little is an error by name', () => {
    const budget = testBudget(8 * 1024 * 1024);
    {
      using holding = budget.reserve('Sort');
      using input = budget.reserve('input');
      const writer = new ValueBytes(holding);
      const texts = ['a'.repeat(300_000), '\0'.repeat(200_000), 'b'];
      const column = columnFromValues(input, t.utf8, texts);
      expect(bytesOf(holding, writer.of(column, 3), 3).map(({ length }) => length)).toEqual([300_003, 400_003, 4]);
      const large = columnFromValues(input, t.utf8, ['x'.repeat(4_000_000)]);
      expect(() => writer.of(large, 1)).toThrow(/^Sort needs/);
    }
    expectAllReturned(budget);
  });
});
