/** The real program against a service that does with a job what the state machine does, in this process. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { jobProgressText } from '../../src/cli/follow-job.ts';
import { fileStore } from '../../src/io/file-store.ts';
import { fileUri } from '../../src/io/uri.ts';
import { commitStagedJob } from '../../src/jobs/finish-job.ts';
import { planStage } from '../../src/jobs/plan-stage.ts';
import { itemsAt, job, ROW_WISE, runItem } from '../jobs/lake.ts';
import { query } from '../support/duckdb.ts';
import { cli, startCli } from './cli.ts';

const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:run-job';
const directory = mkdtempSync(join(tmpdir(), 'millrace-submit-'));
const store = fileStore();

/** What becomes of an execution. */
type Fate = 'runs' | 'fails' | 'never ends';
let fate: Fate;
const executions = new Map<string, Promise<object>>();
let server: Server;

async function execute(input: string): Promise<object> {
  const { job: jobUri } = JSON.parse(input) as { job: string };
  if (fate === 'fails') return { status: 'FAILED', error: 'InvalidCast', cause: '{"errorMessage":"no \\"date\\"."}' };
  const plan = await planStage({ store, jobUri, stageId: 0 });
  if (fate === 'never ends') return { status: 'RUNNING' };
  if (plan.next === 'map') for (const item of await itemsAt(store, plan.items.uri)) await runItem(store, item);
  await commitStagedJob({ store, jobUri });
  return { status: 'SUCCEEDED', output: '{}' };
}

beforeAll(async () => {
  const answerTo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>;
    const answer = async (): Promise<object> => {
      if (String(request.headers['x-amz-target']).endsWith('DescribeExecution')) {
        return (await executions.get(body['executionArn'] as string)) ?? { __type: 'ExecutionDoesNotExist' };
      }
      const executionArn = `${MACHINE.replace('stateMachine', 'execution')}:${body['name']}`;
      if (executions.has(executionArn)) return { __type: 'ExecutionAlreadyExists' };
      executions.set(executionArn, execute(body['input'] as string));
      return { executionArn, startDate: 1 };
    };
    const document = await answer();
    response.writeHead('__type' in document ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(document));
  };
  server = createServer((request, response) => void answerTo(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env['AWS_REGION'] = 'eu-west-1';
  process.env['AWS_ACCESS_KEY_ID'] = process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  process.env['MILLRACE_STATE_MACHINE_ARN'] = MACHINE;
  for (const n of [0, 1, 2]) {
    await query(`copy (select n as id, 'shop' as shop from range(${n * 100}, ${n * 100 + 100}) t(n))
      to '${join(directory, `${n}.parquet`)}' (format parquet)`);
  }
});
beforeEach(() => {
  fate = 'runs';
});
afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A job over files beside it, named by relative paths. */
function save(jobId: string): string {
  const document = job(ROW_WISE, { jobId, inputs: { sales: { kind: 'glob', glob: '*.parquet' } }, taskBytes: 1 });
  writeFileSync(join(directory, `${jobId}.json`), JSON.stringify({ ...document, output: { uri: `out-${jobId}` } }));
  return `${jobId}.json`;
}

const submit = (...args: string[]) => cli(['submit', ...args], { cwd: directory });
const work = (jobId: string) => `${fileUri(directory)}/out-${jobId}/_millrace/${jobId}`;

describe('millrace submit', () => {
  test('follows a job to its manifest; again it finds it', async () => {
    const path = save('followed');
    const { code, stdout, stderr } = await submit(path, '--wait');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^299 rows in 3 files, [\d.]+ kB\nmanifest file:.*\/followed\/manifest\.json\n$/),
    });
    expect(stderr).toContain(`job followed\n  ${work('followed')}/job.json\n  arn:aws:states:`);
    const again = await submit(path, '--wait', '--json');
    expect(JSON.parse(again.stdout)).toEqual({
      jobId: 'followed',
      jobUri: `${work('followed')}/job.json`,
      executionArn: expect.stringMatching(/:execution:run-job:followed-[0-9a-f]{32}$/),
      startedBefore: true,
      manifestUri: `${work('followed')}/manifest.json`,
      totals: { files: 3, rows: 299, bytes: expect.any(Number) },
    });
  });

  test('only starts it where nobody waits, under the id asked for', async () => {
    const input = readFileSync(join(directory, save('started')), 'utf8');
    const { code, stdout } = await cli(['submit', '-', '--job-id', 'other', '--json'], { cwd: directory, input });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ jobId: 'other', startedBefore: false });
  });

  test('fails as the job does', async () => {
    fate = 'fails';
    const { code, stdout, stderr } = await submit(save('failing'), '--wait');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(
      'millrace: JobFailed: Job failing failed, and nothing of it is visible: InvalidCast: no "date".',
    );
    const json = await submit('failing.json', '--wait', '--json');
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { name: 'JobFailed' } });
  });

  test('stops following at Ctrl-C, and says that the job goes on', async () => {
    fate = 'never ends';
    const child = startCli(['submit', save('long'), '--wait'], { cwd: directory });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr === '') setTimeout(() => child.kill('SIGINT'), 500);
      stderr += chunk.toString();
    });
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130);
    expect(stderr).toMatch(/interrupted; job long goes on by itself: submit it again with --wait/);
  });

  test('refuses what cannot run, before anything is started', async () => {
    const before = executions.size;
    writeFileSync(join(directory, 'wrong.json'), JSON.stringify({ ...job(), inputs: {} }));
    const wrong = await submit('wrong.json');
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/^millrace: InvalidPlan: .*\n.*no input "sales"/);
    const machine = await submit(save('lost'), '--state-machine', 'x');
    expect(machine.stderr).toMatch(/"x" is not the ARN of a state machine/);
    expect(executions.size).toBe(before);
  });
});

test('millrace run takes a job, as one task', async () => {
  const { code, stdout, stderr } = await cli(['run', save('desk'), '--format', 'json'], { cwd: directory });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('"rows":299');
});

test('millrace schema has that of jobs', async () => {
  const { stdout } = await cli(['schema', '--job']);
  expect(JSON.parse(stdout)).toMatchObject({ type: 'object', properties: { taskBytes: {} } });
});

test('the line of progress', () => {
  expect(jobProgressText(undefined, 0)).toBe('planning');
  expect(jobProgressText(1200, 300)).toBe('▕███████████████     ▏  75%  900 of 1,200 tasks');
  expect(jobProgressText(2, 0)).toMatch(/100% {2}2 of 2 tasks, committing$/);
});
