import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Column } from '../../src/columnar/column.ts';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import * as t from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { InvalidValue, MemoryBudgetExceeded } from '../../src/errors.ts';
import { xxhash64 } from '../../src/expressions/functions/hashing.ts';
import type { Holding } from '../../src/memory/budget.ts';
import { openRegions } from '../../src/state/answer-columns.ts';
import type { HeldStates } from '../../src/state/held-values.ts';
import { Sketches } from '../../src/state/sketches.ts';
import { expectAllReturned, testBudget } from '../support/task.ts';

type Kind = 'distinct-sketch' | 'percentile-sketch';

const STRIDE = 48;
const OFFSET = 16;

/** Sketches of some groups, and what they hold. */
class Groups {
  readonly sketches: Sketches;
  readonly states: HeldStates;
  readonly #holding: Holding;

  constructor(kind: Kind, count: number, holding: Holding) {
    this.#holding = holding;
    this.sketches = new Sketches(kind, holding);
    this.states = { states: holding.allocateZeroed(count * STRIDE).address + OFFSET, stride: STRIDE, count };
  }

  add(type: t.DataType, values: readonly Value[], groups: readonly number[], dictionary = false): this {
    using input = this.#holding.budget.reserve('input');
    for (let from = 0; from < values.length; from += 16_384) {
      const part = values.slice(from, from + 16_384);
      const value = columnFromValues(input, type, part, { dictionary });
      const ids = columnFromValues(input, t.uint32, groups.slice(from, from + 16_384)).values;
      const { validity } = value;
      this.sketches.add({ value, validity, by: undefined, rowCount: part.length, ids }, this.states);
    }
    return this;
  }

  absorb(other: Groups, groups: readonly number[]): void {
    using input = this.#holding.budget.reserve('input');
    const ids = columnFromValues(input, t.uint32, groups).values;
    this.sketches.absorb(other.sketches, other.states, ids, this.states);
  }

  absorbBytes(column: Column, groups: readonly number[]): void {
    using input = this.#holding.budget.reserve('input');
    this.sketches.absorbBytes(column, groups.length, columnFromValues(input, t.uint32, groups).values, this.states);
  }

  get column(): Column {
    return this.sketches.take(this.states);
  }

  get bytes(): Uint8Array[] {
    return readColumn(this.#holding.linear, this.column, this.states.count) as Uint8Array[];
  }

  get estimates(): bigint[] {
    const column = this.sketches.estimates(this.states, openRegions(this.#holding));
    return readColumn(this.#holding.linear, column, this.states.count) as bigint[];
  }

  percentiles(...ps: number[]): Value[] {
    const type = ps.length === 1 ? t.float64 : t.fixedSizeList(t.float64, ps.length);
    const column = this.sketches.percentiles(this.states, type, ps, openRegions(this.#holding));
    return readColumn(this.#holding.linear, column, this.states.count);
  }
}

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
const range = (from: number, to: number): bigint[] => Array.from({ length: to - from }, (_, i) => BigInt(from + i));

describe('a distinct sketch', () => {
  const hashes = (sketch: Uint8Array): bigint[] => {
    const view = new DataView(sketch.buffer, sketch.byteOffset);
    expect([view.getUint32(0, true), sketch.byteLength]).toEqual([1, 8 + view.getUint32(4, true) * 8]);
    return Array.from({ length: view.getUint32(4, true) }, (_, i) => view.getBigUint64(8 + i * 8, true));
  };
  const ascending = (all: Iterable<bigint>): bigint[] => [...new Set(all)].sort((a, b) => (a < b ? -1 : 1));
  const words = (...values: readonly (bigint | number)[]): Uint8Array => {
    const view = new DataView(new ArrayBuffer(values.length * 8));
    for (const [index, value] of values.entries()) {
      if (typeof value === 'bigint') view.setBigInt64(index * 8, BigInt.asIntN(64, value), true);
      else view.setFloat64(index * 8, value, true);
    }
    return new Uint8Array(view.buffer);
  };

  test.each([
    ['utf8', t.utf8, fc.string({ unit: 'grapheme', maxLength: 90 }), (v: Value) => Buffer.from(String(v))],
    ['binary', t.binary, fc.uint8Array({ maxLength: 90 }), (v: Value) => v as Uint8Array],
    ['fixed', t.fixedSizeBinary(4), fc.uint8Array({ minLength: 4, maxLength: 4 }), (v: Value) => v as Uint8Array],
    ['int8', t.int8, fc.integer({ min: -128, max: 127 }), (v: Value) => words(BigInt(Number(v)))],
    ['uint32', t.uint32, fc.nat(2 ** 32 - 1), (v: Value) => words(BigInt(Number(v)))],
    ['int64', t.int64, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (v: Value) => words(v as bigint)],
    ['decimal(9)', t.decimal(9, 2), fc.bigInt(-999n, 999n), (v: Value) => words(v as bigint)],
    [
      'decimal(38)',
      t.decimal(38, 2),
      fc.bigInt(-(10n ** 37n), 10n ** 37n),
      (v: Value) => words(v as bigint, (v as bigint) >> 64n),
    ],
    ['float32', t.float32, fc.float({ noNaN: true }), (v: Value) => words(v === 0 ? 0 : Number(v))],
    ['float64', t.float64, fc.double(), (v: Value) => words(v === 0 ? 0 : Number(v))],
    ['bool', t.bool, fc.boolean(), (v: Value) => words(v === true ? 1n : 0n)],
  ] as const)('of %s has the XXH64 of each value, whatever it is laid out in', (_, type, value, bytesOf) => {
    const given = fc.array(fc.tuple(fc.option(value as fc.Arbitrary<Value>), fc.nat(2)), { maxLength: 60 });
    fc.assert(
      fc.property(given, fc.boolean(), (rows, dictionary) => {
        using holding = testBudget().reserve('test');
        const plain = t.isBytes(type) ? dictionary : false;
        const groups = new Groups('distinct-sketch', 3, holding).add(
          type,
          rows.map(([v]) => v),
          rows.map(([, g]) => g),
          plain,
        );
        const wanted = [0, 1, 2].map((group) =>
          ascending(rows.filter(([v, g]) => g === group && v !== null).map(([v]) => xxhash64(bytesOf(v)))),
        );
        expect(groups.bytes.map(hashes)).toEqual(wanted);
        expect(groups.estimates).toEqual(wanted.map((each) => BigInt(each.length)));
      }),
      { numRuns: 25 },
    );
  });

  test.each([1536, 1537, 2000, 5000, 20_000, 100_000, 400_000])('of %i values is near', (count) => {
    using holding = testBudget().reserve('test');
    const groups = new Groups('distinct-sketch', 1, holding).add(t.int64, range(0, count), zeros(count));
    const error = Math.abs(Number(groups.estimates[0]) / count - 1);
    expect(error).toBeLessThanOrEqual(count <= 1536 ? 0 : 3 * 0.0081);
    expect(groups.bytes[0]?.byteLength).toBe(count <= 1536 ? 8 + count * 8 : 8 + 16_384);
  });

  test('is near on average: 40 sketches of different values', () => {
    using holding = testBudget().reserve('test');
    const errors = Array.from({ length: 40 }, (_, run) => {
      const count = 3000 + run * 500;
      const values = range(0, count).map((value) => value * 1_000_003n + BigInt(run) * 10n ** 12n);
      const groups = new Groups('distinct-sketch', 1, holding).add(t.int64, values, zeros(count));
      return Number(groups.estimates[0]) / count - 1;
    });
    const mean = errors.reduce((a, b) => a + b, 0) / errors.length;
    const deviation = Math.sqrt(errors.reduce((a, b) => a + b * b, 0) / errors.length);
    expect(Math.abs(mean)).toBeLessThan(0.005);
    expect(deviation).toBeGreaterThan(0.004);
    expect(deviation).toBeLessThan(0.0125);
  });

  test.each([
    [100, 50],
    [1500, 40],
    [1500, 1600],
    [5000, 100],
    [100, 5000],
    [9000, 7000],
  ])('of %i and of %i values are together what one of all would be, merged or as bytes', (a, b) => {
    using holding = testBudget().reserve('test');
    const make = (from: number, to: number): Groups =>
      new Groups('distinct-sketch', 2, holding).add(t.int64, range(from, to), zeros(to - from));
    const whole = make(0, a + b);
    const [first, second] = [make(0, a), make(a >> 1, a + b)];
    const third = new Groups('distinct-sketch', 2, holding);
    for (const part of [second, first]) third.absorbBytes(part.column, [0, 1]);
    first.absorb(second, [0, 0]);
    expect(first.bytes).toEqual(whole.bytes);
    expect(third.bytes).toEqual(whole.bytes);
    expect(third.estimates).toEqual(whole.estimates);
  });
});

describe('a percentile sketch', () => {
  const exact = (values: readonly number[], p: number): number => {
    const sorted = [...values].sort((a, b) => (Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : a - b));
    return sorted[Math.floor(p * (values.length - 1))] ?? Number.NaN;
  };
  const isNear = (actual: Value, wanted: number): boolean =>
    Object.is(actual, wanted) || (wanted === 0 ? actual === 0 : Math.abs(Number(actual) / wanted - 1) <= 0.01 + 1e-12);

  test('of one value is off by the whole of the 1 % at worst', () => {
    using holding = testBudget().reserve('test');
    const groups = new Groups('percentile-sketch', 2, holding).add(t.float64, [1], [0]);
    expect(groups.percentiles(0.5)).toEqual([0.99, null]);
    expect(groups.percentiles(0, 1)).toEqual([[0.99, 0.99], null]);
  });

  test('is within 1 % of the exact value, whatever the values are', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true }),
      fc.double({ min: -10, max: 10, noNaN: true }),
      fc.integer({ min: -3, max: 3 }),
      fc.constantFrom(0, -0, NaN, Infinity, -Infinity, Number.MAX_VALUE, Number.MIN_VALUE, -Number.MIN_VALUE, 1e-300),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, fc.nat(1)), { minLength: 1, maxLength: 80 }),
        fc.array(fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })), {
          minLength: 2,
          maxLength: 4,
        }),
        (rows, ps) => {
          using holding = testBudget().reserve('test');
          const [values, ids] = [rows.map(([v]) => v), rows.map(([, g]) => g)];
          const groups = new Groups('percentile-sketch', 2, holding).add(t.float64, values, ids);
          const answers = groups.percentiles(...ps);
          for (const group of [0, 1]) {
            const own = values.filter((_, row) => ids[row] === group);
            const list = answers[group] as Value[] | null;
            if (own.length === 0) expect(list).toBeNull();
            else for (const [n, p] of ps.entries()) expect(isNear(list?.[n] ?? null, exact(own, p))).toBe(true);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test('of decimals has their scale, of integers their sign', () => {
    using holding = testBudget().reserve('test');
    const of = (type: t.DataType, values: readonly Value[]): Value =>
      new Groups('percentile-sketch', 1, holding).add(type, values, zeros(values.length)).percentiles(0.5)[0] ?? null;
    expect(isNear(of(t.decimal(12, 2), [12_345n]), 123.45)).toBe(true);
    expect(isNear(of(t.decimal(38, 10), [-(10n ** 30n)]), -1e20)).toBe(true);
    expect(isNear(of(t.int8, [-100, -7, 5]), -7)).toBe(true);
    expect(isNear(of(t.uint64, [2n ** 64n - 1n]), 2 ** 64)).toBe(true);
  });

  test('of parts is together what one of all would be, merged or as bytes', () => {
    using holding = testBudget().reserve('test');
    const values = Array.from({ length: 3000 }, (_, i) => Math.sin(i) * 10 ** ((i % 31) - 15));
    const make = (from: number, to: number): Groups =>
      new Groups('percentile-sketch', 2, holding).add(t.float64, values.slice(from, to), zeros(to - from));
    const whole = make(0, 3000);
    const [first, second] = [make(0, 700), make(700, 3000)];
    const third = new Groups('percentile-sketch', 2, holding);
    for (const part of [second, first]) third.absorbBytes(part.column, [0, 1]);
    first.absorb(second, [0, 0]);
    expect(first.bytes).toEqual(whole.bytes);
    expect(third.bytes).toEqual(whole.bytes);
  });
});

describe('the bytes of a sketch', () => {
  const made = (kind: Kind, holding: Holding, count: number): Groups =>
    new Groups(kind, 1, holding).add(t.int64, range(1, count + 1), zeros(count));
  const tryBytes = (kind: Kind, bytes: Uint8Array): void => {
    const budget = testBudget();
    using holding = budget.reserve('test');
    const groups = new Groups(kind, 1, holding);
    groups.absorbBytes(columnFromValues(holding, t.binary, [bytes]), [0]);
    // What was accepted can be read.
    if (kind === 'distinct-sketch') expect(groups.estimates).toHaveLength(1);
    else expect(groups.percentiles(0.5)).toHaveLength(1);
  };

  test.each([
    ['distinct-sketch', 5],
    ['distinct-sketch', 2000],
    ['percentile-sketch', 50],
  ] as const)('of a %s of %i values are believed only where they are whole', (kind, count) => {
    using holding = testBudget().reserve('test');
    const bytes = made(kind, holding, count).bytes[0] ?? new Uint8Array();
    tryBytes(kind, bytes);
    for (const length of [0, 1, 7, 8, bytes.length - 1]) {
      expect(() => tryBytes(kind, bytes.slice(0, length)), `${length} bytes`).toThrow(InvalidValue);
    }
    expect(() => tryBytes(kind, Uint8Array.of(...bytes, 0))).toThrow(InvalidValue);
    const other = kind === 'distinct-sketch' ? 'percentile-sketch' : 'distinct-sketch';
    expect(() => tryBytes(other, bytes)).toThrow(InvalidValue);
    fc.assert(
      fc.property(fc.nat(Math.min(bytes.length - 1, 200)), fc.nat(255), (at, byte) => {
        const damaged = bytes.slice();
        damaged[at] = byte;
        try {
          tryBytes(kind, damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidValue);
        }
      }),
      { numRuns: 40 },
    );
  });
});

test('sketches that do not fit say so by name, and give all of it back', () => {
  const budget = testBudget(2 * 1024 * 1024);
  {
    using holding = budget.reserve('GroupedAggregate');
    const groups = new Groups('distinct-sketch', 100, holding);
    const fill = (): unknown =>
      groups.add(
        t.int64,
        range(0, 200_000),
        Array.from({ length: 200_000 }, (_, row) => row % 100),
      );
    expect(fill).toThrow(MemoryBudgetExceeded);
    expect(fill).toThrow(/^GroupedAggregate needs/);
  }
  expectAllReturned(budget);
});

test('what sketches outgrow is used again', () => {
  const budget = testBudget();
  using holding = budget.reserve('test');
  // One after the other each of 200 groups grows to the 16 KiB it ends with.
  const groups = new Groups('distinct-sketch', 200, holding);
  for (let group = 0; group < 200; group++) {
    groups.add(
      t.int64,
      range(0, 1200),
      Array.from({ length: 1200 }, () => group),
    );
  }
  // Blocks of 16 KiB, a chain of smaller ones that is handed on, and the room to grow.
  expect(holding.heldBytes).toBeLessThan(2 * (200 * 16_384) + 100_000);
});
