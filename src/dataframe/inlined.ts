import { InvalidQuery } from '../errors.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import { mapRecords } from '../planner/map-records.ts';
import { type Query, type QueryInput, queryOf } from './query.ts';

/**
 * The query with that in its place which caches and divided frames have their rows from: what another process runs, which has
 * none of these. @throws InvalidQuery where it reads a partition, which no plan tells from the others
 */
export function inlined(query: Query): Query {
  const from = new Map<string, Query>();
  const inputs = new Map<string, QueryInput>();
  for (const [id, input] of query.inputs) {
    if (!('rowsOf' in input)) inputs.set(id, input);
    else if (input.rowsOf === undefined) throw new InvalidQuery([{ path: '$.plan', message: A_PARTITION }], 'toPlan');
    else from.set(id, inlined(input.rowsOf));
  }
  if (from.size === 0) return query;
  const plan = mapRecords<PlanNode>(
    query.plan,
    (part) => (from.get(part['sourceId'] as string)?.plan as typeof part | undefined) ?? part,
    new WeakMap(),
  );
  return queryOf(plan, new Map([...inputs, ...[...from.values()].flatMap((each) => [...each.inputs])]), 'toPlan');
}

const A_PARTITION =
  'A partition is in files that its session has put aside, and goes with it. Take the plan of what was divided, or write the partition.';
