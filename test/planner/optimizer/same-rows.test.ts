/** Random plans over random rows give the same rows as they are and optimized, whatever is known of their leaves. */

import type { RecordBatch } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MillraceError } from '../../../src/errors.ts';
import { executeTask } from '../../../src/execute-task.ts';
import { memoryStore } from '../../../src/io/memory-store.ts';
import type { PlanNode } from '../../../src/plan/plan-node.ts';
import type { TaskInput } from '../../../src/plan/task.ts';
import { bindPlan } from '../../../src/planner/bind-plan.ts';
import { explainPlan } from '../../../src/planner/explain.ts';
import { nodeInputs } from '../../../src/planner/node-inputs.ts';
import { optimize } from '../../../src/planner/optimizer/optimize.ts';
import type { SourceStatistics } from '../../../src/planner/optimizer/statistics.ts';
import { fuzzed } from '../../support/fuzz.ts';
import { col } from '../../support/plans.ts';
import { joinsOf, mostRows, planOf, TABLE_NAMES } from './random-plans.ts';

type JsonRow = Extract<TaskInput, { kind: 'rows' }>['rows'][number];

const row: fc.Arbitrary<JsonRow> = fc.record({
  k: fc.option(fc.nat(4), { freq: 5 }),
  n: fc.option(fc.nat(30), { freq: 5 }),
  s: fc.option(fc.constantFrom('1', '2', '3', 'a', 'x'), { freq: 5 }),
  f: fc.option(fc.constantFrom(0, -0, 1.5, -1, 4), { freq: 5 }),
  b: fc.option(fc.boolean(), { freq: 5 }),
});
const tables = fc.tuple(...TABLE_NAMES.map(() => fc.array(row, { maxLength: 12 })));
const choices = fc.array(fc.nat(), { minLength: 5, maxLength: 70, size: 'max' });

describe('an optimized plan', () => {
  test('gives the same rows', async () => {
    await fc.assert(
      fc.asyncProperty(choices, tables, fc.boolean(), async (chosen, rows, isKnown) => {
        const plan = planOf(chosen);
        await expectSame(plan, cut(rows, plan), isKnown ? rows.map(({ length }) => length ** 3 * 10) : []);
      }),
      fuzzed(120),
    );
  });

  test('gives the same rows, where parts come several times', async () => {
    await fc.assert(
      fc.asyncProperty(choices, tables, async (chosen, rows) => {
        const plan = planOf(chosen);
        await expectSame(
          severalTimes(plan),
          cut(rows, plan),
          rows.map(() => 1_000_000),
        );
      }),
      fuzzed(60),
    );
  });

  test('gives the same rows, whatever joins are expected to cost', async () => {
    const few = fc.tuple(...TABLE_NAMES.map(() => fc.array(row, { maxLength: 5 })));
    const counts = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(choices, few, counts, async (chosen, rows, known) => {
        await expectSame(joinsOf(chosen), rows, known);
      }),
      fuzzed(60),
    );
  });
});

const MOST_ROWS = 20_000;

/** As many rows of each table as the plan cannot make too many of, whatever they are: some seed finds joins that multiply all of them. */
function cut(tables: Tables, plan: PlanNode): Tables {
  let length = 12;
  while (length > 2 && mostRows(plan, length) > MOST_ROWS) length -= 1;
  return tables.map((rows) => rows.slice(0, length));
}

/** As it is, as groups of it, and as it is where it has such groups. */
function severalTimes(plan: PlanNode): PlanNode {
  const { fields } = bindPlan(plan).schema;
  const distinct: PlanNode = { kind: 'dedup', input: { ...plan } };
  const on = fields.map(({ name }) => col(name));
  const met: PlanNode = { kind: 'hash-join', left: plan, right: distinct, leftOn: on, rightOn: on, joinType: 'semi' };
  return { kind: 'concat', inputs: [plan, distinct, met] };
}

/** `known` are rows of the tables, as statistics have them. */
async function expectSame(plan: PlanNode, rows: Tables, known: readonly number[]): Promise<void> {
  const statisticsOf = (id: string): SourceStatistics | undefined => {
    const count = known[TABLE_NAMES.indexOf(id as never)];
    return count === undefined ? undefined : statistics(count);
  };
  const optimized = optimize(plan, { statisticsOf }).plan;
  const before = await rowsOf(plan, rows);
  // What fails as it is written need not fail when it is asked of fewer rows.
  if (before === undefined) return;
  const after = await rowsOf(optimized, rows);
  // A join may end before it has read a side that fails, and which side it reads first is not promised.
  if (after === undefined && (await somePartFails(plan, rows))) return;
  expect(after, `${explainPlan(bindPlan(plan))}\n\n${explainPlan(bindPlan(optimized))}`).toEqual(before);
}

const statistics = (rows: number): SourceStatistics => ({
  rows,
  columns: new Map([
    ['k', { distinct: 5, low: 0, high: 4, nulls: 0.2 }],
    ['n', { distinct: Math.ceil(rows / 2), low: 0, high: 30 }],
  ]),
});

type Tables = readonly (readonly JsonRow[])[];

async function somePartFails(plan: PlanNode, rows: Tables): Promise<boolean> {
  if ((await rowsOf(plan, rows)) === undefined) return true;
  for (const input of nodeInputs(plan)) if (await somePartFails(input, rows)) return true;
  return false;
}

/** In an order of their own; undefined where it fails. */
async function rowsOf(plan: PlanNode, tablesOfRows: Tables): Promise<readonly string[] | undefined> {
  const batches: RecordBatch[] = [];
  const text = JSON.stringify(plan);
  const inputs = Object.fromEntries(
    TABLE_NAMES.filter((name) => text.includes(`"${name}"`)).map((name) => [
      name,
      { kind: 'rows', rows: tablesOfRows[TABLE_NAMES.indexOf(name)] ?? [] } as const,
    ]),
  );
  const task = { version: 1, jobId: 'job', stageId: 0, taskId: 0, plan, inputs };
  try {
    await executeTask(task, {
      store: memoryStore(),
      memoryBytes: 64 * 1024 * 1024,
      onBatch: (batch) => void batches.push(batch),
    });
  } catch (error) {
    if (error instanceof MillraceError) return undefined;
    throw error;
  }
  const cell = (value: unknown): string => (typeof value === 'bigint' ? `${value}n` : JSON.stringify(value));
  return batches.flatMap((batch) => [...batch].map((each) => Object.values(each.toJSON()).map(cell).join())).sort();
}
