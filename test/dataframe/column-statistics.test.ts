/** What `describe` and `summarize` tell of columns, beside DuckDB. */

import { describe, expect, test } from 'vitest';
import { bool, date, decimal, float64, int32, int64, list, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { InvalidArgument } from '../../src/errors.ts';
import { type DataFrame, fromRows } from '../../src/index.ts';
import { duckRowsOf, query } from '../support/duckdb.ts';
import type { Row } from '../support/task.ts';

const table = schema(
  field('shop', utf8),
  field('price', decimal(10, 2)),
  field('n', int32),
  field('big', int64),
  field('x', float64),
  field('paid', bool),
  field('day', date),
);
const rows: readonly Row[] = Array.from({ length: 1000 }, (_, i) => [
  i % 7 === 3 ? null : `shop ${i % 41}`,
  i % 11 === 5 ? null : BigInt(i * 137 - 900),
  i % 5 === 0 ? null : (i * 31) % 977,
  (1n << 33n) + BigInt(i),
  i / 8 + 1,
  i % 3 === 0 ? null : i % 2 === 0,
  19_000 + (i % 90),
]);
const frame = (): DataFrame =>
  fromRows(
    rows.map((row) => ({
      shop: row[0],
      price: row[1] === null ? null : (Number(row[1]) / 100).toFixed(2),
      n: row[2],
      big: row[3],
      x: row[4],
      paid: row[5],
      day: new Date(Number(row[6]) * 86_400_000),
    })),
    { schema: table },
  );
const duck = (sql: string): Promise<Row[]> => duckRowsOf({ t: { schema: table, rows } }, sql);

describe('describe', () => {
  test('has the figures of every column', async () => {
    const numbers = (name: string, value: string): string => `[count(${name}), count(*) - count(${name}), avg(${value}),
      stddev(${value}), min(${value}), quantile_cont(${value}, 0.25), quantile_cont(${value}, 0.5),
      quantile_cont(${value}, 0.75), max(${value})]::double[]`;
    const others = (name: string): string =>
      `[count(${name})::text, (count(*) - count(${name}))::text, null, null, min(${name})::text, null, null, null, max(${name})::text]`;
    const theirs = await duck(`select unnest(['count', 'null_count', 'mean', 'std', 'min', '25%', '50%', '75%', 'max']),
      unnest(${others('shop')}), unnest(${numbers('price', 'price::double')}), unnest(${numbers('n', 'n')}),
      unnest(${numbers('big', 'big::double')}), unnest(${numbers('x', 'x')}), unnest(${numbers('paid', 'paid::int')}),
      unnest(${others('day')}) from t`);
    const described = frame().describe();
    expect(described.columns).toEqual(['statistic', ...table.fields.map(({ name }) => name)]);
    const ours = (await described.toRows()).map((row) => Object.values(row as object));
    expect(ours.length).toBe(theirs.length);
    for (const [at, row] of theirs.entries()) {
      const close = row.map((cell) => (typeof cell === 'number' ? expect.closeTo(cell, 6) : cell));
      expect(ours[at]).toEqual(close);
    }
  });

  test('has other percentiles where they are asked for, or none', async () => {
    const some = await frame()
      .select('x')
      .describe({ percentiles: [0.001, 0.9] })
      .toColumns();
    expect(some['statistic']).toEqual(['count', 'null_count', 'mean', 'std', 'min', '0.1%', '90%', 'max']);
    const [[least, most] = []] = await query(
      'select quantile_cont(i / 8 + 1, [0.001, 0.9]) from range(1000) t(i)',
    ).then((found) => found.map(([both]) => both as readonly number[]));
    expect(some['x']?.slice(5, 7)).toEqual([expect.closeTo(least ?? 0, 9), expect.closeTo(most ?? 0, 9)]);
    expect((await frame().describe({ percentiles: [] }).toRows()).length).toBe(6);
    expect(() => frame().describe({ percentiles: [50] })).toThrow(InvalidArgument);
  });

  test('keeps to itself: a column may be called as its own, and of no rows nothing is known', async () => {
    const found = fromRows([{ statistic: 1, 'count 0': 2 }]).describe({ percentiles: [] });
    expect(found.columns[0]).not.toBe('statistic');
    expect((await found.toColumns())['count 0']).toEqual([1, 0, 2, null, 2, 2]);
    const none = await frame().limit(0).describe().toRows();
    expect(none.map((row: Record<string, unknown>) => row['n'])).toEqual([0, 0, ...Array(7).fill(null)]);
  });
});

describe('summarize', () => {
  test('has a row for each column, as that of DuckDB', async () => {
    const theirs = await duck(`select column_name, min, max, avg::double, std::double, count, null_percentage::double
      from (summarize (select * replace (paid::int as paid, day::text as day) from t))`);
    const ours = await frame().summarize().toRows();
    expect(ours.map(({ column_type }) => column_type)).toEqual([
      ...['utf8', 'decimal(10, 2)', 'int32', 'int64', 'float64', 'bool', 'date'],
    ]);
    for (const [at, [name, min, max, avg, std, count, nulls]] of theirs.entries()) {
      const row = ours[at];
      const near = (value: unknown): unknown => (value === null ? null : expect.closeTo(Number(value), 6));
      expect(row).toMatchObject({ column_name: name, avg: near(avg), std: near(std), count });
      if (name !== 'paid' && name !== 'x') expect(row).toMatchObject({ min, max });
      expect(row?.null_percentage).toBeCloseTo(Number(nulls), 1);
    }
  });

  test('knows nearly how many values there are, and the quartiles', async () => {
    const ours = new Map((await frame().summarize().toRows()).map((row) => [row.column_name, row]));
    expect([...ours.values()].map(({ approx_unique }) => approx_unique)).toEqual(
      (
        await duck(
          'select unnest([count(distinct shop), count(distinct price), count(distinct n), count(distinct big), count(distinct x), count(distinct paid), count(distinct day)]) from t',
        )
      ).map(([n]) => n),
    );
    const [[q25, q50, q75] = []] = await duck(
      'select quantile_disc(x, 0.25), quantile_disc(x, 0.5), quantile_disc(x, 0.75) from t',
    );
    for (const [exact, near] of [
      [q25, ours.get('x')?.q25],
      [q50, ours.get('x')?.q50],
      [q75, ours.get('x')?.q75],
    ] as const) {
      expect(Math.abs(Number(near) / Number(exact) - 1)).toBeLessThan(0.02);
    }
    expect(ours.get('shop')?.q50).toBeNull();
    const [few] = await fromRows([{ n: 200 }, { n: 404 }, { n: 200 }])
      .summarize()
      .toRows();
    expect(few).toMatchObject({ min: '200', q25: 200, q50: 200 });
  });

  test('has no least value of what cannot be written, and nothing of no rows', async () => {
    const nested = fromRows([{ tags: ['a'], bytes: new Uint8Array([255]), none: null }], {
      schema: schema(field('tags', list(utf8)), field('bytes', { kind: 'binary' }), field('none', { kind: 'null' })),
    });
    expect((await nested.summarize().toRows()).map(({ min, approx_unique }) => [min, approx_unique])).toEqual([
      [null, 1n],
      [null, 1n],
      [null, 0n],
    ]);
    const [row] = await frame().limit(0).summarize().toRows();
    expect(row).toMatchObject({ count: 0n, null_percentage: null, min: null, approx_unique: 0n });
  });
});
