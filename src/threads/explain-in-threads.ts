import { nameText } from '../expressions/expression-text.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import { bindPlan } from '../planner/bind-plan.ts';
import { explainPlan } from '../planner/explain.ts';
import type { StatisticsOf } from '../planner/optimizer/statistics.ts';
import { pushDown } from '../planner/push-down.ts';
import { sizeText } from '../stats/quantity-text.ts';
import { LEAST_DIVIDED_BYTES } from './cut-shares.ts';
import { dividePlan } from './divide-plan.ts';

/**
 * The plan as `threads` threads run it where its files are large enough, each part that they share below its `Exchange`; else a sentence
 * instead. Files are not looked at.
 */
export function explainInThreads(plan: PlanNode, threads: number, statisticsOf: StatisticsOf): string {
  const dividing = dividePlan(plan, statisticsOf);
  let step = dividing.next();
  while (step.done !== true) step = dividing.next([]);
  const { plan: rest, parts } = step.value;
  if (parts.length === 0) return 'One thread: no part of the plan can be shared out.';
  const lines = explained(rest)
    .split('\n')
    .flatMap((line) => {
      const indent = ' '.repeat(line.length - line.trimStart().length);
      const part = parts.find(({ sourceId }) => line.trimStart().startsWith(`InMemoryScan ${nameText(sourceId)} `));
      if (part === undefined) return [line];
      const share = explained(part.part.share).split('\n');
      const source = nameText(part.part.sourceId);
      return [`${indent}Exchange shares of ${source}`, ...share.map((below) => `${indent}  ${below}`)];
    });
  const bound = `where of what is shared ${sizeText(LEAST_DIVIDED_BYTES)} or more are read`;
  return `${threads} threads, ${bound}:\n${lines.join('\n')}`;
}

const explained = (plan: PlanNode): string => explainPlan(pushDown(bindPlan(plan)));
