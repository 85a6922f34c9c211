import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ColumnForm } from '../../src/columnar/column-from-values.ts';
import type { DataType } from '../../src/columnar/data-type.ts';
import * as t from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import type { JoinType, PlanNode } from '../../src/plan/plan-node.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import { createTable } from '../support/duckdb.ts';
import { duckJoin, type JoinOptions, joinOperator, runJoin } from '../support/joins.ts';
import { col, op } from '../support/plans.ts';
import { type Table, tables } from '../support/tables.ts';
import { Collector, expectAllReturned, type Feed, lentScan, type Row, testBudget, testTask } from '../support/task.ts';
import { expectSameRows } from './contract.ts';
import { obeysJoinContract, runJoinSplit } from './join-contract.ts';

const JOIN_TYPES: readonly JoinType[] = ['inner', 'left', 'right', 'outer', 'semi', 'anti'];
const SIDES = ['left', 'right'] as const;

const left = schema(field('k', t.int64), field('s', t.utf8), field('a', t.utf8), field('x', t.float64));
const right = schema(field('k', t.int64), field('s', t.utf8, false), field('b', t.decimal(25, 2)), field('f', t.bool));
const both: Pick<JoinOptions, 'leftOn' | 'rightOn'> = {
  leftOn: [col('k'), col('s')],
  rightOn: [col('k'), col('s')],
};
const small = { k: fc.bigInt(0n, 4n), s: fc.constantFrom('', 'a', 'abcdefghij') };

describe.each([
  ['inner', 'right'],
  ['left', 'left'],
  ['outer', 'left'],
  ['outer', 'right'],
  ['semi', 'left'],
  ['semi', 'right'],
  ['anti', 'left'],
] as const)('%s, building %s,', (joinType, buildSide) => {
  const inputs = {
    left: tables(left, { maxRows: 60, values: small }),
    right: tables(right, { maxRows: 60, values: small }),
  };
  const [build, probe] = buildSide === 'left' ? [inputs.left, inputs.right] : [inputs.right, inputs.left];
  const make = () => joinOperator(left, right, { ...both, joinType, buildSide });
  obeysJoinContract(make, { build, probe }, { numRuns: 3 });
});

describe.each(['semi', 'outer'] as const)('%s with a residual', (joinType) => {
  const inputs = { build: tables(right, { maxRows: 40 }), probe: tables(left, { maxRows: 40 }) };
  const residual = op(col('x'), '>', { kind: 'cast', input: col('b'), type: t.float64 });
  const on = { leftOn: [col('s')], rightOn: [col('s')] };
  const renamed = schema(field('k2', t.int64), ...right.fields.slice(1));
  const make = () => joinOperator(left, renamed, { ...on, joinType, residual });
  obeysJoinContract(make, inputs, { numRuns: 3, ordered: false });
});

/** Key columns of each side, and values of which some meet. */
interface KeyCase {
  readonly left: DataType;
  readonly right: DataType;
  readonly values: fc.Arbitrary<Value>;
  /** Those of the right, where they are of another kind. */
  readonly rightValues?: fc.Arbitrary<Value>;
}

const same = (type: DataType, values: fc.Arbitrary<Value>): KeyCase => ({ left: type, right: type, values });
const wholes = (least: number, greatest: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 4, arbitrary: fc.integer({ min: -2, max: 3 }) }, fc.integer({ min: least, max: greatest }));
const longs = fc.oneof(fc.bigInt(-2n, 3n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));

const span = (months: number, days: number, nanoseconds: bigint = 0n): Value => ({ months, days, nanoseconds });

const KEY_CASES: Readonly<Record<string, KeyCase>> = {
  int64: same(t.int64, longs),
  int32: same(t.int32, wholes(-(2 ** 31), 2 ** 31 - 1)),
  int8: same(t.int8, wholes(-128, 127)),
  uint16: same(t.uint16, fc.integer({ min: 0, max: 9 })),
  utf8: same(
    t.utf8,
    fc.constantFrom('', 'a', 'ab', 'abcdefgh', 'abcdefghi', 'abcdefghijklmnopqrstuvwxyz', 'ä', 'żółw'),
  ),
  binary: same(t.binary, fc.uint8Array({ maxLength: 2, max: 2 })),
  bool: same(t.bool, fc.boolean()),
  date: same(t.date, fc.integer({ min: -4, max: 4 })),
  timestamp: same(t.timestamp('us'), fc.bigInt(-3n, 3n)),
  'decimal(12, 2)': same(t.decimal(12, 2), fc.bigInt(-5n, 5n)),
  'decimal(30, 2)': same(
    t.decimal(30, 2),
    fc.oneof(fc.bigInt(-3n, 3n), fc.bigInt(-(10n ** 30n) + 1n, 10n ** 30n - 1n)),
  ),
  float64: same(t.float64, fc.constantFrom(0, -0, 1, -1.5, Number.NaN, Number.POSITIVE_INFINITY)),
  float32: same(t.float32, fc.constantFrom(0, -0, 1, -1.5, Number.NaN, Number.NEGATIVE_INFINITY)),
  uuid: same(t.uuid, fc.constantFrom('00000000-0000-0000-0000-000000000001', 'ffffffff-0000-4000-8000-000000000000')),
  'fixed-size-binary(5)': same(t.fixedSizeBinary(5), fc.uint8Array({ minLength: 5, maxLength: 5, max: 1 })),
  float16: same(t.float16, fc.constantFrom(0, -0, 1, -1.5, Number.NaN, Number.POSITIVE_INFINITY)),
  interval: same(
    t.interval,
    fc.constantFrom<Value>(
      span(0, 0),
      span(0, 1),
      span(0, 0, 86_400_000_000_000n),
      span(1, 0),
      span(0, 30),
      span(0, -1),
    ),
  ),
  'list(float64)': same(
    t.list(t.float64),
    fc.array(fc.option(fc.constantFrom(0, -0, 1, Number.NaN)), { maxLength: 2 }),
  ),
  struct: same(
    t.struct(field('i', t.int32), field('l', t.list(t.utf8))),
    fc.tuple<Value[]>(fc.option(fc.integer({ min: 0, max: 1 })), fc.option<Value>(fc.constantFrom([], ['a'], [null]))),
  ),
  map: same(
    t.map(t.utf8, t.int64),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom('', 'a'), fc.option<Value>(fc.bigInt(0n, 1n))), {
        maxLength: 2,
        selector: ([key]) => key,
      })
      .map((entries): Value => entries),
  ),
  'list(int32) = list(int64)': {
    left: t.list(t.int32),
    right: t.list(t.int64),
    values: fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 2 }),
    rightValues: fc.array(fc.bigInt(0n, 1n), { maxLength: 2 }),
  },
  'int32 = int64': { left: t.int32, right: t.int64, values: wholes(-4, 4), rightValues: fc.bigInt(-4n, 4n) },
  'int64 = float64': {
    left: t.int64,
    right: t.float64,
    values: fc.bigInt(-3n, 3n),
    rightValues: fc.constantFrom(0, -0, 1, 2, 1.5, Number.NaN),
  },
  'decimal(12, 2) = decimal(25, 3)': {
    left: t.decimal(12, 2),
    right: t.decimal(25, 3),
    values: fc.bigInt(-3n, 3n),
    rightValues: fc.bigInt(-3n, 3n).map((each) => each * 10n),
  },
};

interface Sides {
  readonly left: Table;
  readonly right: Table;
}

/** Tables of up to two keys, which a plan joins by name or under different names. */
function sides(keys: readonly KeyCase[]): fc.Arbitrary<Sides> {
  const fields = (side: 'left' | 'right'): Schema =>
    schema(
      ...keys.map((each, n) => field(side === 'right' && n === 1 ? 'q1' : `k${n}`, each[side])),
      field(side === 'left' ? 'a' : 'b', t.int64),
      field(side === 'left' ? 's' : 'u', t.utf8),
    );
  const values = (side: 'left' | 'right'): Record<string, fc.Arbitrary<Value>> =>
    Object.fromEntries(
      keys.map((each, n) => [
        side === 'right' && n === 1 ? 'q1' : `k${n}`,
        side === 'left' ? each.values : (each.rightValues ?? each.values),
      ]),
    );
  const of = (side: 'left' | 'right') => tables(fields(side), { maxRows: 40, values: { ...values(side), ...numbers } });
  return fc.record({ left: of('left'), right: of('right') });
}
const numbers = { a: fc.bigInt(-5n, 5n), b: fc.bigInt(-5n, 5n) };

/** A plan and the same condition in SQL. */
interface JoinCase {
  readonly options: Omit<JoinOptions, 'joinType' | 'buildSide'>;
  readonly condition: string;
}

function joinCase(keyCount: number, nullEqualsNull: readonly boolean[], hasResidual: boolean): JoinCase {
  const conditions = Array.from({ length: keyCount }, (_, n) => {
    const operator = nullEqualsNull[n] === true ? 'is not distinct from' : '=';
    return `l.k${n} ${operator} r.${n === 1 ? 'q1' : `k${n}`}`;
  });
  const residual: Expression = op(op(col('a'), '+', col('b')), '>', { kind: 'literal', type: t.int64, value: -1 });
  return {
    options: {
      leftOn: Array.from({ length: keyCount }, (_, n) => col(`k${n}`)),
      rightOn: Array.from({ length: keyCount }, (_, n) => col(n === 1 ? 'q1' : `k${n}`)),
      nullEqualsNull: nullEqualsNull.slice(0, keyCount),
      ...(hasResidual ? { residual } : {}),
    },
    condition: [...conditions, ...(hasResidual ? ['l.a + r.b > -1'] : [])].join(' and '),
  };
}

const form = fc.record({ dictionary: fc.boolean(), nullable: fc.constant(true) });
const feeds = fc.record({
  cuts: fc.array(fc.constantFrom(0, 1, 7, 30), { maxLength: 3 }),
  forms: fc.array(form, { minLength: 5, maxLength: 5 }),
  sharedDictionaries: fc.boolean(),
});

type Shape = typeof feeds extends fc.Arbitrary<infer T> ? T : never;

/** Every join type with either side built agrees with DuckDB on these tables. */
async function agrees({ left, right }: Sides, { options, condition }: JoinCase, shape: Shape) {
  await createTable('l', left);
  await createTable('r', right);
  const feed = (table: Table): Feed => ({
    ...table,
    ...shape,
    form: (batch, column) => shape.forms[(batch + column) % 5]!,
  });
  const names = ({ schema: { fields } }: Table): string[] => fields.map(({ name }) => name);
  for (const joinType of JOIN_TYPES) {
    const expected = await duckJoin(joinType, condition, { left: names(left), right: names(right), merged: ['k0'] });
    for (const buildSide of SIDES) {
      const actual = await runJoin({ left: feed(left), right: feed(right) }, { ...options, joinType, buildSide });
      expectSameRows(actual, expected);
    }
  }
}

describe('agrees with DuckDB', () => {
  // Twelve joins for each pair of tables.
  test.each(Object.entries(KEY_CASES))('on keys of %s', async (_, keys) => {
    const property = fc.asyncProperty(sides([keys]), fc.boolean(), feeds, (tables, nulls, shape) =>
      agrees(tables, joinCase(1, [nulls], false), shape),
    );
    await fc.assert(property, { numRuns: 2 });
  });

  test.each([1, 2, 3, 4])('on several keys, with a residual and without (%i)', async () => {
    const names = Object.keys(KEY_CASES);
    const cases = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names));
    const pairs = cases.chain(([a, b]) => sides([KEY_CASES[a]!, KEY_CASES[b]!]));
    const flags = fc.record({ nulls: fc.tuple(fc.boolean(), fc.boolean()), residual: fc.boolean(), one: fc.boolean() });
    const property = fc.asyncProperty(pairs, flags, feeds, (tables, { nulls, residual, one }, shape) =>
      agrees(tables, joinCase(one ? 1 : 2, nulls, residual), shape),
    );
    await fc.assert(property, { numRuns: 10 });
  });
});

const numbers64 = (name: string): Schema => schema(field('k', t.int64), field(name, t.int64, false));
const feedOf = (name: string, count: number, key: (row: number) => bigint | null): Feed => ({
  schema: numbers64(name),
  rows: Array.from({ length: count }, (_, row): Row => [key(row), BigInt(row)]),
});
const onK: Pick<JoinOptions, 'leftOn' | 'rightOn'> = { leftOn: [col('k')], rightOn: [col('k')] };

/** How many rows there are, and a hash of all of them that does not depend on their order. */
function checked(rows: readonly Row[]): readonly bigint[] {
  let sum = 0n;
  for (const row of rows) {
    let hash = 7n;
    for (const cell of row) {
      const number = typeof cell === 'string' ? BigInt(Number.parseInt(cell.slice(-8), 10)) : ((cell ?? -1n) as bigint);
      hash = BigInt.asUintN(64, (hash ^ BigInt(number)) * 0x9e37_79b9_7f4a_7c15n);
      hash ^= hash >> 29n;
    }
    sum += hash;
  }
  return [BigInt(rows.length), BigInt.asUintN(64, sum)];
}

describe('many rows:', () => {
  const spread = 2n ** 40n;
  const cases: Readonly<Record<string, [left: Feed, right: Feed]>> = {
    'numbers close together': [feedOf('a', 20_000, (row) => BigInt(row % 18_000)), feedOf('b', 17_000, BigInt)],
    'numbers far apart': [
      feedOf('a', 20_000, (row) => BigInt(row % 18_000) * spread),
      feedOf('b', 17_000, (row) => BigInt(row) * spread),
    ],
    'one key of all': [feedOf('a', 300, () => 7n), feedOf('b', 400, (row) => (row === 3 ? null : 7n))],
    'a few keys, far apart': [
      feedOf('a', 3000, (row) => (row % 11 === 0 ? null : BigInt(row % 50) * spread)),
      feedOf('b', 1000, (row) => BigInt(row % 60) * spread),
    ],
  };

  test.each(Object.entries(cases))('%s', async (_, [a, b]) => {
    await createTable('l', a);
    await createTable('r', b);
    const columns = { left: ['k', 'a'], right: ['k', 'b'], merged: ['k'] };
    for (const [joinType, buildSide] of [
      ['outer', 'left'],
      ['outer', 'right'],
      ['semi', 'left'],
      ['anti', 'right'],
    ] as const) {
      const actual = await runJoin({ left: a, right: b }, { ...onK, joinType, buildSide });
      expect(checked(actual), `${joinType} ${buildSide}`).toEqual(
        checked(await duckJoin(joinType, 'l.k = r.k', columns)),
      );
    }
  });

  // So many that the built side is in the order of its hashes, and rows of the other one wait for each other.
  const built = 60_000;
  const keyed = (type: DataType, name: string, count: number, key: (row: number) => Value): Feed => ({
    schema: schema(field('k', type), field(name, t.int64, false)),
    rows: Array.from({ length: count }, (_, row): Row => [key(row), BigInt(row)]),
    cuts: [100, 5000, 0, 1],
  });
  const texts = (n: number): string => `${n % 5 === 0 ? 'longer than an image ' : ''}${`${n}`.padStart(8, '0')}`;
  const large: Readonly<Record<string, readonly [type: DataType, key: (n: number) => Value]>> = {
    'numbers close together': [t.int32, (n) => n + 77],
    'numbers far apart': [t.int64, (n) => BigInt(n) * spread - 7n],
    texts: [t.utf8, texts],
  };

  test.each(Object.entries(large))('%s, more than a cache holds', async (_, [type, key]) => {
    const a = keyed(type, 'a', 50_000, (row) => (row % 101 === 0 ? null : key((row * 7919) % 70_000)));
    const b = keyed(type, 'b', built, (row) => (row % 97 === 0 ? null : key((row * 31) % 50_021)));
    await createTable('l', a);
    await createTable('r', b);
    const columns = { left: ['k', 'a'], right: ['k', 'b'], merged: ['k'] };
    for (const joinType of ['inner', 'outer'] as const) {
      const memory = testBudget(256 * 1024 * 1024);
      const actual = await runJoin({ left: a, right: b }, { ...onK, joinType, buildSide: 'right' }, { memory });
      expect(checked(actual), joinType).toEqual(checked(await duckJoin(joinType, 'l.k = r.k', columns)));
    }
    // Rows wait in runs that are combined.
    const memory = testBudget(256 * 1024 * 1024);
    const split = await runJoinSplit(
      joinOperator(a.schema, b.schema, { ...onK, joinType: 'inner' }),
      { build: b, probe: a },
      [2, 3],
      memory,
    );
    expect(checked(split)).toEqual(checked(await duckJoin('inner', 'l.k = r.k', columns)));
    expectAllReturned(memory);
    const residual = op(col('a'), '>', col('b'));
    const filtered = await runJoin({ left: a, right: b }, { ...onK, joinType: 'left', buildSide: 'right', residual });
    expect(checked(filtered)).toEqual(checked(await duckJoin('left', 'l.k = r.k and a > b', columns)));
  });

  test('texts that are too large for one batch come in several', async () => {
    const text = 'x'.repeat(1_500_000);
    const texts = (name: string, rows: readonly Row[]): Feed => ({
      schema: schema(field('k', t.int64), field(name, t.utf8)),
      rows,
    });
    const sides = {
      left: texts('a', [
        [1n, text],
        [2n, text],
        [3n, 'z'],
      ]),
      right: texts('b', [
        [1n, text],
        [1n, 'y'],
        [2n, text],
        [1n, text],
      ]),
    };
    for (const options of [
      { joinType: 'inner' },
      { joinType: 'left', residual: op(col('b'), '!=', col('a')) },
    ] as const) {
      for (const buildSide of SIDES) {
        const rows = await runJoin(sides, { ...onK, ...options, buildSide });
        const lengths = rows.map(([k, a, b]) => `${k} ${String(a).length} ${b === null ? b : String(b).length}`).sort();
        expect(lengths).toEqual(
          options.joinType === 'inner'
            ? ['1 1500000 1', '1 1500000 1500000', '1 1500000 1500000', '2 1500000 1500000']
            : ['1 1500000 1', '2 1500000 null', '3 1 null'],
        );
      }
    }
  });
});

describe('what passes', () => {
  const twoColumns = schema(field('k', t.utf8), field('a', t.int64));
  const rows: Row[] = [
    ['x', 1n],
    ['y', 2n],
    ['z', 3n],
  ];

  /** Columns that come out of joining `rows` to themselves, as `joinType` does, and the addresses that went in. */
  async function joined(joinType: JoinType, build: readonly Row[], form: ColumnForm = {}) {
    const memory = testBudget();
    const other = schema(field('k', t.utf8), field('b', t.utf8));
    const join = joinOperator(twoColumns, other, { ...onK, joinType });
    const source = lentScan({ schema: twoColumns, rows, form: () => form });
    const stage = {
      role: 'join-stage',
      join,
      build: { source: lentScan({ schema: other, rows: build, form: () => form }), stages: [] },
    } as const;
    const collector = new Collector(memory, join.schema);
    const given: number[] = [];
    const batches: { values: number; isDictionary: boolean }[][] = [];
    const spied: typeof source = {
      ...source,
      open: (task) => {
        const run = source.open(task);
        return {
          run: (output) =>
            run.run({
              push: (batch) => {
                given.push(...batch.columns.map(({ values }) => values));
                return output.push(batch);
              },
            }),
          [Symbol.dispose]: () => run[Symbol.dispose](),
        };
      },
    };
    const push: Collector['push'] = (batch) => {
      batches.push(batch.columns.map(({ values, dictionary }) => ({ values, isDictionary: dictionary !== undefined })));
      return collector.push(batch);
    };
    await runChain({ source: spied, stages: [stage] }, { push }, testTask(memory));
    expectAllReturned(memory);
    return { given, batches };
  }

  test('whole is not copied', async () => {
    const all: Row[] = [
      ['z', 'c'],
      ['y', 'b'],
      ['x', 'a'],
    ];
    for (const [joinType, build] of [
      ['inner', all],
      ['left', all.slice(1)],
      ['left', []],
      ['semi', all],
      ['anti', []],
    ] as const) {
      const { given, batches } = await joined(joinType, build);
      expect(
        batches.map((columns) => columns.slice(0, 2).map(({ values }) => values)),
        joinType,
      ).toEqual([given]);
    }
  });

  test('with a dictionary keeps one', async () => {
    const { batches } = await joined(
      'inner',
      [
        ['y', 'b'],
        ['y', 'b'],
      ],
      { dictionary: true },
    );
    expect(batches.map((columns) => columns.map(({ isDictionary }) => isDictionary))).toEqual([[true, true, true]]);
  });
});

describe('an empty build side', () => {
  const probe = feedOf('a', 10, BigInt);

  test.each([
    ['inner', 'right', 0],
    ['semi', 'right', 0],
    ['anti', 'right', 10],
    ['left', 'right', 10],
    ['left', 'left', 0],
    ['anti', 'left', 0],
    ['outer', 'right', 10],
  ] as const)(
    'of %s, built %s, lets pass what it has to, and else asks for nothing',
    async (joinType, buildSide, count) => {
      let isRead = false;
      const read = {
        ...probe,
        before: () => {
          isRead = true;
        },
      };
      const empty = feedOf('b', 0, BigInt);
      const [left, right] =
        buildSide === 'right'
          ? [read, empty]
          : [
              { ...empty, schema: numbers64('a') },
              { ...read, schema: numbers64('b') },
            ];
      const rows = await runJoin({ left, right }, { ...onK, joinType, buildSide });
      expect(rows.length).toBe(count);
      expect(isRead).toBe(count > 0);
    },
  );
});

test('too little memory for the build side ends in an error that names the join', async () => {
  const right = feedOf('b', 60_000, (row) => BigInt(row) * 1_000_003n);
  const memory = testBudget(1_500_000);
  const outcome = runJoin({ left: feedOf('a', 10, BigInt), right }, { ...onK, joinType: 'inner' }, { memory });
  await expect(outcome).rejects.toThrow(/^HashJoin needs/);
});

test('columns that nobody needs are not kept', async () => {
  const left = feedOf('a', 10, BigInt);
  const { peakBytes } = await peakOf('b');
  expect(peakBytes).toBeGreaterThan((await peakOf('k')).peakBytes + 20_000 * 8);

  async function peakOf(name: string) {
    const memory = testBudget();
    const over = (input: PlanNode): PlanNode => ({
      kind: 'project',
      input,
      columns: [{ name, expression: col(name) }],
    });
    const rows = await runJoin(
      { left, right: feedOf('b', 20_000, BigInt) },
      { ...onK, joinType: 'inner' },
      { over, memory },
    );
    expect(rows.length).toBe(10);
    return memory;
  }
});
