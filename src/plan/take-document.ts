/**
 * Tasks and plans of unknown content, for who can wait. What reads any of them, and says what is wrong, is loaded for those that
 * are not plain.
 */

import { Problems } from '../expressions/problems.ts';
import { checkPlanOf, checkWholeTask, type TaskLike } from './check-task.ts';
import { jsonDocument } from './json-document.ts';
import { plainPlan, plainTask } from './plain-task.ts';
import type { PlanNode } from './plan-node.ts';
import type { Task } from './task.ts';

/** As `parseTask`. @throws InvalidPlan */
export async function takeTask(input: unknown): Promise<Task> {
  const problems = new Problems();
  const document = jsonDocument(input, problems);
  const task = plainTask(document);
  if (task !== undefined) checkWholeTask(task, problems);
  if (task !== undefined && problems.isEmpty) return task;
  const { parseTask } = await import('./parse-task.ts');
  return parseTask(document);
}

/** As `parsePlan`. @throws InvalidPlan */
export async function takePlan(input: unknown, task?: TaskLike): Promise<PlanNode> {
  const problems = new Problems();
  const document = jsonDocument(input, problems);
  const plan = plainPlan(document);
  if (plan !== undefined) checkPlanOf(task, plan, problems);
  if (plan !== undefined && problems.isEmpty) return plan;
  const { parsePlan } = await import('./parse-task.ts');
  return parsePlan(document, task);
}
