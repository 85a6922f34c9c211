import { describe, expect, test } from 'vitest';
import type { DataType } from '../../src/columnar/data-type.ts';
import * as t from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { ArithmeticOverflow, InvalidPlan, MemoryBudgetExceeded } from '../../src/errors.ts';
import type { JsonValue } from '../../src/expressions/literal.ts';
import type { FrameBound, WindowCall, WindowFrame, WindowSpec } from '../../src/expressions/window.ts';
import { column, expectSameResults } from '../support/aggregates.ts';
import { duckRows } from '../support/duckdb.ts';
import { lit } from '../support/expressions.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { WINDOW_CASES, WINDOW_INPUT, WINDOW_TABLES } from '../support/window-cases.ts';
import { overSql, windowFunction, windowStage } from '../support/windows.ts';
import { obeysContract } from './contract.ts';

const literal = (type: DataType, value: JsonValue) => ({ kind: 'literal', type, value }) as const;
const preceding = (offset: ReturnType<typeof literal> | ReturnType<typeof lit>): FrameBound => ({
  kind: 'preceding',
  offset,
});
const following = (offset: ReturnType<typeof literal> | ReturnType<typeof lit>): FrameBound => ({
  kind: 'following',
  offset,
});
const current: FrameBound = { kind: 'current-row' };
const first: FrameBound = { kind: 'unbounded-preceding' };
const last: FrameBound = { kind: 'unbounded-following' };

const over = (frame: WindowFrame, descending: boolean = false): WindowSpec => ({
  partitionBy: [column('g')],
  orderBy: [{ expression: column('k'), descending }],
  frame,
});
const aggregate = (called: 'sum' | 'count' | 'list' | 'max' | 'product' | 'mode', rest: object = {}): WindowCall => ({
  kind: 'aggregate',
  aggregate: { name: called, function: called, input: column('v'), ...rest },
});

/** Results of one partition with the keys; values are 1, 2, 4, … */
async function results(
  type: DataType,
  keys: readonly Value[],
  calls: readonly WindowCall[],
  spec: WindowSpec,
): Promise<Value[][]> {
  const input: Schema = schema(field('g', t.int64), field('k', type), field('v', t.int64));
  const rows = keys.map((key, index): Row => [0n, key, 2n ** BigInt(index)]);
  const { rows: given } = await runStages([windowStage(input, calls, spec)], { schema: input, rows });
  return given.map((row) => row.slice(3));
}

const day = (text: string): number => Date.parse(`${text}Z`) / 86_400_000;

describe('WindowPartitionAndDynamicFrame', () => {
  test('gives null, or a count of 0, for frames without rows, and cuts those that reach beyond their partition', async () => {
    const calls = [aggregate('sum'), aggregate('count'), windowFunction('f', 'first_value', { input: column('v') })];
    const ahead = over({ unit: 'rows', start: following(lit(2n)), end: following(lit(3n)) });
    expect(await results(t.int64, [1n, 2n, 3n], calls, ahead)).toEqual([
      [4n, 1n, 4n],
      [null, 0n, null],
      [null, 0n, null],
    ]);
    const wide = over({ unit: 'rows', start: preceding(lit(9_000_000_000n)), end: following(lit(1n)) });
    expect(await results(t.int64, [1n, 2n, 3n], calls, wide)).toEqual([
      [3n, 2n, 1n],
      [7n, 3n, 1n],
      [7n, 3n, 1n],
    ]);
  });

  test('refuses frames that end before they begin', async () => {
    const frame: WindowFrame = { unit: 'rows', start: following(lit(2n)), end: current };
    await expect(results(t.int64, [], [aggregate('sum')], over(frame))).rejects.toThrow(InvalidPlan);
    await expect(results(t.int64, [], [aggregate('sum')], over(frame))).rejects.toThrow('begins before it ends');
  });

  test('gives null where a frame has fewer rows than asked for, nulls being rows', async () => {
    const calls = [aggregate('count'), aggregate('list'), windowFunction('l', 'last_value', { input: column('v') })];
    const frame: WindowFrame = { unit: 'rows', start: preceding(lit(1n)), end: current, minPeriods: 2 };
    expect(await results(t.int64, [1n, null, null], calls, over(frame))).toEqual([
      [null, null, null],
      [2n, [1n, 2n], 2n],
      [2n, [2n, 4n], 4n],
    ]);
  });

  test('leaves null keys out of ranges with an offset; such a row has its peers, an open end has all', async () => {
    const frame = (start: FrameBound, end: FrameBound) => over({ unit: 'range', start, end });
    const sums = async (spec: WindowSpec) =>
      (await results(t.int64, [1n, 2n, null, null], [aggregate('sum')], spec)).flat();
    expect(await sums(frame(preceding(lit(1n)), following(lit(1n))))).toEqual([3n, 3n, 12n, 12n]);
    expect(await sums(frame(first, following(lit(0n))))).toEqual([1n, 3n, 15n, 15n]);
    expect(await sums(frame(preceding(lit(0n)), last))).toEqual([15n, 14n, 12n, 12n]);
    expect(
      await sums({ ...frame(preceding(lit(1n)), current), orderBy: [{ expression: column('k'), nullsFirst: true }] }),
    ).toEqual([12n, 12n, 1n, 3n]);
  });

  test('has NaN beside NaN only, and infinities beside themselves', async () => {
    const keys = [Number.NEGATIVE_INFINITY, -1, -0, 0.5, Number.POSITIVE_INFINITY, Number.NaN, Number.NaN];
    const frame: WindowFrame = { unit: 'range', start: preceding(literal(t.float64, 1)), end: current };
    const sums = [1n, 2n, 6n, 12n, 16n, 96n, 96n];
    expect((await results(t.float64, keys, [aggregate('sum')], over(frame))).flat()).toEqual(sums);
  });

  test('finds the rows within months, whatever their length', async () => {
    const days = ['2024-01-29', '2024-01-30', '2024-01-31', '2024-02-28', '2024-02-29', '2024-03-30', '2024-03-31'];
    for (const type of [t.date, t.timestamp('ms')]) {
      const keys = days.map(day).map((each) => (type.kind === 'date' ? each : BigInt(each) * 86_400_000n));
      for (const descending of [false, true]) {
        const input = schema(field('g', t.int64), field('k', type), field('v', t.int64));
        const rows = keys.map((key, index): Row => [0n, key, 2n ** BigInt(index)]);
        const frame: WindowFrame = {
          unit: 'range',
          start: preceding(literal(t.interval, 'P1M')),
          end: following(literal(t.interval, 'P1M1D')),
        };
        const spec = over(frame, descending);
        const ours = await runStages([windowStage(input, [aggregate('sum')], spec)], { schema: input, rows });
        const sql = overSql(spec, [`interval '1 month'`, `interval '1 month 1 day'`]);
        const theirs = await duckRows(
          { schema: input, rows },
          `select *, sum(v)::bigint ${sql} s from t order by k ${descending ? 'desc' : ''}`.replace('::bigint', ''),
        );
        expectSameResults(ours.rows, theirs);
      }
    }
  });

  test('follows bounds that go back: the ends of months at different hours', async () => {
    const hour = (text: string): bigint => BigInt(Date.parse(`${text}:00:00Z`));
    // A month behind the first is later than a month behind the second.
    const keys = [
      '2023-01-30T20',
      '2023-01-31T01',
      '2023-02-28T00',
      '2023-02-28T10',
      '2023-02-28T21',
      '2023-03-01T00',
    ].map(hour);
    const frame: WindowFrame = {
      unit: 'range',
      start: current,
      end: following(literal(t.interval, 'P1M')),
    };
    const calls = [aggregate('sum'), aggregate('max'), aggregate('product'), aggregate('mode')];
    const given = await results(t.timestamp('ms'), keys, [aggregate('list'), ...calls], over(frame));
    expect(given.map(([list]) => list)).toEqual([
      [1n, 2n, 4n, 8n],
      [2n, 4n],
      [4n, 8n, 16n, 32n],
      [8n, 16n, 32n],
      [16n, 32n],
      [32n],
    ]);
    const items = given.map(([list]) => list as bigint[]);
    expect(given.map((row) => row.slice(1))).toEqual(
      items.map((list) => [list.reduce((a, b) => a + b), list.at(-1), list.reduce((a, b) => a * b), list[0]]),
    );
  });

  test('measures distances exactly at the ends of their types', async () => {
    const frame: WindowFrame = { unit: 'range', start: preceding(lit(1n)), end: following(lit(1n)) };
    const [least, greatest] = [-(2n ** 63n), 2n ** 63n - 1n];
    const sums = async (type: DataType, keys: Value[], descending: boolean = false) =>
      (await results(type, keys, [aggregate('sum')], over(frame, descending))).flat();
    expect(await sums(t.int64, [least, least + 1n, 0n, greatest - 1n, greatest])).toEqual([3n, 3n, 4n, 24n, 24n]);
    expect(await sums(t.uint64, [0n, 1n, 2n ** 64n - 1n])).toEqual([3n, 3n, 4n]);
    const most = 10n ** 38n - 1n;
    expect(await sums(t.decimal(38, 0), [-most, 0n, most - 1n, most])).toEqual([1n, 2n, 12n, 12n]);
    expect(await sums(t.decimal(38, 0), [most, most - 1n, 0n, -most], true)).toEqual([3n, 3n, 4n, 8n]);
  });

  test('rounds what lies between two units of a key into the frame', async () => {
    const half = literal(t.decimal(2, 1), '1.5');
    const frame: WindowFrame = { unit: 'range', start: preceding(half), end: preceding(half) };
    expect(await results(t.int64, [1n, 2n, 3n], [aggregate('count')], over(frame))).toEqual([[0n], [0n], [0n]]);
    const around: WindowFrame = { unit: 'range', start: preceding(half), end: following(half) };
    expect(await results(t.int64, [1n, 2n, 4n], [aggregate('count')], over(around))).toEqual([[2n], [2n], [1n]]);
    const days: WindowFrame = { unit: 'range', start: preceding(literal(t.duration('s'), 'PT36H')), end: current };
    expect(await results(t.date, [1, 2, 3], [aggregate('count')], over(days))).toEqual([[1n], [2n], [2n]]);
  });

  test('says which sum does not fit', async () => {
    const input = schema(field('g', t.int64), field('k', t.int64), field('v', t.int64));
    const rows = Array.from({ length: 3 }, (_, index): Row => [0n, BigInt(index), 2n ** 62n]);
    const spec = over({ unit: 'rows', start: preceding(lit(1n)), end: current });
    await expect(runStages([windowStage(input, [aggregate('sum')], spec)], { schema: input, rows })).rejects.toThrow(
      ArithmeticOverflow,
    );
    const wide = schema(field('g', t.int64), field('k', t.int64), field('v', t.decimal(38, 0)));
    const large = Array.from({ length: 5 }, (_, index): Row => [0n, BigInt(index), 10n ** 38n - 1n]);
    await expect(
      runStages([windowStage(wide, [aggregate('sum')], over({ unit: 'rows', start: first, end: last }))], {
        schema: wide,
        rows: large,
      }),
    ).rejects.toThrow(ArithmeticOverflow);
  });

  test('names itself where memory is short', async () => {
    const input = schema(field('g', t.int64), field('k', t.int64), field('v', t.int64));
    const rows: Row[] = Array.from({ length: 60_000 }, (_, index) => [0n, BigInt(index), 1n]);
    const spec = over({ unit: 'rows', start: preceding(lit(5n)), end: current });
    const outcome = runStages(
      [windowStage(input, [aggregate('sum')], spec)],
      { schema: input, rows },
      { memory: testBudget(6 * 1024 * 1024) },
    );
    await expect(outcome).rejects.toThrow(MemoryBudgetExceeded);
    await expect(outcome).rejects.toThrow('WindowPartitionAndDynamicFrame');
  });

  obeysContract(
    () =>
      windowStage(
        WINDOW_INPUT,
        WINDOW_CASES.filter((_, index) => index % 3 === 1).map(({ call }, index) => call(`w${index}`, undefined)),
        {
          partitionBy: [column('g')],
          orderBy: [{ expression: column('at') }],
          frame: {
            unit: 'range',
            start: preceding(literal(t.interval, 'P1M')),
            end: following(literal(t.interval, 'P1D')),
          },
        },
      ),
    WINDOW_TABLES,
    { numRuns: 3, same: (actual, expected) => expectSameResults(actual, expected) },
  );
});
