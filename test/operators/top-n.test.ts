import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bool,
  type DataType,
  date,
  decimal,
  float32,
  float64,
  int32,
  int64,
  list,
  uint64,
  utf8,
} from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import { sort } from '../../src/operators/blocking-sinks/sort.ts';
import { topN } from '../../src/operators/blocking-sinks/top-n.ts';
import type { SortKey } from '../../src/state/sort-input.ts';
import { duckRows } from '../support/duckdb.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { obeysContract } from './contract.ts';

function by(input: Schema, name: string, descending: boolean = false, nullsFirst: boolean = descending): SortKey {
  const index = input.fields.findIndex((candidate) => candidate.name === name);
  const { type, nullable } = input.fields[index] as Schema['fields'][number];
  return { expression: { kind: 'column', index, name, type, nullable }, descending, nullsFirst };
}

const input = schema(field('n', int64, false), field('k', int64), field('t', utf8));

describe('top-n', () => {
  const rows = Array.from(
    { length: 500 },
    (_, n): Row => [BigInt(n), n % 10 === 0 ? null : BigInt((n * 37) % 50), `t${n % 7}`],
  );
  const table = { schema: input, rows };

  test.each([
    { name: 'the first rows', limit: 5, offset: 0 },
    { name: 'rows behind an offset', limit: 7, offset: 11 },
    { name: 'all rows when the limit is past the end', limit: 1000, offset: 0 },
    { name: 'the last rows when the offset is near the end', limit: 1000, offset: 495 },
    { name: 'nothing when the offset is past the end', limit: 3, offset: 500 },
    { name: 'nothing when the limit is zero', limit: 0, offset: 3 },
    { name: 'a limit beyond any row number', limit: 2 ** 52, offset: 490 },
  ])('gives $name', async ({ limit, offset }) => {
    for (const keys of [[by(input, 'k')], [by(input, 'k', true)], [by(input, 't'), by(input, 'k', true, false)]]) {
      const order = keys.map(
        (key) =>
          `${key.expression.kind === 'column' ? key.expression.name : ''} ${key.descending ? 'desc' : 'asc'} nulls ${key.nullsFirst ? 'first' : 'last'}`,
      );
      const expected = await duckRows(
        table,
        `select * from t order by ${order.join()}, n limit ${limit} offset ${offset}`,
      );
      const { rows: out } = await runStages([topN({ input, keys, limit, offset })], {
        ...table,
        cuts: [100, 100, 0, 100],
      });
      expect(out).toEqual(expected);
    }
  });

  const TYPES: readonly DataType[] = [
    bool,
    int32,
    int64,
    uint64,
    float32,
    float64,
    decimal(9, 2),
    decimal(38, 4),
    utf8,
    date,
  ];

  test.each(TYPES)(
    'equals the beginning of a sort of $kind over many batches, by threshold',
    async (type) => {
      const keyed = schema(field('n', int32, false), field('k', type));
      const cases = fc.tuple(
        tables(keyed, { maxRows: 60 }),
        fc.boolean(),
        fc.boolean(),
        fc.nat({ max: 30 }),
        fc.nat({ max: 10 }),
        fc.boolean(),
      );
      for (const [few, descending, nullsFirst, limit, offset, dictionary] of fc.sample(cases, 1)) {
        // Repeated until the candidates have been cut down more than once, and thresholds have worked.
        const repeated: Row[] = [];
        for (let n = 0; n < 24_000 && few.rows.length > 0; n++)
          repeated.push([n, few.rows[(n * 7919) % few.rows.length]?.[1] ?? null]);
        const feed = {
          schema: keyed,
          rows: repeated,
          cuts: Array.from({ length: 12 }, () => 2000),
          form: (batch: number) => ({ dictionary: dictionary && batch % 3 !== 2 }),
        };
        const first = by(keyed, 'k', descending, nullsFirst);
        for (const keys of [[first], [first, by(keyed, 'n', true)]]) {
          const { rows: sorted } = await runStages([sort({ input: keyed, keys })], feed);
          const { rows: out } = await runStages([topN({ input: keyed, keys, limit, offset })], feed);
          expect(out).toEqual(sorted.slice(offset, offset + limit));
        }
      }
    },
    30_000,
  );

  test.each([false, true])('takes the first of many lists, descending %s, as DuckDB does', async (descending) => {
    const of = schema(field('n', int32, false), field('k', list(int32)));
    const rows = Array.from({ length: 24_000 }, (_, n): Row => {
      const k = (n * 7919) % 24_000;
      return [n, n % 97 === 0 ? null : [Math.floor(k / 100), k % 100]];
    });
    const keys = [by(of, 'k', descending, false), by(of, 'n')];
    const cuts = Array.from({ length: 12 }, () => 2000);
    const { rows: out } = await runStages([topN({ input: of, keys, limit: 9, offset: 2 })], { schema: of, rows, cuts });
    const order = `k ${descending ? 'desc' : 'asc'} nulls last, n`;
    expect(out).toEqual(await duckRows({ schema: of, rows }, `select * from t order by ${order} limit 9 offset 2`));
  });

  test('holds no more than a few batches of rows, however many come', async () => {
    const many = Array.from({ length: 120_000 }, (_, n): Row => [BigInt(n), BigInt((n * 7919) % 120_011), 'text']);
    const feed = { schema: input, rows: many, cuts: Array.from({ length: 60 }, () => 2000) };
    const keys = [by(input, 'k')];
    const { rows: out } = await runStages([topN({ input, keys, limit: 10, offset: 0 })], feed, {
      memory: testBudget(4 * 1024 * 1024),
    });
    expect(out.map(([, k]) => k)).toEqual(Array.from({ length: 10 }, (_, k) => BigInt(k)));
  });

  test('fails by name when the budget is too small', async () => {
    const many = Array.from({ length: 30_000 }, (_, n): Row => [BigInt(n), BigInt(-n), `text of row ${n}`]);
    const feed = { schema: input, rows: many, cuts: Array.from({ length: 30 }, () => 1000) };
    const stage = topN({ input, keys: [by(input, 'k')], limit: 25_000, offset: 0 });
    await expect(runStages([stage], feed, { memory: testBudget(1024 * 1024) })).rejects.toThrowError(
      expect.objectContaining({ name: 'MemoryBudgetExceeded', message: expect.stringMatching(/^TopN needs/) }),
    );
  });

  obeysContract(
    () => topN({ input, keys: [by(input, 't'), by(input, 'k', true)], limit: 20, offset: 3 }),
    tables(input),
    { numRuns: 12 },
  );
});
