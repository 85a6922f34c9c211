import type { MemoryBudget } from '../../src/memory/budget.ts';
import type { Join } from '../../src/operators/operator.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import {
  Collector,
  expectAllReturned,
  type Feed,
  type FeedLog,
  lentScan,
  type Row,
  testBudget,
  testTask,
} from './task.ts';

export interface JoinedRows {
  readonly rows: readonly Row[];
  /** Rows of each batch that came out. */
  readonly batchRows: readonly number[];
  /** Batches that the probe side pushed. */
  readonly batchesProbed: number;
}

/** Runs a join over feeds of rows, reads what comes out, and checks that all memory was returned. */
export async function runJoinOperator(
  join: Join,
  { build, probe }: { readonly build: Feed; readonly probe: Feed },
  { memory = testBudget(), doneAfter }: { readonly memory?: MemoryBudget; readonly doneAfter?: number } = {},
): Promise<JoinedRows> {
  const log: FeedLog = { batchesPushed: 0 };
  const collector = new Collector(memory, join.schema, doneAfter);
  const batchRows: number[] = [];
  const chain = {
    source: lentScan(probe, log),
    stages: [{ role: 'join-stage', join, build: { source: lentScan(build), stages: [] } }],
  } as const;
  const push: Collector['push'] = (batch) => {
    batchRows.push(batch.rowCount);
    return collector.push(batch);
  };
  try {
    await runChain(chain, { push }, testTask(memory));
    return { rows: collector.rows, batchRows, batchesProbed: log.batchesPushed };
  } finally {
    expectAllReturned(memory);
  }
}
