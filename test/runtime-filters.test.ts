/** Joins of Parquet files, of which the build side tells the scan of the other which rows it need not give. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as types from '../src/columnar/data-type.ts';
import { type Field, field } from '../src/columnar/schema.ts';
import { executeTask, type TaskResult } from '../src/execute-task.ts';
import type { Expression } from '../src/expressions/expression.ts';
import { fileStore } from '../src/io/file-store.ts';
import type { HashJoinNode, PlanNode } from '../src/plan/plan-node.ts';
import { query } from './support/duckdb.ts';
import { col, int, op } from './support/plans.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-runtime-filters-'));
const files = {
  l: join(directory, 'l.parquet'),
  r: join(directory, 'r.parquet'),
  many: join(directory, 'many.parquet'),
} as const;
const ROWS = 6144;

/** Keys by name: what they are in SQL on each side, and their types there. Row groups of `l` have 2048 rows. */
const KEYS = {
  sorted: [
    ['(n * 3)::integer', types.int32],
    ['(n * 11 - 500)::bigint', types.int64],
  ],
  spread: [
    ['(hash(n) % 1000000000000)::bigint', types.int64],
    ['(hash(n * 2) % 1000000000000)::bigint', types.int64],
  ],
  short: [
    ['(n * 7 % 300 - 100)::smallint', types.int16],
    ['(n * 3 % 200 - 50)::integer', types.int32],
  ],
  unsigned: [
    ['(n * 600000)::uinteger', types.uint32],
    ['(n * 1800000)::bigint', types.int64],
  ],
  sign: [
    ['(n * 600000)::uinteger', types.uint32],
    ['(n * 1200000)::uinteger', types.uint32],
  ],
  text: [
    ["'text ' || n * 7 % 400", types.utf8],
    ["'text ' || n * 5", types.utf8],
  ],
  long: [
    ["'a text of more than fifteen characters ' || n", types.utf8],
    ["'a text of more than fifteen characters ' || n * 3", types.utf8],
  ],
  price: [
    ['(n * 0.25)::decimal(9, 2)', types.decimal(9, 2)],
    ['(n * 0.625)::decimal(12, 3)', types.decimal(12, 3)],
  ],
  wide: [
    ['(n * 1e20)::decimal(30, 4)', types.decimal(30, 4)],
    ['(n * 3e20)::decimal(32, 4)', types.decimal(32, 4)],
  ],
  day: [
    ["date '2020-01-01' + (n * 13 % 4000)::integer", types.date],
    ["date '2022-01-01' + (n * 3)::integer", types.date],
  ],
  moment: [
    ["timestamp '2024-01-01' + to_seconds(n * 5)", types.timestamp('us')],
    ["(timestamp '2024-01-01' + to_seconds(n * 7))::timestamp_ms", types.timestamp('ms')],
  ],
  float: [
    ["case n % 500 when 0 then 'NaN'::double when 1 then -0.0 else n / 4 end", types.float64],
    ["case n % 70 when 0 then 'NaN'::float when 1 then 0.0 else n / 8 end::float", types.float32],
  ],
  flag: [
    ['n % 3 = 0', types.bool],
    ['n % 2 = 0', types.bool],
  ],
} as const satisfies Record<string, readonly (readonly [string, types.DataType])[]>;
type Key = keyof typeof KEYS;
const NAMES = Object.keys(KEYS) as Key[];

const sideSql = (side: 0 | 1, rows: number): string =>
  `select n as id, ${NAMES.map((name) => `case when n % 23 = ${side * 5} then null else ${KEYS[name][side][0]} end as ${name}`)}
   from range(${rows}) t(n)`;

beforeAll(async () => {
  await query(`copy (${sideSql(0, ROWS)}) to '${files.l}' (format parquet, row_group_size 2048)`);
  await query(`copy (${sideSql(1, 2500)}) to '${files.r}' (format parquet)`);
  await query(`copy (select n as id, n % 5 > 0 as wanted from range(200000) t(n)) to '${files.many}' (format parquet)`);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const fieldsOf = (side: 0 | 1): Field[] => [
  field('id', types.int64),
  ...NAMES.map((name) => field(name, KEYS[name][side][1])),
];
const FIELDS = { l: fieldsOf(0), r: fieldsOf(1), many: [field('id', types.int64), field('wanted', types.bool)] };
const scan = (name: keyof typeof files): PlanNode => ({
  kind: 'scan',
  sourceId: name,
  format: 'parquet',
  schema: FIELDS[name],
});
const named = (input: PlanNode, prefix: string, names: readonly string[]): PlanNode => ({
  kind: 'project',
  input,
  columns: names.map((name) => ({ name: `${prefix}_${name}`, expression: col(name) })),
});

async function run(plan: PlanNode): Promise<TaskResult & { readonly rows: unknown[][] }> {
  const rows: unknown[][] = [];
  const text = JSON.stringify(plan);
  const inputs = Object.fromEntries(
    Object.entries(files)
      .filter(([name]) => text.includes(`"sourceId":"${name}"`))
      .map(([name, file]) => [name, { kind: 'files', files: [{ uri: pathToFileURL(file).href }] }]),
  );
  const result = await executeTask(
    { version: 1, jobId: 'job', stageId: 0, taskId: 0, plan, inputs },
    {
      store: fileStore(),
      memoryBytes: 64 * 1024 * 1024,
      onBatch: (batch) => {
        for (const row of batch.toArray()) rows.push(Object.values(row?.toJSON() ?? {}));
      },
    },
  );
  return { ...result, rows };
}

const sorted = (rows: readonly (readonly unknown[])[]): string[] => rows.map((row) => row.map(String).join(' ')).sort();

/** Of the first operator that has it. */
function counter({ statistics }: TaskResult, name: string): number | undefined {
  return statistics.operators.map(({ counters }) => counters[name]).find((value) => value !== undefined);
}

interface Case {
  readonly keys: readonly { readonly name: Key; readonly nullEqualsNull: boolean }[];
  readonly joinType: HashJoinNode['joinType'];
  readonly buildSide: 'left' | 'right';
  /** Which rows of the right side there are. */
  readonly kept: { readonly from: number; readonly count: number; readonly modulo: number };
  /** What stands over the scan of the left side. */
  readonly over: 'nothing' | 'filter' | 'union' | 'groups' | 'join';
}

const cases: fc.Arbitrary<Case> = fc.record({
  keys: fc.uniqueArray(fc.record({ name: fc.constantFrom(...NAMES), nullEqualsNull: fc.boolean() }), {
    minLength: 1,
    maxLength: 2,
    selector: ({ name }) => name,
  }),
  joinType: fc.constantFrom('inner', 'inner', 'left', 'right', 'outer', 'semi', 'anti'),
  buildSide: fc.constantFrom('left', 'right', 'right'),
  kept: fc.record({
    from: fc.nat({ max: 2500 }),
    count: fc.constantFrom(0, 1, 10, 100, 2500),
    modulo: fc.constantFrom(1, 3),
  }),
  over: fc.constantFrom('nothing', 'filter', 'union', 'groups', 'join'),
});

/** The left side as a plan, and as SQL. */
function leftOf({ keys, over }: Case): { plan: PlanNode; sql: string } {
  const names = [...new Set([...keys.map(({ name }) => name), 'sorted'])];
  const columns = ['id', ...names];
  const plain = named(scan('l'), 'l', columns);
  const aliases = columns.map((name) => `${name} as l_${name}`).join();
  const sql = `select ${aliases} from '${files.l}'`;
  switch (over) {
    case 'nothing':
      return { plan: plain, sql };
    case 'filter': {
      const predicate = op(col('l_id'), '>', int(3000));
      return { plan: { kind: 'filter', input: plain, predicate }, sql: `${sql} where id > 3000` };
    }
    case 'union':
      return { plan: { kind: 'concat', inputs: [plain, plain] }, sql: `${sql} union all ${sql}` };
    case 'groups': {
      const groupBy = names.map((name) => ({ name: `l_${name}`, expression: col(`l_${name}`) }));
      const least = { name: 'l_id', function: 'min', input: col('l_id') } as const;
      return {
        plan: { kind: 'grouped-aggregate', input: plain, groupBy, aggregates: [least] },
        sql: `select ${groupBy.map(({ name }) => name)}, min(l_id) as l_id from (${sql}) group by all`,
      };
    }
    case 'join': {
      const right = named(scan('r'), 'm', ['sorted']);
      return {
        plan: {
          kind: 'hash-join',
          left: plain,
          right,
          leftOn: [col('l_sorted')],
          rightOn: [col('m_sorted')],
          joinType: 'inner',
        },
        sql: `select * from (${sql}) join (select sorted as m_sorted from '${files.r}') on l_sorted = m_sorted`,
      };
    }
  }
}

test('joins give the same rows as DuckDB, whatever their scans are told', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const { keys, joinType, buildSide, kept } = one;
      const { from, modulo } = kept;
      // Of two values, thousands on both sides are millions of pairs.
      const count = keys.every(({ name }) => name === 'flag') ? Math.min(kept.count, 10) : kept.count;
      const left = leftOf(one);
      const predicate = [
        op(col('id'), '>=', int(from)),
        op(col('id'), '<', int(from + count)),
        op(op(col('id'), '%', int(modulo)), '=', int(0)),
      ].reduce((a, b) => op(a, 'and', b));
      const right = named({ kind: 'filter', input: scan('r'), predicate }, 'r', [
        'id',
        ...keys.map(({ name }) => name),
      ]);
      const on = (prefix: string): Expression[] => keys.map(({ name }) => col(`${prefix}_${name}`));
      const filters = joinType === 'semi' || joinType === 'anti';
      const plan: PlanNode = {
        kind: 'project',
        input: {
          kind: 'hash-join',
          left: left.plan,
          right,
          leftOn: on('l'),
          rightOn: on('r'),
          nullEqualsNull: keys.map(({ nullEqualsNull }) => nullEqualsNull),
          joinType,
          buildSide,
        },
        columns: (filters ? ['l_id'] : ['l_id', 'r_id']).map((name) => ({ name, expression: col(name) })),
      };
      const condition = keys
        .map(({ name, nullEqualsNull }) => `l_${name} ${nullEqualsNull ? 'is not distinct from' : '='} r_${name}`)
        .join(' and ');
      const rightSql = `select id as r_id, ${keys.map(({ name }) => `${name} as r_${name}`)} from '${files.r}'
        where id >= ${from} and id < ${from + count} and id % ${modulo} = 0`;
      const word = { outer: 'full', inner: 'inner', left: 'left', right: 'right', semi: 'semi', anti: 'anti' }[
        joinType
      ];
      const sql = `select ${filters ? 'l_id' : 'l_id, r_id'} from (${left.sql}) ${word} join (${rightSql}) on ${condition}`;
      const { rows } = await run(plan);
      expect(sorted(rows)).toEqual(sorted(await query(sql)));
    }),
    { numRuns: 30 },
  );
});

describe('a scan below a join', () => {
  const joined = (name: Key, predicate: Expression): PlanNode => ({
    kind: 'hash-join',
    left: named(scan('l'), 'l', ['id', name, 'long']),
    right: named({ kind: 'filter', input: scan('r'), predicate }, 'r', ['id', name]),
    leftOn: [col(`l_${name}`)],
    rightOn: [col(`r_${name}`)],
    joinType: 'inner',
  });
  const isBetween = (low: number, high: number): Expression =>
    op(op(col('id'), '>=', int(low)), 'and', op(col('id'), '<=', int(high)));

  test('leaves out row groups outside of the range of the keys, and rows without one', async () => {
    // 11 n - 500 = 3 m: the keys of r are 5000 to 6650, those of l that are near in its second row group.
    const result = await run(joined('sorted', isBetween(700, 850)));
    const [[count] = []] = await query(`select count(*) from '${files.l}' l join '${files.r}' r using (sorted)
      where r.id between 700 and 850`);
    expect(result.rows).toHaveLength(Number(count));
    expect(counter(result, 'row groups pruned by runtime filters')).toBe(2);
    expect(counter(result, 'rows ruled out by runtime filters')).toBeGreaterThan(1900);
    expect(result.statistics.operators.find(({ name }) => name === 'HashJoin')?.rowsIn).toBe(Number(count));
  });

  test('knows numbers without a sign above the half of them', async () => {
    const result = await run(joined('sign', isBetween(1000, 2499)));
    const [[count] = []] = await query(`select count(*) from '${files.l}' l join '${files.r}' r using (sign)
      where r.id between 1000 and 2499`);
    expect(result.rows).toHaveLength(Number(count));
  });

  test('leaves out rows by a bloom filter where keys are of no small range', async () => {
    const result = await run(joined('spread', isBetween(0, 2500)));
    const [[count] = []] = await query(`select count(*) from '${files.l}' l join '${files.r}' r using (spread)`);
    expect(result.rows).toHaveLength(Number(count));
    const passed = result.statistics.operators.find(({ name }) => name === 'HashJoin')?.rowsIn ?? 0;
    // Half of the even numbers of l are in r, and of the others a few in a hundred pass.
    expect(passed).toBeGreaterThanOrEqual(Number(count));
    expect(passed).toBeLessThan(Number(count) + ROWS / 20);
  });

  test('does not look rows up any more where most of the first are kept', async () => {
    const result = await run({
      kind: 'hash-join',
      left: named(scan('many'), 'l', ['id']),
      right: named({ kind: 'filter', input: scan('many'), predicate: col('wanted') }, 'r', ['id']),
      leftOn: [col('l_id')],
      rightOn: [col('r_id')],
      joinType: 'semi',
    });
    expect(result.rows).toHaveLength(160_000);
    // A fifth of 131,072 rows, up to the end of a batch.
    const ruledOut = counter(result, 'rows ruled out by runtime filters') ?? 0;
    expect(ruledOut).toBeGreaterThanOrEqual(26_214);
    expect(ruledOut).toBeLessThan(30_000);
  });
});
