/** Objects that appear start jobs, once for each version, and what a job leaves is what DuckDB makes of the same files. */

import {
  type LambdaFunctionConfiguration,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Deployment } from '../../infra/deploy.ts';
import { listCommitted } from '../../src/commit/read-manifest.ts';
import { parsePartName } from '../../src/io/part-name.ts';
import { joinUri, parseUri } from '../../src/io/uri.ts';
import type { TriggerInput } from '../../src/jobs/trigger.ts';
import { created, notification } from '../jobs/events.ts';
import { deployment } from './deployment.ts';
import { describeLane, endOfExecution, freshBucket, until } from './harness.ts';
import { CloudLake, executionsOf, type Question, ROW_WISE, replacing, TOTALS } from './lake.ts';
import { callAws, createFunction, invoke, logsOf, recordOf } from './lambda.ts';

/** Enough to meet each other on the way. */
const MANY = 6;
const EVENT_OBJECT: TriggerInput = { kind: 'event-object' };

describeLane('an object that appears', () => {
  const lake = new CloudLake();
  const s3 = new S3Client({});
  const triggers: string[] = [];
  let deployed: Deployment;
  let starter: string;
  let input: string;
  let output: string;

  beforeAll(async () => {
    deployed = await deployment();
    starter = deployed.functions['start-on-object'];
    input = `s3://${deployed.inputBucket}`;
    output = `s3://${deployed.outputBucket}/by-event`;
    // S3 asks for it; the emulator does not.
    await callAws('lambda', `/2015-03-31/functions/${starter}/policy`, {
      StatementId: 'direct',
      Action: 'lambda:InvokeFunction',
      Principal: 's3.amazonaws.com',
    });
  });
  afterAll(async () => {
    for (const uri of triggers) await lake.store.delete(uri);
    lake[Symbol.dispose]();
    s3.destroy();
  });

  /** A trigger that answers `question` into a destination of its own name. */
  async function setTrigger(name: string, objects: string, { plan }: Question, sales: TriggerInput): Promise<string> {
    const destination = joinUri(output, name);
    const job = { version: 1, plan, inputs: { sales }, output: { uri: destination }, taskBytes: 40_000 };
    const uri = joinUri(input, `_millrace/triggers/${name}.json`);
    triggers.push(uri);
    await lake.store.put(uri, new TextEncoder().encode(JSON.stringify({ version: 1, on: { objects }, job })));
    return destination;
  }

  /** Has a bucket tell functions directly of its objects, beside EventBridge. */
  async function notifyDirectly(bucket: string, functions: readonly string[]): Promise<void> {
    const configurations = functions.map(
      (name): LambdaFunctionConfiguration => ({
        LambdaFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
        Events: ['s3:ObjectCreated:*'],
      }),
    );
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: bucket,
        NotificationConfiguration: { EventBridgeConfiguration: {}, LambdaFunctionConfigurations: configurations },
      }),
    );
  }

  const executions = (name: string): Promise<readonly string[]> => executionsOf(deployed.stateMachineArn, `${name}-`);

  /** Waits until as many executions of a trigger have begun, and all that have begun have succeeded. */
  async function succeeded(name: string, count: number): Promise<void> {
    await until(`${count} executions began`, async () => (await executions(name)).length >= count);
    for (const arn of await executions(name)) expect(await endOfExecution(arn)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await executions(name)).toHaveLength(count);
  }

  /** Does something, and waits until the starter has been told of it so often. */
  async function toldAfter(times: number, action: () => Promise<void>): Promise<void> {
    const told = async () => (await recordOf(starter)).invocations.length;
    const before = await told();
    await action();
    await until(`the starter was told ${times} times`, async () => (await told()) >= before + times);
  }

  test('as a marker beside files makes a job of them all, by rows and by groups', async () => {
    const folder = joinUri(input, 'marked/[a] b+ü%20');
    const all: TriggerInput = { kind: 'event-folder', glob: '*.parquet' };
    const rows = await setTrigger('rows', joinUri(input, 'marked/*/_SUCCESS'), ROW_WISE, all);
    const totals = await setTrigger('totals', joinUri(input, 'marked/*/_SUCCESS'), TOTALS, all);
    const files = [0, 1, 2].map((index) => joinUri(folder, `${index}.parquet`));
    for (const [index, uri] of files.entries()) {
      await lake.write(uri, index * 10_000, index * 10_000 + 5_000 + index, 2048 * (index + 1));
    }
    await toldAfter(files.length + 1, async () => {
      for (const uri of files) await lake.put(uri);
      await lake.store.put(joinUri(folder, '_SUCCESS'), new Uint8Array());
    });
    await Promise.all([succeeded('rows', 1), succeeded('totals', 1)]);
    for (const [destination, question] of [
      [rows, ROW_WISE],
      [totals, TOTALS],
    ] as const) {
      const expected = await lake.answer(question, files);
      expect(await lake.rowsByManifest(destination, question)).toEqual(expected);
      expect(await lake.rowsByListing(destination, question)).toEqual(expected);
    }
    const tasksOf = async (destination: string): Promise<number> => {
      const { files: written } = await listCommitted(lake.store, destination);
      return new Set(written.map(({ path }) => parsePartName(path)?.taskId)).size;
    };
    expect(await tasksOf(rows)).toBeGreaterThan(files.length);
    expect(await tasksOf(totals)).toBe(1);
  });

  test('starts one job per version, however often and in whatever order it is told of', async () => {
    const uri = joinUri(input, 'once/a b+c/[ü]%20.parquet');
    const question = replacing(TOTALS);
    const destination = await setTrigger('once', joinUri(input, 'once/**/*.parquet'), question, EVENT_OBJECT);
    await createFunction('event-recorder', { source: RECORDER });
    await notifyDirectly(deployed.inputBucket, [starter, 'event-recorder']);
    await onEvents(deployed.inputBucket, 'event-recorder');

    const expected = [];
    for (const version of [1, 2]) {
      await lake.write(uri, 0, 3000 * version);
      expected.push(await lake.answer(question, [uri]));
      await toldAfter(2, () => lake.put(uri));
      await succeeded('once', version);
      expect(await lake.rowsByManifest(destination, question)).toEqual(expected[version - 1]);
    }
    await notifyDirectly(deployed.inputBucket, []);
    let events: readonly unknown[] = [];
    await until('the starter has logged its events', async () => {
      events = await recordedEvents();
      return events.length >= 4;
    });
    const again = async () =>
      (await Promise.all(events.map((event) => invoke(starter, event)))).map((answer) => answer.payload);

    const stale = { started: [], ignored: [{ reason: 'stale', uri }] };
    const [newest = ''] = (await listCommitted(lake.store, destination)).live.map(({ jobId }) => jobId);
    const known = {
      started: [
        { job: `${destination}/_millrace/${newest}/job.json`, execution: expect.any(String), startedBefore: true },
      ],
      ignored: [],
    };
    const answers = await again();
    expect(answers).toHaveLength(4);
    expect(answers).toEqual(expect.arrayContaining([stale, known]));
    expect(answers.filter((answer) => (answer as typeof stale).ignored.length === 0)).toEqual([known, known]);

    await lake.store.delete(uri);
    const deleted = { started: [], ignored: [{ reason: 'deleted', uri }] };
    expect(await again()).toEqual([deleted, deleted, deleted, deleted]);
    await succeeded('once', 2);
    expect(await lake.rowsByListing(destination, question)).toEqual(expected[1]);
  });

  test('starts a job per version also where versions have the same bytes', async () => {
    const bucket = await freshBucket();
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    await notifyDirectly(bucket, [starter]);
    const uri = `s3://${bucket}/sales.parquet`;
    const destination = await setTrigger('versions', uri, replacing(ROW_WISE), EVENT_OBJECT);
    await lake.write(uri, 0, 10_000, 4096);
    for (const version of [1, 2]) {
      await toldAfter(1, () => lake.put(uri));
      await succeeded('versions', version);
    }
    const expected = await lake.answer(ROW_WISE, [uri]);
    expect(await lake.rowsByManifest(destination, ROW_WISE)).toEqual(expected);
    expect(await lake.rowsByListing(destination, ROW_WISE)).toEqual(expected);
  });

  test('starts one job where it is told of several times at once', async () => {
    const uri = joinUri(input, 'at-once.parquet');
    await lake.write(uri, 0, 3000);
    await toldAfter(1, () => lake.put(uri));
    const destination = await setTrigger('at-once', uri, TOTALS, EVENT_OBJECT);
    const etag = (await lake.store.head(uri))?.etag.replaceAll('"', '') ?? '';
    const { bucket, key } = parseUri(uri);
    const events = [notification(key, { eTag: etag }), created(key, { etag })].map((event) =>
      JSON.parse(JSON.stringify(event).replaceAll('amzn-s3-demo-bucket', bucket)),
    );
    const answers = await Promise.all([...events, ...events].map((event) => invoke(starter, event)));
    const jobs = answers.flatMap(({ payload }) => (payload as { started: { job: string }[] }).started);
    expect(new Set(jobs.map(({ job }) => job)).size).toBe(1);
    expect(jobs).toHaveLength(4);
    await succeeded('at-once', 1);
    // Later, when the trigger says something else, the event is still the same.
    await setTrigger('at-once', uri, replacing(TOTALS), EVENT_OBJECT);
    expect((await invoke(starter, events[0])).payload).toMatchObject({ started: [{ startedBefore: true }] });
    await succeeded('at-once', 1);
    expect(await lake.rowsByManifest(destination, TOTALS)).toEqual(await lake.answer(TOTALS, [uri]));
  });

  test('and is replaced at once leaves the result of the newer version', async () => {
    const uri = joinUri(input, 'replaced.parquet');
    const question = replacing(TOTALS);
    const destination = await setTrigger('replaced', uri, question, EVENT_OBJECT);
    await toldAfter(2, async () => {
      for (const version of [1, 2]) {
        await lake.write(uri, 0, 3000 * version);
        await lake.put(uri);
      }
    });
    const ends = await Promise.all((await executions('replaced')).map((arn) => endOfExecution(arn)));
    // The older event came too late, or its job found another version than its own; either is right.
    expect(ends.map(({ status, error }) => error ?? status)).toContain('SUCCEEDED');
    for (const { status, error } of ends) expect(['SUCCEEDED', 'ObjectChanged']).toContain(error ?? status);
    expect(await lake.rowsByManifest(destination, question)).toEqual(await lake.answer(question, [uri]));
    expect(await lake.rowsByListing(destination, question)).toEqual(await lake.answer(question, [uri]));
  });

  test('beside others at once adds its rows to theirs', async () => {
    const destination = await setTrigger('many', joinUri(input, 'many/*.parquet'), TOTALS, EVENT_OBJECT);
    const uris = Array.from({ length: MANY }, (_, index) => joinUri(input, `many/${index}.parquet`));
    for (const [index, uri] of uris.entries()) await lake.write(uri, index * 100, index * 100 + 100);
    await Promise.all(uris.map((uri) => lake.put(uri)));
    await succeeded('many', MANY);
    const each = await Promise.all(uris.map((uri) => lake.answer(TOTALS, [uri])));
    const sorted = (rows: readonly unknown[]) => rows.map((row) => String(row)).sort();
    expect(sorted(await lake.rowsByManifest(destination, TOTALS))).toEqual(sorted(each.flat()));
    expect(sorted(await lake.rowsByListing(destination, TOTALS))).toEqual(sorted(each.flat()));
  });

  test('starts nothing where no trigger wants it', async () => {
    const before = await executionsOf(deployed.stateMachineArn, '');
    const uri = joinUri(input, 'unwanted.parquet');
    await toldAfter(1, async () => {
      await lake.store.put(uri, new Uint8Array(3));
    });
    expect(await executionsOf(deployed.stateMachineArn, '')).toEqual(before);
    const event = JSON.stringify(created('unwanted.parquet')).replaceAll('amzn-s3-demo-bucket', deployed.inputBucket);
    const { payload } = await invoke(starter, JSON.parse(event));
    expect(payload).toEqual({ started: [], ignored: [{ reason: 'no trigger', uri }] });
    // No uri can name these, so no trigger can want them; and an event that fails is delivered again and again.
    for (const key of ['a/../b.parquet', 'line\nbreak.parquet']) {
      expect(await invoke(starter, created(key)), key).toEqual({
        payload: { started: [], ignored: [expect.anything()] },
      });
    }
  });
});

const RECORDER = "export const handler = async (event) => console.log('event ' + JSON.stringify(event));";

/** The events that EventBridge and S3 have told the recorder. */
async function recordedEvents(): Promise<readonly unknown[]> {
  const lines = await logsOf('event-recorder').catch(() => []);
  return lines.flatMap((line) => {
    const json = /event (\{.*\})/.exec(line)?.[1];
    return json === undefined ? [] : [JSON.parse(json) as unknown];
  });
}

/** Has EventBridge tell a function of the objects of a bucket. */
async function onEvents(bucket: string, name: string): Promise<void> {
  const events = (action: string, body: unknown): Promise<unknown> =>
    callAws('events', '/', body, {
      'x-amz-target': `AWSEvents.${action}`,
      'content-type': 'application/x-amz-json-1.1',
    });
  const pattern = {
    source: ['aws.s3'],
    detail: { bucket: { name: [bucket] }, object: { key: [{ prefix: 'once/' }] } },
  };
  await events('PutRule', { Name: name, EventPattern: JSON.stringify(pattern) });
  const arn = `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
  await events('PutTargets', { Rule: name, Targets: [{ Id: '1', Arn: arn }] });
}
