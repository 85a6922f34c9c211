import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as t from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { ArithmeticOverflow } from '../../src/errors.ts';
import { aggregateType } from '../../src/expressions/aggregates.ts';
import type { AggregateFunction, TypedAggregate, TypedExpression } from '../../src/expressions/expression.ts';
import { aggregate } from '../../src/operators/blocking-sinks/aggregate.ts';
import { duckRows } from '../support/duckdb.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(
  field('i', t.int32),
  field('n', t.int64, false),
  field('x', t.float64),
  field('d', t.decimal(12, 2)),
  field('s', t.utf8),
  field('b', t.bool),
);

function column(of: Schema, name: string): TypedExpression {
  const index = of.fields.findIndex((each) => each.name === name);
  const { type, nullable } = of.fields[index] as Schema['fields'][number];
  return { kind: 'column', index, name, type, nullable };
}

function call(name: AggregateFunction, of?: string): TypedAggregate {
  const expression = of === undefined ? undefined : column(input, of);
  const type = expression === undefined ? t.uint64 : aggregateType(name, expression.type);
  return { name: `${name} of ${of ?? 'rows'}`, function: name, input: expression, type: type as t.DataType };
}

const calls = [
  call('count'),
  call('count', 'i'),
  call('sum', 'i'),
  call('mean', 'i'),
  call('min', 'n'),
  call('max', 'n'),
  call('sum', 'x'),
  call('mean', 'x'),
  call('min', 'x'),
  call('max', 'x'),
  call('sum', 'd'),
  call('max', 'd'),
  call('min', 's'),
  call('max', 's'),
  call('count', 's'),
  call('min', 'b'),
  call('max', 'b'),
  call('count_distinct', 'i'),
  call('count_distinct', 's'),
  call('count_distinct', 'x'),
];
const sql = `count(*), count(i), sum(i), avg(i), min(n), max(n), sum(x), avg(x), min(x), max(x), sum(d), max(d),
  min(s), max(s), count(s), min(b), max(b), count(distinct i), count(distinct s), count(distinct x)`;
/** Those that one compiled loop can do. */
const numeric = calls.filter(({ function: name, input: of }) => name !== 'count_distinct' && of?.type.kind !== 'utf8');

const positive: TypedExpression = {
  kind: 'compare',
  operator: '>',
  left: column(input, 'i'),
  right: { kind: 'literal', value: 0, type: t.int32, nullable: false },
  type: t.bool,
  nullable: true,
};
/** DuckDB does not tell 0 from -0 either. */
const unsigned = (rows: readonly Row[]): Value[][] => rows.map((row) => row.map((cell) => (cell === 0 ? 0 : cell)));
const inputs = tables(input, { values: { n: fc.bigInt(-(2n ** 50n), 2n ** 50n) } });

describe('aggregate', () => {
  test('without a row counts are 0 and all else is null', async () => {
    const { rows } = await runStages([aggregate({ input, aggregates: calls })], { schema: input, rows: [] });
    expect(rows).toEqual([calls.map(({ function: name }) => (name.startsWith('count') ? 0n : null))]);
  });

  test.each([
    { name: 'everything', aggregates: calls, filter: undefined, fused: false },
    { name: 'what one loop can do', aggregates: numeric, filter: undefined, fused: true },
    { name: 'everything, filtered', aggregates: calls, filter: positive, fused: false },
    { name: 'what one loop can do, filtered', aggregates: numeric, filter: positive, fused: true },
  ])('gives what DuckDB gives: $name', async ({ aggregates, filter, fused }) => {
    const wanted = calls.map((each, index) => (aggregates.includes(each) ? index : -1)).filter((index) => index >= 0);
    await fc.assert(
      fc.asyncProperty(inputs, fc.boolean(), async ({ rows }, dictionary) => {
        const form = () => ({ dictionary });
        const ours = await runStages([aggregate({ input, filter, aggregates })], {
          schema: input,
          rows,
          cuts: [50, 3],
          form,
        });
        expect(Number(ours.stats[0]?.counters['batches fused']) > 0).toBe(fused && rows.length > 0);
        const theirs = await duckRows(
          { schema: input, rows },
          `select ${sql} from t ${filter === undefined ? '' : 'where i > 0'}`,
        );
        expect(unsigned(ours.rows)).toEqual(unsigned(theirs.map((row) => wanted.map((index) => row[index] as Value))));
      }),
      { numRuns: 20 },
    );
  });

  test('a sum that no longer fits 63 bits of what is known goes on exactly', async () => {
    const rows = Array.from({ length: 40 }, () => [null, 2n ** 57n, null, null, null, null]);
    const feed = { schema: input, rows, cuts: [10, 10, 10, 10], form: () => ({ bits: 58 }) };
    await expect(
      runStages([aggregate({ input, aggregates: [call('sum', 'n'), call('mean', 'n')] })], feed).then((r) => r.rows),
    ).resolves.toEqual([[40n * 2n ** 57n, 2 ** 57]]);
    const more = { ...feed, rows: [...rows, ...rows] };
    await expect(runStages([aggregate({ input, aggregates: [call('sum', 'n')] })], more)).rejects.toThrow(
      ArithmeticOverflow,
    );
    const { rows: mean } = await runStages([aggregate({ input, aggregates: [call('mean', 'n')] })], more);
    expect(mean).toEqual([[2 ** 57]]);
  });

  describe('of numbers, which one loop can do,', () => {
    obeysContract(() => aggregate({ input, aggregates: numeric }), inputs, { numRuns: 10 });
  });
  obeysContract(() => aggregate({ input, filter: positive, aggregates: calls }), inputs, { numRuns: 10 });
});
