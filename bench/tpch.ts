/** TPC-H queries as task plans, beside the SQL of the benchmark. */

import { fileURLToPath } from 'node:url';
import type { Field } from '../src/columnar/schema.ts';
import type { Expression } from '../src/expressions/expression.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import type { Task } from '../src/plan/task.ts';
import type { Case } from './case.ts';
import { tpchTable } from './data.ts';
import { and, binary, column, literal, whole } from './plan-words.ts';

const money = { kind: 'decimal', precision: 15, scale: 2 } as const;
const field = (name: string, type: Field['type']): Field => ({ name, type, nullable: false });
const lineitem: readonly Field[] = [
  field('l_quantity', money),
  field('l_extendedprice', money),
  field('l_discount', money),
  field('l_tax', money),
  field('l_returnflag', { kind: 'utf8' }),
  field('l_linestatus', { kind: 'utf8' }),
  field('l_shipdate', { kind: 'date' }),
];

const day = (value: string): Expression => literal({ kind: 'date' }, value);
const cents = (value: string): Expression => literal(money, value);
const one = whole(1);

const scan: PlanNode = { kind: 'scan', sourceId: 'lineitem', format: 'parquet', schema: lineitem };
const discounted = binary(column('l_extendedprice'), '*', binary(one, '-', column('l_discount')));

const q1: PlanNode = {
  kind: 'sort',
  keys: [{ expression: column('l_returnflag') }, { expression: column('l_linestatus') }],
  input: {
    kind: 'grouped-aggregate',
    groupBy: [
      { name: 'l_returnflag', expression: column('l_returnflag') },
      { name: 'l_linestatus', expression: column('l_linestatus') },
    ],
    aggregates: [
      { name: 'sum_qty', function: 'sum', input: column('l_quantity') },
      { name: 'sum_base_price', function: 'sum', input: column('l_extendedprice') },
      { name: 'sum_disc_price', function: 'sum', input: discounted },
      { name: 'sum_charge', function: 'sum', input: binary(discounted, '*', binary(one, '+', column('l_tax'))) },
      { name: 'avg_qty', function: 'mean', input: column('l_quantity') },
      { name: 'avg_price', function: 'mean', input: column('l_extendedprice') },
      { name: 'avg_disc', function: 'mean', input: column('l_discount') },
      { name: 'count_order', function: 'count' },
    ],
    input: { kind: 'filter', predicate: binary(column('l_shipdate'), '<=', day('1998-09-02')), input: scan },
  },
};

const q6: PlanNode = {
  kind: 'aggregate',
  aggregates: [
    { name: 'revenue', function: 'sum', input: binary(column('l_extendedprice'), '*', column('l_discount')) },
  ],
  input: {
    kind: 'filter',
    predicate: and(
      binary(column('l_shipdate'), '>=', day('1994-01-01')),
      binary(column('l_shipdate'), '<', day('1995-01-01')),
      binary(column('l_discount'), '>=', cents('0.05')),
      binary(column('l_discount'), '<=', cents('0.07')),
      binary(column('l_quantity'), '<', cents('24')),
    ),
    input: scan,
  },
};

const SQL = {
  q1: `select l_returnflag, l_linestatus, sum(l_quantity), sum(l_extendedprice),
    sum(l_extendedprice * (1 - l_discount)), sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)),
    avg(l_quantity), avg(l_extendedprice), avg(l_discount), count(*)
    from 'FILE' where l_shipdate <= date '1998-09-02' group by all order by 1, 2`,
  q6: `select sum(l_extendedprice * l_discount) from 'FILE'
    where l_shipdate >= date '1994-01-01' and l_shipdate < date '1995-01-01'
    and l_discount between 0.05 and 0.07 and l_quantity < 24`,
};

export function tpchCases(sf: number): Case[] {
  const uri = tpchTable('lineitem', sf);
  return (['q1', 'q6'] as const).map((name) => ({
    name: `tpch-${name}-sf${sf}`,
    task: taskOf(name === 'q1' ? q1 : q6, uri),
    sql: SQL[name].replace('FILE', fileURLToPath(uri)),
  }));
}

const taskOf = (plan: PlanNode, uri: string): Task => ({
  version: 1,
  jobId: 'bench',
  stageId: 0,
  taskId: 0,
  plan,
  inputs: { lineitem: { kind: 'files', files: [{ uri }] } },
});
