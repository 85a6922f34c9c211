/**
 * Strict parsing for who cannot wait: `parse-task.ts` and the schemas are loaded when they are first asked for, for to make these takes a new
 * process as long as a short query.
 */

import { createRequire } from 'node:module';
import type { Problems } from '../expressions/problems.ts';
import type { TaskLike } from './check-task.ts';
import type * as parsing from './parse-task.ts';
import type { PlanNode } from './plan-node.ts';
import type { Task } from './task.ts';

const load = createRequire(import.meta.url);

const strict = (): typeof parsing => load('./parse-task.ts');

/**
 * A task from its JSON text, or from what JSON.parse made of it. Where its plan is an object elsewhere, `parsePlan`
 * checks what the two must agree on.
 *
 * @throws InvalidPlan with every problem, each at its JSON path; whatever the input is, nothing else.
 */
export const parseTask = (input: unknown): Task => strict().parseTask(input);

/**
 * A plan from its JSON text, or from what JSON.parse made of it. `task`, where there is one, is that which refers to
 * the plan: then its inputs and its output are checked against the plan too. Problems of the plan have paths from
 * `$.plan`, as if it stood in the task.
 *
 * @throws InvalidPlan with every problem; whatever the input is, nothing else.
 */
export const parsePlan = (input: unknown, task?: TaskLike): PlanNode => strict().parsePlan(input, task);

/** Adds what is wrong with the form of a node. */
export const addNodeProblems = (node: unknown, problems: Problems): void => strict().addNodeProblems(node, problems);
