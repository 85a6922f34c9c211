/** Jobs that cannot be done: the execution fails with the name of our error, and it is as if they had never begun. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Deployment } from '../../infra/deploy.ts';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import { glob, ROW_WISE, SCAN } from '../jobs/lake.ts';
import { col, op } from '../support/plans.ts';
import { deployment } from './deployment.ts';
import { describeLane, until } from './harness.ts';
import { changeFunction, errorsFromNow, invoke } from './lambda.ts';
import { StorageProxy } from './storage-proxy.ts';
import { endingOf, Trial } from './trial.ts';

/** Overflows where an id is at least 5. */
const OVERFLOWS: PlanNode = {
  kind: 'project',
  input: SCAN,
  columns: [
    { name: 'id', expression: col('id') },
    { name: 'shop', expression: col('shop') },
    {
      name: 'sum',
      expression: op(col('id'), '+', { kind: 'literal', type: int64, value: '9223372036854775803' }),
    },
  ],
};

let deployed: Deployment;
let proxy: StorageProxy;

/** That a job has failed by itself, with this error and a cause that fits, and that nothing of it is left. */
async function expectFailure(trial: Trial, execution: string, error: string, cause: RegExp): Promise<void> {
  const ending = await endingOf(execution);
  expect(ending, trial.jobId).toMatchObject({ status: 'FAILED', error, cause: expect.stringMatching(cause) });
  expect(await trial.document('decision.json')).toMatchObject({ decision: 'abort' });
  await trial.expectNothing();
}

describeLane('a job that cannot be done', () => {
  beforeAll(async () => {
    deployed = await deployment();
    proxy = await StorageProxy.before(deployed);
  });
  afterAll(() => proxy?.[Symbol.asyncDispose]());

  test('because a file lacks a column', async () => {
    using trial = await Trial.ofTasks(2, 'column', deployed);
    const uri = await trial.addFile('select n as id from range(5000) t(n)');
    const schema = [field('id', int64), field('shop', utf8, false)];
    const execution = await trial.start({ kind: 'scan', sourceId: 'sales', format: 'parquet', schema });
    await expectFailure(trial, execution, 'SchemaMismatch', new RegExp(`${uri}.*shop|shop.*${uri}`, 's'));
  });

  describe.each([
    ['at its end', (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 100)],
    ['in its pages', (bytes: Buffer): Buffer => bytes.fill(0xa5, 1000, 3000)],
  ])('because a file is damaged', (where, damaged) => {
    test(where, async () => {
      using trial = await Trial.ofTasks(1, 'damaged', deployed);
      const uri = await trial.addFile(
        "select n as id, 'shop ' || (n % 5) as shop, hash(n) as unused from range(5000, 10000) t(n)",
        { damaged },
      );
      await expectFailure(trial, await trial.start(), 'MalformedFile', new RegExp(uri));
    });
  });

  test('because a sum overflows after parts of its file have been sent', async () => {
    using trial = await Trial.of('overflow', deployed);
    // The last row has an id that is too large; the others are 24 MB that cannot be made smaller.
    await trial.addFile(
      `select if(n = 1_199_999, 5, -1) as id, hash(n)::varchar as shop from range(1_200_000) t(n) order by n`,
      { rowGroupRows: 100_000 },
    );
    const execution = await trial.start(OVERFLOWS, { taskBytes: 1_000_000_000 });
    await expectFailure(trial, execution, 'ArithmeticOverflow', /9223372036854775803/);
    expect(proxy.requests.some(trial.asksForFile('PUT', 0, 'partNumber=1'))).toBe(true);
  });

  test('because several tasks fail at once: the first that is recorded is told', async () => {
    using trial = await Trial.ofTasks(4, 'several', deployed);
    const small = await errorsFromNow(deployed.functions['execute-task']);
    // Two run at a time: each waits for the other.
    const asked = trial.asks('GET', 'decision.json');
    const starts = [1, 2].map(() => proxy.hold((request) => request.from === 'execute-task' && asked(request)));
    const execution = await trial.start(OVERFLOWS);
    await Promise.all(starts.map(({ held }) => held));
    for (const start of starts) start.letGo();
    await expectFailure(trial, execution, 'ArithmeticOverflow', /9223372036854775803/);
    expect((await small()).filter((error) => error === 'ArithmeticOverflow').length).toBeGreaterThanOrEqual(2);
  });

  test('while other attempts are still at work: they leave nothing open either', async () => {
    using trial = await Trial.of('others', deployed);
    await trial.addSales(0, 5000);
    await trial.addFile(`select -1 - n as id, 'shop' as shop, hash(n) as unused from range(5000) t(n)`);
    const failing = proxy.hold(trial.asks('GET', 'stage-0/task-0.json'));
    const begin = proxy.hold(trial.asksForFile('POST', 1, '?uploads'));
    const execution = await trial.start(OVERFLOWS);
    await Promise.all([failing.held, begin.held]);
    const manifest = proxy.hold(trial.asks('PUT', 'stage-0/task-1.json'));
    const task = (await trial.items())[1]?.task;
    const other = invoke(deployed.functions['execute-task'], { task });
    await manifest.held;
    failing.letGo();
    await until('the job is decided', async () => (await trial.store.head(trial.work('decision.json'))) !== undefined);
    begin.letGo();
    manifest.letGo();
    expect((await other).error, trial.jobId).toMatchObject({
      errorType: 'JobAborted',
      errorMessage: expect.stringContaining('ArithmeticOverflow'),
    });
    await expectFailure(trial, execution, 'ArithmeticOverflow', /9223372036854775803/);
  });

  test('is aborted to the end by somebody else, where who aborts it dies', async () => {
    using trial = await Trial.ofTasks(2, 'abort', deployed);
    const aborts = await errorsFromNow(deployed.functions['abort-job']);
    const decision = proxy.hold(trial.asks('PUT', 'decision.json'), 'after');
    const execution = await trial.start(OVERFLOWS);
    await proxy.killSender(decision);
    await expectFailure(trial, execution, 'ArithmeticOverflow', /9223372036854775803/);
    // The other task's abort may come to its end before the first one is known to be dead.
    const ends = await aborts();
    expect(ends.filter((error) => error !== null)).toEqual(['Runtime.ExitError']);
    expect(ends.length).toBeGreaterThan(1);
  });

  test('because a file that it names is not there', async () => {
    using trial = await Trial.ofTasks(1, 'missing', deployed);
    const uri = `s3://${trial.bucket}/in/none.parquet`;
    const execution = await trial.start(ROW_WISE, { inputs: { sales: { kind: 'files', files: [{ uri }] } } });
    await expectFailure(trial, execution, 'ObjectNotFound', new RegExp(uri));
  });

  test('because neither size has enough memory', async () => {
    using trial = await Trial.of('budget', deployed);
    await trial.addFile(`select n as id, 'shop ' || hash(n) as shop from range(2_000_000) t(n)`);
    const sizes = ['execute-task', 'execute-task-large'] as const;
    await using small = await changeFunction(deployed.functions[sizes[0]], { memoryMb: 208 });
    await using large = await changeFunction(deployed.functions[sizes[1]], { memoryMb: 216 });
    const errors = await Promise.all(sizes.map((size) => errorsFromNow(deployed.functions[size])));
    expect([small, large]).toHaveLength(2);
    await expectFailure(trial, await trial.start(), 'MemoryBudgetExceeded', /\d+ bytes/);
    for (const of of errors) expect(await of()).toEqual(['MemoryBudgetExceeded']);
  });

  test('because there is output already, from before or meanwhile: that stays', async () => {
    using trial = await Trial.ofTasks(2, 'exists', deployed);
    const { jobId } = trial;
    const inputs = { sales: glob(`s3://${trial.bucket}/in/*.parquet`) };
    const asDecided = proxy.hold(({ line }) => line.startsWith('PUT') && line.includes(`${jobId}-late/stage-0/`));
    const late = await trial.start(ROW_WISE, { jobId: `${jobId}-late`, mode: 'error-if-exists', inputs });
    await asDecided.held;
    expect(await endingOf(await trial.start()), jobId).toMatchObject({ status: 'SUCCEEDED' });
    const visible = await trial.visible();
    const after = await trial.start(ROW_WISE, { jobId: `${jobId}-after`, mode: 'error-if-exists', inputs });
    asDecided.letGo();
    for (const execution of [late, after]) {
      expect(await endingOf(execution), jobId).toMatchObject({
        status: 'FAILED',
        error: 'OutputExists',
        cause: expect.stringContaining(trial.destination),
      });
    }
    expect(await trial.visible()).toEqual(visible);
    await trial.expectResult();
    expect(await trial.openUploads()).toEqual([]);
  });
});
