/** What the emulator corrects in LocalStack: Millrace stands on AWS's own behaviour here. */

import { PutBucketNotificationConfigurationCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateStateMachineCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { describeLane, endOfExecution, freshBucket, until } from './harness.ts';
import { callAws, createFunction, logsOf } from './lambda.ts';

describeLane('events of objects', () => {
  const key = 'a b+c/ü%20.parquet';

  test('carry keys as AWS writes them, and a sequencer that grows and is the same for all who are told', async () => {
    await createFunction('listener', {
      source: "export const handler = async (event) => console.log('event ' + JSON.stringify(event));",
    });
    const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:listener';
    const bucket = await freshBucket();
    const s3 = new S3Client({});
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: bucket,
        NotificationConfiguration: {
          EventBridgeConfiguration: {},
          LambdaFunctionConfigurations: [{ LambdaFunctionArn: functionArn, Events: ['s3:ObjectCreated:*'] }],
        },
      }),
    );
    const events = (action: string, body: unknown): Promise<unknown> =>
      callAws('events', '/', body, {
        'x-amz-target': `AWSEvents.${action}`,
        'content-type': 'application/x-amz-json-1.1',
      });
    const pattern = { source: ['aws.s3'], detail: { bucket: { name: [bucket] } } };
    await events('PutRule', { Name: 'objects', EventPattern: JSON.stringify(pattern) });
    await events('PutTargets', { Rule: 'objects', Targets: [{ Id: '1', Arn: functionArn }] });
    for (let i = 0; i < 2; i++) await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'same' }));
    s3.destroy();

    let received: ObjectEvent[] = [];
    await until('the listener was told of all', async () => {
      received = (await logsOf('listener').catch(() => [])).flatMap((line) => {
        const json = /event (\{.*\})/.exec(line)?.[1];
        return json === undefined ? [] : [JSON.parse(json) as ObjectEvent];
      });
      return received.length === 4;
    });
    const notified = received.flatMap((event) => event.Records?.map(({ s3: { object } }) => object) ?? []);
    const bridged = received.flatMap((event) => (event.detail ? [event.detail.object] : []));
    expect(notified.map((object) => object.key)).toEqual(Array(2).fill('a+b%2Bc/%C3%BC%2520.parquet'));
    expect(bridged.map((object) => object.key)).toEqual([key, key]);
    const sequencers = (objects: readonly EventObject[]) => objects.map(({ sequencer }) => sequencer).sort();
    expect(new Set(sequencers(notified)).size).toBe(2);
    expect(sequencers(bridged)).toEqual(sequencers(notified));
  });
});

interface ObjectEvent {
  readonly Records?: readonly { readonly s3: { readonly object: EventObject } }[];
  readonly detail?: { readonly object: EventObject };
}

interface EventObject {
  readonly key: string;
  readonly sequencer: string;
}

describeLane('a distributed Map', () => {
  test('goes through more items than Python has frames', async () => {
    const bucket = await freshBucket();
    const s3 = new S3Client({});
    const items = Array.from({ length: 1100 }, (_, task) => ({ task }));
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'items.json', Body: JSON.stringify(items) }));
    s3.destroy();
    const client = new SFNClient({});
    const { stateMachineArn } = await client.send(
      new CreateStateMachineCommand({
        name: 'long-map',
        roleArn: 'arn:aws:iam::000000000000:role/test',
        definition: JSON.stringify(mapOver(bucket)),
      }),
    );
    const { executionArn = '' } = await client.send(new StartExecutionCommand({ stateMachineArn }));
    client.destroy();
    expect((await endOfExecution(executionArn)).output).toBe(JSON.stringify(items));
  });
});

function mapOver(bucket: string): unknown {
  return {
    StartAt: 'Map',
    States: {
      Map: {
        Type: 'Map',
        MaxConcurrency: 1,
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          ReaderConfig: { InputType: 'JSON' },
          Parameters: { Bucket: bucket, Key: 'items.json' },
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Pass',
          States: { Pass: { Type: 'Pass', End: true } },
        },
        End: true,
      },
    },
  };
}
