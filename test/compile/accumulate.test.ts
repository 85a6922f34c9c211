import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bool,
  type DataType,
  decimal,
  int64,
  isFloat,
  isInteger,
  isUnsigned,
  sameType,
  utf8,
} from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { GroupSpec } from '../../src/compile/kernel-spec.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import { order } from '../../src/expressions/value-order.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { LinearMemory } from '../../src/memory/linear-memory.ts';
import { fuzzed } from '../support/fuzz.ts';
import { type AggregateInput, AggregateProgram } from './accumulating.ts';
import { expression, INPUT, placed, random, randomBatch, TYPES } from './arbitrary-expressions.ts';

const budget = new MemoryBudget(256 << 20, 64 << 20, new LinearMemory(256 << 20, true));
const { linear } = budget;
/** Of the state of one accumulator. */
const FIGURE_BYTES = 32;
const STATE_BYTES = 4 * FIGURE_BYTES;
const columnOf = (type: DataType): number => INPUT.fields.findIndex((f) => f.type === type);

type Figure = bigint | number;

/** What a state holds before the first row. */
function identity(kind: AggregateInput['function'], type: DataType): Figure {
  if (kind === 'count' || kind === 'squares') return 0n;
  if (kind === 'product') return isFloat(type) ? 1 : 1n;
  if (isFloat(type)) return kind === 'sum' ? 0 : kind === 'min' ? NaN : -Infinity;
  if (kind === 'sum') return 0n;
  if (isUnsigned(type)) return kind === 'min' ? 2n ** 64n - 1n : 0n;
  return kind === 'min' ? 2n ** 63n - 1n : -(2n ** 63n);
}

function update(kind: AggregateInput['function'], old: Figure, value: NonNullable<Value>): Figure {
  if (kind === 'count') return (old as bigint) + 1n;
  const x: Figure = typeof old === 'number' ? Number(value) : BigInt(value as number);
  if (kind === 'squares') return (old as bigint) + (x as bigint) * (x as bigint);
  if (kind === 'product') return typeof old === 'number' ? old * Number(x) : multiplied(old, x as bigint);
  if (kind === 'sum') return typeof old === 'number' ? old + Number(x) : old + (x as bigint);
  return (kind === 'min' ? order(x, old) < 0 : order(x, old) > 0) ? x : old;
}

/** The magnitude of the product of what is not zero, as far as 64 bits hold it, and above it the flags. */
function multiplied(old: bigint, x: bigint): bigint {
  const [magnitude, flags] = [BigInt.asUintN(64, old), old >> 64n];
  if (x === 0n) return ((flags | 1n) << 64n) | magnitude;
  const product = magnitude * (x < 0n ? -x : x);
  const isBeyond = product >= 2n ** 64n;
  const turned = x < 0n ? flags ^ 4n : flags;
  return ((isBeyond ? turned | 2n : turned) << 64n) | (isBeyond ? magnitude : product);
}

function writeFigure(at: number, value: Figure): void {
  if (typeof value === 'number') linear.data.setFloat64(at, value, true);
  else {
    linear.data.setBigInt64(at, value, true);
    linear.data.setBigInt64(at + 8, value >> 64n, true);
  }
}

function readFigure(at: number, kind: AggregateInput['function'], type: DataType, wide: boolean): Figure {
  if (kind !== 'count' && isFloat(type)) {
    const held = linear.data.getFloat64(at, true);
    const whole = kind === 'sum' ? held + linear.data.getFloat64(at + 8, true) : held;
    return Number.isFinite(whole) ? whole : held;
  }
  const low = linear.data.getBigUint64(at, true);
  const high = linear.data.getBigUint64(at + 8, true);
  if (kind === 'product') return (high << 64n) | low;
  if (kind === 'squares') return (linear.data.getBigUint64(at + 16, true) << 128n) | (high << 64n) | low;
  if (kind === 'sum' && wide) return (linear.data.getBigInt64(at + 8, true) << 64n) | low;
  return isUnsigned(type) && kind !== 'count' && kind !== 'sum' ? low : BigInt.asIntN(64, low);
}

interface Case {
  readonly filter: TypedExpression | undefined;
  readonly calls: readonly { readonly kind: AggregateInput['function']; readonly input: TypedExpression }[];
  readonly grouping: 'single' | 'codes' | 'ids';
  readonly wide: boolean;
  readonly seed: number;
}

const found = { accumulated: 0, refused: 0 };

function check({ filter, calls, grouping, wide, seed }: Case): void {
  using input = budget.reserve('input');
  using scratch = budget.reserve('program');
  const batch = placed(input, randomBatch(seed));
  const { rows } = randomBatch(seed);
  const keyColumns = [columnOf(utf8), columnOf(bool)].filter(
    (c) =>
      batch.columns[c]?.dictionary !== undefined || (INPUT.fields[c]?.type === bool && batch.columns[c] !== undefined),
  );
  const sizes = keyColumns.map((c) => (batch.columns[c]?.dictionary?.size ?? 2) + 1);
  const strides = sizes.map((_, n) => sizes.slice(n + 1).reduce((a, b) => a * b, 1));
  const groupCount = grouping === 'single' ? 1 : grouping === 'ids' ? 5 : sizes.reduce((a, b) => a * b, 1);
  const group: GroupSpec =
    grouping === 'codes' ? { kind: 'codes', keys: keyColumns.map((column) => ({ column })) } : { kind: grouping };

  const next = random(seed);
  const ids = rows.map(() => Math.floor(next() * 5));
  const idsAt = input.allocateZeroed(rows.length * 4).address;
  for (const [row, id] of ids.entries()) linear.data.setUint32(idsAt + row * 4, id, true);
  // Groups numbered backwards, so that slot and group differ.
  const map = input.allocateZeroed(groupCount * 4).address;
  for (let slot = 0; slot < groupCount; slot++) linear.data.setUint32(map + slot * 4, groupCount - 1 - slot, true);
  const codeOf = (row: number): number =>
    keyColumns.reduce((slot, c, n) => {
      const { dictionary, values } = batch.columns[c]!;
      const value = rows[row]![c];
      const code =
        value === null
          ? sizes[n]! - 1
          : dictionary === undefined
            ? Number(value)
            : linear.data.getUint32(values + row * 4, true);
      return slot + code * strides[n]!;
    }, 0);
  const groupOf = (row: number): number =>
    grouping === 'single' ? 0 : grouping === 'ids' ? ids[row]! : groupCount - 1 - codeOf(row);

  const accumulators = calls.map(
    ({ kind, input: e }, n): AggregateInput => ({ function: kind, input: e, offset: n * FIGURE_BYTES }),
  );
  const states = input.allocateZeroed(groupCount * STATE_BYTES).address;
  const want = Array.from({ length: groupCount }, () => calls.map((c) => identity(c.kind, c.input.type)));
  for (const [g, figures] of want.entries()) {
    for (const [n, figure] of figures.entries()) writeFigure(states + g * STATE_BYTES + n * FIGURE_BYTES, figure);
  }
  using program = new AggregateProgram(
    { input: INPUT, filter, group, stateBytes: STATE_BYTES, accumulators, operator: 'Aggregate' },
    scratch,
  );
  const prepared = program.prepare(batch);
  if (prepared === undefined) {
    found.refused++;
    return;
  }
  const keys = sizes.map((size, n) => ({ stride: strides[n]!, nullCode: size - 1 }));
  prepared.accumulate(
    { states, map, ids: idsAt, keys },
    calls.map(() => wide),
  );
  found.accumulated++;
  const keep = filter && interpreter(filter);
  // A count demands no values, so that none can fail.
  const values = calls.map(({ kind, input: e }) => {
    if (kind !== 'count') return interpreter(e);
    const isNull = interpreter({ kind: 'is-null', input: e, type: bool, nullable: false });
    return (row: Parameters<typeof isNull>[0]): Value => (isNull(row) === true ? null : 1n);
  });
  for (const [index, cells] of rows.entries()) {
    const row = { value: (c: number): Value => cells[c] ?? null, where: () => '' };
    if (keep !== undefined && keep(row) !== true) continue;
    const figures = want[groupOf(index)]!;
    for (const [n, { kind }] of calls.entries()) {
      const value = values[n]!(row);
      if (value !== null) figures[n] = update(kind, figures[n]!, value);
    }
  }
  for (const [g, figures] of want.entries()) {
    for (const [n, { kind, input: e }] of calls.entries()) {
      const got = readFigure(states + g * STATE_BYTES + n * FIGURE_BYTES, kind, e.type, wide);
      const exact = figures[n]!;
      const expected = typeof exact === 'bigint' && kind === 'sum' && !wide ? BigInt.asIntN(64, exact) : exact;
      const where = `${kind} in group ${g}`;
      if (kind === 'sum' && typeof got === 'number' && Number.isFinite(expected as number)) {
        // Plain additions are not exact.
        expect(Math.abs(got - Number(expected)), where).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(Number(expected))));
      } else expect(got, where).toEqual(expected === 0 ? expect.closeTo(0) : expected);
    }
  }
}

describe('accumulators', () => {
  const summed = TYPES.filter((type) => type !== utf8 && type !== bool);
  const call = fc
    .tuple(
      fc.constantFrom('sum' as const, 'min' as const, 'max' as const, 'count' as const),
      fc.constantFrom(...summed),
    )
    .chain(([kind, type]) =>
      fc.constantFrom<AggregateInput['function'][]>(kind, 'squares', 'product').map((other) => {
        const isTaken =
          other === 'squares' ? isInteger(type) || sameType(type, decimal(15, 2)) : isInteger(type) || isFloat(type);
        return [isTaken ? other : kind, type] as const;
      }),
    )
    .chain(([kind, type]) => expression(type, 1).map((input) => ({ kind, input })));
  const anyCase: fc.Arbitrary<Case> = fc.record({
    filter: fc.option(expression(bool, 2), { nil: undefined }),
    calls: fc.array(call, { minLength: 1, maxLength: 4 }),
    grouping: fc.constantFrom('single' as const, 'codes' as const, 'ids' as const),
    wide: fc.boolean(),
    seed: fc.nat(),
  });

  test('gives the figures of a sum over big integers, whatever the grouping', () => {
    fc.assert(fc.property(anyCase, check), fuzzed(250));
    expect(found.accumulated).toBeGreaterThan(found.refused / 4);
    expect(found.refused).toBeGreaterThan(0);
  });

  test('sums of the greatest and least values reach 16 bytes', () => {
    using input = budget.reserve('input');
    using scratch = budget.reserve('program');
    const type = int64;
    const e: TypedExpression = { kind: 'column', index: columnOf(type), name: 'x', type, nullable: true };
    for (const value of [2n ** 63n - 1n, -(2n ** 63n)]) {
      for (const kind of ['single', 'ids'] as const) {
        const rows = Array.from({ length: 130 }, () => INPUT.fields.map((f) => (f.type === type ? value : null)));
        const batch = placed(input, { rows, forms: [] });
        const states = input.allocateZeroed(16).address;
        const ids = input.allocateZeroed(130 * 4).address;
        using program = new AggregateProgram(
          {
            input: INPUT,
            group: { kind },
            stateBytes: 16,
            accumulators: [{ function: 'sum', input: e, offset: 0 }],
            operator: 'Aggregate',
          },
          scratch,
        );
        program.prepare(batch)?.accumulate({ states, ids }, [true]);
        expect(readFigure(states, 'sum', type, true)).toBe(value * 130n);
      }
    }
  });
});
