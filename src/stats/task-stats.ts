import type { OperatorStats } from './operator-stats.ts';

/** What a task did, so far or in the end. JSON data. */
export interface TaskStats {
  /** The last operator; its inputs are below it. */
  readonly root: OperatorStats;
  /** Milliseconds from the start of the first operator. */
  readonly wallMs: number;
  /** The most that operators and reads in flight held of the budget at one time. */
  readonly peakBytes: number;
  /** The budget. */
  readonly limitBytes: number;
}
