/** Plans of joins over two tables, run by the engine and by DuckDB. */

import assert from 'node:assert/strict';
import type { Schema } from '../../src/columnar/schema.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import type { MemoryBudget } from '../../src/memory/budget.ts';
import { hashJoin } from '../../src/operators/joins/hash-join.ts';
import type { Join } from '../../src/operators/operator.ts';
import type { HashJoinNode, PlanNode } from '../../src/plan/plan-node.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import { buildChain } from '../../src/planner/build-chain.ts';
import { pushDown } from '../../src/planner/push-down.ts';
import { type Chain, chainSchema, type JoinStage } from '../../src/runtime/chain.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import { query } from './duckdb.ts';
import { Collector, expectAllReturned, type Feed, lentScan, type Row, testBudget, testTask } from './task.ts';

/** A join of the tables `l` and `r`. */
export type JoinOptions = Omit<HashJoinNode, 'kind' | 'left' | 'right'>;

const table = (sourceId: 'l' | 'r', { fields }: Schema): PlanNode => ({
  kind: 'in-memory-scan',
  sourceId,
  schema: fields,
});

export const joinNode = (left: Schema, right: Schema, options: JoinOptions): HashJoinNode => ({
  kind: 'hash-join',
  left: table('l', left),
  right: table('r', right),
  ...options,
});

/** The chain of a plan with one join, of which the build side is a table. */
function chainOf(plan: PlanNode): Promise<Chain> {
  const rows = { kind: 'rows', rows: [] } as const;
  return buildChain(pushDown(bindPlan(plan)), { inputs: { l: rows, r: rows }, store: memoryStore() });
}

/** The operator of a join, of both sides as they are. */
export function joinOperator(left: Schema, right: Schema, options: JoinOptions): Join {
  let bound = pushDown(bindPlan(joinNode(left, right, options)));
  // What does not come out is dropped above it.
  if (bound.kind === 'project') bound = bound.input;
  assert.ok(bound.kind === 'hash-join');
  const { left: leftInput, right: rightInput, kind: _, ...rest } = bound;
  return hashJoin({ ...rest, left: leftInput.schema, right: rightInput.schema });
}

function joinStage({ stages }: Chain): JoinStage {
  const [stage] = stages;
  assert.ok(stage?.role === 'join-stage');
  return stage;
}

/** Runs a join, and what stands above it in `over`, on rows that are lent. */
export async function runJoin(
  { left, right }: { readonly left: Feed; readonly right: Feed },
  options: JoinOptions,
  { over = (join) => join, memory = testBudget() }: { over?: (join: PlanNode) => PlanNode; memory?: MemoryBudget } = {},
): Promise<readonly Row[]> {
  const node = joinNode(left.schema, right.schema, options);
  const built = await chainOf(over(node));
  const { buildSide = node.joinType === 'right' ? 'left' : 'right' } = node;
  const [build, probe] = buildSide === 'left' ? [left, right] : [right, left];
  const [, ...above] = built.stages;
  const stage: JoinStage = { ...joinStage(built), build: { source: lentScan(build), stages: [] } };
  const chain: Chain = { source: lentScan(probe), stages: [stage, ...above] };
  const collector = new Collector(memory, chainSchema(chain));
  try {
    await runChain(chain, collector, testTask(memory));
  } finally {
    expectAllReturned(memory);
  }
  return collector.rows;
}

/** What DuckDB gives for a join of its tables `l` and `r` by `condition`, in the columns of `names` or of left alone. */
export async function duckJoin(
  joinType: HashJoinNode['joinType'],
  condition: string,
  columns: { readonly left: readonly string[]; readonly right: readonly string[]; readonly merged: readonly string[] },
): Promise<readonly Row[]> {
  const { left, right, merged } = columns;
  if (joinType === 'semi' || joinType === 'anti') {
    const exists = joinType === 'semi' ? 'exists' : 'not exists';
    return query(`select ${left.join()} from l where ${exists} (select 1 from r where ${condition})`);
  }
  const key = (name: string): string => {
    if (joinType === 'outer') return `coalesce(l.${name}, r.${name})`;
    return joinType === 'right' ? `r.${name}` : `l.${name}`;
  };
  const others = (side: string, names: readonly string[]): string[] =>
    names.filter((name) => !merged.includes(name)).map((name) => `${side}.${name}`);
  const selected = [...merged.map(key), ...others('l', left), ...others('r', right)];
  return query(`select ${selected.join()} from l ${joinType === 'outer' ? 'full' : joinType} join r on ${condition}`);
}
