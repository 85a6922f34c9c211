/** What is deployed: the template that osls makes of serverless.yml, around bundles that are empty here. */

import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { parseJob } from '../../src/jobs/parse-job.ts';
import { parseTrigger } from '../../src/jobs/triggers.ts';

interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the properties of any resource of AWS
  readonly Properties: any;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** Rights that AWS grants for everything or not at all. */
const ONLY_FOR_ALL =
  /^logs:(?:\w+LogDelivery|ListLogDeliveries|PutResourcePolicy|DescribeResourcePolicies|DescribeLogGroups)$/;

const directory = mkdtempSync(join(tmpdir(), 'millrace-infra-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const resources = await packaged('--stage', 'test');
const functions = ofType(resources, 'AWS::Lambda::Function');
const buckets = ofType(resources, 'AWS::S3::Bucket').filter(([name]) => name !== 'ServerlessDeploymentBucket');
const roles = ofType(resources, 'AWS::IAM::Role');
const machine = readFileSync('infra/state-machines/run-job.asl.json', 'utf8');

describe('functions', () => {
  test('are six', () => expect(functions).toHaveLength(6));

  test.each(functions)('%s has code of ours, the runtime, and bounds for the heap', (_, { Properties }) => {
    const [, bundle] = /^dist\/functions\/([\w-]+)\/index\.handler$/.exec(Properties.Handler) ?? [];
    expect(existsSync(`functions/${bundle}.ts`), `functions/${bundle}.ts`).toBe(true);
    expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    const [, heapMb] = /--max-old-space-size=(\d+)/.exec(Properties.Environment.Variables.NODE_OPTIONS) ?? [];
    // A fifth of the memory at least is for Node and for what is outside of V8's heap.
    expect(Number(heapMb)).toBeLessThanOrEqual(0.8 * Properties.MemorySize);
    expect(Properties.ReservedConcurrentExecutions).toBeUndefined();
  });

  test('are all that there are', () => {
    const deployed = new Set(functions.map(([, { Properties }]) => Properties.Handler.split('/')[2]));
    const withHandler = globSync('functions/*.ts').filter((file) =>
      /^export const handler\b/m.test(readFileSync(file, 'utf8')),
    );
    expect(withHandler.length).toBeGreaterThan(0);
    expect(withHandler.map((file) => basename(file, '.ts')).filter((name) => !deployed.has(name))).toEqual([]);
  });

  test('have a role each', () => {
    const used = functions.map(([, { Properties }]) => Properties.Role['Fn::GetAtt'][0] as string);
    expect(new Set(used).size).toBe(functions.length);
    for (const name of used) expect(resources[name]?.Type).toBe('AWS::IAM::Role');
  });

  test('that run tasks are one code in two sizes', () => {
    const [small, large] = ['execute-task', 'execute-task-large'].map(
      (name) =>
        functions.find(([, { Properties }]) => Properties.FunctionName === `millrace-test-${name}`)?.[1].Properties,
    );
    expect(large.Handler).toBe(small.Handler);
    expect(large.MemorySize).toBeGreaterThan(4 * small.MemorySize);
  });
});

describe('roles', () => {
  const granted = roles.flatMap(([role, { Properties }]) =>
    (Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[]).flatMap(({ PolicyDocument }) =>
      PolicyDocument.Statement.flatMap(({ Action, Resource }) =>
        [Action].flat().map((action) => ({ role, action: action as string, resource: JSON.stringify(Resource) })),
      ),
    ),
  );
  const rolesWith = (action: string): string[] =>
    granted.filter((grant) => grant.action === action).map(({ role }) => role);

  test('name each action', () => {
    expect(granted.length).toBeGreaterThan(30);
    expect(granted.filter(({ action }) => action.includes('*'))).toEqual([]);
  });

  test('name what they are for', () => {
    const forAll = granted.filter(({ resource, action }) => resource === '"*"' && !ONLY_FOR_ALL.test(action));
    expect(forAll).toEqual([]);
    for (const { action, resource } of granted.filter((grant) => grant.action.startsWith('s3:'))) {
      const arns = resource.match(/arn:[^"]*/g) ?? [];
      expect(arns.length, `${action} ${resource}`).toBeGreaterThan(0);
      for (const arn of arns)
        expect(arn).toMatch(/^arn:\$\{AWS::Partition\}:s3:::\$\{bucket\}(?:\/\*|\/\*_millrace\/\*)?$/);
    }
  });

  test('let commit-job alone delete, and look at parts to complete', () => {
    expect(rolesWith('s3:DeleteObject')).toEqual(['CommitJobRole']);
    expect(rolesWith('s3:ListMultipartUploadParts')).toEqual(['CommitJobRole']);
  });

  test('let start-on-object alone start jobs, and the machine its own items', () =>
    expect(rolesWith('states:StartExecution')).toEqual(['StartOnObjectRole', 'RunJobRole']));

  test('let the machine invoke what it names', () => {
    const invocable = granted.find(({ action }) => action === 'lambda:InvokeFunction')?.resource ?? '';
    const substitutions = resources['RunJob']?.Properties.DefinitionSubstitutions as Record<string, unknown>;
    for (const [name, value] of Object.entries(substitutions)) {
      expect(machine).toContain(`\${${name}}`);
      if (name.endsWith('Arn')) expect(invocable).toContain(JSON.stringify(value));
    }
    for (const [, name = ''] of machine.matchAll(/\$\{(\w+)\}/g)) expect(substitutions).toHaveProperty(name);
  });
});

describe('buckets', () => {
  test('are two', () => expect(buckets).toHaveLength(2));

  test.each(buckets)('%s is private, encrypted, and drops uploads that nobody completes', (name, { Properties }) => {
    expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
    expect(JSON.stringify(Properties.BucketEncryption)).toContain('AES256');
    const days = Properties.LifecycleConfiguration.Rules.flatMap(
      // biome-ignore lint/suspicious/noExplicitAny: a rule of a bucket
      (rule: any) => rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation ?? [],
    );
    // A job's files are uploads until it is committed.
    expect(days).toHaveLength(1);
    expect(days[0] * 86_400).toBeGreaterThan(2 * JSON.parse(machine).TimeoutSeconds);
    const policies = ofType(resources, 'AWS::S3::BucketPolicy').map(([, policy]) => policy.Properties);
    const policy = policies.find(({ Bucket }) => Bucket.Ref === name);
    expect(JSON.stringify(policy)).toContain('"aws:SecureTransport":"false"');
  });
});

test('every log has an end', () => {
  const logs = ofType(resources, 'AWS::Logs::LogGroup');
  expect(logs).toHaveLength(functions.length + 1);
  for (const [name, { Properties }] of logs) expect(Properties.RetentionInDays, name).toBeGreaterThan(0);
});

test('objects of the work of jobs start nothing, nor do triggers', () => {
  const [rule] = rulesOf('aws.s3');
  expect(rule?.EventPattern.detail.object.key).toEqual([{ 'anything-but': { prefix: '_millrace/' } }]);
});

test('executions of the machine that were stopped, and no others, have their jobs aborted', () => {
  const [rule] = rulesOf('aws.states');
  expect(rule?.EventPattern.detail).toEqual({ stateMachineArn: [{ Ref: 'RunJob' }], status: ['ABORTED', 'TIMED_OUT'] });
  expect(rule?.Targets[0].Arn).toEqual({ 'Fn::GetAtt': ['AbortDashjobLambdaFunction', 'Arn'] });
});

test('events that nobody could handle are kept', () => {
  const queue = { 'Fn::GetAtt': ['UndeliveredEvents', 'Arn'] };
  const rules = ['aws.s3', 'aws.states'].flatMap((source) => rulesOf(source));
  expect(rules).toHaveLength(2);
  const policy = JSON.stringify(resources['UndeliveredEventsPolicy']?.Properties.PolicyDocument);
  const [, allowed = ''] = /:rule\/([\w-]+)\*"/.exec(policy) ?? [];
  expect(allowed).toBe('millrace-test-');
  for (const { Name } of rules) expect(Name).toMatch(new RegExp(`^${allowed}`));
  const configured = ofType(resources, 'AWS::Lambda::EventInvokeConfig').map(([, { Properties }]) => Properties);
  for (const { Targets } of rules) {
    const [{ Arn, DeadLetterConfig }] = Targets;
    expect(DeadLetterConfig).toEqual({ Arn: queue });
    const [name] = Arn['Fn::GetAtt'];
    const { DestinationConfig } = configured.find(({ FunctionName }) => FunctionName.Ref === name);
    expect(DestinationConfig.OnFailure.Destination).toEqual(queue);
    const role = resources[resources[name]?.Properties.Role['Fn::GetAtt'][0]];
    expect(JSON.stringify(role)).toContain(`"Action":["sqs:SendMessage"],"Resource":${JSON.stringify(queue)}`);
  }
});

test('parameters name more buckets, and someone to tell of alarms', async () => {
  const more = await packaged(
    '--stage',
    'test',
    '--param',
    'inputBuckets=one, two.x',
    '--param',
    'outputBuckets=three',
  );
  const role = JSON.stringify(more['ExecuteTaskRole']);
  for (const name of ['one', 'two.x', 'three']) expect(role).toContain(`{"bucket":"${name}"}`);
  expect(JSON.stringify(more['CommitJobRole'])).not.toContain('"one"');
  await expect(packaged('--stage', 'test', '--param', 'outputBuckets=*')).rejects.toMatchObject({
    stdout: expect.stringContaining('which is no bucket name'),
  });
  expect(resources['AlarmTopic']?.Condition).toBe('HasAlarmEmail');
});

test('the documents of docs/deploy.md are what they should be', () => {
  const [job, trigger] = [...readFileSync('docs/deploy.md', 'utf8').matchAll(/```json\n([\s\S]*?)```/g)].map(
    ([, text = '']) => JSON.parse(text.replaceAll('-…/', '-1/')),
  );
  expect(parseJob(job).plan).toEqual(job.plan);
  const whole = { ...trigger, job: { ...trigger.job, plan: job.plan } };
  expect(parseTrigger(whole)).toEqual(whole);
});

/** The resources of the stack. Nothing is asked of AWS. */
async function packaged(...parameters: string[]): Promise<Readonly<Record<string, Resource>>> {
  const service = mkdtempSync(join(directory, 'service-'));
  for (const name of ['serverless.yml', 'infra/buckets.js', 'infra/resources', 'infra/state-machines']) {
    cpSync(name, join(service, name), { recursive: true });
  }
  writeFileSync(join(service, 'package.json'), '{ "type": "module" }');
  for (const [, bundle = ''] of readFileSync('serverless.yml', 'utf8').matchAll(
    /handler: (dist\/functions\/[\w-]+)\//g,
  )) {
    mkdirSync(join(service, bundle), { recursive: true });
    writeFileSync(join(service, bundle, 'index.mjs'), '');
  }
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  await promisify(execFile)(resolve('node_modules/.bin/osls'), ['package', '--package', 'out', ...parameters], {
    cwd: service,
    env: { ...Object.fromEntries(environment), NO_COLOR: '1' },
    timeout: 50_000,
  });
  return JSON.parse(readFileSync(join(service, 'out/cloudformation-template-update-stack.json'), 'utf8')).Resources;
}

/** The properties of the rules for what a service tells. */
// biome-ignore lint/suspicious/noExplicitAny: the properties of a rule
function rulesOf(source: string): any[] {
  const rules = ofType(resources, 'AWS::Events::Rule').map(([, { Properties }]) => Properties);
  return rules.filter(({ EventPattern }) => EventPattern.source.includes(source));
}

function ofType(from: Readonly<Record<string, Resource>>, type: string): [string, Resource][] {
  return Object.entries(from).filter(([, { Type }]) => Type === type);
}
