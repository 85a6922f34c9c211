import type { RecordBatch } from 'apache-arrow';
import { deskStore } from '../dataframe/desk-store.ts';
import { executeTask, type TaskResult } from '../execute-task.ts';
import type { Task } from '../plan/task.ts';
import { ProgressBar } from '../stats/progress-bar.ts';
import type { UdfModules } from '../udf/udf-modules.ts';
import type { Terminal } from './terminal.ts';

/** Runs a task with a progress bar, which is gone before a row is shown. */
export async function executeWithProgress(
  task: Task,
  { memoryBytes, udfs }: { readonly memoryBytes: number; readonly udfs: UdfModules },
  terminal: Terminal,
  onBatch?: (batch: RecordBatch) => Promise<void>,
): Promise<TaskResult> {
  using bar = new ProgressBar(terminal);
  return await executeTask(task, {
    store: deskStore(),
    // Whoever runs a task at a desk may read what they ask for.
    allowedUris: { downloads: ['s3://', 'file:///', 'https://'] },
    memoryBytes,
    udfs,
    signal: terminal.signal,
    onBatch:
      onBatch &&
      ((batch) => {
        bar[Symbol.dispose]();
        return onBatch(batch);
      }),
    onProgress: (statistics) => bar.update(statistics),
  });
}
