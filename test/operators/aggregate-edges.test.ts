import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as t from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { ArithmeticOverflow, MemoryBudgetExceeded } from '../../src/errors.ts';
import type { AggregateCall, Expression } from '../../src/expressions/expression.ts';
import { aggregateStage, column } from '../support/aggregates.ts';
import { lit } from '../support/expressions.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';

type Call = Omit<AggregateCall, 'name'>;

const named = (calls: readonly Call[]): AggregateCall[] => calls.map((call, index) => ({ name: `a${index}`, ...call }));
const of = (name: AggregateCall['function'], rest: Partial<AggregateCall> = {}): Call => ({
  function: name,
  input: column('v'),
  ...rest,
});

/** Aggregates of one column `v`, of all rows; the rows are in batches of two. */
async function results(type: t.DataType, values: readonly Value[], ...calls: Call[]): Promise<Row> {
  const input = schema(field('v', type));
  const stage = aggregateStage(input, [], named(calls));
  const cuts = values.map(() => 2);
  const { rows } = await runStages([stage], { schema: input, rows: values.map((value) => [value]), cuts });
  return rows[0] ?? [];
}

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

describe('products', () => {
  test('of integers are exact whatever they meet on the way', async () => {
    const product = (type: t.DataType, ...values: bigint[]) => results(type, values, of('product'));
    expect(await product(t.int64, 2n ** 62n, 4n, 0n)).toEqual([0n]);
    expect(await product(t.int64, 2n ** 62n, -2n)).toEqual([-(2n ** 63n)]);
    expect(await product(t.int64, -1n, 3n, -5n, -7n)).toEqual([-105n]);
    expect(await product(t.uint64, 2n ** 32n, 2n ** 31n, 1n)).toEqual([2n ** 63n]);
    await expect(product(t.int64, 2n ** 62n, 2n)).rejects.toThrow(/A product does not fit int64/);
    await expect(product(t.int64, 2n ** 40n, 2n ** 40n, -1n)).rejects.toThrow(ArithmeticOverflow);
    await expect(product(t.uint64, 2n ** 32n, 2n ** 32n)).rejects.toThrow(ArithmeticOverflow);
  });

  test('of nothing are null, of floats go on', async () => {
    expect(await results(t.int32, [null, null], of('product'))).toEqual([null]);
    expect(await results(t.float64, [0.5, 4, -3], of('product'))).toEqual([-6]);
  });
});

describe('variances', () => {
  /** The root of nothing: the nearest float64 of an exact fraction, up to two last digits. */
  const exact = (values: readonly bigint[], ddof: number): number | null => {
    const n = BigInt(values.length);
    if (n <= BigInt(ddof)) return null;
    const sum = values.reduce((a, b) => a + b, 0n);
    const squares = values.reduce((a, b) => a + b * b, 0n);
    const scaled = ((n * squares - sum * sum) << 200n) / (n * (n - BigInt(ddof)));
    return Number(scaled) / 2 ** 200;
  };

  test.each([t.int64, t.uint64, t.int32, t.decimal(18, 0)])('of $kind are exact to the last digits', async (type) => {
    const signed = type.kind !== 'uint64';
    const most = type.kind === 'int32' ? 2n ** 31n - 1n : type.kind === 'decimal' ? 10n ** 18n - 1n : 2n ** 63n - 1n;
    const value = fc.oneof(
      fc.bigInt(signed ? -most : 0n, most),
      fc.bigInt(most - 5n, most),
      fc.bigInt(signed ? -most : 0n, signed ? -most + 5n : 5n),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 12 }), fc.nat(2), async (values, ddof) => {
        const given = type.kind === 'int32' ? values.map(Number) : values;
        const [ours] = await results(type, given, of('var', { options: { ddof } }));
        const wanted = exact(values, ddof);
        if (wanted === null || wanted === 0) expect(ours).toBe(wanted);
        else expect(Math.abs((ours as number) / wanted - 1)).toBeLessThan(4 * Number.EPSILON);
      }),
      { numRuns: 100 },
    );
  });

  test('of values far from zero do not lose what they differ by', async () => {
    const far = [0, 1, 2].map((each) => 1e15 + each);
    expect(await results(t.float64, far, of('var'), of('stddev', { options: { ddof: 0 } }))).toEqual([
      1,
      Math.sqrt(2 / 3),
    ]);
    expect(await results(t.int64, [10n ** 18n, 10n ** 18n + 1n, 10n ** 18n + 2n], of('var'))).toEqual([1]);
  });

  test('of no more values than ddof are null', async () => {
    const both = [of('var'), of('stddev'), of('var', { options: { ddof: 0 } }), of('var', { options: { ddof: 2 } })];
    for (const type of [t.float64, t.int32, t.decimal(30, 2)]) {
      const five = type.kind === 'decimal' ? 500n : 5;
      expect(await results(type, [null, null], ...both)).toEqual([null, null, null, null]);
      expect(await results(type, [five, null], ...both)).toEqual([null, null, 0, null]);
      expect(await results(type, [five, five], ...both)).toEqual([0, 0, 0, null]);
    }
  });

  test('of what is infinite or no number are no number', async () => {
    expect(await results(t.float64, [1, infinity], of('var'), of('skew'))).toEqual([nan, nan]);
    expect(await results(t.float64, [infinity, 1], of('var'), of('skew'))).toEqual([nan, nan]);
    expect(await results(t.float64, [1, nan, 2], of('stddev'))).toEqual([nan]);
    expect(await results(t.float64, [3], of('skew'))).toEqual([nan]);
    expect(await results(t.float64, [null], of('skew'))).toEqual([null]);
  });

  test('of decimals have their scale', async () => {
    expect(await results(t.decimal(12, 2), [100n, 300n], of('var'), of('stddev'))).toEqual([2, Math.SQRT2]);
    expect(await results(t.decimal(38, 2), [100n, 300n], of('var'))).toEqual([2]);
  });
});

describe('NaN', () => {
  test('is greater than every number', async () => {
    const by = (name: 'min_by' | 'max_by') => of(name, { by: column('v') });
    const all = [of('min'), of('max'), by('min_by'), by('max_by'), of('percentile', { options: { percentile: 1 } })];
    expect(await results(t.float64, [nan, 1, infinity], ...all)).toEqual([1, nan, 1, nan, nan]);
    expect(await results(t.float32, [1, infinity, nan, nan], ...all)).toEqual([1, nan, 1, nan, nan]);
    expect(await results(t.float64, [nan, nan], ...all)).toEqual([nan, nan, nan, nan, nan]);
  });

  test('and the two zeros count once', async () => {
    const counts = [of('count_distinct'), of('count', { distinct: true }), of('sum', { distinct: true })];
    expect(await results(t.float64, [0, -0, nan, nan, null], ...counts)).toEqual([2n, 2n, nan]);
  });

  test('percentiles of what is infinite', async () => {
    expect(await results(t.float64, [infinity, infinity, 1], of('median'))).toEqual([infinity]);
    expect(await results(t.float64, [infinity, 1], of('median'))).toEqual([infinity]);
    expect(await results(t.float64, [Number.MAX_VALUE, -Number.MAX_VALUE], of('median'))).toEqual([0]);
  });
});

describe('the row that is picked', () => {
  const two = schema(field('k', t.int64, false), field('v', t.utf8), field('by', t.int32));
  const pick = async (calls: readonly Call[], rows: readonly Row[]): Promise<Row> => {
    const stage = aggregateStage(two, [], named(calls));
    return (await runStages([stage], { schema: two, rows, cuts: [1, 2, 1] })).rows[0] ?? [];
  };

  test('is the first of several that are as good', async () => {
    const rows: Row[] = [
      [1n, 'a', 5],
      [2n, 'b', 5],
      [3n, 'c', 7],
      [4n, 'd', 7],
    ];
    const calls = [of('min_by', { by: column('by') }), of('max_by', { by: column('by') })];
    expect(await pick(calls, rows)).toEqual(['a', 'c']);
  });

  test('has neither a null value nor is it compared by null', async () => {
    const rows: Row[] = [
      [1n, null, -9],
      [2n, 'b', null],
      [3n, 'c', 7],
      [4n, 'd', 8],
    ];
    const calls = [
      of('min_by', { by: column('by') }),
      of('min_by', { by: column('by'), filter: { kind: 'binary', operator: '>', left: column('k'), right: lit(3n) } }),
      of('any_value'),
      of('first'),
      of('any_value', { options: { ignoreNulls: false } }),
      of('last', { options: { ignoreNulls: true } }),
    ];
    expect(await pick(calls, rows)).toEqual(['c', 'd', 'b', null, null, 'd']);
  });

  test('does not keep those it replaced', async () => {
    const rows = Array.from({ length: 2500 }, (_, row): Row => [BigInt(row), `${row} ${'x'.repeat(2000)}`, row]);
    // Each batch of one row replaces the value: 5 MB of them.
    const memory = testBudget(16 * 1024 * 1024);
    const stage = aggregateStage(two, [], named([of('last')]));
    const result = await runStages([stage], { schema: two, rows, cuts: rows.map(() => 1) }, { memory });
    expect(result.rows).toEqual([[rows[2499]?.[1]]]);
    expect(memory.peakBytes).toBeLessThan(8 * 1024 * 1024);
  });
});

describe('a filter', () => {
  test('keeps rows from failing that it drops', async () => {
    const input = schema(field('v', t.int64));
    const times: Expression = { kind: 'binary', operator: '*', left: column('v'), right: lit(4n) };
    const small: Expression = { kind: 'binary', operator: '<', left: column('v'), right: lit(10n) };
    const calls = (['sum', 'count', 'max', 'median', 'mode', 'last', 'any_value', 'count_distinct'] as const).map(
      (name) => of(name, { input: times, filter: small }),
    );
    const rows: Row[] = [[2n ** 62n], [3n], [null], [3n]];
    const stage = aggregateStage(input, [], named(calls));
    expect((await runStages([stage], { schema: input, rows })).rows).toEqual([[24n, 2n, 12n, 12, 12n, 12n, 12n, 1n]]);
    const all = aggregateStage(input, [], named([of('count', { input: times }), of('sum', { input: times })]));
    await expect(runStages([all], { schema: input, rows })).rejects.toThrow(ArithmeticOverflow);
  });

  test('that nothing passes leaves counts 0 and all else null', async () => {
    const input = schema(field('g', t.int32, false), field('v', t.int64, false));
    const names = ['sum', 'mean', 'min', 'product', 'var', 'skew', 'median', 'mode', 'first', 'any_value'] as const;
    const never = lit(false);
    const calls = [of('count', { filter: never }), ...names.map((name) => of(name, { filter: never }))];
    const filtered: Expression = { kind: 'binary', operator: '>', left: column('v'), right: lit(5n) };
    for (const filter of [never, filtered]) {
      const stage = aggregateStage(
        input,
        ['g'],
        named([...calls.map((call) => ({ ...call, filter })), { function: 'count' }]),
      );
      const rows: Row[] = [
        [1, 1n],
        [1, 2n],
      ];
      expect((await runStages([stage], { schema: input, rows })).rows).toEqual([[1, 0n, ...names.map(() => null), 2n]]);
    }
  });
});

test('the mode of several equally frequent values is the one that came first', async () => {
  expect(await results(t.utf8, ['b', 'a', 'c', 'a', 'b', null, null, null], of('mode'))).toEqual(['b']);
});

test('a decimal sum beyond 38 digits is an error, a distinct one may be none', async () => {
  const most = 10n ** 38n - 1n;
  const all = [most, most, -1n];
  await expect(results(t.decimal(38, 0), all, of('sum'))).rejects.toThrow(ArithmeticOverflow);
  expect(await results(t.decimal(38, 0), all, of('sum', { distinct: true }))).toEqual([most - 1n]);
});

describe('memory', () => {
  const input = schema(field('g', t.int32, false), field('v', t.utf8, false), field('n', t.int64, false));
  const rows = Array.from({ length: 30_000 }, (_, row): Row => [row % 7, `text number ${row}`, BigInt(row)]);
  const cuts = Array.from({ length: 30 }, () => 1000);
  const grow = (call: Call, of_: Schema = input) => aggregateStage(of_, ['g'], named([call]));

  test.each([
    { name: 'string_agg', call: of('string_agg') },
    { name: 'mode', call: of('mode') },
    { name: 'median', call: of('median', { input: column('n') }) },
    { name: 'count_distinct', call: of('count_distinct') },
  ])('says by name where values of $name do not fit, and gives all of it back', async ({ call }) => {
    const feed = { schema: input, rows, cuts };
    // Half as much goes in, the other half does not.
    const failing = runStages([grow(call)], feed, { memory: testBudget(1024 * 1024) });
    await expect(failing).rejects.toThrow(MemoryBudgetExceeded);
    await expect(failing).rejects.toThrow(/^GroupedAggregate needs/);
  });

  test('values are held once, and sorted beside', async () => {
    const memory = testBudget(16 * 1024 * 1024);
    const stage = grow(of('median', { input: column('n') }));
    const result = await runStages([stage], { schema: input, rows, cuts }, { memory });
    expect(result.rows).toHaveLength(7);
    expect(result.rows[0]).toEqual([0, 14_997.5]);
    expect(memory.peakBytes).toBeLessThan(4 * 1024 * 1024);
  });
});
