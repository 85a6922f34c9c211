/** The real client against a server that answers as the service does. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AccessDenied, InvalidArgument, ServiceUnavailable } from '../../src/errors.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import { startJob } from '../../src/jobs/start-job.ts';
import { executionStarter } from '../../src/jobs/step-functions.ts';
import { job } from './lake.ts';

const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:run-job';
const EXECUTION = 'arn:aws:states:eu-west-1:123456789012:execution:run-job:job-1';

interface Answer {
  readonly status?: number;
  readonly error?: string;
  readonly body?: object;
}

let server: Server;
let answers: Answer[];
let requests: { target: string; body: Record<string, unknown> }[];
let client: SFNClient;

beforeEach(async () => {
  answers = [];
  requests = [];
  const answerTo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    requests.push({
      target: String(request.headers['x-amz-target']),
      body: JSON.parse(Buffer.concat(chunks).toString()),
    });
    const { status = 200, error, body = {} } = answers.length > 1 ? (answers.shift() as Answer) : (answers[0] ?? {});
    response.writeHead(error === undefined ? status : Math.max(status, 400), {
      'content-type': 'application/x-amz-json-1.0',
    });
    response.end(JSON.stringify(error === undefined ? body : { __type: error, message: 'because' }));
  };
  server = createServer((request, response) => void answerTo(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = new SFNClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 2,
  });
});
afterEach(() => {
  client.destroy();
  server.close();
});

const starter = () => executionStarter({ stateMachineArn: MACHINE, client });

describe('an execution', () => {
  test('is started by name, with a job as its input', async () => {
    answers = [{ body: { executionArn: EXECUTION, startDate: 1 } }];
    const started = await startJob({ store: memoryStore(), starter: starter(), job: job() });
    expect(started).toMatchObject({
      executionArn: EXECUTION,
      startedBefore: false,
      jobUri: 'mem://out/sales/_millrace/job-1/job.json',
    });
    expect(requests).toEqual([
      {
        target: 'AWSStepFunctions.StartExecution',
        body: {
          stateMachineArn: MACHINE,
          name: expect.stringMatching(/^job-1-[0-9a-f]{32}$/),
          input: JSON.stringify({ job: started.jobUri }),
        },
      },
    ]);
  });

  test('that was there is found', async () => {
    answers = [{ error: 'ExecutionAlreadyExists' }];
    expect(await starter().start('job-1', {})).toEqual({ executionArn: EXECUTION, startedBefore: true });
  });

  test('is started after all where the service was too busy, or failed', async () => {
    for (const busy of [{ error: 'ThrottlingException' }, { status: 500, error: 'InternalFailure' }]) {
      answers = [busy, { body: { executionArn: EXECUTION, startDate: 1 } }];
      expect(await starter().start('job-1', {})).toEqual({ executionArn: EXECUTION, startedBefore: false });
    }
    expect(requests.length).toBe(4);
  });

  test.each<[Answer, abstract new (...args: never[]) => Error]>([
    [{ error: 'StateMachineDoesNotExist' }, InvalidArgument],
    [{ error: 'InvalidName' }, InvalidArgument],
    [{ error: 'ValidationException' }, InvalidArgument],
    [{ error: 'AccessDeniedException' }, AccessDenied],
    [{ error: 'ExpiredTokenException' }, AccessDenied],
    [{ error: 'ThrottlingException' }, ServiceUnavailable],
    [{ error: 'ExecutionLimitExceeded' }, ServiceUnavailable],
    [{ status: 503, error: 'ServiceUnavailable' }, ServiceUnavailable],
  ])('that cannot be started for %j fails with an error of ours', async (answer, kind) => {
    answers = [answer];
    await expect(starter().start('job-1', {})).rejects.toBeInstanceOf(kind);
    await expect(starter().describe(EXECUTION)).rejects.toBeInstanceOf(kind);
  });

  test('tells how it is doing', async () => {
    answers = [{ body: { status: 'RUNNING', startDate: 1 } }];
    expect(await starter().describe(EXECUTION)).toEqual({ status: 'RUNNING' });
    answers = [{ body: { status: 'FAILED', error: 'InvalidCast', cause: 'why' } }];
    expect(await starter().describe(EXECUTION)).toEqual({ status: 'FAILED', error: 'InvalidCast', cause: 'why' });
    answers = [{ body: { status: 'SUCCEEDED', output: '{"rows":1}' } }];
    expect(await starter().describe(EXECUTION)).toEqual({ status: 'SUCCEEDED', output: { rows: 1 } });
  });

  test('is not waited for once the caller gives up', async () => {
    const error: unknown = await starter()
      .start('job-1', {}, { signal: AbortSignal.abort() })
      .catch((thrown) => thrown);
    expect(error).toHaveProperty('name', 'AbortError');
    expect(requests).toEqual([]);
  });

  test('needs the ARN of a state machine', () => {
    expect(() => executionStarter({ stateMachineArn: EXECUTION, client })).toThrow(InvalidArgument);
  });
});
