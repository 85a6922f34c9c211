import { loadFunctions } from '../expressions/functions/load-functions.ts';
import { FUNCTIONS } from '../expressions/functions/registry.ts';
import type { PlanNode } from '../plan/plan-node.ts';

/** Makes the functions known that `plan` calls: to be done before it is bound. */
export async function loadCalledFunctions(plan: PlanNode): Promise<void> {
  await loadFunctions(calledNames(plan));
}

/**
 * Whether no call in a part of a plan gives something else the next time, or waits for the world: the part may be run where, and as often
 * as, one likes. What it calls is loaded, or is not known, and then it may not.
 */
export function callsOnlyPure(part: unknown): boolean {
  return [...calledNames(part)].every((name) => {
    const called = FUNCTIONS.get(name);
    return called !== undefined && !called.isVolatile && !called.isAsync;
  });
}

/** Whatever looks like a call in a plan, or in a part of one. Schemas, which may be long, have none. */
function calledNames(plan: unknown): ReadonlySet<string> {
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
