import { loadFunctions } from '../expressions/functions/load-functions.ts';
import type { PlanNode } from '../plan/plan-node.ts';

/** Makes the functions known that `plan` calls: to be done before it is bound. */
export async function loadCalledFunctions(plan: PlanNode): Promise<void> {
  await loadFunctions(calledNames(plan));
}

/** Whatever looks like a call in a plan, or in a part of one. Schemas, which may be long, have none. */
export function calledNames(plan: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  const left: unknown[] = [plan];
  while (left.length > 0) {
    const part = left.pop();
    if (typeof part !== 'object' || part === null) continue;
    if ('kind' in part && part.kind === 'function' && 'name' in part) names.add(String(part.name));
    // One by one: a list of an in-memory plan may be too long to be spread into arguments.
    for (const [key, value] of Object.entries(part)) if (key !== 'schema') left.push(value);
  }
  return names;
}
