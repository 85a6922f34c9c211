/** Plans with user-defined functions, from the task to its rows. */

import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import { executeTask } from '../../src/execute-task.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import type { Task } from '../../src/plan/task.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import { explainPlan } from '../../src/planner/explain.ts';
import { pushDown } from '../../src/planner/push-down.ts';
import { cli } from '../cli/cli.ts';
import { col, int, op } from '../support/plans.ts';

const udfs = { user: new URL('./modules.ts', import.meta.url) };
const scan: PlanNode = {
  kind: 'in-memory-scan',
  sourceId: 'rows',
  schema: [field('n', types.int64), field('t', types.utf8), field('other', types.utf8)],
};
const sum: PlanNode = {
  kind: 'udf-project',
  input: scan,
  udf: { module: 'user', export: 'add' },
  arguments: [col('n'), op(col('n'), '*', int(10))],
  name: 'sum',
  returns: types.int64,
};
const task = (plan: PlanNode): Task => ({
  version: 1,
  jobId: 'udf',
  stageId: 0,
  taskId: 0,
  plan,
  inputs: { rows: { kind: 'rows', rows: [{ n: 1, t: 'a', other: 'x' }, { n: null, t: 'b' }, { n: 3 }] } },
});

async function run(plan: PlanNode): Promise<unknown[]> {
  const rows: unknown[] = [];
  await executeTask(task(plan), {
    store: memoryStore(),
    udfs,
    memoryBytes: 256 * 1024 * 1024,
    onBatch: (batch) => {
      for (const row of batch) rows.push(Object.values(row?.toJSON() ?? {}));
    },
  });
  return rows;
}

describe('a plan with a user-defined function', () => {
  test('computes its arguments, and adds the results', async () => {
    expect(await run(sum)).toEqual([
      [1n, 'a', 'x', 11n],
      [null, 'b', null, null],
      [3n, null, null, 33n],
    ]);
    expect(await run({ ...sum, passthrough: ['t'] })).toEqual([
      ['a', 11n],
      ['b', null],
      [null, 33n],
    ]);
  });

  test('may have one over another, and actors', async () => {
    const shouted: PlanNode = {
      kind: 'udf-project',
      input: sum,
      udf: { module: 'user', export: 'Mirror' },
      arguments: [col('t')],
      name: 'mirrored',
      returns: types.utf8,
      passthrough: ['sum'],
    };
    expect(await run(shouted)).toEqual([
      [11n, 'a'],
      [null, 'b'],
      [33n, null],
    ]);
  });

  test('is explained, with the columns that it needs', () => {
    const plan: PlanNode = { kind: 'project', input: sum, columns: [{ name: 'sum', expression: col('sum') }] };
    expect(explainPlan(pushDown(bindPlan(plan)))).toBe(
      `UdfProject user.add(n, "argument 1") as sum
  Project n, n * 10 as "argument 1"
    InMemoryScan rows columns n, t, other`,
    );
  });

  test('does not call what nobody needs', () => {
    const plan: PlanNode = { kind: 'project', input: sum, columns: [{ name: 't', expression: col('t') }] };
    expect(explainPlan(pushDown(bindPlan(plan)))).not.toContain('Udf');
  });

  test.each<[string, Partial<Extract<PlanNode, { kind: 'udf-project' }>>, string]>([
    ['a module that is not registered', { udf: { module: 'nobody', export: 'f' } }, 'The module "nobody" of'],
    ['an export that is none', { udf: { module: 'user', export: 'notAUdf' } }, 'exports no udf(…) as "notAUdf"'],
    [
      'another type',
      { returns: types.utf8 },
      'The plan says that user.add returns utf8, and its definition says int64.',
    ],
    ['a name that is taken', { name: 't' }, '$.plan.name: There is a column "t" already.'],
    ['an unknown column', { arguments: [col('x')] }, '$.plan.arguments[0].name: There is no column "x"'],
    ['an unknown column passed on', { passthrough: ['n', 'x'] }, '$.plan.passthrough[1]: There is no column "x"'],
    ['a column passed on twice', { passthrough: ['n', 'n'] }, 'The name "n" is given twice'],
  ])('is refused with %s', async (_, change, message) => {
    await expect(run({ ...sum, ...change } as PlanNode)).rejects.toThrow(message);
  });

  test('runs from the command line, which registers modules', async () => {
    const text = JSON.stringify(task(sum));
    const { code, stdout } = await cli(['run', '-', '--format', 'csv', '--udf', 'user=test/udf/modules.ts'], {
      input: text,
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'n,t,other,sum\r\n1,a,x,11\r\n,b,,\r\n3,,,33\r\n' });
    const refused = await cli(['run', '-', '--udf', 'user'], { input: text });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('It is the name that plans use, =, and the path of the module.');
  });
});
