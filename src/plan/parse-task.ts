/** Where a document of unknown content becomes a task or a plan; see `take-document.ts` for those that need no schemas. */

import { Problems } from '../expressions/problems.ts';
import { checkPlanOf, checkWholeTask, type TaskLike } from './check-task.ts';
import { parsedOrProblems } from './issue-text.ts';
import { jsonDocument, valid } from './json-document.ts';
import type { PlanNode } from './plan-node.ts';
import { planNodeSchema, taskWithPlanSchema, taskWithReferenceSchema } from './schema.ts';
import type { Task } from './task.ts';

/**
 * A task from its JSON text, or from what JSON.parse made of it. Where its plan is an object elsewhere, `parsePlan`
 * checks what the two must agree on.
 *
 * @throws InvalidPlan with every problem, each at its JSON path; whatever the input is, nothing else.
 */
export function parseTask(input: unknown): Task {
  const problems = new Problems();
  const document = jsonDocument(input, problems);
  const schema = refersToPlan(document) ? taskWithReferenceSchema : taskWithPlanSchema;
  const task = parsedOrProblems(schema, document, problems, '$');
  if (task !== undefined) checkWholeTask(task, problems);
  return valid(task, problems);
}

/**
 * A plan from its JSON text, or from what JSON.parse made of it. `task`, where there is one, is that which refers to
 * the plan: then its inputs and its output are checked against the plan too. Problems of the plan have paths from
 * `$.plan`, as if it stood in the task.
 *
 * @throws InvalidPlan with every problem; whatever the input is, nothing else.
 */
export function parsePlan(input: unknown, task?: TaskLike): PlanNode {
  const problems = new Problems();
  const plan = parsedOrProblems(planNodeSchema, jsonDocument(input, problems), problems, '$.plan');
  if (plan !== undefined) checkPlanOf(task, plan, problems);
  return valid(plan, problems);
}

/** A plan with a uri and no kind is a reference to one. */
export function refersToPlan(document: unknown): boolean {
  if (typeof document !== 'object' || document === null || !('plan' in document)) return false;
  const { plan } = document;
  return typeof plan === 'object' && plan !== null && 'uri' in plan && !('kind' in plan);
}
