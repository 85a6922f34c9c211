import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as t from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { ArithmeticOverflow, InvalidValue, MemoryBudgetExceeded } from '../../src/errors.ts';
import type { AggregateCall } from '../../src/expressions/expression.ts';
import { AGGREGATE_CASES, AGGREGATE_FILTERS, CASE_INPUT, CASE_TABLES, callsOf } from '../support/aggregate-cases.ts';
import { aggregateStage, column, expectSameResults, finalStage, twoStageRows } from '../support/aggregates.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const named = (...calls: Omit<AggregateCall, 'name'>[]): AggregateCall[] =>
  calls.map((call, index) => ({ name: `a${index}`, ...call }));
const of = (name: AggregateCall['function'], rest: Partial<AggregateCall> = {}): Omit<AggregateCall, 'name'> => ({
  function: name,
  input: column('v'),
  ...rest,
});

describe('final aggregate', () => {
  for (const keys of [[], ['g'], ['g', 'r']]) {
    test(`by ${keys.join(', ') || 'nothing'}: parts give together what all rows give, in any layout`, async () => {
      const shapes = fc.record({
        table: CASE_TABLES,
        filter: fc.constantFrom(...AGGREGATE_FILTERS),
        chosen: fc.subarray([...AGGREGATE_CASES], { minLength: 1, maxLength: 12 }),
        ends: fc.array(fc.nat(90), { maxLength: 4 }),
        cuts: fc.array(fc.nat(8), { maxLength: 3 }),
        dictionaries: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(shapes, async ({ table: { rows }, filter, chosen, ends, cuts, dictionaries }) => {
          const calls = callsOf(chosen, filter.filter);
          const starts = [0, ...[...ends].sort((a, b) => a - b), rows.length];
          const parts = starts.slice(1).map((end, index) => rows.slice(starts[index], end));
          const form = () => ({ dictionary: dictionaries });
          const together = await twoStageRows(CASE_INPUT, keys, calls, parts, { cuts, form });
          const whole = await runStages([aggregateStage(CASE_INPUT, keys, calls)], { schema: CASE_INPUT, rows });
          expectSameResults(together, whole.rows, (at) =>
            chosen[at - keys.length]?.likeness === 'close' ? 'close' : 'exact',
          );
        }),
        { numRuns: 15 },
      );
    });
  }

  test('of more groups than a cache holds', async () => {
    const input = schema(field('k', t.int64, false), field('v', t.int64), field('x', t.float64));
    const calls = named(of('sum'), of('mean', { input: column('x') }), of('count'));
    const part = (from: number): Row[] =>
      Array.from({ length: 30_000 }, (_, n): Row => [BigInt((n * 7919) % 50_021) * 2n ** 33n, BigInt(from + n), n / 4]);
    const parts = [part(0), part(1_000_000), part(-500)];
    const together = await twoStageRows(input, ['k'], calls, parts);
    const whole = await runStages([aggregateStage(input, ['k'], calls)], { schema: input, rows: parts.flat() });
    const sorted = (rows: readonly Row[]) => rows.toSorted((a, b) => Number((a[0] as bigint) - (b[0] as bigint)));
    expect(sorted(together)).toEqual(sorted(whole.rows));
  });

  test('of no parts is that of no rows', async () => {
    const calls = callsOf(AGGREGATE_CASES, undefined);
    const none = await runStages([aggregateStage(CASE_INPUT, [], calls)], { schema: CASE_INPUT, rows: [] });
    expect(await twoStageRows(CASE_INPUT, [], calls, [])).toEqual(none.rows);
    expect(await twoStageRows(CASE_INPUT, [], calls, [[], []])).toEqual(none.rows);
    expect(await twoStageRows(CASE_INPUT, ['g'], calls, [])).toEqual([]);
  });

  const one = schema(field('v', t.int64));
  const valuesOf = (parts: readonly (readonly Value[])[], ...calls: Omit<AggregateCall, 'name'>[]) =>
    twoStageRows(
      one,
      [],
      named(...calls),
      parts.map((values) => values.map((value) => [value])),
    );

  test('sums and products may leave their type in one part, not at the end', async () => {
    const most = 2n ** 63n - 1n;
    expect(await valuesOf([[most, most], [-most]], of('sum'), of('mean'))).toEqual([[most, Number(most) / 3]]);
    expect(await valuesOf([[2n ** 62n, 4n], [0n]], of('product'))).toEqual([[0n]]);
    await expect(valuesOf([[most], [1n]], of('sum'))).rejects.toThrow(ArithmeticOverflow);
    await expect(valuesOf([[2n ** 62n], [4n]], of('product'))).rejects.toThrow(/A product does not fit int64/);
  });

  test('first and last go by the order of the parts', async () => {
    const calls = [of('first'), of('last'), of('any_value'), of('first', { options: { ignoreNulls: true } })];
    expect(await valuesOf([[], [null, 1n], [2n, null]], ...calls)).toEqual([[null, null, 1n, 1n]]);
  });

  test('of sketches is near, however many parts there are', async () => {
    const parts = Array.from({ length: 10 }, (_, part) =>
      Array.from({ length: 2000 }, (_unused, row) => BigInt(part * 1500 + row)),
    );
    const [row] = await valuesOf(
      parts,
      of('approx_count_distinct'),
      of('approx_percentile', { options: { percentile: 0.9 } }),
    );
    expect(Math.abs(Number(row?.[0]) / 15_500 - 1)).toBeLessThan(0.025);
    const all = parts.flat().sort((a, b) => Number(a - b));
    expect(Math.abs(Number(row?.[1]) / Number(all[Math.floor(0.9 * 19_999)]) - 1)).toBeLessThan(0.0101);
  });

  test('lists of more items than a batch has rows are combined', async () => {
    const parts = [0, 1, 2].map((part) =>
      Array.from({ length: 30_000 }, (_, row) => BigInt((part * 7 + row) % 20_011)),
    );
    const calls = [of('count_distinct'), of('median'), of('mode'), of('sum', { distinct: true })];
    const whole = await runStages([aggregateStage(one, [], named(...calls))], {
      schema: one,
      rows: parts.flat().map((value) => [value]),
    });
    expect(await valuesOf(parts, ...calls)).toEqual(whole.rows);
  });

  describe('refuses states that are none:', () => {
    const final = (calls: AggregateCall[], rows: readonly Row[]) =>
      runStages([finalStage(one, [], calls)], { schema: aggregateStage(one, [], calls, true).schema, rows });

    test('bytes of no sketch', async () => {
      const calls = named(of('approx_count_distinct'));
      await expect(final(calls, [[Uint8Array.of(1, 2, 3)]])).rejects.toThrow(InvalidValue);
    });

    test('a mode with more counts than values', async () => {
      const calls = named(of('mode'));
      await expect(final(calls, [[[[1n, 2n], [3n]]]])).rejects.toThrow(InvalidValue);
      expect(
        (
          await final(calls, [
            [
              [
                [1n, 2n],
                [3n, 4n],
              ],
            ],
          ])
        ).rows,
      ).toEqual([[2n]]);
    });
  });

  test('says by name where states do not fit, and gives all of it back', async () => {
    const keyed = schema(field('g', t.int32, false), field('v', t.int64));
    const calls = named(of('list'));
    const rows = Array.from(
      { length: 400 },
      (_, row): Row => [row % 3, Array.from({ length: 500 }, (_u, i) => BigInt(i))],
    );
    const failing = runStages(
      [finalStage(keyed, ['g'], calls)],
      { schema: aggregateStage(keyed, ['g'], calls, true).schema, rows, cuts: rows.map(() => 4) },
      { memory: testBudget(1024 * 1024) },
    );
    await expect(failing).rejects.toThrow(MemoryBudgetExceeded);
    await expect(failing).rejects.toThrow(/^FinalAggregate needs/);
  });

  const small = schema(field('g', t.utf8), field('v', t.utf8), field('by', t.int32));
  const calls = named(
    of('count'),
    of('min'),
    of('list'),
    of('first'),
    of('string_agg'),
    of('max_by', { by: column('by') }),
    of('count_distinct'),
    of('mode'),
    of('sum', { input: column('by') }),
    of('mean', { input: column('by') }),
  );
  const states = aggregateStage(small, ['g'], calls, true).schema;
  const text = fc.constantFrom('', 'a', 'bc', 'abcdefghijk');
  const lists = fc.array(text, { maxLength: 3 });
  const inputs = tables(states, {
    maxRows: 60,
    values: {
      'key g': text,
      a0: fc.bigInt(0n, 9n),
      a2: fc.array(fc.option<Value>(text), { maxLength: 3 }),
      a3: fc.tuple(fc.boolean(), fc.option<Value>(text)),
      a4: lists,
      a5: fc
        .option(fc.bigInt(-9n, 9n))
        .chain((by) => fc.tuple(fc.constant(by), by === null ? fc.constant(null) : text)),
      a6: lists,
      a7: lists.map((values) => [values, values.map((_, index) => BigInt(index + 1))]),
      a8: fc.bigInt(-99n, 99n),
      a9: fc.tuple(fc.bigInt(-99n, 99n), fc.bigInt(0n, 9n)),
    },
  });
  obeysContract(() => finalStage(small, ['g'], calls), inputs, { numRuns: 8 });
});
