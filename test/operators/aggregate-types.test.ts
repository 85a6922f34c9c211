/** Aggregates that take any type, over all of them, against what JavaScript says of the same values. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as t from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { aggregateType } from '../../src/expressions/aggregates.ts';
import type { AggregateCall } from '../../src/expressions/expression.ts';
import { order } from '../../src/expressions/value-order.ts';
import { aggregateStage, column, twoStageRows } from '../support/aggregates.ts';
import { anyType, anyValue, FLAT_TYPES } from '../support/arbitrary-values.ts';
import { type Row, runStages } from '../support/task.ts';

type Present = NonNullable<Value>;
/** Of the values of rows that take part, in their order: the result. */
type Oracle = (values: readonly Value[], isGroup: boolean) => Value;

const present = (values: readonly Value[]): Present[] => values.filter((value) => value !== null);
/** Of equal values the first. */
const distinct = (values: readonly Present[]): Present[] =>
  values.filter((value, at) => values.findIndex((other) => order(value, other) === 0) === at);
const best = (values: readonly Present[], sign: number): Value =>
  values.reduce<Present | null>((a, b) => (a === null || order(b, a) * sign > 0 ? b : a), null);
const mode = (values: readonly Present[]): Value => {
  const counts = values.map((value) => values.filter((other) => order(value, other) === 0).length);
  return values[counts.indexOf(Math.max(...counts))] ?? null;
};

const ORACLES: readonly (readonly [Omit<AggregateCall, 'name' | 'input'>, Oracle])[] = [
  [{ function: 'count' }, (values) => BigInt(present(values).length)],
  [{ function: 'count', options: { mode: 'null' } }, (values) => BigInt(values.length - present(values).length)],
  [{ function: 'any_value' }, (values) => present(values)[0] ?? null],
  [{ function: 'first' }, (values) => values[0] ?? null],
  [{ function: 'last' }, (values) => values.at(-1) ?? null],
  [{ function: 'last', options: { ignoreNulls: true } }, (values) => present(values).at(-1) ?? null],
  [{ function: 'list' }, (values) => values],
  [{ function: 'min' }, (values) => best(present(values), -1)],
  [{ function: 'max' }, (values) => best(present(values), 1)],
  [{ function: 'min_by', by: column('v') }, (values) => best(present(values), -1)],
  [{ function: 'max_by', by: column('v') }, (values) => best(present(values), 1)],
  [{ function: 'count_distinct' }, (values) => BigInt(distinct(present(values)).length)],
  // Exact, because there are few.
  [{ function: 'approx_count_distinct' }, (values) => BigInt(distinct(present(values)).length)],
  [{ function: 'set' }, (values) => distinct(present(values))],
  [{ function: 'mode' }, (values) => mode(present(values))],
  [
    { function: 'concat' },
    (values, isGroup) => (isGroup && present(values).length === 0 ? null : (present(values) as Value[][]).flat()),
  ],
];

/** 0 and -0 are one value, and which of them is kept is open. */
const normal = (value: Value): unknown => {
  if (value === 0) return 0;
  return Array.isArray(value) ? value.map((each: Value) => normal(each)) : value;
};

async function check(type: t.DataType, rows: readonly Row[], shape: Shape): Promise<void> {
  const input = schema(field('g', t.int32, false), field('keep', t.bool), field('v', type));
  const offered = ORACLES.filter(
    ([{ function: name }]) => aggregateType(name, type) !== undefined && (name !== 'concat' || type.kind === 'list'),
  ).filter(([call]) => call.by === undefined || aggregateType('min', type) !== undefined);
  const calls = offered.flatMap(([call], index) => [
    { ...call, name: `a${index}`, input: column('v') },
    { ...call, name: `f${index}`, input: column('v'), filter: column('keep') },
  ]);
  const form = (batch: number, at: number) => ({
    dictionary: at === 2 && shape.dictionaries[batch % shape.dictionaries.length] === true,
  });
  for (const keys of [[], ['g']]) {
    const feed = { schema: input, rows, cuts: shape.cuts, form };
    const ours = await runStages([aggregateStage(input, keys, calls)], feed);
    const groups = keys.length === 0 ? [rows] : [...Map.groupBy(rows, ([g]) => g).values()];
    const wanted = groups.map((group) => [
      ...(keys.length === 0 ? [] : [group[0]?.[0] ?? null]),
      ...offered.flatMap(([, oracle]) => [
        oracle(
          group.map(([, , value]) => value ?? null),
          keys.length > 0,
        ),
        oracle(
          group.filter(([, keep]) => keep === true).map(([, , value]) => value ?? null),
          keys.length > 0,
        ),
      ]),
    ]);
    const expected = wanted.map((row) => row.map(normal));
    expect(ours.rows.map((row) => row.map(normal))).toEqual(expected);
    const parts = [rows.slice(0, shape.cuts[0]), rows.slice(shape.cuts[0] ?? rows.length)];
    const together = await twoStageRows(input, keys, calls, parts);
    expect(
      together.map((row) => row.map(normal)),
      'in two stages',
    ).toEqual(expected);
  }
}

interface Shape {
  readonly cuts: readonly number[];
  readonly dictionaries: readonly boolean[];
}

const shapes = fc.record({
  cuts: fc.array(fc.nat(12), { maxLength: 4 }),
  dictionaries: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
});
const rowsOf = (type: t.DataType): fc.Arbitrary<Row[]> =>
  fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.option<Value>(fc.boolean()), anyValue(type)), { maxLength: 30 });

describe('aggregates over every type are what JavaScript says, in any layout:', () => {
  test.each(FLAT_TYPES.map((type) => ({ name: t.typeName(type), type })))('$name', async ({ type }) => {
    await fc.assert(
      fc.asyncProperty(rowsOf(type), shapes, (rows, shape) => check(type, rows, shape)),
      { numRuns: 3 },
    );
  });

  test('types with parts', async () => {
    const typed = anyType(2).filter((type) => t.isNested(type));
    await fc.assert(
      fc.asyncProperty(
        typed.chain((type) => fc.tuple(fc.constant(type), rowsOf(type))),
        shapes,
        ([type, rows], shape) => check(type, rows, shape),
      ),
      { numRuns: 10 },
    );
  });
});
