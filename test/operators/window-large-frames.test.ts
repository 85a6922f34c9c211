/** Windows whose frames are as large as the input, or have keys and values of nested types: against plain loops and DuckDB. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as t from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { WindowCall, WindowFrame, WindowSpec } from '../../src/expressions/window.ts';
import { column, expectSameResults } from '../support/aggregates.ts';
import { duckRows } from '../support/duckdb.ts';
import { lit } from '../support/expressions.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages } from '../support/task.ts';
import { overSql, windowFunction, windowStage } from '../support/windows.ts';

const input = schema(field('id', t.int64, false), field('p', t.int32, false), field('v', t.int32));
const aggregate = (name: string, call: object): WindowCall =>
  ({ kind: 'aggregate', aggregate: { name, ...call } }) as WindowCall;
const CALLS: readonly WindowCall[] = [
  aggregate('mode', { function: 'mode', input: column('v') }),
  aggregate('different', { function: 'approx_count_distinct', input: column('v') }),
  aggregate('near', { function: 'approx_percentile', input: column('v'), options: { percentiles: [0, 0.3, 1] } }),
];

/** What they are of the values of one frame, by their definitions. */
function expected(values: readonly number[]): { mode: number | null; different: bigint; at: readonly number[] } {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const most = Math.max(...counts.values());
  // A map gives its keys in the order of their first appearance.
  const mode = [...counts].find(([, count]) => count === most)?.[0] ?? null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = [0, 0.3, 1].map((p) => sorted[Math.floor(p * (sorted.length - 1))] ?? 0);
  return { mode, different: BigInt(counts.size), at };
}

function checkFrame([mode, different, near]: readonly Value[], values: readonly number[]): void {
  const want = expected(values);
  expect([mode, different]).toEqual([want.mode, want.different]);
  if (values.length === 0) expect(near).toBeNull();
  else {
    for (const [index, value] of (near as readonly number[]).entries()) {
      const exact = want.at[index] ?? 0;
      expect(Math.abs(value - exact)).toBeLessThanOrEqual(Math.abs(exact) * 0.0101);
    }
  }
}

const rowsOffset = (offset: number, kind: 'preceding' | 'following') => ({ kind, offset: lit(BigInt(offset)) });

describe('frequencies, distinct values and near percentiles of frames', () => {
  const frames: fc.Arbitrary<WindowFrame> = fc
    .record({ from: fc.constantFrom(-20, -3, -1, 0, 2), rows: fc.constantFrom(0, 1, 5, 40) })
    .map(({ from, rows }) => {
      const bound = (at: number) => rowsOffset(Math.abs(at), at < 0 ? 'preceding' : 'following');
      return { unit: 'rows', start: bound(from), end: bound(from + rows) };
    });
  const data = fc.array(fc.tuple(fc.nat(2), fc.option(fc.integer({ min: -3, max: 4 }), { freq: 5 })), {
    maxLength: 120,
  });

  test('are those of a loop over each frame', async () => {
    await fc.assert(
      fc.asyncProperty(data, frames, async (cells, frame) => {
        const rows = cells.map(([p, v], id): Row => [BigInt(id), p, v]);
        const spec: WindowSpec = { partitionBy: [column('p')], orderBy: [{ expression: column('id') }], frame };
        const { rows: given } = await runStages([windowStage(input, CALLS, spec)], { schema: input, rows, cuts: [17] });
        const size = (at: 'start' | 'end'): number => {
          const bound = frame[at] as ReturnType<typeof rowsOffset>;
          const offset = Number((bound.offset as { value: string }).value);
          return bound.kind === 'preceding' ? -offset : offset;
        };
        for (const p of [0, 1, 2]) {
          const part = given.filter((row) => row[1] === p);
          const values = part.map((row) => row[2] as number | null);
          for (const [at, row] of part.entries()) {
            const inFrame = values.slice(Math.max(0, at + size('start')), Math.max(0, at + size('end') + 1));
            checkFrame(
              row.slice(3),
              inFrame.filter((value) => value !== null),
            );
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test.each<[string, WindowFrame]>([
    ['that grow', { unit: 'rows', start: { kind: 'unbounded-preceding' }, end: { kind: 'current-row' } }],
    ['that shrink', { unit: 'rows', start: { kind: 'current-row' }, end: { kind: 'unbounded-following' } }],
    ['that slide', { unit: 'rows', start: rowsOffset(20_000, 'preceding'), end: rowsOffset(20_000, 'following') }],
  ])('of 100,000 rows %s', async (_, frame) => {
    const count = 100_000;
    const cellOf = (id: number): number => ((id * 7919) % 1009) + (id % 3 === 0 ? 0 : (id * 31) % 4000);
    const rows = Array.from({ length: count }, (__, id): Row => [BigInt(id), 0, cellOf(id)]);
    const spec: WindowSpec = { partitionBy: [], orderBy: [{ expression: column('id') }], frame };
    const { rows: given } = await runStages([windowStage(input, CALLS, spec)], { schema: input, rows });
    const values = rows.map((row) => Number(row[2]));
    for (const at of [0, 1, 777, 50_001, count - 2, count - 1]) {
      const from =
        frame.start.kind === 'unbounded-preceding' ? 0 : frame.start.kind === 'current-row' ? at : at - 20_000;
      const to = frame.end.kind === 'current-row' ? at : frame.end.kind === 'unbounded-following' ? count : at + 20_000;
      checkFrame(given[at]?.slice(3) ?? [], values.slice(Math.max(0, from), to + 1));
    }
  });
});

describe('aggregates of the different values of frames', () => {
  const of = schema(
    field('id', t.int64, false),
    field('p', t.int32, false),
    field('i', t.int32),
    field('d', t.decimal(12, 2)),
    field('w', t.decimal(38, 2)),
    field('x', t.float64),
    field('f', t.float32),
    field('ok', t.bool, false),
  );
  const few = {
    p: fc.nat(1),
    i: fc.integer({ min: -4, max: 4 }),
    d: fc.bigInt(-4n, 4n),
    w: fc.bigInt(-4n, 4n),
    x: fc.constantFrom(0, 0.25, -1.5, 3, 1e6),
    f: fc.constantFrom(0, 0.25, -1.5, 3),
  };
  const rowsOf = tables(of, { maxRows: 70, values: few }).map((table) => ({
    ...table,
    rows: table.rows.map((row, id): Row => [BigInt(id), ...row.slice(1)]),
  }));
  const distinct = (name: string, called: string, by: string, more: object = {}): WindowCall =>
    aggregate(name, { function: called, input: column(by), distinct: true, ...more });
  const calls: readonly (readonly [WindowCall, string])[] = [
    [distinct('a', 'sum', 'i'), 'sum(distinct i)'],
    [distinct('b', 'sum', 'd'), 'sum(distinct d)'],
    [distinct('c', 'sum', 'w'), 'sum(distinct w)'],
    [distinct('e', 'sum', 'x'), 'sum(distinct x)'],
    [distinct('g', 'mean', 'f'), 'avg(distinct f)'],
    [distinct('h', 'mean', 'i'), 'avg(distinct i)'],
    [distinct('j', 'var', 'i'), 'var_samp(distinct i)'],
    [distinct('k', 'stddev', 'x'), 'stddev_samp(distinct x)'],
    [distinct('l', 'min', 'd'), 'min(distinct d)'],
    [distinct('m', 'max', 'x'), 'max(distinct x)'],
    [distinct('n', 'product', 'x'), 'product(distinct x)'],
  ];
  const FRAMES: readonly (readonly [string, WindowFrame | undefined])[] = [
    ['', undefined],
    [
      'rows between 3 preceding and 2 following',
      { unit: 'rows', start: rowsOffset(3, 'preceding'), end: rowsOffset(2, 'following') },
    ],
    [
      'rows between 9 preceding and 4 preceding',
      { unit: 'rows', start: rowsOffset(9, 'preceding'), end: rowsOffset(4, 'preceding') },
    ],
    [
      'rows between current row and unbounded following',
      { unit: 'rows', start: { kind: 'current-row' }, end: { kind: 'unbounded-following' } },
    ],
  ];

  test.each(FRAMES)('are as DuckDB has them, %s', async (words, frame) => {
    await fc.assert(
      fc.asyncProperty(rowsOf, async (table) => {
        const orderBy = [{ expression: column('id') }];
        const spec: WindowSpec = { partitionBy: [column('p')], orderBy, frame };
        const stage = windowStage(
          of,
          calls.map(([call]) => call),
          spec,
        );
        const { rows } = await runStages([stage], { ...table, cuts: [9, 20] });
        const over = `over (partition by p order by id ${words})`;
        const theirs = await duckRows(
          table,
          `select id, ${calls.map(([, sql]) => `${sql} ${over}`).join()} from t order by min(id) over (partition by p), id`,
        );
        const results = rows.map((row) => [row[0] ?? null, ...row.slice(of.fields.length)]);
        expectSameResults(results, theirs, (at) => (at < 4 ? 'exact' : 'close'));
      }),
      { numRuns: 15 },
    );
  });

  test('of 100,000 rows in frames that grow', async () => {
    const count = 100_000;
    const input = schema(field('id', t.int64, false), field('v', t.int64, false));
    const rows = Array.from({ length: count }, (_, id): Row => [BigInt(id), BigInt((id * 7919) % 30_011)]);
    const spec: WindowSpec = { partitionBy: [], orderBy: [{ expression: column('id') }] };
    const { rows: given } = await runStages([windowStage(input, [distinct('sum', 'sum', 'v')], spec)], {
      schema: input,
      rows,
    });
    // 30,011 is prime: all values come before one comes again.
    let sum = 0n;
    for (const [at, [, v, ours]] of given.entries()) {
      if (at < 30_011) sum += v as bigint;
      if (ours !== sum) throw new Error(`row ${at}: ${ours} and not ${sum}`);
    }
  });
});

describe('windows by nested keys and over nested values', () => {
  const of = schema(
    field('id', t.int64, false),
    field('part', t.struct(field('a', t.int32), field('b', t.list(t.utf8)))),
    field('key', t.list(t.int32)),
    field('span', t.interval),
  );
  const inputs = tables(of, {
    maxRows: 60,
    values: {
      part: fc.tuple<Value[]>(fc.option(fc.nat(1)), fc.option<Value>(fc.constantFrom([], ['x']))),
      key: fc.array(fc.option(fc.nat(2)), { maxLength: 2 }),
      span: fc.integer({ min: 0, max: 3 }).map((days): Value => ({ months: 0, days, nanoseconds: 0n })),
    },
  }).map((table) => ({ ...table, rows: table.rows.map((row, id): Row => [BigInt(id), ...row.slice(1)]) }));
  const calls: readonly WindowCall[] = [
    windowFunction('nr', 'row_number'),
    windowFunction('peers', 'cume_dist'),
    aggregate('least', { function: 'min', input: column('span') }),
    aggregate('by', { function: 'max_by', input: column('key'), by: column('id') }),
    aggregate('keys', { function: 'count_distinct', input: column('key') }),
    aggregate('spans', { function: 'approx_count_distinct', input: column('span') }),
  ];

  test.each([
    ['part', 'key'],
    ['key', 'span'],
    ['span', 'part'],
  ])('partitions by %s in the order of %s are as DuckDB has them', async (by, order) => {
    await fc.assert(
      fc.asyncProperty(inputs, fc.boolean(), fc.boolean(), async (table, descending, dictionary) => {
        const orderBy = [{ expression: column(order), descending }, { expression: column('id') }];
        const spec: WindowSpec = { partitionBy: [column(by)], orderBy };
        const over = overSql(spec);
        const feed = { ...table, cuts: [9, 20], form: () => ({ dictionary }) };
        const { rows } = await runStages([windowStage(of, calls, spec)], feed);
        const theirs = await duckRows(
          table,
          `select *, row_number() ${over}, cume_dist() ${over}, min(span) ${over}, max_by(key, id) ${over},
            count(distinct key) ${over}, count(distinct span) ${over} from t
            order by min(id) over (partition by ${by}), ${order} ${descending ? 'desc nulls first' : 'nulls last'}, id`,
        );
        expectSameResults(rows, theirs);
      }),
      { numRuns: 15 },
    );
  });

  test('rows with equal nested keys are peers', async () => {
    await fc.assert(
      fc.asyncProperty(inputs, async (table) => {
        const spec: WindowSpec = { partitionBy: [], orderBy: [{ expression: column('key') }] };
        const ranked: readonly WindowCall[] = [
          windowFunction('rank', 'rank'),
          windowFunction('dense', 'dense_rank'),
          aggregate('rows', { function: 'count' }),
        ];
        const { rows } = await runStages([windowStage(of, ranked, spec)], { ...table, cuts: [9] });
        const over = overSql(spec);
        const sql = `select *, rank() ${over}, dense_rank() ${over}, count(*) ${over} from t order by key nulls last, id`;
        expectSameResults(rows, await duckRows(table, sql));
      }),
      { numRuns: 15 },
    );
  });
});
