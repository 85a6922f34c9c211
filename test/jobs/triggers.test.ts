import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidArgument, InvalidPlan } from '../../src/errors.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import { isJobId } from '../../src/io/part-name.ts';
import { executionName, stableName } from '../../src/jobs/job-names.ts';
import { type ObjectEvent, objectEvents } from '../../src/jobs/object-events.ts';
import { parseJob } from '../../src/jobs/parse-job.ts';
import { planStage } from '../../src/jobs/plan-stage.ts';
import { storeJob } from '../../src/jobs/store-job.ts';
import type { Trigger, TriggerInput } from '../../src/jobs/trigger.ts';
import { jobsForObject, type NamedTrigger, parseTrigger, readTriggers } from '../../src/jobs/triggers.ts';
import { created, notification } from './events.ts';
import { job } from './lake.ts';

const EVENT = {
  bucket: 'amzn-s3-demo-bucket',
  size: 1024,
  etag: 'd41d8cd98f00b204e9800998ecf8427e',
  sequencer: '0055AED6DCD90281E5',
};

describe('events of storage', () => {
  test.each([
    ['a notification', notification('a/b+c%2B%C3%A9%3D1.parquet')],
    ['an event', created('a/b c+é=1.parquet')],
    [
      'a notification with quotes',
      notification('a/b%20c%2B%C3%A9%3D1.parquet', { eTag: `"${EVENT.etag}"`, versionId: 'null' }),
    ],
  ])('%s is an object', (_, event) => {
    const key = 'a/b c+é=1.parquet';
    expect(objectEvents(event)).toEqual([{ ...EVENT, key, uri: `s3://amzn-s3-demo-bucket/${key}` }]);
  });

  test('have the version where there is one, and come in numbers', () => {
    expect(objectEvents(notification('k', { versionId: 'v1' }))[0]?.versionId).toBe('v1');
    expect(objectEvents(created('k', { 'version-id': 'v1' }))[0]?.versionId).toBe('v1');
    const many = { Records: ['a', 'b'].flatMap((key) => notification(key).Records) };
    expect(objectEvents(many).map(({ key }) => key)).toEqual(['a', 'b']);
  });

  test.each([
    ['the test of a notification', { Service: 'Amazon S3', Event: 's3:TestEvent', Time: 'now', Bucket: 'b' }],
    ['a removal', notification('k', { eTag: undefined, size: undefined }, 'ObjectRemoved:Delete')],
    ['another event', created('k', {}, 'Object Deleted')],
    ['an object that no uri can name', created('a/../b')],
    ['one with a control character', notification('a%00')],
  ])('of other things are passed over: %s', (_, event) => expect(objectEvents(event)).toEqual([]));

  test.each([
    ['nothing', undefined],
    ['a string', 'x'],
    ['records of another service', { Records: [{ Sns: {} }] }],
    ['no etag', notification('k', { eTag: undefined })],
    ['no sequencer', created('k', { sequencer: undefined })],
    ['a key that is not encoded', notification('100%')],
    ['another source', { ...created('k'), source: 'aws.ec2' }],
  ])('that are none are refused: %s', (_, event) => expect(() => objectEvents(event)).toThrow(InvalidArgument));

  test('whatever they are, give events or InvalidArgument', () => {
    fc.assert(
      fc.property(fc.anything(), (event) => {
        try {
          objectEvents(event);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidArgument);
        }
      }),
    );
  });
});

test('names are stable, readable, and good for jobs and executions', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 3 }), (parts) => {
      const name = stableName(parts, parts);
      expect(name).toBe(stableName(parts, parts));
      expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/);
      expect(isJobId(name)).toBe(true);
    }),
  );
  expect(stableName(['sales', 'day 1'], ['a'])).toMatch(/^sales-day-1-[0-9a-f]{32}$/);
  expect(stableName(['x'], ['a', 'bc'])).not.toBe(stableName(['x'], ['ab', 'c']));
});

test('executions of jobs with one id for two destinations have two names', () => {
  const named = (jobId: string, destination: string = 's3://out/a') => executionName({ destination, jobId });
  expect(named('a.b')).toMatch(/^a-b-[0-9a-f]{32}$/);
  expect(named('a.b')).not.toBe(named('a-b'));
  expect(named('a')).not.toBe(named('a', 's3://out/b'));
  expect(named('a')).toBe(named('a', 's3://out/a/'));
  expect(named('x'.repeat(100)).length).toBeLessThanOrEqual(80);
});

const FOLDER: TriggerInput = { kind: 'event-folder', glob: '*.parquet' };

function trigger(input: TriggerInput = { kind: 'event-object' }, objects: string = 's3://lake/in/**'): Trigger {
  const { jobId: _, ...rest } = job();
  return {
    version: 1,
    on: { objects },
    job: { ...rest, inputs: { sales: input }, output: { uri: 's3://lake/in/out' } },
  };
}

describe('a trigger', () => {
  test.each<[string, unknown, RegExp]>([
    ['glob', trigger(FOLDER, 's3://lake/[x'), /^\$\.on\.objects: .*\[ without/],
    ['folder', trigger({ ...FOLDER, glob: '../*' } as TriggerInput), /^\$\.job\.inputs\.sales\.glob: .*relative/],
    [
      'folder',
      trigger({ ...FOLDER, glob: 's3://other/*' } as TriggerInput),
      /^\$\.job\.inputs\.sales\.glob: .*relative/,
    ],
    ['id', { ...trigger(), job: { ...trigger().job, jobId: 'x' } }, /^\$\.job: unknown key "jobId"/],
    ['source', { ...trigger(), job: { ...trigger().job, inputs: {} } }, /^\$\.job\.plan.*no input "sales"/],
  ])('with the wrong %s is refused at its place', (_, document, expected) => {
    const problems = (() => {
      try {
        return [parseTrigger(document)].length;
      } catch (error) {
        return (error as InvalidPlan).problems.map(({ path, message }) => `${path}: ${message}`).join('\n');
      }
    })();
    expect(problems).toMatch(expected);
  });

  test('is read from its document; those that are none are told apart', async () => {
    const store = memoryStore();
    await store.put('s3://conf/t/sales.json', Buffer.from(JSON.stringify(trigger())));
    await store.put('s3://conf/t/broken.json', Buffer.from('{'));
    await store.put('s3://conf/t/readme.txt', Buffer.from('x'));
    const { triggers, invalid } = await readTriggers('s3://conf/t/', { store });
    expect(triggers).toEqual([{ name: 'sales', trigger: trigger() }]);
    expect(invalid.map(({ uri }) => uri)).toEqual(['s3://conf/t/broken.json']);
    expect(invalid[0]?.error).toBeInstanceOf(InvalidPlan);
  });

  test('is one of a thousand at most', async () => {
    const store = memoryStore();
    for (let n = 0; n <= 1000; n += 1) await store.put(`s3://conf/t/${n}.txt`, Buffer.from('{}'));
    for (let n = 0; n < 1000; n += 1) await store.put(`s3://conf/t/${n}.json`, Buffer.from('{}'));
    expect((await readTriggers('s3://conf/t/', { store })).invalid).toHaveLength(1000);
    await store.put('s3://conf/t/one-more.json', Buffer.from('{}'));
    await expect(readTriggers('s3://conf/t/', { store })).rejects.toThrow(/more than 1000 triggers.*s3:\/\/conf\/t/);
  });
});

describe('an object that appears', () => {
  const named = (...triggers: Trigger[]): NamedTrigger[] => triggers.map((one, n) => ({ name: `t${n}`, trigger: one }));

  async function put(
    key: string,
    version: string = '1',
  ): Promise<{ store: ReturnType<typeof memoryStore>; event: ObjectEvent }> {
    const store = memoryStore();
    const uri = `s3://lake/${key}`;
    const { etag } = await store.put(uri, Buffer.from(version));
    return { store, event: { uri, bucket: 'lake', key, size: 1, etag, sequencer: '1' } };
  }

  test('starts one job per trigger that matches, always the same', async () => {
    const { store, event } = await put('in/day 1/a.parquet');
    const triggers = named(trigger(), trigger(FOLDER), trigger(FOLDER, 's3://lake/other/*'));
    const found = await jobsForObject({ store, triggers, event });
    expect(await jobsForObject({ store, triggers, event })).toEqual(found);
    if (!('jobs' in found)) throw new Error('there are jobs');
    expect(found.jobs.map(({ jobId }) => jobId)).toEqual([
      expect.stringMatching(/^t0-a-[0-9a-f]{32}$/),
      expect.stringMatching(/^t1-a-[0-9a-f]{32}$/),
    ]);
    expect(found.jobs.map(({ inputs }) => inputs['sales'])).toEqual([
      { kind: 'files', files: [{ uri: event.uri, etag: event.etag }] },
      { kind: 'glob', glob: 's3://lake/in/day 1/*.parquet' },
    ]);
    for (const one of found.jobs) expect(parseJob(one)).toEqual(one);
  });

  test('in another version is another job; the older event is stale, and one for nothing is dropped', async () => {
    const { store, event } = await put('in/a.parquet');
    const triggers = named(trigger());
    const first = await jobsForObject({ store, triggers, event });
    const { etag } = await store.put(event.uri, Buffer.from('2'));
    const newer = { ...event, etag, sequencer: '2' };
    expect(await jobsForObject({ store, triggers, event })).toEqual({ ignored: 'stale' });
    const second = await jobsForObject({ store, triggers, event: newer });
    const ids = [first, second].map((found) => ('jobs' in found ? found.jobs[0]?.jobId : undefined));
    expect(new Set(ids).size).toBe(2);
    expect(ids).not.toContain(undefined);
    const versioned = async (sequencer: string) =>
      jobsForObject({ store, triggers, event: { ...newer, sequencer, versionId: 'v' } });
    expect(await versioned('2')).toEqual(await versioned('3'));
    await store.delete(event.uri);
    expect(await jobsForObject({ store, triggers, event: newer })).toEqual({ ignored: 'deleted' });
    expect(await jobsForObject({ store, triggers: [], event: newer })).toEqual({ ignored: 'no trigger' });
  });

  test('as output of the job it would start, starts nothing', async () => {
    const { store, event } = await put('in/out/part-1.parquet');
    expect(await jobsForObject({ store, triggers: named(trigger()), event })).toEqual({ ignored: 'no trigger' });
  });

  test('in a directory with a name like a glob is looked for there only', async () => {
    const { store, event } = await put('in/{a,b}[1]*/x.parquet');
    await store.put('s3://lake/in/a/x.parquet', Buffer.from('x'));
    const found = await jobsForObject({ store, triggers: named(trigger(FOLDER)), event });
    if (!('jobs' in found) || found.jobs[0] === undefined) throw new Error('there is a job');
    const { jobUri } = await storeJob({ store, job: found.jobs[0] });
    const plan = await planStage({ store, jobUri, stageId: 0 });
    expect(plan).toMatchObject({ next: 'map', taskCount: 1 });
    const tasks = await Array.fromAsync(store.list(jobUri.replace('job.json', 'plan-0/tasks-')));
    const stored = await store.get(tasks[0]?.uri ?? '');
    expect(new TextDecoder().decode(stored?.bytes)).toContain('in/{a,b}[1]*/x.parquet');
  });
});
