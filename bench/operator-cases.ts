/** The operators that are measured: each as a plan over made tables, beside the SQL of the same. */

import { int64 } from '../src/columnar/data-type.ts';
import type { AggregateCall, NamedExpression } from '../src/expressions/expression.ts';
import type { WindowCall } from '../src/expressions/window.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import type { Cell } from './duckdb.ts';
import { dates, floats, keys, lists, type MadeColumn, wholes } from './made-columns.ts';
import { type MadeTable, madeScan, onlyTable } from './made-table.ts';
import { binary, column } from './plan-words.ts';

export interface OperatorCase {
  readonly name: string;
  readonly tables: readonly MadeTable[];
  readonly plan: PlanNode;
  readonly sql: string;
  /** What of our rows DuckDB's answer says too: all of them where absent. */
  readonly answer?: (rows: readonly (readonly Cell[])[]) => readonly (readonly Cell[])[];
}

/** The same shapes at any number of rows: sizes that belong to a case are shares of it. */
export function operatorCases(rows: number): readonly OperatorCase[] {
  return [
    ...grouping(rows),
    ...sorting(rows),
    ...windows(rows),
    ...joining(rows),
    ...shaping(rows),
    repartitioned(rows),
  ];
}

const payload = wholes('v', { salt: 9, least: -1_000_000, count: 2_000_001 });
const named = (...names: readonly string[]): readonly NamedExpression[] =>
  names.map((name) => ({ name, expression: column(name) }));
const total = (name: string, of: string): AggregateCall => ({ name, function: 'sum', input: column(of) });
const count: AggregateCall = { name: 'n', function: 'count' };

/**
 * Groups, and of them one row, so that all of them are made and none has to be fetched: their number, that of the rows, a
 * sum, and how unevenly they are spread.
 */
function grouped(name: string, columns: readonly MadeColumn[], groupBy: readonly string[], rows: number): OperatorCase {
  const groups: PlanNode = {
    kind: 'grouped-aggregate',
    input: madeScan([...columns, payload]),
    groupBy: named(...groupBy),
    aggregates: [count, total('s', 'v')],
  };
  const square: AggregateCall = { name: 'nn', function: 'sum', input: binary(column('n'), '*', column('n')) };
  const groupsCount: AggregateCall = { name: 'groups', function: 'count' };
  return {
    name,
    tables: [onlyTable([...columns, payload], rows)],
    plan: {
      kind: 'aggregate',
      input: groups,
      aggregates: [groupsCount, total('rows', 'n'), total('sum', 's'), square],
    },
    sql: `select count(*), sum(n), sum(s), sum(n * n)
      from (select ${groupBy.join(', ')}, count(*) n, sum(v) s from t group by ${groupBy.join(', ')})`,
  };
}

function grouping(rows: number): readonly OperatorCase[] {
  const groups = [10, 10_000, Math.ceil(rows / 10), rows];
  return [
    ...groups.map((count) => grouped(`group-int-${count}`, [wholes('k', { salt: 1, least: 0, count })], ['k'], rows)),
    ...groups.map((count) => grouped(`group-text-${count}`, [keys('k', { salt: 1, least: 0, count })], ['k'], rows)),
    ...groups.map((count) => {
      const share = Math.ceil(Math.cbrt(count));
      const columns = [
        wholes('a', { salt: 1, least: 0, count: share }),
        keys('b', { salt: 2, least: 0, count: share }),
        wholes('c', { salt: 3, least: -5, count: share }),
      ];
      return grouped(`group-three-${share ** 3}`, columns, ['a', 'b', 'c'], rows);
    }),
  ];
}

/** The last row of the sorted table, behind all others, so that all of them are sorted. */
function sorted(name: string, columns: readonly MadeColumn[], by: readonly string[], rows: number): OperatorCase {
  const sort: PlanNode = {
    kind: 'sort',
    input: madeScan([...columns, payload]),
    keys: [...by, 'v'].map((key) => ({ expression: column(key) })),
  };
  const order = [...by, 'v'].join(', ');
  return {
    name,
    tables: [onlyTable([...columns, payload], rows)],
    plan: { kind: 'limit', input: sort, limit: 1, offset: rows - 1 },
    sql: `select * from t order by ${order} limit 1 offset ${rows - 1}`,
  };
}

function sorting(rows: number): readonly OperatorCase[] {
  const numbers = wholes('a', { salt: 1, least: -2_000_000_000, count: 4_000_000_000 });
  const texts = keys('b', { salt: 2, least: 0, count: rows });
  const few = wholes('c', { salt: 3, least: 0, count: 100 });
  return [
    sorted('sort-int64', [numbers], ['a'], rows),
    sorted('sort-text', [texts], ['b'], rows),
    sorted('sort-three', [few, texts, numbers], ['c', 'b', 'a'], rows),
    {
      name: 'top-100',
      tables: [onlyTable([numbers, payload], rows)],
      plan: {
        kind: 'top-n',
        input: madeScan([numbers, payload]),
        keys: ['a', 'v'].map((key) => ({ expression: column(key) })),
        limit: 100,
      },
      sql: 'select * from t order by a, v limit 100',
    },
  ];
}

/** A hundred rows a partition, and of the results one row, so that all of them are made and none has to be fetched. */
function windows(rows: number): readonly OperatorCase[] {
  const columns = [
    wholes('p', { salt: 1, least: 0, count: Math.ceil(rows / 100) }),
    wholes('o', { salt: 2, least: -2_000_000_000, count: 4_000_000_000 }),
    payload,
  ];
  const over = {
    input: madeScan(columns),
    partitionBy: [column('p')],
    orderBy: [{ expression: column('o') }],
  } as const;
  const summed = (input: PlanNode): PlanNode => ({
    kind: 'aggregate',
    input,
    aggregates: [count, { name: 's', function: 'sum', input: binary(column('w'), '*', column('v')) }],
  });
  const number: WindowCall = { kind: 'window', name: 'w', function: 'row_number' };
  const offset = { kind: 'literal', type: int64, value: 10 } as const;
  return [
    {
      name: 'window-row-number',
      tables: [onlyTable(columns, rows)],
      plan: summed({ kind: 'window-partition-and-order-by', ...over, functions: [number] }),
      sql: `select count(*), sum(w * v)
        from (select *, row_number() over (partition by p order by o) w from t)`,
    },
    {
      name: 'window-sliding-sum',
      tables: [onlyTable(columns, rows)],
      plan: summed({
        kind: 'window-partition-and-dynamic-frame',
        ...over,
        frame: { unit: 'rows', start: { kind: 'preceding', offset }, end: { kind: 'current-row' } },
        functions: [{ kind: 'aggregate', aggregate: total('w', 'v') }],
      }),
      sql: `select count(*), sum(w * v)
        from (select *, sum(v) over (partition by p order by o rows between 10 preceding and current row) w from t)`,
    },
  ];
}

/** Half of the probing rows have a match: keys are drawn from twice as many as are built. */
function joined(
  name: string,
  key: typeof wholes | typeof keys,
  built: number,
  rows: number,
  joinType: 'inner' | 'left' | 'semi',
): OperatorCase {
  const probe = { name: 'p', columns: [key('k', { salt: 1, least: 0, count: built * 2 }), payload], rowCount: rows };
  const value = wholes('w', { salt: 8, least: 0, count: 1_000_000 });
  const build = { name: 'b', columns: [key('k', { salt: 2, least: 0, count: built * 2 }), value], rowCount: built };
  const join: PlanNode = {
    kind: 'hash-join',
    left: madeScan(probe.columns, probe.name),
    right: madeScan(build.columns, build.name),
    leftOn: [column('k')],
    rightOn: [column('k')],
    joinType,
  };
  const sums = joinType === 'semi' ? [total('sum', 'v')] : [total('sum', 'v'), total('other', 'w')];
  const condition = 'p.k = b.k';
  const sql =
    joinType === 'semi'
      ? `select count(*), sum(v) from p where exists (select 1 from b where ${condition})`
      : `select count(*), sum(v), sum(w) from p ${joinType} join b on ${condition}`;
  return {
    name,
    tables: [probe, build],
    plan: { kind: 'aggregate', input: join, aggregates: [count, ...sums] },
    sql,
  };
}

function joining(rows: number): readonly OperatorCase[] {
  const sizes = [1_000, Math.ceil(rows / 10), rows];
  return [
    ...sizes.map((built) => joined(`join-int-${built}`, wholes, built, rows, 'inner')),
    ...sizes.map((built) => joined(`join-text-${built}`, keys, built, rows, 'inner')),
    joined(`left-join-int-${sizes[1]}`, wholes, sizes[1] as number, rows, 'left'),
    joined(`semi-join-int-${sizes[1]}`, wholes, sizes[1] as number, rows, 'semi'),
  ];
}

function shaping(rows: number): readonly OperatorCase[] {
  const key = wholes('k', { salt: 1, least: 0, count: Math.ceil(rows / 10) });
  const list = lists('l', 5);
  const listRows = Math.ceil(rows / 5);
  return [
    {
      name: 'dedup',
      tables: [onlyTable([key, payload], rows)],
      plan: {
        kind: 'aggregate',
        input: { kind: 'dedup', input: madeScan([key, payload]), columns: ['k'] },
        aggregates: [count, total('sum', 'k')],
      },
      sql: 'select count(*), sum(k) from (select distinct on (k) k, v from t)',
    },
    {
      name: 'explode',
      tables: [onlyTable([list, payload], listRows)],
      plan: {
        kind: 'aggregate',
        input: { kind: 'explode', input: madeScan([list, payload]), columns: ['l'] },
        aggregates: [total('items', 'l'), total('sum', 'v')],
      },
      sql: 'select sum(l), sum(v) from (select unnest(l) as l, v from t)',
    },
  ];
}

/**
 * Rows sent to 256 partitions by the hash of a key: here into pages of an object, checksums and buffers of uploads
 * included, which are sent nowhere. DuckDB has nothing of the kind. Nearest is a table in memory of the same rows in the
 * order of their partition: each row is hashed, moved to those of its partition, and written down there. Writing 256
 * Parquet files (`copy … (partition_by (h))`) is nearer in what comes out, and takes it several times as long, because it
 * encodes and compresses. So nothing is compressed here either; the plan language's default, zstd, comes on top.
 */
function repartitioned(rows: number): OperatorCase {
  const columns = [
    wholes('k', { salt: 1, least: 0, count: rows }),
    payload,
    floats('f', { salt: 3, least: -1_000_000, count: 2_000_001 }),
    dates('d', { salt: 4, least: 0, count: 20_000 }),
  ];
  return {
    name: 'repartition-256',
    tables: [onlyTable(columns, rows)],
    plan: {
      kind: 'repartition',
      input: madeScan(columns),
      partitions: 256,
      by: { kind: 'hash', columns: [column('k')] },
      compression: 'none',
    },
    sql: 'create or replace table partitioned as select * from t order by hash(k) % 256',
    answer: (pieces) => [[pieces.reduce((sum, [, , pieceRows]) => sum + Number(pieceRows), 0)]],
  };
}
