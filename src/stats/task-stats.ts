import type { OperatorStats } from './operator-stats.ts';

/** What a task did, so far or in the end. JSON data. */
export interface TaskStats {
  /** In the order of explain: each before its inputs, the last one of the chain first. */
  readonly operators: readonly OperatorStats[];
  /** Milliseconds from the start of the first operator. */
  readonly wallMs: number;
  /** Of these, until the first batch left its source; absent while none has. */
  readonly firstBatchMs?: number;
  /** The most that operators and reads in flight held of the budget at one time. */
  readonly peakBytes: number;
  /** The budget. */
  readonly limitBytes: number;
}
