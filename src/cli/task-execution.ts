import type { KeptBatch } from '../columnar/kept-batch.ts';
import { executeTask, type TaskResult } from '../execute-task.ts';
import { deskStore } from '../io/desk-store.ts';
import type { Task } from '../plan/task.ts';
import { ProgressBar } from '../stats/progress-bar.ts';
import type { ThreadedServices } from '../threads/execute-in-threads.ts';
import type { UdfModules } from '../udf/udf-modules.ts';
import type { Terminal } from './terminal.ts';

export interface RunMeans {
  readonly memoryBytes: number;
  readonly threads: number;
  readonly udfs: UdfModules;
}

/** Runs a task with a progress bar, which is gone before a row is shown. */
export async function executeWithProgress(
  task: Task,
  { memoryBytes, threads, udfs }: RunMeans,
  terminal: Terminal,
  onKept?: (batch: KeptBatch) => Promise<void>,
): Promise<TaskResult> {
  using bar = new ProgressBar(terminal);
  const services: ThreadedServices = {
    store: deskStore(),
    // Whoever runs a task at a desk may read what they ask for.
    allowedUris: { downloads: ['s3://', 'file:///', 'https://'] },
    memoryBytes,
    udfs,
    signal: terminal.signal,
    onKept:
      onKept &&
      ((batch) => {
        bar[Symbol.dispose]();
        return onKept(batch);
      }),
    onProgress: (statistics) => bar.update(statistics),
  };
  if (threads === 1) return await executeTask(task, services);
  const [{ executeInThreads, mostThreadBytes }, { ThreadPool }] = await Promise.all([
    import('../threads/execute-in-threads.ts'),
    import('../threads/thread-pool.ts'),
  ]);
  await using pool = new ThreadPool(threads, mostThreadBytes(memoryBytes, threads));
  return await executeInThreads(task, services, pool);
}
