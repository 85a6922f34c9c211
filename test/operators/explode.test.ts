import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BATCH_ROWS } from '../../src/columnar/batch.ts';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import * as types from '../../src/columnar/data-type.ts';
import { float64, int32, int64, list, struct, utf8 } from '../../src/columnar/data-type.ts';
import type { Explosion } from '../../src/columnar/reshaped-schema.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { sort } from '../../src/operators/blocking-sinks/sort.ts';
import { explode } from '../../src/operators/streaming/explode.ts';
import { anyType, anyValue } from '../support/arbitrary-values.ts';
import { duckRows } from '../support/duckdb.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(field('id', int64, false), field('tags', list(utf8)), field('note', utf8));
const rows: readonly Row[] = [
  [1n, ['a', 'b', null], 'x'],
  [2n, [], null],
  [3n, null, 'y'],
  [4n, ['c'], 'z'],
];

const run = async (options: Partial<Explosion> & Pick<Explosion, 'input'>, given: readonly Row[], cuts = [3]) =>
  (
    await runStages([explode({ columns: [1], ignoreEmpty: false, ...options })], {
      schema: options.input,
      rows: given,
      cuts,
    })
  ).rows;

describe('explode', () => {
  test('keeps a row of an empty list and of none, with a null', async () => {
    expect(await run({ input, indexColumn: 'at' }, rows)).toEqual([
      [1n, 'a', 'x', 0n],
      [1n, 'b', 'x', 1n],
      [1n, null, 'x', 2n],
      [2n, null, null, null],
      [3n, null, 'y', null],
      [4n, 'c', 'z', 0n],
    ]);
  });

  test('or leaves them out, but not a null item', async () => {
    expect(await run({ input, ignoreEmpty: true, indexColumn: 'at' }, rows)).toEqual([
      [1n, 'a', 'x', 0n],
      [1n, 'b', 'x', 1n],
      [1n, null, 'x', 2n],
      [4n, 'c', 'z', 0n],
    ]);
  });

  test('takes maps apart into their entries, and lists of fixed size', async () => {
    const two = schema(field('m', types.map(utf8, int32)), field('f', types.fixedSizeList(int32, 2)));
    const given: readonly Row[] = [
      [
        [
          ['k', 1],
          ['l', null],
        ],
        [5, null],
      ],
      [null, null],
    ];
    expect(await run({ input: two, columns: [0, 1] }, given)).toEqual([
      [['k', 1], 5],
      [['l', null], null],
      [null, null],
    ]);
    expect(explode({ input: two, columns: [0], ignoreEmpty: true }).schema.fields[0]).toEqual(
      field('m', types.childTypes(types.map(utf8, int32))[0] as types.DataType, false),
    );
  });

  const two = schema(field('a', list(int64)), field('b', list(utf8)));
  test.each<readonly [string, Row, RegExp]>([
    ['of another length', [[1n, 2n], ['x']], /^Explode, row 5: .* as many items: "a" has 2 items, "b" has 1 items\.$/],
    ['null beside an empty one', [[], null], /"a" has 0 items, "b" is null/],
  ])('refuses a list %s, and names the row', async (_, row, message) => {
    const fine: Row[] = Array.from({ length: 5 }, () => [[1n], ['x']]);
    const failure = run({ input: two, columns: [0, 1] }, [...fine, row], [2]);
    await expect(failure).rejects.toThrowError(message);
    await expect(failure).rejects.toMatchObject({ name: 'InvalidValue' });
  });

  test('cuts a long list into batches, and stops in the middle of it', async () => {
    const long = schema(field('n', list(int64)), field('text', utf8));
    const items = Array.from({ length: 100_000 }, (_, n) => BigInt(n));
    const feed = { schema: long, rows: [[items, 'x'.repeat(1000)]] };
    const stage = explode({ input: long, columns: [0], ignoreEmpty: false, indexColumn: 'at' });
    const memory = testBudget();
    const stopped = await runStages([stage], feed, { memory, doneAfter: 2 });
    expect(stopped.rows.length).toBe(2 * BATCH_ROWS);
    expect(
      stopped.rows.every(([n, text, at], row) => n === BigInt(row) && at === n && text === feed.rows[0]?.[1]),
    ).toBe(true);
    // The list itself is 800 kB; a batch of its items, repeated texts included, takes a fraction of that.
    const idle = await runStages([], feed, { doneAfter: 1 });
    expect(memory.peakBytes - idle.memory.peakBytes).toBeLessThan(700_000);
  });

  test('takes items from where they are, but not those of a null list, nor bits that would have to move', async () => {
    const four = schema(
      field('n', list(int64)),
      field('some', list(utf8)),
      field('fixed', types.fixedSizeList(int32, 3)),
      field('id', int64),
    );
    const given: Row[] = Array.from({ length: 9000 }, (_, row) => [
      [BigInt(row), BigInt(-row), 7n],
      [`${row}`, row % 5 === 0 ? null : 'x'.repeat(row % 40), ''],
      [row, row % 3, null],
      BigInt(row),
    ]);
    const taken = (rows: readonly Row[]): readonly Row[] =>
      rows.flatMap(([n, some, fixed, id]) =>
        [0, 1, 2].map((at) => [...[n, some, fixed].map((items) => (items as Value[])[at] ?? null), id ?? null]),
      );
    const columns = [0, 1, 2];
    expect(await run({ input: four, columns }, given, [7000])).toEqual(taken(given));
    const holes = given.map((row, at): Row => (at % 100 < 98 ? row : [null, null, null, BigInt(at)]));
    const expected = taken(holes.filter(([n]) => n !== null));
    expect(await run({ input: four, columns, ignoreEmpty: true }, holes, [7000])).toEqual(expected);
  });

  test('ends a batch where its text is too large, and goes on behind it', async () => {
    const texts = Array.from({ length: 40 }, (_, n) => String.fromCharCode(97 + (n % 26)).repeat(500_000));
    const feed = { schema: schema(field('t', list(utf8))), rows: [[texts.slice(0, 25)], [null], [texts.slice(25)]] };
    const stage = explode({ input: feed.schema, columns: [0], ignoreEmpty: false });
    const { rows: out, stats } = await runStages([stage], feed);
    expect(out.map(([text]) => text)).toEqual([...texts.slice(0, 25), null, ...texts.slice(25)]);
    expect(stats[0]?.batchesOut).toBe(3);
  });

  test('large values beside the list are not copied, and can be kept by what follows', async () => {
    const wide = schema(
      field('n', list(int64)),
      field('text', utf8),
      field('list', list(utf8)),
      field('s', struct(field('u', utf8))),
    );
    const given: Row[] = Array.from({ length: 50 }, (_, n) => [
      Array.from({ length: 400 }, (_, item) => BigInt(item)),
      n % 7 === 0 ? null : `${n}`.repeat(2000),
      n % 5 === 0 ? null : [`${n}`.repeat(1000)],
      [`${n}`.repeat(1000)],
    ]);
    const stage = explode({ input: wide, columns: [0], ignoreEmpty: false });
    const feed = { schema: wide, rows: given };
    const { rows: out, memory } = await runStages([stage], feed);
    const expected = given.flatMap(([items, ...rest]) => (items as Value[]).map((item) => [item, ...rest]));
    expect(out).toEqual(expected);
    expect(memory.peakBytes).toBeLessThan(3_000_000);
    const key = { kind: 'column', index: 0, name: 'n', type: int64, nullable: true } as const;
    const sorted = sort({ input: stage.schema, keys: [{ expression: key, descending: false, nullsFirst: false }] });
    const small = { schema: wide, rows: given.slice(0, 9) };
    const kept = await runStages([stage, sorted], small, { memory: testBudget(512 * 1024 * 1024) });
    const order = expected.slice(0, 9 * 400).sort((a, b) => Number((a[0] as bigint) - (b[0] as bigint)));
    expect(kept.rows).toEqual(order);
  });

  test('equals DuckDB’s unnest', async () => {
    const oracle = schema(
      field('id', int64),
      field('a', list(int64)),
      field('b', list(struct(field('x', float64), field('y', list(utf8))))),
      field('t', utf8),
    );
    const pair = fc.array(
      fc.tuple(anyValue(int64), fc.option(fc.tuple(fc.constantFrom<Value>(1.5, null), anyValue(list(utf8))))),
      { maxLength: 5 },
    );
    const row = fc.tuple(anyValue(int64), fc.option(pair), anyValue(utf8)).map(([id, items, t]): Row => {
      const [a, b] = [items?.map(([x]) => x) ?? null, items?.map(([, y]) => y as Value) ?? null];
      return [id, a, b, t];
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 30 }), fc.boolean(), async (given, ignoreEmpty) => {
        const orEmpty = (name: string): string =>
          ignoreEmpty ? name : `case when ${name} is null or len(${name}) = 0 then [null] else ${name} end`;
        const sql = `select id, unnest(${orEmpty('a')}), unnest(${orEmpty('b')}), t, unnest(${orEmpty(
          'range(len(a))::ubigint[]',
        ).replaceAll('len(range(len(a))::ubigint[])', 'len(a)')}) from t`;
        const expected = await duckRows({ schema: oracle, rows: given }, sql);
        const actual = await run({ input: oracle, columns: [1, 2], ignoreEmpty, indexColumn: 'at' }, given, [7, 0, 9]);
        expect(actual).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  test('takes lists of every type apart, beside columns of every type, plain and as dictionaries', async () => {
    const kinds = fc.tuple(anyType(2), anyType(2), fc.boolean(), fc.boolean());
    const cases = kinds.chain(([item, other, first, second]) => {
      const given = schema(field('l', list(item)), field('o', other));
      const dictionaries = [first, second && other.kind !== 'null'];
      return fc
        .array(fc.tuple(anyValue(list(item)), anyValue(other)), { maxLength: 90 })
        .map((table) => ({ schema: given, rows: table as Row[], dictionaries }));
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ dictionaries, ...table }) => {
        const stage = explode({ input: table.schema, columns: [0], ignoreEmpty: false });
        const form = (_: number, column: number) => ({ dictionary: dictionaries[column] === true });
        const { rows: out } = await runStages([stage], { ...table, cuts: [50], form });
        const items = (cell: Value): readonly Value[] => (Array.isArray(cell) && cell.length > 0 ? cell : [null]);
        expect(out).toEqual(table.rows.flatMap(([l = null, o]) => items(l).map((item) => [item, o])));
      }),
      { numRuns: 60 },
    );
  });

  test('names itself when there is no memory for a batch', async () => {
    const memory = testBudget(256 * 1024, 64 * 1024);
    using lent = await memory.lease('source', 64 * 1024);
    const batch = batchFromRows(lent, input, rows);
    using rest = memory.reserve('rest');
    while (rest.tryAllocate(1) !== undefined);
    const stage = explode({ input, columns: [1], ignoreEmpty: false });
    using opened = stage.open({ memory, signal: new AbortController().signal });
    await expect(opened.push(batch, { push: async () => 'more' })).rejects.toThrowError(/^Explode needs/);
  });

  describe('of one column', () =>
    obeysContract(
      () => explode({ input, columns: [1], ignoreEmpty: false, indexColumn: 'at' }),
      tables(input, { maxRows: 80, values: { tags: fc.array(anyValue(utf8), { maxLength: 4 }) } }),
    ));

  describe('without empty lists', () =>
    obeysContract(
      () => explode({ input, columns: [1], ignoreEmpty: true }),
      tables(input, { maxRows: 80, values: { tags: fc.array(anyValue(utf8), { maxLength: 4 }) } }),
      { numRuns: 10 },
    ));
});
