/** The only place where a document of unknown content becomes a job. */

import { InvalidPlan } from '../errors.ts';
import { Problems, pathOf } from '../expressions/problems.ts';
import { checkPlan } from '../plan/check-plan.ts';
import { checkFiles, checkTask, type TaskLike } from '../plan/check-task.ts';
import { parsedOrProblems } from '../plan/issue-text.ts';
import { jsonDocument, valid } from '../plan/json-document.ts';
import { refersToPlan } from '../plan/parse-task.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import type { Job, JobPlan } from './job.ts';
import { jobWithPlanSchema, jobWithReferenceSchema } from './job-schema.ts';

/**
 * A job from its JSON text, or from what JSON.parse made of it.
 * @throws InvalidPlan with every problem, each at its JSON path; whatever the input is, nothing else.
 */
export function parseJob(input: unknown): Job {
  const problems = new Problems();
  const document = jsonDocument(input, problems);
  const schema = refersToPlan(document) ? jobWithReferenceSchema : jobWithPlanSchema;
  const job = parsedOrProblems(schema, document, problems, '$');
  if (job !== undefined) {
    checkFiles(job, problems);
    if ('kind' in job.plan) checkJobPlan(job, job.plan, problems, '$.plan');
  }
  return valid(job, problems);
}

/** Adds what is wrong with a plan for `job`: as a plan, and as the plan of a job. */
export function checkJobPlan(job: TaskLike, plan: PlanNode, problems: Problems, path: string): void {
  checkPlan(plan, problems, path);
  checkTask(job, plan, problems, path);
  if (plan.kind === 'commit-write') return;
  const wanted = 'The root of a job\'s plan is { "kind": "commit-write", "mode": …, "input": { "kind": "write", … } }';
  problems.add(pathOf(path, 'kind'), `${wanted}, and this is ${plan.kind}.`);
}

/** A plan that was checked, as that of a job. @throws InvalidPlan where its root is no commit. */
export function asJobPlan(plan: PlanNode): JobPlan {
  if (plan.kind === 'commit-write' && plan.input.kind === 'write') return { ...plan, input: plan.input };
  throw new InvalidPlan([{ path: '$.plan.kind', message: "The root of a job's plan is commit-write over write." }]);
}
