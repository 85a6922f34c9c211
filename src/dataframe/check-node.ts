/** What a method is told is checked when it is called, as the plan of a task is when it is run: numbers in their bounds, words that are known. */

import { nullType } from '../columnar/data-type.ts';
import { field } from '../columnar/schema.ts';
import { InvalidQuery, type PlanProblem } from '../errors.ts';
import { Problems } from '../expressions/problems.ts';
import { INPUT_KEYS, type Inputs } from '../plan/check-plan.ts';
import { addNodeProblems } from '../plan/parse-now.ts';
import { plainPlan } from '../plan/plain-task.ts';
import type { PlanNode } from '../plan/plan-node.ts';

/** Plans are values: what is below a node was checked with it. */
const checked = new WeakSet<PlanNode>();
/** In place of what is below. */
const BELOW: PlanNode = { kind: 'empty-scan', schema: [field('below', nullType)] };

/** @throws InvalidQuery of `method` */
export function checkNode(node: PlanNode, method: string): void {
  if (checked.has(node)) return;
  const alone: Record<string, unknown> = { ...node };
  for (const key of INPUT_KEYS) {
    const input = (node as Inputs<PlanNode>)[key];
    if (input === undefined) continue;
    const inputs = Array.isArray(input) ? (input as readonly PlanNode[]) : [input as PlanNode];
    for (const below of inputs) checkNode(below, method);
    alone[key] = Array.isArray(input) ? inputs.map(() => BELOW) : BELOW;
  }
  if (plainPlan(alone) === undefined) {
    const problems = new Problems();
    addNodeProblems(alone, problems);
    if (!problems.isEmpty) throw new InvalidQuery(problems.found.map(withPlace), method);
  }
  checked.add(node);
}

/** The path is that of the option, or of the part of an expression. */
const withPlace = ({ path, message }: PlanProblem): PlanProblem => ({ path, message: `${path.slice(1)}: ${message}` });
