/** Events of storage, and of executions, as AWS sends them. */

export const notification = (
  key: string,
  object: object = {},
  eventName: string = 'ObjectCreated:Put',
): { Records: object[] } => ({
  Records: [
    {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: 'us-west-2',
      eventTime: '1970-01-01T00:00:00.000Z',
      eventName,
      userIdentity: { principalId: 'AIDAJDPLRKLG7UEXAMPLE' },
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: {
        'x-amz-request-id': 'C3D13FE58DE4C810',
        'x-amz-id-2': 'FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD',
      },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'testConfigRule',
        bucket: {
          name: 'amzn-s3-demo-bucket',
          ownerIdentity: { principalId: 'A3NL1KOZZKExample' },
          arn: 'arn:aws:s3:::amzn-s3-demo-bucket',
        },
        object: {
          key,
          size: 1024,
          eTag: 'd41d8cd98f00b204e9800998ecf8427e',
          sequencer: '0055AED6DCD90281E5',
          ...object,
        },
      },
    },
  ],
});

export const created = (key: string, object: object = {}, detailType: string = 'Object Created'): object => ({
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': detailType,
  source: 'aws.s3',
  account: '111122223333',
  time: '2021-11-12T00:00:00Z',
  region: 'ca-central-1',
  resources: ['arn:aws:s3:::amzn-s3-demo-bucket'],
  detail: {
    version: '0',
    bucket: { name: 'amzn-s3-demo-bucket' },
    object: { key, size: 1024, etag: 'd41d8cd98f00b204e9800998ecf8427e', sequencer: '0055AED6DCD90281E5', ...object },
    'request-id': 'N4N7GDK58NMKJ12R',
    requester: '123456789012',
    'source-ip-address': '1.2.3.4',
    reason: 'PutObject',
  },
});

const MACHINE = 'arn:aws:states:us-east-1:123456789012';

/** What EventBridge tells of an execution. */
export const stopped = (detail: object): object => ({
  version: '0',
  id: '315c1398-40ff-a850-213b-158f73e60175',
  'detail-type': 'Step Functions Execution Status Change',
  source: 'aws.states',
  account: '123456789012',
  time: '2019-02-26T19:42:21Z',
  region: 'us-east-1',
  resources: [`${MACHINE}:execution:run-job:one`],
  detail: {
    executionArn: `${MACHINE}:execution:run-job:one`,
    stateMachineArn: `${MACHINE}:stateMachine:run-job`,
    name: 'one',
    status: 'ABORTED',
    startDate: 1551225014968,
    stopDate: 1551225017576,
    input: '{}',
    inputDetails: { included: true },
    output: null,
    outputDetails: null,
    ...detail,
  },
});
