/**
 * What a frame is made of: a plan, and what its leaves read. A query is a value; nothing of it has run.
 *
 *     readParquet ──▶ Query ──filter, join …──▶ Query ──collect──▶ a task
 *
 * Every node is bound as soon as it is there, so that an error comes from the line that made it.
 */

import type { RecordBatch } from 'apache-arrow';
import type { KeptBatch } from '../columnar/kept-batch.ts';
import type { Field, Schema } from '../columnar/schema.ts';
import { InvalidPlan, InvalidQuery } from '../errors.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import type { ScanFile, ShufflePieceInput, TaskInput } from '../plan/task.ts';
import { bindAbove } from '../planner/bind-plan.ts';
import type { BoundNode } from '../planner/bound-plan.ts';
import { type Optimized, optimize } from '../planner/optimizer/optimize.ts';
import type { SourceStatistics } from '../planner/optimizer/statistics.ts';
import { checkNode } from './check-node.ts';
import type { Rows } from './plan-parts.ts';
import type { RunOptions } from './run-options.ts';

/** What a leaf reads. */
export type QueryInput = {
  /** What is known of its rows. */
  readonly statistics?: SourceStatistics | undefined;
} & (
  | { readonly kind: 'files'; readonly files: readonly ScanFile[] }
  | { readonly kind: 'globs'; readonly globs: readonly string[] }
  /** Rows that a program has. */
  | {
      readonly kind: 'given';
      readonly fields: readonly Field[];
      readonly rowCount: number;
      readonly batches: () => readonly (RecordBatch | KeptBatch)[];
    }
  /** Loaded when the query is run, and no more than once. */
  | {
      readonly kind: 'batches';
      readonly load: (options: RunOptions) => Promise<readonly (RecordBatch | KeptBatch)[]>;
      /** Whose rows they are. */
      readonly rowsOf: Query;
    }
  /** Written by another query when this one is run, and no more than once. */
  | {
      readonly kind: 'pieces';
      readonly load: (options: RunOptions) => Promise<readonly ShufflePieceInput[]>;
      /** Whose rows they are, all of them; undefined of a part. */
      readonly rowsOf: Query | undefined;
    }
);

export type QueryInputs = ReadonlyMap<string, QueryInput>;

export interface Query extends Rows {
  readonly plan: PlanNode;
  readonly inputs: QueryInputs;
  readonly schema: Schema;
}

/** Plans are values, so what was found out about one stays true. */
const bound = new WeakMap<PlanNode, BoundNode>();

/** `method` is whose call made the plan. @throws InvalidQuery */
export function queryOf(plan: PlanNode, inputs: QueryInputs, method: string): Query {
  const { schema } = boundQuery(plan, method);
  return { plan, inputs, schema, columns: schema.fields.map(({ name }) => name) };
}

export function boundQuery(plan: PlanNode, method: string): BoundNode {
  checkNode(plan, method);
  try {
    return bindAbove(plan, bound);
  } catch (error) {
    if (!(error instanceof InvalidPlan)) throw error;
    throw new InvalidQuery(error.problems, method);
  }
}

const optimized = new WeakMap<Query, Optimized>();

/** What an output runs. Leaves that nothing is made of any more are still inputs of the query. */
export function optimizedQuery(query: Query): Optimized {
  const known = optimized.get(query);
  if (known !== undefined) return known;
  const made = optimize(query.plan, { known: bound, statisticsOf: (id) => query.inputs.get(id)?.statistics });
  optimized.set(query, made);
  return made;
}

/** Two queries in one: a leaf of both is one leaf. */
export const inputsOf = (...queries: readonly Query[]): QueryInputs =>
  new Map(queries.flatMap(({ inputs }) => [...inputs]));

let sources = 0;

/** A name for a leaf that no other has in this process. */
export function newSourceId(kind: string): string {
  sources += 1;
  return `${kind}-${sources}`;
}

/** The inputs of a task that this process runs: what is in its memory, and what is loaded when the query is run, is handed over beside it. */
export function taskInputs(inputs: QueryInputs): Record<string, TaskInput> {
  return Object.fromEntries([...inputs].map(([id, input]): [string, TaskInput] => [id, documented(input)]));
}

function documented({ statistics: _, ...input }: QueryInput): TaskInput {
  if (input.kind === 'batches' || input.kind === 'given') return { kind: 'rows', rows: [] };
  return input.kind === 'pieces' ? { kind: 'shuffle', pieces: [] } : input;
}
