import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidArgument, InvalidPlan } from '../../src/errors.ts';
import { memoryStore } from '../../src/io/memory-store.ts';
import { jobJsonSchema } from '../../src/jobs/job-schema.ts';
import { parseJob } from '../../src/jobs/parse-job.ts';
import { readJob } from '../../src/jobs/read-job.ts';
import { storeJob } from '../../src/jobs/store-job.ts';
import { glob, job, ROW_WISE, readJson, SCAN, uris } from './lake.ts';

const problemsOf = (input: unknown): string[] => {
  try {
    parseJob(input);
    return [];
  } catch (error) {
    if (error instanceof InvalidPlan) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
};

describe('a job document', () => {
  test('is taken as text and as data, as it is', () => {
    const document = job(ROW_WISE, { taskBytes: 5 });
    expect(parseJob(document)).toEqual(document);
    expect(parseJob(JSON.stringify(document))).toEqual(document);
    const { jobId: _, ...unnamed } = document;
    expect(parseJob(unnamed)).toEqual(unnamed);
    const referred = { ...document, plan: { uri: 's3://b/plan.json' } };
    expect(parseJob(referred)).toEqual(referred);
  });

  test.each<[string, unknown, string | RegExp]>([
    ['root', { ...job(), plan: SCAN }, /^\$\.plan\.kind: The root.*and this is scan\.$/],
    [
      'glob',
      job(ROW_WISE, { inputs: { sales: glob('s3://b/{a') } }),
      /^\$\.inputs\.sales\.glob: .*a \{ without its \}/,
    ],
    ['glob that is none', job(ROW_WISE, { inputs: { sales: glob('a/*.parquet') } }), /^\$\.inputs\.sales\.glob: /],
    ['rows', job(ROW_WISE, { inputs: { sales: { kind: 'rows', rows: [] } } }), /^\$\.inputs\.sales\.kind: A scan/],
    ['missing input', job(ROW_WISE, { inputs: {} }), /sourceId: The task has no input "sales"/],
    ['id', job(ROW_WISE, { jobId: '../x' }), /^\$\.jobId: must be/],
    ['size', job(ROW_WISE, { taskBytes: 0 }), /^\$\.taskBytes: expected at least 1/],
    ['stage', { ...job(), stageId: 0 }, /^\$: unknown key "stageId"/],
    ['no output', { ...job(), output: undefined }, /^\$\.output: expected an object/],
    ['no JSON', '{', /^\$: This is not JSON/],
  ])('with the wrong %s is refused at its place', (_, input, expected) => {
    expect(problemsOf(input).join('\n')).toMatch(expected);
  });

  test('whatever it is, gives a job or InvalidPlan', () => {
    fc.assert(fc.property(fc.oneof(fc.json(), fc.anything()), (input) => void problemsOf(input)));
  });

  test('has a JSON Schema', () => {
    const schema = JSON.stringify(jobJsonSchema());
    for (const word of ['commit-write', 'taskBytes', '"glob"', 'additionalProperties']) expect(schema).toContain(word);
  });
});

describe('storing a job', () => {
  test('again is fine, in any order of its members; another one is refused', async () => {
    const store = memoryStore();
    const { jobUri, job: stored } = await storeJob({ store, job: job() });
    expect(jobUri).toBe('mem://out/sales/_millrace/job-1/job.json');
    expect(await readJob(jobUri, { store })).toEqual(stored);
    const reversed = Object.fromEntries(Object.entries(job()).reverse()) as unknown as ReturnType<typeof job>;
    expect(await storeJob({ store, job: reversed })).toEqual({ jobUri, job: stored });
    const other = job(ROW_WISE, { taskBytes: 7 });
    const second = storeJob({ store, job: other });
    await expect(second).rejects.toBeInstanceOf(InvalidArgument);
    await expect(second).rejects.toThrow(/another job with the id job-1/);
    expect(await storeJob({ store, job: other, keepExisting: true })).toEqual({ jobUri, job: stored });
    expect((await uris(store, 'mem://out/')).length).toBe(1);
  });

  test('that could not be read again is refused', async () => {
    const store = memoryStore();
    const files = Array.from({ length: 40_000 }, (_, n) => ({ uri: `mem://lake/${'x'.repeat(385)}${n + 10_000}` }));
    const large = parseJob(JSON.stringify(job(ROW_WISE, { inputs: { sales: { kind: 'files', files } } })));
    await expect(storeJob({ store, job: large })).rejects.toBeInstanceOf(InvalidPlan);
    expect(await uris(store, 'mem://out/')).toEqual([]);
  });

  test('puts the plan it refers to into it, and gives it a name', async () => {
    const store = memoryStore();
    const { jobId: _, plan, ...rest } = job();
    await store.put('mem://plans/p.json', Buffer.from(JSON.stringify(plan)));
    const { jobUri, job: stored } = await storeJob({ store, job: { ...rest, plan: { uri: 'mem://plans/p.json' } } });
    expect(stored.plan).toEqual(plan);
    expect(stored.jobId).toMatch(/^job-[0-9a-f-]{36}$/);
    expect(await readJson(store, jobUri)).toEqual(stored);
    await store.put('mem://plans/p.json', Buffer.from(JSON.stringify(SCAN)));
    const referring = storeJob({ store, job: { ...rest, plan: { uri: 'mem://plans/p.json' } } });
    await expect(referring).rejects.toThrow(/\$\.plan\.kind: The root/);
  });

  test('does not take the job of another place for one', async () => {
    const store = memoryStore();
    const { jobUri, job: stored } = await storeJob({ store, job: job() });
    const moved = 'mem://other/_millrace/job-1/job.json';
    await store.put(moved, Buffer.from(JSON.stringify(stored)));
    await expect(readJob(moved, { store })).rejects.toThrow(/belongs elsewhere/);
    const { jobId: _, ...unnamed } = stored;
    await store.put(jobUri, Buffer.from(JSON.stringify(unnamed)));
    await expect(readJob(jobUri, { store })).rejects.toThrow(/no stored job/);
    for (const uri of ['mem://out/job.json', 'mem://out/_millrace/../job.json', 'x']) {
      await expect(readJob(uri, { store })).rejects.toThrow(InvalidArgument);
    }
  });
});
