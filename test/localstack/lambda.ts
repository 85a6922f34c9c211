/** Functions of the lane's emulator: made from source, invoked, watched and killed. Plain requests: Lambda has no client here. */

import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { emulator } from './harness.ts';

export interface FunctionSettings {
  /** Text of the module that exports `handler`. */
  readonly source: string;
  readonly memoryMb?: number;
  readonly timeoutSeconds?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface InvocationAnswer {
  readonly payload: unknown;
  /** How AWS reports that the function failed; absent where it has returned. */
  readonly error?: { readonly errorType: string; readonly errorMessage: string };
}

/** What the emulator knows of a function's processes. */
export interface FunctionRecord {
  /** Request ids of the invocations under way, by process id. */
  readonly running: Readonly<Record<string, string>>;
  readonly invocations: readonly {
    readonly requestId: string;
    readonly error: string | null;
    readonly milliseconds: number;
    /** The most memory that the invocation's process has held since it began. */
    readonly peakBytes: number;
    readonly pid: number;
  }[];
}

/** Makes a function and waits until it can be invoked. */
export async function createFunction(name: string, settings: FunctionSettings): Promise<void> {
  await callAws('lambda', '/2015-03-31/functions', {
    FunctionName: name,
    Runtime: 'nodejs24.x',
    Role: 'arn:aws:iam::000000000000:role/test',
    Handler: 'index.handler',
    Code: { ZipFile: zipOf('index.mjs', settings.source).toString('base64') },
    MemorySize: settings.memoryMb ?? 256,
    Timeout: settings.timeoutSeconds ?? 30,
    Environment: { Variables: settings.environment ?? {} },
  });
  for (;;) {
    const { Configuration } = (await callAws('lambda', `/2015-03-31/functions/${name}`)) as {
      Configuration: { State: string };
    };
    if (Configuration.State === 'Active') return;
    await sleep(50);
  }
}

/** Invokes a function and waits for its answer. */
export async function invoke(name: string, event: unknown = {}): Promise<InvocationAnswer> {
  const response = await fetch(`${emulator().endpoint}/2015-03-31/functions/${name}/invocations`, {
    method: 'POST',
    headers: { authorization: authorization('lambda') },
    body: JSON.stringify(event),
  });
  const payload = await response.json();
  if (!response.ok) throw new Error(`Invoking ${name}: ${JSON.stringify(payload)}`);
  const failed = response.headers.has('x-amz-function-error');
  return failed ? { payload, error: payload as { errorType: string; errorMessage: string } } : { payload };
}

/** What CloudWatch has of a function's log, line by line; it arrives some time after the invocation. */
export async function logsOf(name: string): Promise<readonly string[]> {
  const { events } = (await callAws(
    'logs',
    '/',
    { logGroupName: `/aws/lambda/${name}` },
    { 'x-amz-target': 'Logs_20140328.FilterLogEvents', 'content-type': 'application/x-amz-json-1.1' },
  )) as { events: { message: string }[] };
  return events.map(({ message }) => message);
}

export async function recordOf(name: string): Promise<FunctionRecord> {
  const response = await fetch(`${emulator().endpoint}/_millrace/functions/${name}`);
  return (await response.json()) as FunctionRecord;
}

/** Kills the process of an invocation that is under way, as the end of its host would; waits until there is one. */
export async function killRunning(name: string): Promise<void> {
  for (;;) {
    const [pid] = Object.keys((await recordOf(name)).running);
    if (pid !== undefined) {
      process.kill(Number(pid), 'SIGKILL');
      return;
    }
    await sleep(20);
  }
}

interface FunctionConfiguration {
  readonly MemorySize: number;
  readonly Timeout: number;
  readonly Environment?: { readonly Variables: Readonly<Record<string, string>> };
  readonly LastUpdateStatus: string;
}

/** Changes a function until the result is disposed. Its processes end with each change; what runs is waited for by nobody. */
export async function changeFunction(
  name: string,
  { memoryMb, timeoutSeconds, environment = {} }: Omit<FunctionSettings, 'source'>,
): Promise<AsyncDisposable> {
  const path = `/2015-03-31/functions/${name}/configuration`;
  const configuration = async (): Promise<FunctionConfiguration> =>
    (await callAws('lambda', path)) as FunctionConfiguration;
  const put = async (changed: Omit<FunctionConfiguration, 'LastUpdateStatus'>): Promise<void> => {
    await callAws('lambda', path, changed, {}, 'PUT');
    while ((await configuration()).LastUpdateStatus === 'InProgress') await sleep(20);
  };
  const { MemorySize, Timeout, Environment } = await configuration();
  const Variables = Environment?.Variables ?? {};
  await put({
    MemorySize: memoryMb ?? MemorySize,
    Timeout: timeoutSeconds ?? Timeout,
    Environment: { Variables: { ...Variables, ...environment } },
  });
  return { [Symbol.asyncDispose]: () => put({ MemorySize, Timeout, Environment: { Variables } }) };
}

/** The process of the only invocation under way; waits until it is the only one. */
export async function soleProcess(name: string): Promise<number> {
  for (;;) {
    const pids = Object.keys((await recordOf(name)).running);
    if (pids.length === 1) return Number(pids[0]);
    await sleep(20);
  }
}

/** From now on: with which errors invocations have ended, in the order in which they did; null where there was none. */
export async function errorsFromNow(name: string): Promise<() => Promise<readonly (string | null)[]>> {
  const before = (await recordOf(name)).invocations.length;
  return async () => (await recordOf(name)).invocations.slice(before).map(({ error }) => error);
}

/** A request of AWS's JSON interfaces: POST with a body, else GET, but where it is told. */
export async function callAws(
  service: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
  method: 'GET' | 'POST' | 'PUT' = body === undefined ? 'GET' : 'POST',
): Promise<unknown> {
  const response = await fetch(`${emulator().endpoint}${path}`, {
    method,
    headers: { authorization: authorization(service), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${service} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** The emulator takes account, region and service from it, and does not look at the signature. */
function authorization(service: string): string {
  return `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
}

/** A zip archive of one file, not compressed. */
function zipOf(name: string, text: string): Buffer {
  const content = Buffer.from(text);
  const path = Buffer.from(name);
  // Version 2.0, no flags, stored, no date; checksum, size and size; length of the name, nothing extra.
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(content.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(path.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, path, content]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), common, Buffer.alloc(14), path]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}
