/** The only place where a document of unknown content becomes a task or a plan. */

import { Problems } from '../expressions/problems.ts';
import { checkPlan } from './check-plan.ts';
import { checkFiles, checkTask } from './check-task.ts';
import { checkText, checkValue } from './document-limits.ts';
import { parsedOrProblems } from './issue-text.ts';
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
  if (task !== undefined) {
    checkFiles(task, problems);
    if ('kind' in task.plan) {
      checkPlan(task.plan, problems, '$.plan');
      checkTask(task, task.plan, problems, '$.plan');
    }
  }
  return valid(task, problems);
}

/**
 * A plan from its JSON text, or from what JSON.parse made of it. `task`, where there is one, is that which refers to
 * the plan: then its inputs and its output are checked against the plan too. Problems of the plan have paths from
 * `$.plan`, as if it stood in the task.
 *
 * @throws InvalidPlan with every problem; whatever the input is, nothing else.
 */
export function parsePlan(input: unknown, task?: Task): PlanNode {
  const problems = new Problems();
  const plan = parsedOrProblems(planNodeSchema, jsonDocument(input, problems), problems, '$.plan');
  if (plan !== undefined) {
    checkPlan(plan, problems, '$.plan');
    if (task !== undefined) checkTask(task, plan, problems, '$.plan');
  }
  return valid(plan, problems);
}

function valid<T>(parsed: T | undefined, problems: Problems): T {
  problems.throwIfAny();
  if (parsed === undefined) throw new Error('A document that did not parse has no problems.');
  return parsed;
}

/** @throws InvalidPlan where the input is no JSON, or more of it than may be looked at. */
function jsonDocument(input: unknown, problems: Problems): unknown {
  if (typeof input === 'string') checkText(input, problems);
  problems.throwIfAny();
  const document = typeof input === 'string' ? parsedJson(input, problems) : input;
  problems.throwIfAny();
  checkValue(document, problems);
  problems.throwIfAny();
  return document;
}

function parsedJson(text: string, problems: Problems): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // Only the place is taken from V8's message, because that repeats a part of the text.
    const place = /line \d+ column \d+/.exec(String(error))?.[0];
    const ended = String(error).includes('Unexpected end') ? ': it ends too early' : '';
    problems.add('$', `This is not JSON${place === undefined ? ended : `, at ${place}`}.`);
    return undefined;
  }
}

/** A plan with a uri and no kind is a reference to one. */
function refersToPlan(document: unknown): boolean {
  if (typeof document !== 'object' || document === null || !('plan' in document)) return false;
  const { plan } = document;
  return typeof plan === 'object' && plan !== null && 'uri' in plan && !('kind' in plan);
}
