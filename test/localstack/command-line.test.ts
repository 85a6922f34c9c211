/** The real program against the deployed stack: jobs submitted, followed, looked at, run again at the desk, cleaned up after. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Deployment } from '../../infra/deploy.ts';
import { listCommitted } from '../../src/commit/read-manifest.ts';
import { formatPartName } from '../../src/io/part-name.ts';
import { joinUri } from '../../src/io/uri.ts';
import type { Job } from '../../src/jobs/job.ts';
import { cli, type Outcome, startCli } from '../cli/cli.ts';
import { itemsAt } from '../jobs/lake.ts';
import { query } from '../support/duckdb.ts';
import { col, op } from '../support/plans.ts';
import { deployment } from './deployment.ts';
import { describeLane, endOfExecution } from './harness.ts';
import { CloudLake, executionsOf, type Question, ROW_WISE, SCAN, TOTALS } from './lake.ts';

describeLane('the command line', () => {
  const lake = new CloudLake();
  const directory = mkdtempSync(join(tmpdir(), 'millrace-command-line-'));
  let deployed: Deployment;
  let output: string;
  let files: readonly string[];

  beforeAll(async () => {
    deployed = await deployment();
    process.env['MILLRACE_STATE_MACHINE_ARN'] = deployed.stateMachineArn;
    output = `s3://${deployed.outputBucket}/by-hand`;
    files = [0, 1].map((index) => `s3://${deployed.inputBucket}/by-hand/${index}.parquet`);
    for (const [index, uri] of files.entries()) {
      await lake.write(uri, index * 10_000, index * 10_000 + 5_000);
      await lake.put(uri);
    }
  });
  afterAll(() => {
    lake[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Saves a job, whose destination is named as it is. */
  function save(jobId: string, { plan }: Pick<Question, 'plan'>, more: Partial<Job> = {}): string {
    const path = join(directory, `${jobId}.json`);
    const sales = { kind: 'glob', glob: `s3://${deployed.inputBucket}/by-hand/*.parquet` } as const;
    const document: Job = {
      version: 1,
      jobId,
      plan,
      inputs: { sales },
      output: { uri: joinUri(output, jobId) },
      ...more,
    };
    writeFileSync(path, JSON.stringify(document));
    return path;
  }

  const submit = (...args: readonly string[]): Promise<Outcome> => cli(['submit', ...args]);
  const executions = (name: string) => executionsOf(deployed.stateMachineArn, name);

  test('submits a job and follows it; its result can be inspected, and its tasks run again', async () => {
    const path = save('followed', ROW_WISE, { taskBytes: 40_000 });
    const destination = joinUri(output, 'followed');
    const { code, stdout, stderr } = await submit(path, '--wait');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining(`${destination}/_millrace/followed/job.json`),
    });
    const expected = await lake.answer(ROW_WISE, files);
    const summary = new RegExp(
      `^${expected.length.toLocaleString('en-US')} rows in \\d+ files, [\\d.]+ kB\nmanifest (.*)\n$`,
    );
    expect(summary.exec(stdout)?.[1], stdout).toBe(`${destination}/_millrace/followed/manifest.json`);
    expect(await lake.rowsByManifest(destination, ROW_WISE)).toEqual(expected);

    const inspected = await cli(['inspect', destination, '--json']);
    const { live } = await listCommitted(lake.store, destination);
    expect(JSON.parse(inspected.stdout)).toMatchObject({
      jobs: [{ jobId: 'followed' }],
      files: live[0]?.files,
      replacedJobs: [],
    });

    // The job is done: one of its tasks again only finds what it did.
    const [task] = await itemsAt(lake.store, `${destination}/_millrace/followed/plan-0/items.json`);
    const again = await cli(['run', task?.task ?? '', '--json']);
    expect(again).toMatchObject({ code: 0 });
    expect(JSON.parse(again.stdout)).toMatchObject({
      manifestUri: `${destination}/_millrace/followed/stage-0/task-0.json`,
    });
    // Elsewhere, it does it again.
    const elsewhere = await cli(['run', task?.task ?? '', '--out', join(directory, 'elsewhere'), '--json']);
    expect(elsewhere).toMatchObject({ code: 0 });
    expect(await lake.rowsByListing(destination, ROW_WISE)).toEqual(expected);
    const open = await Array.fromAsync(lake.store.listUploads(`${destination}/`));
    expect(open).toEqual([]);
  });

  test('runs a whole job at the desk, its inputs where they are', async () => {
    const { code, stdout } = await cli(['run', save('desk', TOTALS), '--json', '--memory', '512MB']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ manifestUri: `${output}/desk/_millrace/desk/manifest.json` });
    expect(await lake.rowsByManifest(joinUri(output, 'desk'), TOTALS)).toEqual(await lake.answer(TOTALS, files));
  });

  test('does a job once, whoever submits it and when', async () => {
    const path = save('submitted', TOTALS);
    const both = await Promise.all([submit(path, '--wait', '--json'), submit(path, '--wait', '--json')]);
    const late = await submit(path, '--wait', '--json');
    const said = [...both, late].map(({ code, stdout }) => ({ code, ...(JSON.parse(stdout) as object) }));
    const same = {
      code: 0,
      jobId: 'submitted',
      manifestUri: `${output}/submitted/_millrace/submitted/manifest.json`,
      totals: { files: 1, rows: 6 },
    };
    expect(said).toMatchObject([same, same, { ...same, startedBefore: true }]);
    expect(await executions('submitted')).toHaveLength(1);
    expect(await lake.rowsByListing(joinUri(output, 'submitted'), TOTALS)).toEqual(await lake.answer(TOTALS, files));

    const other = await submit(save('submitted', TOTALS, { taskBytes: 1 }), '--json');
    expect(other).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(other.stderr)).toMatchObject({
      error: { name: 'InvalidArgument', message: expect.stringContaining('another job with the id submitted') },
    });
  });

  test('keeps jobs of one id apart that have different destinations', async () => {
    const path = save('twin', TOTALS, { output: { uri: joinUri(output, 'twin-1') } });
    expect(await submit(path, '--wait')).toMatchObject({ code: 0 });
    const other = save('twin', TOTALS, { output: { uri: joinUri(output, 'twin-2') } });
    expect(await submit(other, '--wait')).toMatchObject({ code: 0 });
    expect(await lake.rowsByListing(joinUri(output, 'twin-2'), TOTALS)).toEqual(await lake.answer(TOTALS, files));
  });

  test('fails with the name of the error that the job failed with', async () => {
    const { plan } = ROW_WISE;
    const overflowing = op(col('id'), '*', { kind: 'literal', type: { kind: 'int64' }, value: '9223372036854775807' });
    const broken: Question['plan'] = {
      ...plan,
      input: {
        kind: 'write',
        format: 'parquet',
        input: {
          kind: 'project',
          columns: [{ name: 'id', expression: overflowing }],
          input: SCAN,
        },
      },
    };
    const { code, stdout, stderr } = await submit(save('broken', { plan: broken }, { taskBytes: 40_000 }), '--wait');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /millrace: JobFailed: Job broken failed, and nothing of it is visible: ArithmeticOverflow: /,
    );
    expect(await lake.rowsByListing(joinUri(output, 'broken'), ROW_WISE)).toEqual([]);
  });

  test('does the demo as a job, as its instructions say', async () => {
    const buckets = [`s3://${deployed.inputBucket}`, `s3://${deployed.outputBucket}`];
    const { stdout } = await promisify(execFile)(process.execPath, ['demo/cloud.ts', ...buckets]);
    expect(await cli(['submit', '-', '--wait'], { input: stdout })).toMatchObject({ code: 0 });
    const flights = await query(`
      select origin, count(*)::ubigint as flights, avg(delay) as mean_delay, avg((delay > 15)::int) as late_share,
        month(date) as month
      from 'node_modules/vega-datasets/data/flights-3m.parquet'
      where delay >= -120 and distance >= 100 group by all order by all`);
    const question = { ...TOTALS, hiveTypes: '{ month: bigint }' };
    expect(await lake.rowsByListing(`s3://${deployed.outputBucket}/flights`, question)).toEqual(flights);
  });

  test('may be interrupted while the job goes on', async () => {
    const child = startCli(['submit', save('left', ROW_WISE, { taskBytes: 40_000 }), '--wait']);
    let stderr = '';
    let asked = false;
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (!asked && stderr.includes(':execution:')) asked = child.kill('SIGINT');
    });
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130);
    expect(stderr).toContain('interrupted; job left goes on by itself');
    const [execution = ''] = await executions('left');
    expect(await endOfExecution(execution)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await lake.rowsByManifest(joinUri(output, 'left'), ROW_WISE)).toEqual(await lake.answer(ROW_WISE, files));
  });

  test('cleans up after an attempt that was abandoned, and touches no result', async () => {
    const destination = joinUri(output, 'cleaned');
    expect(await submit(save('cleaned', TOTALS), '--wait')).toMatchObject({ code: 0 });
    const owner = { jobId: 'lost', stageId: 0, taskId: 0, attemptId: 'a1' };
    const uri = joinUri(destination, formatPartName(owner, 0, 'parquet'));
    const uploadId = await lake.store.beginUpload(uri);
    await lake.store.uploadPart(uri, uploadId, 1, new Uint8Array(10));
    const clean = async (...args: readonly string[]): Promise<unknown> => {
      const { code, stdout } = await cli(['clean', destination, '--json', ...args]);
      expect(code).toBe(0);
      return JSON.parse(stdout);
    };
    const nothing = { abortedJobs: [], abortedUploads: [], deletedObjects: [], unfinishedJobs: [], unclearJobs: [] };
    const lost = { ...nothing, abortedJobs: ['lost'], abortedUploads: [{ uri, uploadId }] };
    expect(await clean()).toEqual(nothing);
    expect(await clean('--older-than', '0s', '--dry-run')).toEqual(lost);
    const uploads = () => Array.fromAsync(lake.store.listUploads(`${destination}/`), (upload) => upload.uploadId);
    expect(await uploads()).toEqual([uploadId]);
    expect(await clean('--older-than', '0s')).toEqual(lost);
    expect(await uploads()).toEqual([]);
    expect(await lake.rowsByListing(destination, TOTALS)).toEqual(await lake.answer(TOTALS, files));
  });
});
