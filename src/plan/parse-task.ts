/** Where a document of unknown content becomes a task or a plan; see `take-document.ts` for those that need no schemas. */

import { Problems } from '../expressions/problems.ts';
import { checkPlanOf, checkWholeTask, type TaskLike } from './check-task.ts';
import { parsedOrProblems } from './issue-text.ts';
import { jsonDocument, valid } from './json-document.ts';
import type { PlanNode } from './plan-node.ts';
import { planNodeSchema, taskWithPlanSchema, taskWithReferenceSchema } from './schema.ts';
import type { Task } from './task.ts';

/** See `parse-now.ts`. @throws InvalidPlan */
export function parseTask(input: unknown): Task {
  const problems = new Problems();
  const document = jsonDocument(input, problems);
  const schema = refersToPlan(document) ? taskWithReferenceSchema : taskWithPlanSchema;
  const task = parsedOrProblems(schema, document, problems, '$');
  if (task !== undefined) checkWholeTask(task, problems);
  return valid(task, problems);
}

/** See `parse-now.ts`. @throws InvalidPlan */
export function parsePlan(input: unknown, task?: TaskLike): PlanNode {
  const problems = new Problems();
  const plan = parsedOrProblems(planNodeSchema, jsonDocument(input, problems), problems, '$.plan');
  if (plan !== undefined) checkPlanOf(task, plan, problems);
  return valid(plan, problems);
}

/** Adds what is wrong with the form of a node and of all below it, with paths from the node. */
export function addNodeProblems(node: unknown, problems: Problems): void {
  parsedOrProblems(planNodeSchema, node, problems, '');
}

/** A plan with a uri and no kind is a reference to one. */
export function refersToPlan(document: unknown): boolean {
  if (typeof document !== 'object' || document === null || !('plan' in document)) return false;
  const { plan } = document;
  return typeof plan === 'object' && plan !== null && 'uri' in plan && !('kind' in plan);
}
