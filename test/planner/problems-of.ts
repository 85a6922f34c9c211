import { InvalidPlan } from '../../src/errors.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';

/** What is wrong with a plan, each with its place. */
export function problemsOf(plan: PlanNode): readonly string[] {
  try {
    bindPlan(plan);
  } catch (error) {
    if (error instanceof InvalidPlan) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}
