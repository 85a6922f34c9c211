import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type DataType,
  date,
  decimal,
  float64,
  int8,
  int32,
  int64,
  interval,
  list,
  time,
  timestamp,
  uint64,
  utf8,
} from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { type AsofJoinOptions, asofJoin } from '../../src/operators/joins/asof-join.ts';
import type { Join } from '../../src/operators/operator.ts';
import type { AsofSearch } from '../../src/state/asof-table.ts';
import { duckRowsOf } from '../support/duckdb.ts';
import { runJoinOperator } from '../support/join-operator.ts';
import { type Table, type TableOptions, tables } from '../support/tables.ts';
import { type Feed, type Row, testBudget } from '../support/task.ts';
import { obeysJoinContract } from './join-contract.ts';

const STRATEGIES = ['backward', 'forward', 'nearest'] as const;

const column = ({ fields }: Schema, name: string): TypedExpression => {
  const index = fields.findIndex((candidate) => candidate.name === name);
  const { type, nullable } = fields[index] as Schema['fields'][number];
  return { kind: 'column', index, name, type, nullable };
};

/** A join on `k`, within groups by `by`; on the right their names have an `r` before them. All columns come out. */
function joinOf(left: Schema, right: Schema, by: readonly string[], search: Partial<AsofSearch>): Join {
  return asofJoin({
    strategy: 'backward',
    allowExactMatches: true,
    tolerance: undefined,
    ...search,
    left,
    right,
    leftKeys: { by: by.map((name) => column(left, name)), on: column(left, 'k') },
    rightKeys: { by: by.map((name) => column(right, `r${name}`)), on: column(right, 'rk') },
    rightColumns: [...right.fields.keys()],
    schema: { fields: [...left.fields, ...right.fields.map((f) => ({ ...f, nullable: true }))] },
  } satisfies AsofJoinOptions);
}

/** How far `k` and `rk` are from each other, in the units of a tolerance. */
function distanceSql({ kind }: DataType): string {
  if (kind === 'timestamp') return 'abs(epoch_us(k) - epoch_us(rk))';
  if (kind === 'date') return 'abs(k - rk)';
  if (kind === 'time') return 'abs(epoch_us(k) - epoch_us(rk))';
  return kind === 'float64' || kind === 'decimal' ? 'abs(k - rk)' : 'abs(k::hugeint - rk::hugeint)';
}

/** What the definition of the join gives, written as SQL that knows nothing of as-of joins. */
function expectedRows(
  l: Table,
  r: Table,
  by: readonly string[],
  { strategy = 'backward', allowExactMatches = true, tolerance }: Partial<AsofSearch>,
): Promise<Row[]> {
  const type = l.schema.fields.find(({ name }) => name === 'k')?.type as DataType;
  const distance = distanceSql(type);
  const conditions = [
    ...by.map((name) => `l."${name}" = r."r${name}"`),
    ...(strategy === 'backward'
      ? ['rk <= k']
      : strategy === 'forward'
        ? ['rk >= k']
        : ['rk is not null and k is not null']),
    ...(allowExactMatches ? [] : ['rk <> k']),
    ...(tolerance === undefined ? [] : [`${distance} <= ${unscaled(type, tolerance)}`]),
  ];
  const order = { backward: 'rk desc, m desc', forward: 'rk, m', nearest: `${distance}, rk desc, m desc` }[strategy];
  const sql = `
    with pairs as (
      select n as pn, m as pm, row_number() over (partition by n order by ${order}) as p
      from l join r on ${conditions.join(' and ')}
    )
    select l.*, r.* from l left join pairs on n = pn and p = 1 left join r on m = pm order by n`;
  return duckRowsOf({ l, r }, sql);
}

const unscaled = (type: DataType, tolerance: bigint | number): string =>
  type.kind === 'decimal' ? `${Number(tolerance) / 10 ** type.scale}` : `${tolerance}`;

/** Rows whose first column is their number. */
const numbered = (of: Schema, options: TableOptions): fc.Arbitrary<Table> =>
  tables(of, options).map(({ schema, rows }) => ({
    schema,
    rows: rows.map((row, index): Row => [BigInt(index), ...row.slice(1)]),
  }));

/** In batches that are held in different ways. */
const fed = (table: Table): Feed => ({
  ...table,
  cuts: [40, 1, 0, 70],
  form: (batch, index) => ({ dictionary: (batch + index) % 3 === 1 }),
});

/** Finite, and not so large that distances are rounded. */
const quarters = fc.integer({ min: -400, max: 400 }).map((n) => n / 4);
const micros = fc.oneof(fc.bigInt(-5n, 5n), fc.bigInt(-(10n ** 15n), 10n ** 15n));
const CASES: readonly (readonly [DataType, fc.Arbitrary<number | bigint> | undefined, bigint | number])[] = [
  [int8, undefined, 2n],
  [int32, undefined, 3n],
  [int64, undefined, 2n],
  [uint64, undefined, 1n],
  [float64, quarters, 2.5],
  [decimal(9, 2), undefined, 3n],
  [date, undefined, 2n],
  [timestamp('us'), micros, 2n],
  [time('us'), undefined, 3n],
];

const searches: fc.Arbitrary<Partial<AsofSearch>> = fc.record({
  strategy: fc.constantFrom(...STRATEGIES),
  allowExactMatches: fc.boolean(),
});

describe('asofJoin', () => {
  test.each(CASES)('finds the nearest $0.kind that its definition says', async (type, values, tolerance) => {
    const left = schema(field('n', int64, false), field('k', type), field('a', int32));
    const right = schema(field('m', int64, false), field('rk', type), field('ra', int32));
    const few = fc.integer({ min: 0, max: 2 });
    const of: TableOptions = { maxRows: 130, values: { ...(values && { k: values, rk: values }), a: few, ra: few } };
    const cases = fc.tuple(numbered(left, of), numbered(right, of), searches, fc.boolean(), fc.boolean());
    for (const [l, r, search, isLimited, isGrouped] of fc.sample(cases, 6)) {
      const by = isGrouped ? ['a'] : [];
      const wanted = { ...search, tolerance: isLimited ? tolerance : undefined };
      const { rows } = await runJoinOperator(joinOf(left, right, by, wanted), { build: fed(r), probe: fed(l) });
      expect(rows).toEqual(await expectedRows(l, r, by, wanted));
    }
  });

  const left = schema(field('n', int64, false), field('a', int32), field('b', utf8), field('k', int64));
  const right = schema(
    field('m', int64, false),
    field('rk', int64),
    field('rb', utf8),
    field('ra', int32),
    field('x', utf8),
  );
  const few = {
    maxRows: 150,
    values: { a: fc.nat({ max: 2 }), ra: fc.nat({ max: 2 }), k: fc.bigInt(0n, 60n), rk: fc.bigInt(0n, 60n) },
  };

  test.each(STRATEGIES)('finds the %s match within groups by several keys', async (strategy) => {
    for (const [l, r, more] of fc.sample(fc.tuple(numbered(left, few), numbered(right, few), searches), 6)) {
      const search = { ...more, strategy };
      const { rows } = await runJoinOperator(joinOf(left, right, ['b', 'a'], search), { build: fed(r), probe: fed(l) });
      expect(rows).toEqual(await expectedRows(l, r, ['b', 'a'], search));
    }
  });

  test.each([
    ['backward', true, '>='],
    ['backward', false, '>'],
    ['forward', true, '<='],
    ['forward', false, '<'],
  ] as const)('%s, equal keys %s, is what DuckDB joins by %s', async (strategy, allowExactMatches, operator) => {
    const join = joinOf(left, right, ['a'], { strategy, allowExactMatches });
    // Of several rows with one key DuckDB takes whichever it comes to, and to a null one it finds some.
    const known = numbered(left, few).map(({ schema, rows }) => ({
      schema,
      rows: rows.filter((row) => row[3] !== null),
    }));
    const unique = numbered(right, few).map(({ schema, rows }): Table => {
      const byKey = new Map(rows.map((row) => [`${row[1]} ${row[3]}`, row]));
      return { schema, rows: [...byKey.values()].filter(([, rk]) => rk !== null) };
    });
    for (const [l, r] of fc.sample(fc.tuple(known, unique), 4)) {
      const sql = `select l.*, r.* from l asof left join r on a = ra and k ${operator} rk order by n`;
      const { rows } = await runJoinOperator(join, { build: fed(r), probe: fed(l) });
      expect(rows).toEqual(await duckRowsOf({ l, r }, sql));
    }
  });

  test('finds matches within groups by lists and intervals', async () => {
    const lists = schema(field('n', int64, false), field('l', list(utf8)), field('i', interval), field('k', int64));
    const others = schema(field('m', int64, false), field('rl', list(utf8)), field('ri', interval), field('rk', int64));
    const keys = fc.array(fc.option(fc.constantFrom('', 'a')), { maxLength: 1 });
    const spans = fc.record({ months: fc.nat(1), days: fc.constantFrom(0, 30), nanoseconds: fc.constant(0n) });
    const of = {
      maxRows: 100,
      values: { l: keys, rl: keys, i: spans, ri: spans, k: fc.bigInt(0n, 60n), rk: fc.bigInt(0n, 60n) },
    };
    for (const [l, r, search] of fc.sample(fc.tuple(numbered(lists, of), numbered(others, of), searches), 6)) {
      const { rows } = await runJoinOperator(joinOf(lists, others, ['l', 'i'], search), {
        build: fed(r),
        probe: fed(l),
      });
      expect(rows).toEqual(await expectedRows(l, r, ['l', 'i'], search));
    }
  });

  const times = schema(field('n', int64, false), field('k', float64));
  const quotes = schema(field('m', int64, false), field('rk', float64));
  const rowsOf = (keys: readonly (number | null)[]): Row[] => keys.map((key, index) => [BigInt(index), key]);
  async function matches(
    search: Partial<AsofSearch>,
    lefts: readonly (number | null)[],
    rights: readonly (number | null)[],
  ) {
    const sides = { build: { schema: quotes, rows: rowsOf(rights) }, probe: { schema: times, rows: rowsOf(lefts) } };
    const { rows } = await runJoinOperator(joinOf(times, quotes, [], search), sides);
    return rows.map(([, , m]) => (m === null ? null : Number(m)));
  }

  test('takes the last of equal keys backward, the first forward, the last of the nearest', async () => {
    const rights = [1, 1, 3, 3, 3];
    expect(await matches({ strategy: 'backward' }, [0, 1, 2, 3, 4], rights)).toEqual([null, 1, 1, 4, 4]);
    expect(await matches({ strategy: 'forward' }, [0, 1, 2, 3, 4], rights)).toEqual([0, 0, 2, 2, null]);
    expect(await matches({ strategy: 'nearest' }, [0, 1, 1.5, 3, 4], rights)).toEqual([1, 1, 1, 4, 4]);
  });

  test('takes the greater of two that are as near', async () => {
    expect(await matches({ strategy: 'nearest' }, [2, 2.1, 1.9], [1, 1, 3, 3])).toEqual([3, 3, 1]);
    expect(await matches({ strategy: 'nearest', allowExactMatches: false }, [2], [2, 1, 3])).toEqual([2]);
  });

  test('takes NaN for the greatest number, and far from all others', async () => {
    const rights = [Number.NEGATIVE_INFINITY, -0, Number.POSITIVE_INFINITY, Number.NaN];
    const lefts = [Number.NaN, Number.POSITIVE_INFINITY, 1, 0];
    expect(await matches({ strategy: 'backward' }, lefts, rights)).toEqual([3, 2, 1, 1]);
    expect(await matches({ strategy: 'forward' }, lefts, rights)).toEqual([3, 2, 2, 1]);
    expect(await matches({ strategy: 'nearest' }, lefts, rights)).toEqual([3, 2, 1, 1]);
    expect(await matches({ strategy: 'forward', tolerance: 1e300 }, [1, 0, Number.NaN], rights)).toEqual([null, 1, 3]);
  });

  test('finds keys at the ends of what their type can hold, however far they are', async () => {
    const least = -(2n ** 63n);
    const greatest = 2n ** 63n - 1n;
    const rows = [least, greatest].map((key, index): Row => [BigInt(index), key]);
    const [l, r] = [schema(field('n', int64, false), field('k', int64)), schema(field('m', int64), field('rk', int64))];
    const join = joinOf(l, r, [], { strategy: 'nearest', allowExactMatches: false, tolerance: 2n ** 64n - 1n });
    const joined = await runJoinOperator(join, { build: { schema: r, rows }, probe: { schema: l, rows } });
    expect(joined.rows.map(([, , m]) => m)).toEqual([1n, 0n]);
  });

  test('finds rows in any order of the left', async () => {
    const rights = Array.from({ length: 5000 }, (_, n) => n * 3);
    const rising = Array.from({ length: 15_000 }, (_, n) => n);
    const jumping = rising.map((n) => (n * 7919) % 15_000);
    for (const lefts of [rising, rising.toReversed(), jumping]) {
      expect(await matches({ strategy: 'backward' }, lefts, rights)).toEqual(lefts.map((n) => Math.floor(n / 3)));
      expect(await matches({ strategy: 'forward' }, lefts, rights)).toEqual(
        lefts.map((n) => (n > 14_997 ? null : Math.ceil(n / 3))),
      );
    }
  });

  test('cuts batches whose texts are too long', async () => {
    const texts = schema(field('m', int64, false), field('rk', float64), field('t', utf8));
    const rows = Array.from({ length: 10 }, (_, n): Row => [BigInt(n), n, `${n}`.repeat(50_000)]);
    const lefts = rowsOf(Array.from({ length: 300 }, (_, n) => n % 10));
    const join = joinOf(times, texts, [], {});
    const { rows: joined, batchRows } = await runJoinOperator(
      join,
      { build: { schema: texts, rows }, probe: { schema: times, rows: lefts } },
      { memory: testBudget(128 * 1024 * 1024) },
    );
    expect(joined).toEqual(lefts.map((row, index) => [...row, ...(rows[index % 10] as Row)]));
    expect(batchRows.length).toBeGreaterThan(1);
  });

  test('fails by name when memory is too short', async () => {
    const rows = rowsOf(Array.from({ length: 60_000 }, (_, n) => -n));
    const sides = { build: { schema: quotes, rows }, probe: { schema: times, rows } };
    const outcome = runJoinOperator(joinOf(times, quotes, [], {}), sides, { memory: testBudget(2 * 1024 * 1024) });
    await expect(outcome).rejects.toThrowError(
      expect.objectContaining({ name: 'MemoryBudgetExceeded', message: expect.stringMatching(/^AsofJoin needs/) }),
    );
  });

  const small = { build: tables(right, { ...few, maxRows: 50 }), probe: tables(left, { ...few, maxRows: 50 }) };
  describe('nearest, by two keys', () =>
    obeysJoinContract(() => joinOf(left, right, ['b', 'a'], { strategy: 'nearest' }), small, { numRuns: 6 }));
  describe('backward, without groups', () =>
    obeysJoinContract(() => joinOf(left, right, [], {}), small, { numRuns: 4 }));
});
