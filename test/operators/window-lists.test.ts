/** Lists, joined texts and percentiles of frames, of all values and of different ones: against plain loops and DuckDB. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as t from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { AggregateCall } from '../../src/expressions/expression.ts';
import type { FrameBound, WindowCall, WindowFrame, WindowSpec } from '../../src/expressions/window.ts';
import { windowKernels } from '../../src/kernels/window-kernels.ts';
import { column, expectSameResults } from '../support/aggregates.ts';
import { duckRows } from '../support/duckdb.ts';
import { lit } from '../support/expressions.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { windowStage } from '../support/windows.ts';

type Called = AggregateCall['function'];
const aggregate = (name: string, called: Called, by: string, rest: Partial<AggregateCall> = {}): WindowCall => ({
  kind: 'aggregate',
  aggregate: { name, function: called, input: column(by), ...rest },
});
const preceding = (offset: number) => ({ kind: 'preceding', offset: lit(BigInt(offset)) }) as const;
const following = (offset: number) => ({ kind: 'following', offset: lit(BigInt(offset)) }) as const;
const GROWING: WindowFrame = { unit: 'rows', start: { kind: 'unbounded-preceding' }, end: { kind: 'current-row' } };

const FRAMES: readonly (readonly [string, WindowFrame])[] = [
  ['rows between unbounded preceding and current row', GROWING],
  ['rows between 6 preceding and 2 following', { unit: 'rows', start: preceding(6), end: following(2) }],
  ['rows between 9 preceding and 4 preceding', { unit: 'rows', start: preceding(9), end: preceding(4) }],
  [
    'rows between current row and unbounded following',
    { unit: 'rows', start: { kind: 'current-row' }, end: { kind: 'unbounded-following' } },
  ],
];

const input = schema(
  field('id', t.int64, false),
  field('p', t.int32, false),
  field('s', t.utf8),
  field('i', t.int32),
  field('w', t.decimal(38, 2)),
  field('h', t.float16),
  field('l', t.list(t.int32)),
  field('ok', t.bool, false),
);
const data = tables(input, {
  maxRows: 60,
  values: {
    p: fc.nat(1),
    s: fc.constantFrom('', 'a', 'bc', 'ü'),
    i: fc.integer({ min: -3, max: 3 }),
    w: fc.constantFrom(-(10n ** 30n), -7n, 0n, 5n, 10n ** 30n),
    h: fc.constantFrom(0, 0.25, -1.5, 3),
    l: fc.constantFrom<Value>([], [1], [1, null]),
  },
}).map((table) => ({ ...table, rows: table.rows.map((row, id): Row => [BigInt(id), ...row.slice(1)]) }));

const present = (values: readonly Value[]): Value[] => values.filter((value) => value !== null);
const joined = (values: readonly Value[], delimiter: string): Value =>
  values.length === 0 ? null : values.join(delimiter);

/** A call, and what it is of the values in a frame that pass the filter. */
const LISTS: readonly (readonly [Called, string, Partial<AggregateCall>, (values: readonly Value[]) => Value])[] = [
  ['list', 'i', {}, (values) => [...values]],
  ['list', 'l', {}, (values) => [...values]],
  ['list', 's', { distinct: true }, (values) => different(values)],
  ['list', 'l', { distinct: true }, (values) => different(values)],
  ['set', 'h', {}, (values) => different(present(values))],
  ['set', 's', {}, (values) => different(present(values))],
  ['concat', 's', {}, (values) => joined(present(values), '')],
  ['concat', 'l', {}, (values) => (present(values).length === 0 ? null : (present(values).flat() as Value))],
  ['concat', 's', { distinct: true }, (values) => joined(different(present(values)), '')],
  ['string_agg', 's', { options: { delimiter: '; ' } }, (values) => joined(present(values), '; ')],
  [
    'string_agg',
    's',
    { distinct: true, options: { delimiter: ';' } },
    (values) => joined(different(present(values)), ';'),
  ],
];

/** In the order in which they first came. */
function different(values: readonly Value[]): Value[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const key = JSON.stringify(value);
    return !seen.has(key) && seen.add(key);
  });
}

function rowsFrom(bound: FrameBound, unbounded: number): number {
  if (bound.kind === 'current-row') return 0;
  if (bound.kind !== 'preceding' && bound.kind !== 'following') return unbounded;
  const offset = Number((bound.offset as { value: string }).value);
  return bound.kind === 'preceding' ? -offset : offset;
}

const inFrame = ({ start, end }: WindowFrame, at: number, count: number): readonly [number, number] => [
  Math.max(0, at + rowsFrom(start, -count)),
  Math.max(0, at + rowsFrom(end, count) + 1),
];

describe('lists and joined texts of frames', () => {
  test.each(FRAMES)('are those of a loop, %s', async (_, frame) => {
    await fc.assert(
      fc.asyncProperty(data, fc.boolean(), fc.boolean(), async (table, filtered, dictionary) => {
        const calls = LISTS.map(([called, by, rest], index) =>
          aggregate(`a${index}`, called, by, { ...rest, filter: filtered ? column('ok') : undefined }),
        );
        const spec: WindowSpec = { partitionBy: [column('p')], orderBy: [{ expression: column('id') }], frame };
        const feed = { ...table, cuts: [11, 30], form: () => ({ dictionary }) };
        const { rows } = await runStages([windowStage(input, calls, spec)], feed);
        for (const p of [0, 1]) {
          const part = rows.filter((row) => row[1] === p);
          for (const [at, row] of part.entries()) {
            const [from, to] = inFrame(frame, at, part.length);
            const taking = part.slice(from, to).filter((each) => !filtered || each[7] === true);
            const want = LISTS.map(([, by, , of]) =>
              of(taking.map((each) => each[input.fields.findIndex(({ name }) => name === by)] ?? null)),
            );
            expect(row.slice(input.fields.length)).toEqual(want);
          }
        }
      }),
      { numRuns: 12 },
    );
  });

  test('of 100,000 rows in frames that grow hold their few values', async () => {
    const of = schema(field('id', t.int64, false), field('v', t.int64, false), field('s', t.utf8, false));
    const rows = Array.from(
      { length: 100_000 },
      (_, id): Row => [BigInt(id), BigInt(id % 3), ['x', 'y', ''][id % 3] ?? ''],
    );
    const calls = [
      aggregate('set', 'set', 'v'),
      aggregate('texts', 'string_agg', 's', { distinct: true, options: { delimiter: '-' } }),
      aggregate('median', 'median', 'v', { distinct: true }),
      aggregate('rare', 'list', 'id', {
        filter: { kind: 'binary', operator: '<', left: column('id'), right: lit(2n) },
      }),
    ];
    const spec: WindowSpec = { partitionBy: [], orderBy: [{ expression: column('id') }], frame: GROWING };
    const { rows: given } = await runStages([windowStage(of, calls, spec)], { schema: of, rows });
    const wrong = given
      .slice(2)
      .find(
        (row) =>
          JSON.stringify(row.slice(3), (_, v) => (typeof v === 'bigint' ? Number(v) : v)) !==
          '[[0,1,2],"x-y-",1,[0,1]]',
      );
    expect(wrong).toBeUndefined();
    expect(given).toHaveLength(100_000);
  });
});

describe('percentiles and sums of the different values of frames', () => {
  const calls: readonly (readonly [WindowCall, string])[] = [
    [aggregate('a', 'sum', 'w', { distinct: true }), 'sum(distinct w)'],
    [aggregate('b', 'median', 'i', { distinct: true }), 'quantile_cont(distinct i::double, 0.5)'],
    [
      aggregate('c', 'percentile', 'h', { distinct: true, options: { percentile: 0.3 } }),
      'quantile_cont(distinct h::double, 0.3)',
    ],
    [aggregate('e', 'sum', 'h', { distinct: true }), 'sum(distinct h::double)'],
    [aggregate('f', 'var', 'h', { distinct: true }), 'var_samp(distinct h::double)'],
    [
      aggregate('g', 'percentile', 'i', { distinct: true, options: { percentiles: [0, 0.8] }, filter: column('ok') }),
      'quantile_cont(distinct i, [0, 0.8]) filter (where ok)',
    ],
    [aggregate('j', 'mean', 'i', { distinct: true, filter: column('ok') }), 'avg(distinct i) filter (where ok)'],
  ];

  test.each(FRAMES)('are as DuckDB has them, %s', async (words, frame) => {
    await fc.assert(
      fc.asyncProperty(data, async (table) => {
        const spec: WindowSpec = { partitionBy: [column('p')], orderBy: [{ expression: column('id') }], frame };
        const stage = windowStage(
          input,
          calls.map(([call]) => call),
          spec,
        );
        const { rows } = await runStages([stage], { ...table, cuts: [11, 30] });
        const over = `over (partition by p order by id ${words})`;
        const sql = calls.map(([, each]) => `${each} ${over}`).join();
        const theirs = await duckRows(table, `select id, ${sql} from t order by min(id) over (partition by p), id`);
        const ours = rows.map((row) => [row[0] ?? null, ...row.slice(input.fields.length)]);
        expectSameResults(ours, theirs, (at) => (at < 2 ? 'exact' : 'close'));
      }),
      { numRuns: 12 },
    );
  });
});

describe('frames that go back, by months of different lengths', () => {
  const of = schema(
    field('id', t.int64, false),
    field('at', t.timestamp('us'), false),
    field('x', t.float64),
    field('s', t.utf8),
  );
  const hour = 3_600_000_000n;
  const rowsOf = tables(of, {
    maxRows: 80,
    values: {
      // The last days of January and February, and what is a month behind them.
      at: fc
        .tuple(fc.constantFrom(26n, 54n, 85n, 113n), fc.bigInt(0n, 150n))
        .map(([day, hours]) => (day * 24n + hours) * hour),
      x: fc.integer({ min: -40, max: 40 }).map((each) => each / 4),
      s: fc.constantFrom('a', 'b', 'c', 'd'),
    },
  }).map((table) => ({ ...table, rows: table.rows.map((row, id): Row => [BigInt(id), ...row.slice(1)]) }));
  const calls: readonly (readonly [WindowCall, string])[] = [
    [aggregate('a', 'min', 'x'), 'min(x)'],
    [aggregate('b', 'max', 's'), 'max(s)'],
    [aggregate('c', 'sum', 'x'), 'sum(x)'],
    [aggregate('d', 'count_distinct', 's'), 'count(distinct s)'],
    [aggregate('e', 'median', 'x', { distinct: true }), 'quantile_cont(distinct x, 0.5)'],
    [aggregate('f', 'var', 'x'), 'var_samp(x)'],
  ];

  test('have the values that DuckDB gives', async () => {
    const month = { kind: 'preceding', offset: { kind: 'literal', type: t.interval, value: 'P1M' } } as const;
    await fc.assert(
      fc.asyncProperty(rowsOf, fc.boolean(), async (table, ends) => {
        const frame: WindowFrame = ends
          ? { unit: 'range', start: { kind: 'unbounded-preceding' }, end: month }
          : { unit: 'range', start: month, end: { kind: 'current-row' } };
        const spec: WindowSpec = { partitionBy: [], orderBy: [{ expression: column('at') }], frame };
        const stage = windowStage(
          of,
          calls.map(([call]) => call),
          spec,
        );
        const { rows } = await runStages([stage], { ...table, cuts: [30] });
        const words = ends
          ? `unbounded preceding and interval '1 month' preceding`
          : `interval '1 month' preceding and current row`;
        const over = `over (order by "at" range between ${words})`;
        const sql = calls.map(([, each]) => `${each} ${over}`).join();
        const theirs = await duckRows(table, `select id, ${sql} from t order by "at", id`);
        const ours = rows.map((row) => [row[0] ?? null, ...row.slice(of.fields.length)]);
        expectSameResults(ours, theirs, (at) => (at > 4 ? 'close' : 'exact'));
      }),
      { numRuns: 30 },
    );
  });
});

describe('the tree of first rows', () => {
  /** How many of its nodes are looked at to list the three different values of every frame of so many rows. */
  function lookedAt(rowsOfFrame: number): { readonly looked: number; readonly listed: number } {
    const [count, frames] = [8192, 1000];
    using holding = testBudget().reserve('test');
    const { linear } = holding;
    const at = (entries: number): number => holding.allocateZeroed(entries * 4).address;
    const [numbers, rows, lows, highs] = [at(count), at(count), at(frames), at(frames)];
    for (let i = 0; i < count; i += 1) {
      linear.u32[numbers / 4 + i] = i % 3;
      linear.u32[rows / 4 + i] = i;
    }
    for (let i = 0; i < frames; i += 1) {
      linear.u32[lows / 4 + i] = i;
      linear.u32[highs / 4 + i] = i + rowsOfFrame;
    }
    const [tree, last, list, starts, done] = [at(count * 2), at(3), at(frames * 3), at(frames + 1), at(2)];
    const kernels = windowKernels(linear);
    kernels.linkValues(numbers, 0, -1, count, last, tree, count);
    kernels.listFirsts(tree, count, rows, lows, highs, 0, frames, frames * 3, list, starts, done);
    expect(linear.u32[done / 4]).toBe(frames);
    return { looked: linear.u32[done / 4 + 1] ?? 0, listed: linear.u32[starts / 4 + frames] ?? 0 };
  }

  test('is looked at no more for frames of twice as many rows', () => {
    const [one, two, four] = [lookedAt(1024), lookedAt(2048), lookedAt(4096)];
    expect([one.listed, two.listed, four.listed]).toEqual([3000, 3000, 3000]);
    expect(two.looked).toBe(one.looked);
    expect(four.looked).toBe(one.looked);
    // Up and down a tree of 13 levels for each value, and once for what comes behind.
    expect(one.looked).toBeLessThan(1000 * 4 * 26);
  });
});
