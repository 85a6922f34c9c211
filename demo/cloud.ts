/**
 * The demo as a job: puts the flights into a bucket and prints the job over them, which `millrace submit` takes.
 *
 *     npx node demo/cloud.ts s3://input-bucket s3://output-bucket > job.json
 *
 * Endpoint, region and credentials are those of the environment. The job has no id: each time it is submitted it is a
 * new one, whose result replaces the last.
 */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { retryingStore } from '../src/io/retrying-store.ts';
import { s3Store } from '../src/io/s3/s3-store.ts';
import { joinUri } from '../src/io/uri.ts';
import type { Job } from '../src/jobs/job.ts';
import { parseTask } from '../src/plan/parse-task.ts';

const USAGE = 'usage: npx node demo/cloud.ts s3://<input bucket> s3://<output bucket> > job.json\n';

const [input, output, ...rest] = process.argv.slice(2);
if (input?.startsWith('s3://') && output?.startsWith('s3://') && rest.length === 0) {
  process.stdout.write(`${JSON.stringify(await cloudJob(input, output), undefined, 2)}\n`);
} else {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}

/** The task of demo/flights.json, its file in the bucket `input`. */
async function cloudJob(input: string, output: string): Promise<Job> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const { plan } = parseTask(await readFile(`${root}demo/flights.json`, 'utf8'));
  const file = await readFile(`${root}node_modules/vega-datasets/data/flights-3m.parquet`);
  await retryingStore(s3Store()).put(joinUri(input, 'flights/2001.parquet'), file);
  return {
    version: 1,
    plan,
    inputs: { flights: { kind: 'glob', glob: joinUri(input, 'flights/*.parquet') } },
    output: { uri: joinUri(output, 'flights') },
  };
}
