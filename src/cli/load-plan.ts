import { ObjectNotFound } from '../errors.ts';
import { deskStore } from '../io/desk-store.ts';
import { retryingStore } from '../io/retrying-store.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import { takePlan } from '../plan/take-document.ts';
import type { Task } from '../plan/task.ts';

/** The plan of a task, from where the task says it is. @throws InvalidPlan, ObjectNotFound */
export async function loadPlan(task: Task, signal: AbortSignal): Promise<PlanNode> {
  if ('kind' in task.plan) return task.plan;
  const stored = await retryingStore(deskStore()).get(task.plan.uri, { signal });
  if (stored === undefined) throw new ObjectNotFound(task.plan.uri);
  return await takePlan(new TextDecoder().decode(stored.bytes), task);
}
