import type { PlanNode } from '../plan/plan-node.ts';
import type { TaskStats } from '../stats/task-stats.ts';

/** Who is told of the queries of a session as they run, each of which has an id. None of it may throw. */
export interface QuerySubscriber {
  readonly onStart?: (id: string, plan: PlanNode) => void;
  /** The figures so far, a few times per second. */
  readonly onProgress?: (id: string, statistics: TaskStats) => void;
  /** Of a query that has failed or was cancelled there is the error, and no figures. */
  readonly onEnd?: (id: string, outcome: { readonly statistics: TaskStats } | { readonly error: unknown }) => void;
}
