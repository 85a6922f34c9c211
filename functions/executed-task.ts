/** What a task's run means for the function that it ran in: its budget before, its answer and figures after. */

import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { InvalidPlan } from '../src/errors.ts';
import type { TaskResult } from '../src/execute-task.ts';
import { budgetFor } from '../src/memory/process-memory.ts';
import type { Task } from '../src/plan/task.ts';
import { logger, metrics } from './middleware/observed.ts';

export interface ExecutedTask {
  /** Uri of the manifest that stands, this attempt's or that of the first one. */
  readonly manifest: string;
  readonly rows: number;
  readonly files: number;
}

const MIB = 1024 * 1024;
/**
 * What is left for a function beyond what a process at a desk takes. Measured with Node 24.21 on x64 Linux, V8's heap
 * bounded, HTTP without TLS: a function of 512 MB that sorted and wrote with all of its budget, warm, again and again,
 * was resident with 114 MiB besides, which the desk's reserve holds. So this is for what could not be measured: TLS, and
 * the runtime of Lambda, which counts what it takes itself.
 */
const FUNCTION_BYTES = 40 * MIB;

const budgets = new Map<number, number>();

/**
 * The budget of a task in a function of so many MiB. Found once per process: later the memory that the last task has
 * left, for the next one to use, would count as lost.
 */
export function processBudget(memoryMb: number): number {
  let budgetBytes = budgets.get(memoryMb);
  if (budgetBytes === undefined) {
    budgetBytes = budgetFor(memoryMb * MIB - FUNCTION_BYTES);
    budgets.set(memoryMb, budgetBytes);
  }
  return budgetBytes;
}

/** @throws InvalidPlan for a task without output: its rows would be lost. */
export function assertWrites({ output }: Task): void {
  if (output !== undefined) return;
  throw new InvalidPlan([{ path: '$.output', message: 'a function runs tasks that write: expected { "uri": … }' }]);
}

/** The answer of a function to a task that has written; logged and measured. */
export function answerOf({ manifest, manifestUri, rowCount: rows, statistics }: TaskResult): ExecutedTask {
  if (manifest === undefined || manifestUri === undefined) {
    throw new InvalidPlan([{ path: '$.plan', message: 'a function runs plans whose root is a write' }]);
  }
  const files = manifest.files.length;
  metrics
    .addMetric('Rows', MetricUnit.Count, rows)
    .addMetric('Files', MetricUnit.Count, files)
    .addMetric('PeakBudgetBytes', MetricUnit.Bytes, statistics.peakBytes);
  logger.info('task executed', { manifest: manifestUri, rows, files, statistics });
  return { manifest: manifestUri, rows, files };
}
