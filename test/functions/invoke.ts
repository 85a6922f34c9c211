/** Invokes handlers as Lambda does, and reads what they print. */

import type { Context } from 'aws-lambda';
import { vi } from 'vitest';

export interface Invoked<Answer> {
  readonly answer: Answer | undefined;
  readonly error: unknown;
  /** Lines of the log. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Embedded metrics. */
  readonly metrics: readonly Readonly<Record<string, unknown>>[];
}

export interface InvokeOptions {
  readonly timeoutMs?: number;
  readonly memoryMb?: number;
}

export async function invoke<Answer>(
  handler: (event: unknown, context: Context) => Promise<Answer>,
  event: unknown,
  options: InvokeOptions = {},
): Promise<Invoked<Answer>> {
  const printed: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  const error = vi.spyOn(process.stderr, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  let outcome: Pick<Invoked<Answer>, 'answer' | 'error'>;
  try {
    outcome = { answer: await handler(event, contextOf(options)), error: undefined };
  } catch (error) {
    outcome = { answer: undefined, error };
  } finally {
    write.mockRestore();
    error.mockRestore();
  }
  const documents = printed.flatMap((text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Record<string, unknown> => JSON.parse(line)),
  );
  const isMetric = (document: object): boolean => '_aws' in document;
  return { ...outcome, lines: documents.filter((line) => !isMetric(line)), metrics: documents.filter(isMetric) };
}

let requests = 0;

function contextOf({ timeoutMs = 60_000, memoryMb = 1024 }: InvokeOptions): Context {
  const endMs = performance.now() + timeoutMs;
  requests += 1;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: 'millrace-test',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:millrace-test',
    memoryLimitInMB: String(memoryMb),
    awsRequestId: `request-${requests}`,
    logGroupName: '/aws/lambda/millrace-test',
    logStreamName: 'stream',
    getRemainingTimeInMillis: () => Math.max(0, endMs - performance.now()),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}
