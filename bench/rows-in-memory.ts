import { BATCH_ROWS, Batch } from '../src/columnar/batch.ts';
import type { Column } from '../src/columnar/column.ts';
import { keepBatch } from '../src/columnar/kept-batch.ts';
import type { Schema } from '../src/columnar/schema.ts';
import { sliceColumn } from '../src/columnar/slice.ts';
import { fileStore } from '../src/io/file-store.ts';
import type { PartitionPiece } from '../src/io/shuffle/shuffle-format.ts';
import { UploadFiles } from '../src/io/upload-files.ts';
import type { MemoryBudget } from '../src/memory/budget.ts';
import type { Source } from '../src/operators/operator.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import { bindPlan } from '../src/planner/bind-plan.ts';
import { buildChain } from '../src/planner/build-chain.ts';
import { loadCalledFunctions } from '../src/planner/load-called-functions.ts';
import { pushDown } from '../src/planner/push-down.ts';
import { runChain } from '../src/runtime/run-chain.ts';
import { rowsOf } from './answers.ts';
import type { Cell } from './duckdb.ts';
import { forgetfulStore } from './forgetful-store.ts';
import type { Answer } from './turns.ts';

/** Of files that plans write, and nobody keeps. */
const OWNER = { jobId: 'bench', stageId: 0, taskId: 0, attemptId: 'a' } as const;

/** Runs a plan whose in-memory scans read `sources`, from the plan to its rows. */
export async function runOver(
  sources: ReadonlyMap<string, Source>,
  plan: PlanNode,
  budget: MemoryBudget,
): Promise<Answer> {
  const rows: Cell[][] = [];
  const task = { memory: budget, signal: new AbortController().signal };
  const start = performance.now();
  await loadCalledFunctions(plan);
  using memory = budget.reserve('uploads');
  const files = new UploadFiles({ store: forgetfulStore(), destination: 'memory://lake/', owner: OWNER, memory });
  const shuffle = { files: () => files, commit: async (pieces: readonly PartitionPiece[]) => pieces };
  const output = { files: () => files, commit: async () => files.closed };
  const resources = { inputs: {}, sources, store: fileStore(), shuffle, output };
  await runChain(
    await buildChain(pushDown(bindPlan(plan)), resources),
    {
      push: async (batch) => {
        rows.push(...rowsOf(keepBatch(batch, budget.linear)));
        return 'more';
      },
    },
    task,
  );
  return { ms: performance.now() - start, rows };
}

/** Pushes the rows as views of the columns, a batch of them at a time. */
export function rowsInMemory(schema: Schema, columns: readonly Column[], rowCount: number): Source {
  return {
    role: 'source',
    name: 'RowsInMemory',
    schema,
    open: () => ({
      run: async (output) => {
        for (let start = 0; start < rowCount; start += BATCH_ROWS) {
          const size = Math.min(BATCH_ROWS, rowCount - start);
          const batch = new Batch(
            schema,
            size,
            columns.map((column) => sliceColumn(column, start)),
          );
          if ((await output.push(batch)) === 'done') return;
        }
      },
      [Symbol.dispose]: () => {},
    }),
  };
}
