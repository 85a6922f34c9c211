import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BATCH_ROWS } from '../../src/columnar/batch.ts';
import { type DataType, float64, int64, list, utf8 } from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { aggregateType } from '../../src/expressions/aggregates.ts';
import type { AggregateFunction, TypedColumn, TypedExpression } from '../../src/expressions/expression.ts';
import { pivot } from '../../src/operators/blocking-sinks/pivot.ts';
import { duckRows } from '../support/duckdb.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { expectSameRows, obeysContract } from './contract.ts';

const input = schema(field('city', utf8), field('year', int64), field('sold', int64));

function made(
  names: readonly { name: string; value: Value | undefined }[],
  name: AggregateFunction = 'sum',
  of: Schema = input,
) {
  const column = (index: number): TypedExpression => ({
    kind: 'column',
    index,
    ...(of.fields[index] as Schema['fields'][0]),
  });
  const keys: TypedColumn[] = of.fields
    .slice(0, -2)
    .map((key, index) => ({ name: key.name, expression: column(index) }));
  const value = column(of.fields.length - 1);
  const type = aggregateType(name, value.type) as DataType;
  return pivot({
    input: of,
    groupBy: keys,
    pivot: column(of.fields.length - 2),
    aggregate: { name: 'value', function: name, input: value, type },
    names,
  });
}

const years = (...values: readonly (number | null)[]) =>
  values.map((year) => ({ name: `${year}`, value: year === null ? null : BigInt(year) }));

const rows: readonly Row[] = [
  ['Ulm', 2019n, 10n],
  ['Bonn', 2020n, 7n],
  ['Ulm', 2019n, 5n],
  [null, 2019n, null],
  ['Rom', 1900n, 9n],
  ['Ulm', null, 3n],
];
const run = async (...given: Parameters<typeof made>) =>
  (await runStages([made(...given)], { schema: given[2] ?? input, rows, cuts: [2, 0, 3] })).rows;

describe('pivot', () => {
  test('gives a row per group and a column per name, in the order of both', async () => {
    expect(await run(years(2020, 2019))).toEqual([
      ['Ulm', null, 15n],
      ['Bonn', 7n, null],
      [null, null, null],
      ['Rom', null, null],
    ]);
  });

  test('null can have a name; two names can stand for one value, and one for none', async () => {
    const names = [
      { name: 'None', value: null },
      ...years(2019),
      { name: '2019.0', value: 2019n },
      { name: 'x', value: undefined },
    ];
    expect(await run(names)).toEqual([
      ['Ulm', 3n, 15n, 15n, null],
      ['Bonn', null, null, null, null],
      [null, null, null, null, null],
      ['Rom', null, null, null, null],
    ]);
  });

  test('a count is 0 where there are rows without a value, and null where there are no rows', async () => {
    expect(await run(years(2019), 'count')).toEqual([
      ['Ulm', 2n],
      ['Bonn', null],
      [null, 0n],
      ['Rom', null],
    ]);
  });

  test('lists are whole', async () => {
    expect(await run([...years(2019), ...years(null)], 'list')).toEqual([
      ['Ulm', [10n, 5n], [3n]],
      ['Bonn', null, null],
      [null, [null], null],
      ['Rom', null, null],
    ]);
  });

  test('values that no name stands for are not aggregated, and take no memory', async () => {
    const huge = 2n ** 63n - 1n;
    const given = [
      ...rows,
      ['Rom', 1900n, huge],
      ...Array.from({ length: 5000 }, (_, n) => ['Ulm', BigInt(n + 3000), 1n]),
    ];
    const { rows: out, stats } = await runStages([made(years(2019))], { schema: input, rows: given as Row[] });
    expect(out.length).toBe(4);
    // Four groups have other years; two have this one.
    expect(stats[0]?.counters).toMatchObject({ 'groups and values': 5 });
  });

  test('hundreds of names, and more groups than a batch has', async () => {
    const names = Array.from({ length: 400 }, (_, n) => ({ name: `n${n}`, value: BigInt(n) }));
    const given = Array.from({ length: 2100 }, (_, n): Row => [`g${n % 700}`, BigInt((n * 7) % 600), BigInt(n)]);
    const { rows: out, stats } = await runStages([made(names)], { schema: input, rows: given });
    const expected = Array.from({ length: 700 }, (_, g) => {
      const cells: Value[] = names.map(() => null);
      for (const n of [g, g + 700, g + 1400])
        if ((n * 7) % 600 < 400) cells[(n * 7) % 600] = ((cells[(n * 7) % 600] as bigint) ?? 0n) + BigInt(n);
      return [`g${g}`, ...cells];
    });
    expect(out).toEqual(expected);
    expect(stats[0]?.batchesOut).toBe(2);
    const many = Array.from({ length: BATCH_ROWS + 100 }, (_, n): Row => [`g${n}`, BigInt(n % 2), BigInt(n)]);
    const two = await runStages([made(years(0, 1))], { schema: input, rows: many }, { memory: testBudget(2 ** 27) });
    expect(two.rows).toEqual(many.map(([g, y, n]) => (y === 0n ? [g, n, null] : [g, null, n])));
  });

  test('equals DuckDB’s PIVOT', async () => {
    const given = schema(field('a', utf8), field('b', int64), field('p', int64), field('v', int64));
    const small = { p: fc.bigInt(0n, 4n), v: fc.bigInt(-9n, 9n), b: fc.bigInt(0n, 2n) };
    const call = fc.constantFrom<AggregateFunction>('sum', 'max', 'min', 'first');
    await fc.assert(
      fc.asyncProperty(tables(given, { maxRows: 80, values: small }), call, async (table, name) => {
        const stage = made(years(3, 0, 4), name, given);
        const { rows: out } = await runStages([stage], { ...table, cuts: [9, 20] });
        const sql = `from (pivot t on p in (3, 0, 4) using ${name}(v) group by a, b)`;
        expectSameRows(out, await duckRows(table, sql));
      }),
      { numRuns: 25 },
    );
  });

  test('of floats and of texts', async () => {
    const floats = schema(field('k', int64), field('p', float64), field('v', list(utf8)));
    const given: Row[] = [
      [1n, 2, ['a']],
      [1n, Number.NaN, ['b']],
      [1n, -0, ['c', 'd']],
    ];
    const names = [
      { name: '0', value: 0 },
      { name: 'NaN', value: Number.NaN },
      { name: '2', value: 2 },
    ];
    const out = await runStages([made(names, 'any_value', floats)], { schema: floats, rows: given });
    expect(out.rows).toEqual([[1n, ['c', 'd'], ['b'], ['a']]]);
    const texts = schema(field('k', int64), field('p', utf8), field('v', utf8));
    const given2: Row[] = [
      [1n, '', 'x'],
      [2n, null, 'y'],
      [1n, 'ä', null],
    ];
    const named = ['ä', ''].map((name) => ({ name, value: name }));
    const out2 = await runStages([made(named, 'max', texts)], { schema: texts, rows: given2 });
    expect(out2.rows).toEqual([
      [1n, null, 'x'],
      [2n, null, null],
    ]);
  });

  const few = { year: fc.bigInt(0n, 4n), sold: fc.bigInt(-9n, 9n) };
  obeysContract(() => made(years(1, 0, null, 7)), tables(input, { maxRows: 100, values: few }), { numRuns: 8 });
});
