/**
 * What each rule does to plans, as text: `<rule>.golden` has the cases of `cases.ts` before and after, with all rules that fired.
 * `UPDATE_GOLDEN=1` writes them anew; read what has changed before it is committed.
 */

import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RecordBatch } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import type { KeptBatch } from '../../../src/columnar/kept-batch.ts';
import { type Query, taskInputs } from '../../../src/dataframe/query.ts';
import { executeTask } from '../../../src/execute-task.ts';
import { memoryStore } from '../../../src/io/memory-store.ts';
import type { PlanNode } from '../../../src/plan/plan-node.ts';
import { bindPlan } from '../../../src/planner/bind-plan.ts';
import { explainPlan } from '../../../src/planner/explain.ts';
import { optimize } from '../../../src/planner/optimizer/optimize.ts';
import { CASES, type Case, NAMES, statisticsOf } from './cases.ts';

const UPDATES = process.env['UPDATE_GOLDEN'] === '1';
const directory = join(import.meta.dirname, 'rules');
const RULES = globSync('src/planner/optimizer/rules/*.ts')
  .map((file) => basename(file, '.ts'))
  .sort();

const optimized = ({ query, rows = {} }: Case) => optimize(query.plan, { statisticsOf: statisticsOf(rows) });

function shown(one: Case): string {
  const { plan, fired } = optimized(one);
  const text = (each: PlanNode): string =>
    explainPlan(bindPlan(each)).replaceAll(/"?rows-\d+"?/g, (id) => NAMES.get(id.replaceAll('"', '')) ?? id);
  const rules = [...fired].map(([name, times]) => `${name} ${times}`).join(', ');
  const known = one.rows === undefined ? '' : `rows ${JSON.stringify(one.rows)}\n`;
  return `# ${one.title}\n\n${known}${text(one.query.plan)}\n──▶ ${rules === '' ? 'the same' : rules}\n${text(plan)}\n`;
}

async function rowsOf(query: Query, plan: PlanNode): Promise<readonly string[]> {
  const text = JSON.stringify(plan);
  const batches: Record<string, readonly (RecordBatch | KeptBatch)[]> = {};
  const inputs = new Map([...query.inputs].filter(([id]) => text.includes(`"${id}"`)));
  for (const [id, input] of inputs) if (input.kind === 'batches') batches[id] = await input.load({});
  const found: string[] = [];
  const task = { version: 1, jobId: 'job', stageId: 0, taskId: 0, plan, inputs: taskInputs(inputs) };
  await executeTask(task, {
    store: memoryStore(),
    memoryBytes: 64 * 1024 * 1024,
    batches,
    onBatch: (batch) => void found.push(...[...batch].map(String)),
  });
  return found.sort();
}

test('every rule has cases', () => expect([...new Set(CASES.map(({ rule }) => rule))].sort()).toEqual(RULES));

describe.each(RULES)('%s', (rule) => {
  const cases = CASES.filter((each) => each.rule === rule);
  test('gives these plans', () => {
    const path = join(directory, `${rule}.golden`);
    const text = cases.map(shown).join('\n');
    if (UPDATES) writeFileSync(path, text);
    else expect(text).toBe(existsSync(path) ? readFileSync(path, 'utf8') : '');
  });

  test.each(cases.map((one) => [one.title, one] as const))('%s', async (_, one) => {
    const { plan, fired } = optimized(one);
    expect(fired.has(rule)).toBe(one.isLeft !== true);
    if (/random|sample/.test(JSON.stringify(one.query.plan))) return;
    expect(await rowsOf(one.query, plan)).toEqual(await rowsOf(one.query, one.query.plan));
  });
});
