import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binary, type DataType, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import {
  AccessDenied,
  InvalidValue,
  MemoryBudgetExceeded,
  type MillraceError,
  StorageFull,
  StorageUnavailable,
  TaskCancelled,
} from '../../src/errors.ts';
import { type MemoryStore, memoryStore } from '../../src/io/memory-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { retryingStore } from '../../src/io/retrying-store.ts';
import { type UrlUploadOptions, urlUpload } from '../../src/operators/streaming/url-upload.ts';
import { typed } from '../support/expressions.ts';
import { AT_ONCE, observedStore, untilAborted } from '../support/observed-store.ts';
import { col } from '../support/plans.ts';
import { tables } from '../support/tables.ts';
import { type Feed, type Row, runStages, testBudget } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(field('n', int64), field('data', binary), field('location', utf8), field('name', utf8));
const OUT = 's3://lake/out/_files';

const upload = (options: Partial<UrlUploadOptions> = {}) =>
  urlUpload({
    input,
    column: 'uri',
    data: typed(input, col('data')),
    location: typed(input, col('location')),
    name: typed(input, col('name')),
    onError: 'raise',
    maxConnections: 32,
    store: memoryStore(),
    rule: { prefixes: ['s3://lake/out'] },
    policy: AT_ONCE,
    ...options,
  });

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
type Given = readonly [data: Uint8Array | null, location?: string | null, name?: string | null];
const feedOf = (given: readonly Given[], cuts?: readonly number[]): Feed => ({
  schema: input,
  rows: given.map(([data, location = OUT, name = null], n): Row => [BigInt(n), data, location, name]),
  cuts,
});
const urisOf = (rows: readonly Row[]): (Value | undefined)[] => rows.map((row) => row[4]);

async function objectsOf(store: ObjectStore): Promise<Record<string, Uint8Array>> {
  const found: Record<string, Uint8Array> = {};
  for await (const { uri } of store.list('s3://lake/')) found[uri] = (await store.get(uri))?.bytes ?? text('gone');
  return found;
}

async function failure(running: Promise<unknown>): Promise<MillraceError> {
  try {
    await running;
  } catch (error) {
    return error as MillraceError;
  }
  throw new Error('it did not fail');
}

describe('url-upload', () => {
  obeysContract(
    () => upload({ onError: 'null' }),
    tables(input, {
      values: {
        location: fc.constantFrom(OUT, `${OUT}/`, 's3://elsewhere/x', 'no uri'),
        name: fc.constantFrom('../a', ''),
      },
    }),
  );

  test('stores each row under its name, or that of its content, and gives the uris in order', async () => {
    const store = memoryStore();
    const given: Given[] = [
      [text('hello'), OUT, 'a.txt'],
      [text('hello')],
      [null, OUT, 'b.txt'],
      [text('x'), null],
      [text(''), `${OUT}/deep/`],
      [text('hello'), `${OUT}/`],
    ];
    const { rows, stats } = await runStages([upload({ store })], feedOf(given, [2]));
    const [named, hello] = [`${OUT}/a.txt`, `${OUT}/${sha(text('hello'))}`];
    const empty = `${OUT}/deep/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`;
    expect(rows).toEqual(feedOf(given).rows.map((row, n) => [...row, [named, hello, null, null, empty, hello][n]]));
    expect(await objectsOf(store)).toEqual({ [named]: text('hello'), [hello]: text('hello'), [empty]: text('') });
    expect(stats[0]?.name).toBe('UrlUpload');
    // The second batch finds what the first has stored: a refused put, a look, and the comparison.
    expect(stats[0]?.counters).toEqual({
      requests: 6,
      'bytes read': 5,
      'bytes written': 10,
      'objects stored': 4,
      'rows failed': 0,
    });
  });

  test('takes text and dictionaries, and literals for all rows', async () => {
    const store = memoryStore();
    const texts = schema(field('t', utf8));
    const literal = (value: string, type: DataType = utf8) =>
      ({ kind: 'literal', value, type, nullable: false }) as const;
    const stage = (data: UrlUploadOptions['data']) =>
      upload({ input: texts, store, data, location: literal(OUT), name: { ...literal(''), value: null } });
    const rows = Array.from({ length: 300 }, (_, n): Row => [n % 7 === 0 ? null : `żółw ${n % 5}`]);
    const feed: Feed = { schema: texts, rows, form: () => ({ dictionary: true }) };
    const uploaded = await runStages([stage(typed(texts, col('t')))], feed);
    const uris = rows.map(([value]) => (value === null ? null : `${OUT}/${sha(text(String(value)))}`));
    expect(uploaded.rows.map((row) => row[1])).toEqual(uris);
    expect(Object.keys(await objectsOf(store))).toHaveLength(5);
    const same = await runStages([stage(literal('one'))], feed);
    expect(new Set(same.rows.map((row) => row[1]))).toEqual(new Set([`${OUT}/${sha(text('one'))}`]));
  });

  test('run again, or twice at once, stores the same and replaces nothing', async () => {
    const store = memoryStore();
    const given = Array.from({ length: 40 }, (_, n): Given => [text(`row ${n}`), OUT, n % 2 === 0 ? `n${n}` : null]);
    const stage = upload({ store });
    const both = await Promise.all([runStages([stage], feedOf(given)), runStages([stage], feedOf(given, [3]))]);
    const before = await etags(store);
    const again = await runStages([stage], feedOf(given));
    expect(both[0].rows).toEqual(again.rows);
    expect(both[1].rows).toEqual(again.rows);
    expect(await etags(store)).toEqual(before);
    expect(before.size).toBe(40);
  });

  test.each([1, 5])('makes at most %i requests at a time, and as many', async (maxConnections) => {
    const observed = observedStore(memoryStore());
    const given = Array.from({ length: 60 }, (_, n): Given => [text(`row ${n}`)]);
    await runStages([upload({ store: observed.store, maxConnections })], feedOf(given));
    expect(observed.most).toBe(maxConnections);
  });

  test('sends as much at a time as there is memory for, and says where that is not one object', async () => {
    const observed = observedStore(memoryStore());
    const large = (n: number): Uint8Array => new Uint8Array(200_000).fill(n);
    const given = Array.from({ length: 10 }, (_, n): Given => [large(n)]);
    // The lent batch takes two megabytes of it.
    const memory = testBudget(4 << 20);
    const { rows } = await runStages([upload({ store: observed.store })], feedOf(given), { memory });
    expect(urisOf(rows)).toEqual(given.map(([data]) => `${OUT}/${sha(data as Uint8Array)}`));
    expect(observed.most).toBeGreaterThan(1);
    expect(observed.most).toBeLessThan(6);
    const one: Given[] = [[new Uint8Array(900_000)]];
    const error = await failure(runStages([upload()], feedOf(one), { memory: testBudget(2 << 20) }));
    expect(error).toBeInstanceOf(MemoryBudgetExceeded);
    expect(error.message).toMatch(/^UrlUpload needs/);
  });
});

async function etags(store: MemoryStore): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { uri, etag } of store.list('s3://lake/')) found.set(uri, etag);
  return found;
}

describe('a row that fails', () => {
  test('finds something else under its name, and leaves it', async () => {
    const store = memoryStore();
    await store.put(`${OUT}/a`, text('theirs'));
    const given: Given[] = [
      [text('theirs'), OUT, 'a'],
      [text('ours!!'), OUT, 'b'],
      [text('ours!!'), OUT, 'a'],
    ];
    const error = await failure(runStages([upload({ store })], feedOf(given, [1, 1])));
    expect(error).toBeInstanceOf(InvalidValue);
    expect(error.message).toBe(
      'UrlUpload, row 2: s3://lake/out/_files/a holds something else already, and is not replaced.',
    );
    const { rows, stats } = await runStages([upload({ store, onError: 'null' })], feedOf(given, [1, 1]));
    expect(urisOf(rows)).toEqual([`${OUT}/a`, `${OUT}/b`, null]);
    expect(stats[0]?.counters['rows failed']).toBe(1);
    expect((await objectsOf(store))[`${OUT}/a`]).toEqual(text('theirs'));
  });

  test('wants a name of its batch for other bytes: the first row has it', async () => {
    for (const maxConnections of [1, 8]) {
      const store = memoryStore();
      const given: Given[] = [
        [text('one'), OUT, 'a'],
        [text('two'), OUT, 'a'],
        [text('one'), OUT, 'a'],
      ];
      const { rows } = await runStages([upload({ store, onError: 'null', maxConnections })], feedOf(given));
      expect(urisOf(rows)).toEqual([`${OUT}/a`, null, `${OUT}/a`]);
      const error = await failure(runStages([upload({ maxConnections })], feedOf(given)));
      expect(error.message).toBe('UrlUpload, row 1: s3://lake/out/_files/a gets other bytes from another row.');
    }
  });

  test.each<readonly [string, string, string | null, RegExp]>([
    ['another place', 's3://lake/other', 'a', /No permission to write s3:\/\/lake\/other\/a: this task may write/],
    ['a neighbour', 's3://lake/output', 'a', /No permission/],
    ['the place itself', 's3://lake', 'out', /No permission/],
    ['the disk', 'file:///tmp', 'a', /No permission/],
    ['the network', 'https://example.org/x?token=SECRET', 'a', /No permission/],
    ['a climbing name', OUT, '../../../other/a', /no uri of an object/],
    ['an absolute name', OUT, '/etc/passwd', /no uri of an object/],
    ['an empty name', OUT, '', /no uri of an object/],
    ['an encoded climbing name', OUT, '%2e%2e/a', /no uri of an object/],
    ['credentials', 's3://user:SECRET@lake/out', 'a', /no uri of an object/],
    ['the decision of a job', 's3://lake/out', '_millrace/job/decision.json', /kept for the engine/],
    ['the mark of success', 's3://lake/out', '_SUCCESS', /kept for the engine/],
    ['a file of a task', 's3://lake/out', 'part-job-0-0-abc-0.parquet', /kept for the engine/],
  ])('names %s, and nothing is stored', async (_, location, name, message) => {
    const { isKeptForJobs } = await import('../../src/commit/work-paths.ts');
    const { store, asked } = observedStore(memoryStore());
    const rule = { prefixes: ['s3://lake/out'], isReserved: isKeptForJobs };
    const error = await failure(runStages([upload({ store, rule })], feedOf([[text('x'), location, name]])));
    expect(error instanceof AccessDenied || error instanceof InvalidValue).toBe(true);
    expect(error.message).toMatch(/^UrlUpload, row 0: /);
    expect(error.message).toMatch(message);
    expect(`${error.message}${error.stack}`).not.toContain('SECRET');
    expect(asked).toEqual([]);
  });
});

describe('a store that fails', () => {
  test('is asked again, and each object is there once, as it should be', async () => {
    for (let seed = 1; seed <= 15; seed += 1) {
      const store = memoryStore();
      const faults = {
        seed,
        unavailable: 0.15,
        lostAnswer: 0.15,
        lateEffect: 0.1,
        conflict: 0.1,
        ownRetry: 0.1,
        truncatedRead: 0.1,
        replacedObject: 0.05,
        maxDelayTurns: 4,
      };
      const flaky = store.withFaults(faults);
      const given = Array.from({ length: 20 }, (_, n): Given => [text(`row ${n}`), OUT, n % 3 === 0 ? `n${n}` : null]);
      const { rows } = await runStages([upload({ store: retryingStore(flaky, AT_ONCE) })], feedOf(given, [7]));
      await flaky.settled();
      const uris = given.map(([data, , name]) => `${OUT}/${name ?? sha(data as Uint8Array)}`);
      expect(urisOf(rows), `seed ${seed}`).toEqual(uris);
      const expected = Object.fromEntries(uris.map((uri, n) => [uri, text(`row ${n}`)]));
      expect(await objectsOf(store), `seed ${seed}`).toEqual(expected);
    }
  });

  test('for good fails the task in a way that it may be run again, or gives null', async () => {
    const broken = memoryStore({ faults: { seed: 1, unavailable: 1 } });
    const error = await failure(runStages([upload({ store: broken })], feedOf([[text('x')]])));
    expect(error).toBeInstanceOf(StorageUnavailable);
    expect(error.retryable).toBe(true);
    const { rows } = await runStages([upload({ store: broken, onError: 'null' })], feedOf([[text('x')]]));
    expect(urisOf(rows)).toEqual([null]);
  });

  test('for want of room fails whatever the rows say', async () => {
    const store = memoryStore({ faults: { seed: 1, capacityBytes: 10 } });
    const given: Given[] = [[text('small')], [text('too much for it')]];
    const error = await failure(runStages([upload({ store, onError: 'null' })], feedOf(given)));
    expect(error).toBeInstanceOf(StorageFull);
  });

  test('is left alone when the task is aborted, and all memory given back', async () => {
    const controller = new AbortController();
    let waiting = 0;
    const { store } = observedStore(memoryStore(), async (_, __, signal) => {
      waiting += 1;
      if (waiting === 3) controller.abort();
      await untilAborted(signal);
    });
    const given = Array.from({ length: 9 }, (_, n): Given => [text(`row ${n}`)]);
    const stage = upload({ store, onError: 'null', maxConnections: 3 });
    const error = await failure(runStages([stage], feedOf(given), { signal: controller.signal }));
    expect(error).toBeInstanceOf(TaskCancelled);
    expect(waiting).toBe(3);
  });
});
