import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Batch } from '../../src/columnar/batch.ts';
import { nextDictionaryId } from '../../src/columnar/column.ts';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import * as t from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { MemoryBudgetExceeded } from '../../src/errors.ts';
import { aggregateType } from '../../src/expressions/aggregates.ts';
import type {
  AggregateFunction,
  TypedAggregate,
  TypedColumn,
  TypedExpression,
} from '../../src/expressions/expression.ts';
import { groupedAggregate } from '../../src/operators/blocking-sinks/grouped-aggregate.ts';
import { duckRows, query } from '../support/duckdb.ts';
import { tables } from '../support/tables.ts';
import { Collector, expectAllReturned, type Row, runStages, testBudget, testTask } from '../support/task.ts';
import { expectSameRows, obeysContract } from './contract.ts';

const input = schema(
  field('i', t.int32),
  field('n', t.int64, false),
  field('x', t.float64),
  field('d', t.decimal(12, 2)),
  field('s', t.utf8),
  field('b', t.bool),
  field('w', t.decimal(25, 3)),
  field('y', t.date, false),
);

function columnOf(of: Schema, name: string): TypedExpression {
  const index = of.fields.findIndex((each) => each.name === name);
  const { type, nullable } = of.fields[index] as Schema['fields'][number];
  return { kind: 'column', index, name, type, nullable };
}

const key = (name: string, of: Schema = input): TypedColumn => ({
  name: `key ${name}`,
  expression: columnOf(of, name),
});

function call(name: AggregateFunction, of?: string, from: Schema = input): TypedAggregate {
  const expression = of === undefined ? undefined : columnOf(from, of);
  const type = expression === undefined ? t.uint64 : aggregateType(name, expression.type);
  return { name: `${name} of ${of ?? 'rows'}`, function: name, input: expression, type: type as t.DataType };
}

const numeric = [
  call('count'),
  call('count', 'i'),
  call('sum', 'i'),
  call('mean', 'i'),
  call('min', 'n'),
  call('max', 'n'),
  call('sum', 'n'),
  call('sum', 'x'),
  call('min', 'x'),
  call('max', 'x'),
  call('sum', 'd'),
  call('min', 'd'),
  call('min', 'b'),
  call('max', 'y'),
  call('count', 's'),
];
const numericSql = `count(*), count(i), sum(i), avg(i), min(n), max(n), sum(n), sum(x), min(x), max(x), sum(d), min(d),
  min(b), max(y), count(s)`;
const other = [
  call('min', 's'),
  call('max', 's'),
  call('sum', 'w'),
  call('min', 'w'),
  call('max', 'w'),
  call('mean', 'x'),
  call('count_distinct', 'i'),
  call('count_distinct', 's'),
  call('count_distinct', 'x'),
  call('count_distinct', 'w'),
];
const otherSql = `min(s), max(s), sum(w), min(w), max(w), avg(x), count(distinct i), count(distinct s), count(distinct x), count(distinct w)`;

const compare = (operator: '>' | '=', left: TypedExpression, value: Value): TypedExpression => ({
  kind: 'compare',
  operator,
  left,
  right: { kind: 'literal', value, type: left.type, nullable: false },
  type: t.bool,
  nullable: left.nullable,
});
const unsigned = (rows: readonly Row[]): Value[][] => rows.map((row) => row.map((cell) => (cell === 0 ? 0 : cell)));
const inputs = tables(input, {
  maxRows: 120,
  values: {
    n: fc.bigInt(-(2n ** 50n), 2n ** 50n),
    w: fc.bigInt(-(10n ** 24n), 10n ** 24n),
    s: fc.constantFrom('', 'a', 'b', 'abcdefgh', 'abcdefghi', 'ż'),
    i: fc.integer({ min: -3, max: 3 }),
  },
});
const KEYS = ['i', 'n', 'x', 'd', 's', 'b', 'w', 'y'];

describe('grouped aggregate', () => {
  test.each<[t.DataType]>([[t.binary], [t.uuid], [t.time('us')], [t.fixedSizeBinary(4)]])(
    'finds the groups of $kind that DuckDB finds',
    async (type) => {
      const keyed = schema(field('k', type));
      const bytes = fc.constantFrom(...[0, 1, 2].map((n) => Uint8Array.of(n, 0, 0, n)));
      const values = type.kind === 'fixed-size-binary' ? { values: { k: bytes } } : {};
      for (const table of fc.sample(tables(keyed, values), 4)) {
        const stage = groupedAggregate({
          input: keyed,
          groupBy: [key('k', keyed)],
          aggregates: [call('count', undefined, keyed)],
        });
        const expected = await duckRows(table, 'select k, count(*) from t group by k order by min(rowid)');
        expect((await runStages([stage], table)).rows).toEqual(expected);
      }
    },
  );

  test('of no rows has no groups', async () => {
    const stage = groupedAggregate({ input, groupBy: [key('s')], aggregates: numeric });
    expect((await runStages([stage], { schema: input, rows: [] })).rows).toEqual([]);
  });

  test.each([
    { name: 'what one loop can do', aggregates: numeric, sql: numericSql },
    { name: 'what needs more', aggregates: other, sql: otherSql },
  ])('gives what DuckDB gives: any keys, any layout, with and without a filter: $name', async ({ aggregates, sql }) => {
    const shapes = fc.record({
      table: inputs,
      keys: fc.subarray(KEYS, { minLength: 1, maxLength: 3 }),
      filter: fc.constantFrom('', 'where i > 0', "where s = 'a'"),
      dictionaries: fc.array(fc.boolean(), { minLength: 3, maxLength: 5 }),
      sharedDictionaries: fc.boolean(),
      cut: fc.integer({ min: 1, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ table: { rows }, keys, filter, dictionaries, sharedDictionaries, cut }) => {
        const predicate = {
          '': undefined,
          'where i > 0': compare('>', columnOf(input, 'i'), 0),
          "where s = 'a'": compare('=', columnOf(input, 's'), 'a'),
        }[filter];
        const stage = groupedAggregate({
          input,
          filter: predicate,
          groupBy: keys.map((name) => key(name)),
          aggregates,
        });
        const form = (batch: number, column: number) => ({
          dictionary: dictionaries[(batch + column) % dictionaries.length] === true,
        });
        const ours = await runStages([stage], {
          schema: input,
          rows,
          cuts: Array.from({ length: 8 }, () => cut),
          form,
          sharedDictionaries,
        });
        const theirs = await duckRows(
          { schema: input, rows },
          `select ${keys.join()}, ${sql} from t ${filter} group by ${keys.join()}`,
        );
        expectSameRows(unsigned(ours.rows), unsigned(theirs));
      }),
      { numRuns: 40 },
    );
  });

  test('numbers groups by their first row that passes the filter, by codes as by hashing', async () => {
    const a = schema(field('k', t.utf8), field('g', t.bool), field('v', t.int32, false));
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.option(fc.constantFrom('x', 'y', 'z', 'w')),
            fc.option(fc.boolean()),
            fc.integer({ min: -3, max: 9 }),
          ),
          { maxLength: 60 },
        ),
        fc.array(fc.nat(12), { maxLength: 6 }),
        fc.boolean(),
        async (rows, cuts, sharedDictionaries) => {
          const stage = groupedAggregate({
            input: a,
            filter: compare('>', columnOf(a, 'v'), 0),
            groupBy: [key('k', a), key('g', a)],
            aggregates: [call('count', undefined, a), call('sum', 'v', a), call('max', 'v', a)],
          });
          const expected = new Map<string, Value[]>();
          for (const [k, g, v] of rows) {
            if (v <= 0) continue;
            const group = expected.get(`${k} ${g}`) ?? [k, g, 0n, 0n, 0];
            expected.set(`${k} ${g}`, [
              k,
              g,
              (group[2] as bigint) + 1n,
              (group[3] as bigint) + BigInt(v),
              Math.max(group[4] as number, v),
            ]);
          }
          const coded = await runStages([stage], {
            schema: a,
            rows,
            cuts,
            form: (_, column) => ({ dictionary: column === 0 }),
            sharedDictionaries,
          });
          expect(coded.rows).toEqual([...expected.values()]);
          if (rows.length > 0) expect(coded.stats[0]?.counters['batches fused']).toBeGreaterThan(0);
          const plain = await runStages([stage], { schema: a, rows, cuts });
          expect(plain.rows).toEqual([...expected.values()]);
          expect(plain.stats[0]?.counters['batches fused']).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a dictionary may have an entry twice', async () => {
    const memory = testBudget();
    const k = schema(field('k', t.utf8, false), field('v', t.int64, false));
    const aggregates = [call('count', undefined, k), call('sum', 'v', k), call('min', 'v', k), call('max', 'v', k)];
    const stage = groupedAggregate({ input: k, groupBy: [key('k', k)], aggregates });
    const output = new Collector(memory, stage.schema);
    {
      using run = stage.open(testTask(memory));
      using holding = memory.reserve('input');
      const values = columnFromValues(holding, t.utf8, ['x', 'y', 'x']);
      const dictionary = { id: nextDictionaryId(), size: 3, values };
      const codes = columnFromValues(holding, t.uint32, [0, 2, 1, 2, 0]).values;
      const column = { ...values, values: codes, bytes: 0, dictionary };
      const numbers = columnFromValues(holding, t.int64, [1n, 2n, 4n, 8n, 16n]);
      for (let round = 0; round < 2; round++) await run.push(new Batch(k, 5, [column, numbers]));
      await run.finish(output);
      expect(run.counters?.()).toEqual({ groups: 2, 'batches fused': 2 });
    }
    expect(output.rows).toEqual([
      ['x', 8n, 54n, 1n, 16n],
      ['y', 2n, 8n, 4n, 4n],
    ]);
    expectAllReturned(memory);
  });

  test('an expression over a dictionary is as good a key as its column', async () => {
    const rows = Array.from({ length: 100 }, (_, row) => [null, BigInt(row), null, null, null, null, null, row % 40]);
    const year: TypedExpression = {
      kind: 'function',
      name: 'month',
      arguments: [columnOf(input, 'y')],
      type: t.int32,
      nullable: false,
    };
    const stage = groupedAggregate({
      input,
      groupBy: [{ name: 'month', expression: year }],
      aggregates: [call('count'), call('sum', 'n')],
    });
    const theirs = await duckRows(
      { schema: input, rows },
      'select month(y)::integer, count(*), sum(n) from t group by 1',
    );
    for (const dictionary of [false, true]) {
      const ours = await runStages([stage], { schema: input, rows, cuts: [30, 30, 30], form: () => ({ dictionary }) });
      expectSameRows(ours.rows, theirs);
      expect(ours.stats[0]?.counters['batches fused']).toBe(dictionary ? 4 : 0);
    }
  });

  test('sums grow beyond 64 bits while batches come now as codes, now as text', async () => {
    const k = schema(field('s', t.utf8, false), field('v', t.int64, false));
    const aggregates = [call('mean', 'v', k), call('count', undefined, k)];
    const stage = groupedAggregate({ input: k, groupBy: [key('s', k)], aggregates });
    const [most, least] = [2n ** 57n - 1n, -(2n ** 57n) + 1n];
    // 160 rows of each: sums beyond 2 ** 64, of which the means can tell.
    const rows = Array.from({ length: 320 }, (_, row) => [row % 2 === 0 ? 'up' : 'down', row % 2 === 0 ? most : least]);
    for (const plainEvery of [2, 3, 100]) {
      const form = (batch: number, column: number) =>
        column === 1 ? { bits: 58 } : { dictionary: batch % plainEvery !== plainEvery - 1 };
      const ours = await runStages([stage], { schema: k, rows, cuts: Array.from({ length: 32 }, () => 10), form });
      expect(ours.rows).toEqual([
        ['up', Number(most), 160n],
        ['down', Number(least), 160n],
      ]);
    }
  });

  test('a large dictionary is worth a map once there are as many rows, and keeps it', async () => {
    const k = schema(field('s', t.utf8, false), field('v', t.int64, false));
    const rows = Array.from({ length: 3000 }, (_, row) => [`key ${row % 1000}`, BigInt(row)]);
    const stage = groupedAggregate({ input: k, groupBy: [key('s', k)], aggregates: [call('sum', 'v', k)] });
    const theirs = await duckRows({ schema: k, rows }, 'select s, sum(v) from t group by s order by min(v)');
    for (const { cuts, fused } of [
      { cuts: [10, 20], fused: 1 },
      { cuts: [10, 20, 1500, 10], fused: 3 },
    ]) {
      const form = (_: number, column: number) => ({ dictionary: column === 0 });
      const ours = await runStages([stage], { schema: k, rows, cuts, form, sharedDictionaries: true });
      expect(ours.rows).toEqual(theirs);
      expect(ours.stats[0]?.counters['batches fused']).toBe(fused);
    }
  });

  test('many groups of uneven sizes, text and numbers', async () => {
    const k = schema(field('s', t.utf8, false), field('g', t.int32, false), field('v', t.int64, false));
    // Three rows of four are of few groups, the fourth of one of its own.
    const rowCount = 120_000;
    const rows = Array.from({ length: rowCount }, (_, row) => {
      const group = row % 4 === 0 ? row : (row * row) % 11;
      return [`${'long '.repeat(group % 5)}key ${group}`, group % 1000, BigInt(row)];
    });
    const stage = groupedAggregate({
      input: k,
      groupBy: [key('s', k), key('g', k)],
      aggregates: [
        call('count', undefined, k),
        call('sum', 'v', k),
        call('count_distinct', 'g', k),
        call('max', 's', k),
      ],
    });
    const ours = await runStages([stage], { schema: k, rows }, { memory: testBudget(256 * 1024 * 1024) });
    const theirs = await query(
      `select s, g, count(*), sum(v), count(distinct g), max(s) from (
         select repeat('long ', (n % 5)::integer) || 'key ' || n as s, (n % 1000)::integer as g, v
         from (select case when i % 4 = 0 then i else (i * i) % 11 end as n, i as v from range(${rowCount}) r(i))) group by s, g order by s, g`,
    );
    const byKey = ours.rows.toSorted((a, b) => (`${a[0]}` < `${b[0]}` ? -1 : `${a[0]}` > `${b[0]}` ? 1 : 0));
    expect(byKey).toEqual(theirs);
  });

  test.each([64, 256])(
    'so many groups that rows wait for each other, with every kind of state, in %i MB',
    async (megabytes) => {
      const k = schema(
        field('s', t.utf8),
        field('g', t.int64, false),
        field('v', t.int64, false),
        field('x', t.utf8, false),
      );
      const rowCount = 200_000;
      const rows = Array.from({ length: rowCount }, (_, row): Row => {
        const group = (row * 7919) % 50_021;
        const text = group % 3 === 0 ? null : `${group % 5 === 0 ? 'a long text, ' : ''}${group}`;
        return [text, BigInt(group % 1009), BigInt(row), `${row % 17}`];
      });
      const listed = { ...call('list', 'v', k), type: t.list(t.int64) };
      const stage = groupedAggregate({
        input: k,
        groupBy: [key('s', k), key('g', k)],
        aggregates: [
          call('count', undefined, k),
          call('sum', 'v', k),
          call('min', 'x', k),
          call('first', 'x', k),
          call('last', 'v', k),
          call('count_distinct', 'x', k),
          listed,
        ],
      });
      const budget = testBudget(megabytes * 1024 * 1024);
      const ours = await runStages([stage], { schema: k, rows }, { memory: budget });
      const theirs = await query(
        `select s, g, count(*), sum(v), min(x), first(x order by v), max(v), count(distinct x), list(v order by v)
       from (select case when n % 3 <> 0 then (case when n % 5 = 0 then 'a long text, ' else '' end) || n end as s,
               (n % 1009) as g, v, (v % 17)::varchar as x
             from (select i * 7919 % 50021 as n, i as v from range(${rowCount}) r(i))) group by s, g order by min(v)`,
      );
      const byFirst = ours.rows.toSorted((a, b) => Number((a[8] as Value[])[0]) - Number((b[8] as Value[])[0]));
      expect(byFirst).toEqual(theirs);
    },
  );

  test('means of decimals are exact', async () => {
    const rows = [1n, 2n, 2n, -7n, null].map((d) => [1, 0n, null, d, null, null, d, 0]);
    const stage = groupedAggregate({ input, groupBy: [key('i')], aggregates: [call('mean', 'd'), call('mean', 'w')] });
    // -2 / 4 with four digits more.
    expect((await runStages([stage], { schema: input, rows })).rows).toEqual([[1, -5000n, -5000n]]);
  });

  test('says by name that the budget is too small', async () => {
    const rows = Array.from({ length: 20_000 }, (_, row) => [
      row,
      BigInt(row),
      null,
      null,
      `key ${row}`,
      null,
      null,
      row,
    ]);
    const stage = groupedAggregate({ input, groupBy: [key('s')], aggregates: numeric });
    const failing = runStages(
      [stage],
      { schema: input, rows, cuts: Array.from({ length: 20 }, () => 1000) },
      { memory: testBudget(3 * 1024 * 1024) },
    );
    await expect(failing).rejects.toThrow(MemoryBudgetExceeded);
    await expect(failing).rejects.toThrow(/^GroupedAggregate needs/);
  });

  describe('by one loop or by hashing, as its input is laid out,', () => {
    obeysContract(() => groupedAggregate({ input, groupBy: [key('s'), key('b')], aggregates: numeric }), inputs, {
      numRuns: 12,
    });
  });
  describe('by hashing', () => {
    const filter = compare('>', columnOf(input, 'i'), 0);
    obeysContract(() => groupedAggregate({ input, filter, groupBy: [key('w'), key('x')], aggregates: other }), inputs, {
      numRuns: 10,
    });
  });
});
