/**
 * A task by several threads: parts of its plan over shares of their input, each share a task of its own, and the rest of the plan here.
 *
 *     task ──divide──▶ rest of the plan ◀──pages── Exchange ◀── thread 1   share 0, share 2, …
 *                                                           ◀── thread 2   share 1, …
 *
 * Threads share nothing: each has an engine, a linear memory and a part of the budget. So what one does is what a task does anywhere, and
 * every promise about tasks holds for it.
 */

import { executeTask, loadPlan, type TaskResult, type TaskServices } from '../execute-task.ts';
import { retryingStore } from '../io/retrying-store.ts';
import type { Source } from '../operators/operator.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import { takeTask } from '../plan/take-document.ts';
import type { Task } from '../plan/task.ts';
import { inTimeZone } from '../planner/in-time-zone.ts';
import { loadCalledFunctions } from '../planner/load-called-functions.ts';
import { sourcesOf } from '../planner/node-inputs.ts';
import type { StatisticsOf } from '../planner/optimizer/statistics.ts';
import { cancellable } from '../runtime/cancellation.ts';
import type { TaskStats } from '../stats/task-stats.ts';
import { cutShares } from './cut-shares.ts';
import { type DividedPart, dividePlan } from './divide-plan.ts';
import { exchange } from './exchange.ts';
import { statisticsOfInputs } from './input-statistics.ts';
import { THREAD_BYTES, type ThreadPool } from './thread-pool.ts';

/** What a task needs that may be divided. */
export interface ThreadedServices extends TaskServices {
  /** Must lead where threads come to by themselves: see `io/desk-store.ts`. */
  readonly store: TaskServices['store'];
  readonly memoryBytes: number;
  readonly signal: AbortSignal;
  /** Of leaves: where absent, what the first file of each tells. */
  readonly statisticsOf?: StatisticsOf | undefined;
  /** From how many stored bytes on a part is divided, whether threads are there already or not: what was measured where absent. */
  readonly leastBytes?: number | undefined;
}

/** Less than this, and a thread would have no room for a row group. */
const LEAST_THREAD_BYTES = 16 * 1024 * 1024;
/** More is not needed by who passes rows on. */
const PASSING_BYTES = 128 * 1024 * 1024;

/** What each thread of a query may hold at most: all have as much, and the rest of the plan what is left. */
export const mostThreadBytes = (memoryBytes: number, threads: number): number =>
  Math.floor((memoryBytes - threads * THREAD_BYTES) / (threads + 1));

/** As `executeTask`. What cannot be divided, or is not worth it, is run here. */
export async function executeInThreads(
  task: unknown,
  services: ThreadedServices,
  pool: ThreadPool,
): Promise<TaskResult> {
  const { memoryBytes, signal, statisticsOf, leastBytes } = services;
  const threads = pool.size;
  const most = mostThreadBytes(memoryBytes, threads);
  if (threads < 2 || most < LEAST_THREAD_BYTES) return await executeTask(task, services);
  // Types hang on the time zone, and what is divided says it itself.
  const { timezone, ...parsed } = await takeTask(task);
  const store = retryingStore(services.store);
  const { plan, parts } = await cancellable(signal, async () => {
    const loaded = await loadPlan(parsed, store, signal);
    const whole = timezone === undefined ? loaded : inTimeZone(loaded, timezone);
    await loadCalledFunctions(whole);
    const sources = { inputs: parsed.inputs, store, signal };
    const known = statisticsOf ?? (await statisticsOfInputs(whole, sources));
    const means = { ...sources, pool, statisticsOf: known, threadBytes: most, leastBytes };
    const dividing = dividePlan(whole, known);
    let step = dividing.next();
    while (step.done !== true) step = dividing.next(await cutShares(step.value, means));
    return step.value;
  });
  if (parts.length === 0) return await executeTask(task, services);
  const retains = parts.some(({ part }) => part.retains);
  const threadBytes = retains ? most : Math.min(most, PASSING_BYTES);
  const held = new Peak();
  const sources = new Map(
    parts.map((each): [string, Source] => [each.sourceId, sourceOf(each, parsed, { pool, threadBytes, held })]),
  );
  const { onProgress } = services;
  const whole = (statistics: TaskStats): TaskStats => ({
    ...statistics,
    peakBytes: statistics.peakBytes + threads * (THREAD_BYTES + held.bytes),
    limitBytes: memoryBytes,
  });
  const result = await executeTask(restOf(parsed, plan, parts), {
    ...services,
    memoryBytes: memoryBytes - threads * (THREAD_BYTES + threadBytes),
    sources,
    ...(onProgress && { onProgress: (statistics) => onProgress(whole(statistics)) }),
  });
  return { ...result, statistics: whole(result.statistics) };
}

/** The most that any thread has held. */
class Peak {
  bytes = 0;

  note(bytes: number): void {
    this.bytes = Math.max(this.bytes, bytes);
  }
}

function sourceOf(
  { schema, part, shares }: DividedPart,
  { output: _, ...task }: Task,
  { pool, threadBytes, held }: { readonly pool: ThreadPool; readonly threadBytes: number; readonly held: Peak },
): Source {
  return exchange({
    schema,
    shares: shares.map((inputs) => ({ ...task, plan: part.share, inputs })),
    isOrdered: part.isOrdered && task.maintainOrder !== false,
    pool,
    threadBytes,
    onHeld: (bytes) => held.note(bytes),
  });
}

/** The task of what is run here. */
function restOf(task: Task, plan: PlanNode, parts: readonly DividedPart[]): Task {
  const read = new Set(sourcesOf(plan));
  const inputs = Object.entries(task.inputs).filter(([id]) => read.has(id));
  const shared = parts.map(({ sourceId }) => [sourceId, { kind: 'rows', rows: [] }] as const);
  return { ...task, plan, inputs: Object.fromEntries([...inputs, ...shared]) };
}
