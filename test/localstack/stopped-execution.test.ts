/** An execution that is stopped leaves its job to an event: the service tells of it, and the job is aborted. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { s3Store } from '../../src/io/s3/s3-store.ts';
import { startJob } from '../../src/jobs/start-job.ts';
import { executionStarter } from '../../src/jobs/step-functions.ts';
import { glob, job, ROW_WISE, readJson, uris } from '../jobs/lake.ts';
import { query } from '../support/duckdb.ts';
import { deployment } from './deployment.ts';
import { describeLane, endOfExecution, freshBucket, until } from './harness.ts';

/** Two of them run at once. */
const TASKS = 40;

describeLane('an execution that is stopped by hand', () => {
  test('has its job aborted, and nothing of it stays or is visible', async () => {
    const deployed = await deployment();
    const bucket = await freshBucket();
    const store = s3Store();
    const directory = mkdtempSync(join(tmpdir(), 'millrace-stopped-'));
    const path = join(directory, 'sales.parquet');
    await query(`copy (select n as id, 'shop' as shop from range(5000) t(n)) to '${path}' (format parquet)`);
    const bytes = readFileSync(path);
    rmSync(directory, { recursive: true });
    for (let task = 0; task < TASKS; task++) await store.put(`s3://${bucket}/in/${task}.parquet`, bytes);

    const inputs = { sales: glob(`s3://${bucket}/in/*.parquet`) };
    const output = { uri: `s3://${bucket}/out` };
    const { jobUri, executionArn } = await startJob({
      store,
      starter: executionStarter(deployed),
      job: job(ROW_WISE, { jobId: 'stopped', inputs, output, taskBytes: 1 }),
    });
    const work = jobUri.slice(0, -'job.json'.length);
    await until('a task is committed', async () => (await uris(store, `${work}stage-0/`)).length > 0);
    const client = new SFNClient({});
    await client.send(new StopExecutionCommand({ executionArn }));
    client.destroy();
    expect((await endOfExecution(executionArn)).status).toBe('ABORTED');

    await until('the job is decided', async () => (await store.head(`${work}decision.json`)) !== undefined);
    expect(await readJson(store, `${work}decision.json`)).toMatchObject({
      decision: 'abort',
      error: 'ExecutionAborted',
      reason: expect.stringContaining(executionArn),
    });
    // A task that was under way learns of the decision when it commits, and drops its own.
    await until(
      'no upload is open',
      async () => (await Array.fromAsync(store.listUploads(`${output.uri}/`))).length === 0,
    );
    expect((await uris(store, `${output.uri}/`)).filter((uri) => !uri.startsWith(work))).toEqual([]);
  });
});
