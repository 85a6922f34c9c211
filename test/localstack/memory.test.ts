/** A task that streams more than its function holds stays below that. The emulator kills as AWS does, by resident bytes. */

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CopyObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import { listCommitted } from '../../src/commit/read-manifest.ts';
import { s3Store } from '../../src/io/s3/s3-store.ts';
import type { Job } from '../../src/jobs/job.ts';
import { startJob } from '../../src/jobs/start-job.ts';
import { executionStarter } from '../../src/jobs/step-functions.ts';
import { query } from '../support/duckdb.ts';
import { col, op } from '../support/plans.ts';
import { deployment } from './deployment.ts';
import { describeLane, emulator, endOfExecution, freshBucket, until } from './harness.ts';
import { logsOf } from './lambda.ts';

const MIB = 1024 * 1024;
/** Four columns of 8 bytes each that nothing makes smaller: 96 MB in each of six files. */
const NOISE_ROWS = 3_000_000;
const NOISE_FILES = 6;

describeLane('a job', () => {
  let bucket = '';
  let path = '';
  beforeAll(async () => {
    bucket = await freshBucket();
    path = join(emulator().dataDirectory, 'noise.parquet');
    await query(`copy (select hash(i)::bit::bigint as a, hash(i + ${NOISE_ROWS})::bit::bigint as b, random() as x, random() as y
      from range(${NOISE_ROWS}) r(i)) to '${path}' (format parquet, compression snappy)`);
    await s3Store().put(`s3://${bucket}/in/0.parquet`, readFileSync(path));
    const client = new S3Client({});
    for (let file = 1; file < NOISE_FILES; file += 1) {
      await client.send(
        new CopyObjectCommand({ Bucket: bucket, Key: `in/${file}.parquet`, CopySource: `${bucket}/in/0.parquet` }),
      );
    }
    client.destroy();
  });

  test('streams more than its function of 512 MB holds, in one task, and stays below that', async () => {
    const { stateMachineArn, functions } = await deployment();
    const store = s3Store();
    const starter = executionStarter({ stateMachineArn });
    const job = noiseJob(bucket);
    const { executionArn } = await startJob({ store, starter, job, signal: new AbortController().signal });
    const execution = await endOfExecution(executionArn);
    expect(execution, execution.cause).toMatchObject({ status: 'SUCCEEDED' });

    const { files } = await listCommitted(store, job.output.uri);
    expect(NOISE_FILES * statSync(path).size).toBeGreaterThan(512 * MIB);
    expect(files.reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(512 * MIB);
    const copies: string[] = [];
    for (const { path, size } of files) {
      const bytes = new Uint8Array(size);
      await store.readInto(`${job.output.uri}/${path}`, 0, bytes);
      copies.push(`'${join(emulator().dataDirectory, `copy-${copies.length}.parquet`)}'`);
      writeFileSync(copies.at(-1)?.slice(1, -1) ?? '', bytes);
    }
    // Every row, in whatever order.
    const summary = 'count(*), sum(hash(a, b, x, z)::hugeint)';
    const [found] = await query(`select ${summary} from read_parquet([${copies.join()}])`);
    const [once] = await query(`select ${summary} from (select *, x + y as z from '${path}' where x < 0.95)`);
    expect(found).toEqual(once?.map((value) => BigInt(String(value)) * BigInt(NOISE_FILES)));

    const report = await reportOf(functions['execute-task'], job.jobId);
    expect(report).toMatch(/Memory Size: 512 MB\t/);
    expect(Number(/Max Memory Used: (\d+) MB/.exec(report)?.[1])).toBeLessThan(512);
  });
});

/** The last line of the log of the one invocation that has executed a task of the job. */
async function reportOf(name: string, jobId: string): Promise<string> {
  let reports: readonly string[] = [];
  await until(`the log has a report of ${jobId}`, async () => {
    const lines = await logsOf(name);
    const ids = lines.flatMap((line) => {
      if (!line.includes(`"job":"${jobId}"`)) return [];
      return /"function_request_id":"([^"]+)"/.exec(line)?.[1] ?? [];
    });
    reports = lines.filter((line) => line.startsWith('REPORT') && ids.some((id) => line.includes(id)));
    return reports.length > 0;
  });
  expect(reports).toHaveLength(1);
  return reports[0] ?? '';
}

const noiseJob = (bucket: string): Job & { readonly jobId: string } => ({
  version: 1,
  jobId: 'noise',
  plan: {
    kind: 'commit-write',
    mode: 'append',
    input: {
      kind: 'write',
      format: 'parquet',
      compression: 'snappy',
      input: {
        kind: 'project',
        columns: [
          { name: 'a', expression: col('a') },
          { name: 'b', expression: col('b') },
          { name: 'x', expression: col('x') },
          { name: 'z', expression: op(col('x'), '+', col('y')) },
        ],
        input: {
          kind: 'filter',
          predicate: op(col('x'), '<', { kind: 'literal', type: types.float64, value: 0.95 }),
          input: {
            kind: 'scan',
            sourceId: 'noise',
            format: 'parquet',
            schema: [
              field('a', types.int64),
              field('b', types.int64),
              field('x', types.float64),
              field('y', types.float64),
            ],
          },
        },
      },
    },
  },
  inputs: { noise: { kind: 'glob', glob: `s3://${bucket}/in/*.parquet` } },
  output: { uri: `s3://${bucket}/out` },
  taskBytes: 4 * 1024 * MIB,
});
