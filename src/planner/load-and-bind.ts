import type { PlanNode } from '../plan/plan-node.ts';
import type { PlanSettings } from '../plan/task.ts';
import { bindPlan } from './bind-plan.ts';
import type { BoundNode } from './bound-plan.ts';
import { loadCalledFunctions } from './load-called-functions.ts';

/** A plan bound as its task says, with the functions that it calls loaded. @throws InvalidPlan */
export async function loadAndBind(plan: PlanNode, { overflow, timezone }: PlanSettings): Promise<BoundNode> {
  const written = timezone === undefined ? plan : (await import('./in-time-zone.ts')).inTimeZone(plan, timezone);
  await loadCalledFunctions(written);
  const bound = bindPlan(written);
  return overflow === 'wrap' ? (await import('./wrap-overflow.ts')).wrapOverflow(bound) : bound;
}
