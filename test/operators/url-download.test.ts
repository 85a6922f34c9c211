import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { bool, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import {
  AccessDenied,
  InvalidArgument,
  InvalidValue,
  MemoryBudgetExceeded,
  type MillraceError,
  ObjectNotFound,
  StorageUnavailable,
  TaskCancelled,
} from '../../src/errors.ts';
import { type MemoryStore, memoryStore } from '../../src/io/memory-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { retryingStore } from '../../src/io/retrying-store.ts';
import { type UrlDownloadOptions, urlDownload } from '../../src/operators/streaming/url-download.ts';
import { typed } from '../support/expressions.ts';
import { AT_ONCE, observedStore, untilAborted } from '../support/observed-store.ts';
import { col } from '../support/plans.ts';
import { tables } from '../support/tables.ts';
import { type Feed, type Row, runStages, testBudget } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(field('n', int64), field('uri', utf8), field('flag', bool));
const lake = memoryStore();

/** Bytes that tell their object. */
const content = (size: number, seed: number = size): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => (at * 31 + seed * 7) & 0xff);
const uriOf = (size: number, name: string = ''): string => `s3://lake/${name}${size}`;
const SIZES = [0, 1, 2, 63, 64, 1000];

beforeAll(async () => {
  for (const size of SIZES) await lake.put(uriOf(size), content(size));
});

const download = (options: Partial<UrlDownloadOptions> = {}) =>
  urlDownload({
    input,
    name: 'bytes',
    uri: typed(input, col('uri')),
    onError: 'raise',
    maxConnections: 32,
    maxBytes: 1 << 20,
    store: lake,
    rule: { prefixes: ['s3://'] },
    ...options,
  });

/** A store that gives no object in one request, as if all were large. */
const inTwo = (store: ObjectStore): ObjectStore => ({
  ...observedStore(store).store,
  get: async (uri) => {
    throw new InvalidArgument(`${uri} is large`);
  },
});

const rowsOf = (uris: readonly (string | null)[]): Row[] =>
  uris.map((uri, n): Row => [BigInt(n), uri, n % 3 === 0 ? null : n % 2 === 0]);
const feedOf = (uris: readonly (string | null)[], cuts?: readonly number[]): Feed => ({
  schema: input,
  rows: rowsOf(uris),
  cuts,
});
const bytesOf = (rows: readonly Row[]): (Value | undefined)[] => rows.map((row) => row[3]);

async function failure(running: Promise<unknown>): Promise<MillraceError> {
  try {
    await running;
  } catch (error) {
    return error as MillraceError;
  }
  throw new Error('it did not fail');
}

/** A store of objects of these sizes under names of their own, and what each row has to give. */
async function stored(sizes: readonly number[]): Promise<{ store: MemoryStore; uris: string[]; values: Uint8Array[] }> {
  const store = memoryStore();
  const uris = sizes.map((size, n) => uriOf(size, `${n}-`));
  const values = sizes.map((size, n) => content(size, n));
  for (const [n, uri] of uris.entries()) await store.put(uri, values[n] ?? new Uint8Array(0));
  return { store, uris, values };
}

describe('url-download', () => {
  const names = fc.constantFrom(...SIZES.map((size) => uriOf(size)), uriOf(7), 'no uri', 's3://lake/../etc');
  obeysContract(() => download({ onError: 'null' }), tables(input, { values: { uri: names } }));

  test('adds the bytes of each object, behind the other columns and in order', async () => {
    const uris = [uriOf(2), null, uriOf(1000), uriOf(0), uriOf(2), uriOf(1)];
    const { rows, stats } = await runStages([download()], feedOf(uris, [4]));
    expect(rows).toEqual(
      rowsOf(uris).map((row, n) => [...row, [content(2), null, content(1000), content(0), content(2), content(1)][n]]),
    );
    expect(stats[0]?.name).toBe('UrlDownload');
    expect(stats[0]?.counters).toEqual({ requests: 5, 'bytes read': 1005, 'objects read': 5, 'rows failed': 0 });
  });

  test('takes a uri that is the same for all rows', async () => {
    const literal = { kind: 'literal', value: uriOf(63), type: utf8, nullable: false } as const;
    const { rows, stats } = await runStages([download({ uri: literal })], feedOf(Array(500).fill(null)));
    expect(bytesOf(rows)).toEqual(Array(500).fill(content(63)));
    expect(stats[0]?.counters['requests']).toBe(1);
  });

  test('asks once for what several rows of a batch name', async () => {
    const { store, asked } = observedStore(lake);
    const uris = Array.from({ length: 3000 }, (_, n) => uriOf(SIZES[n % SIZES.length] ?? 0));
    const expected = uris.map((_, n) => content(SIZES[n % SIZES.length] ?? 0));
    const { rows } = await runStages([download({ store })], feedOf(uris));
    expect(bytesOf(rows)).toEqual(expected);
    expect(asked.map(({ operation }) => operation)).toEqual(SIZES.map(() => 'get'));
    const other = observedStore(inTwo(lake));
    const again = await runStages([download({ store: other.store })], feedOf(uris));
    expect(bytesOf(again.rows)).toEqual(expected);
    expect(other.asked.filter(({ operation }) => operation === 'head')).toHaveLength(SIZES.length);
    // What is empty needs no second request.
    expect(other.asked.filter(({ operation }) => operation === 'readInto')).toHaveLength(SIZES.length - 1);
  });

  test('takes small objects in one request, and large ones in two, as the last ones were', async () => {
    const sizes = [...Array<number>(20).fill(100), ...Array<number>(30).fill(70_000), ...Array<number>(20).fill(100)];
    const { store: plain, uris, values } = await stored(sizes);
    const { store, asked } = observedStore(plain);
    const { rows } = await runStages([download({ store, maxConnections: 1 })], feedOf(uris));
    expect(bytesOf(rows)).toEqual(values);
    const count = (operation: string, from: number, to: number): number =>
      asked.filter((one) => one.operation === operation && uris.slice(from, to).includes(one.uri)).length;
    expect([count('get', 0, 20), count('head', 0, 20), count('readInto', 0, 20)]).toEqual([20, 0, 0]);
    expect([count('get', 20, 50), count('head', 20, 50), count('readInto', 20, 50)]).toEqual([5, 30, 30]);
    expect([count('get', 50, 70), count('head', 50, 70), count('readInto', 50, 70)]).toEqual([4, 16, 16]);
  });

  test.each([1, 3, 32])('makes at most %i requests at a time, and as many', async (maxConnections) => {
    const { store: plain, uris } = await stored(Array.from({ length: 100 }, (_, n) => n));
    const observed = observedStore(plain);
    await runStages([download({ store: observed.store, maxConnections })], feedOf(uris));
    expect(observed.most).toBe(maxConnections);
  });

  test('cuts a batch where its objects do not fit, and holds no more of them at a time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.nat({ max: 200_000 }), fc.constant(0), fc.nat({ max: 500 })), { maxLength: 60 }),
        fc.array(fc.nat({ max: 50 }), { maxLength: 4 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 80 }),
        async (sizes, cuts, order) => {
          const { store, uris, values } = await stored(sizes);
          const wanted = order.map((n) => (sizes.length === 0 || n % 7 === 0 ? undefined : n % sizes.length));
          const feed = feedOf(
            wanted.map((n) => (n === undefined ? null : (uris[n] ?? null))),
            cuts,
          );
          const { rows, memory } = await runStages([download({ store })], feed, { memory: testBudget(2 << 20) });
          expect(rows).toEqual(feed.rows.map((row, at) => [...row, values[wanted[at] ?? -1] ?? null]));
          // The lent batch, a part of a sixteenth or one large object, what came with looks, and pages that are not full.
          expect(memory.peakBytes).toBeLessThan(128 * 1024 + 200_000 + 256 * 1024);
        },
      ),
      { numRuns: 12 },
    );
  });

  test('passes on the parts of a batch until nobody wants more', async () => {
    const { store: plain, uris, values } = await stored(Array(20).fill(100_000));
    const { store, asked } = observedStore(plain);
    const budget = { memory: testBudget(4 << 20), doneAfter: 3 };
    const { rows } = await runStages([download({ store })], feedOf(uris), budget);
    expect(bytesOf(rows)).toEqual(values.slice(0, 6));
    expect(asked.filter(({ operation }) => operation === 'readInto')).toHaveLength(6);
  });

  test('says that there is no memory for one object, and takes no byte of it', async () => {
    const { store: plain, uris } = await stored([10, 900_000]);
    const { store, asked } = observedStore(plain);
    const running = runStages([download({ store })], feedOf(uris), { memory: testBudget(1 << 20) });
    const error = await failure(running);
    expect(error).toBeInstanceOf(MemoryBudgetExceeded);
    expect(error.message).toMatch(/^UrlDownload needs 900000 bytes more/);
    expect(asked.filter(({ operation, uri }) => operation === 'readInto' && uri === uris[1])).toEqual([]);
    // With on_error it fails all the same: it is the task that is too small, and not the object wrong.
    const lenient = runStages([download({ store, onError: 'null' })], feedOf(uris), { memory: testBudget(1 << 20) });
    expect(await failure(lenient)).toBeInstanceOf(MemoryBudgetExceeded);
  });
});

describe('a row that fails', () => {
  const missing = [uriOf(1), uriOf(2), 's3://lake/gone?X-Amz-Signature=SECRET', uriOf(5)];

  test('names itself and its object, and nothing secret', async () => {
    const error = await failure(runStages([download()], feedOf(missing, [1])));
    expect(error).toBeInstanceOf(ObjectNotFound);
    expect(error.message).toBe('UrlDownload, row 2: There is no object at s3://lake/gone.');
    expect(`${error.stack} ${error.cause}`).not.toContain('SECRET');
  });

  test('is null where that is asked for', async () => {
    const { rows, stats } = await runStages([download({ onError: 'null' })], feedOf(missing));
    expect(bytesOf(rows)).toEqual([content(1), content(2), null, null]);
    expect(stats[0]?.counters['rows failed']).toBe(2);
  });

  test('has an object that is too large', async () => {
    const error = await failure(runStages([download({ maxBytes: 999 })], feedOf([uriOf(64), uriOf(1000)])));
    expect(error).toBeInstanceOf(InvalidValue);
    expect(error.message).toBe('UrlDownload, row 1: s3://lake/1000 has 1000 bytes, and max_bytes is 999.');
    const { rows } = await runStages([download({ maxBytes: 1000 })], feedOf([uriOf(1000)]));
    expect(bytesOf(rows)).toEqual([content(1000)]);
  });

  test.each<readonly [string, string, RegExp]>([
    ['another scheme', 'file:///etc/passwd', /No permission to read file:\/\/\/etc\/passwd: this task may read/],
    ['the network', 'http://169.254.169.254/latest/meta-data', /No permission to read http:/],
    [
      'a place that is not listed',
      's3://private/key',
      /read s3:\/\/private\/key: .* what is below s3:\/\/lake\/in, mem:/,
    ],
    ['a neighbour of what is listed', 's3://lake/in-secret/x', /No permission/],
    ['a climbing path', 's3://lake/in/../x', /a text of \d+ characters that is no uri cannot be asked for/],
    ['an encoded climbing path', 's3://lake/in/%2e%2E/x', /no uri/],
    ['credentials', 's3://user:PASSWORD@lake/in/x', /no uri/],
    ['credentials in what is no uri', 'S3://user:PASSWORD@lake/in/x', /no uri/],
    ['a whole bucket', 's3://lake', /cannot be asked for/],
    ['control characters', 's3://lake/in/a\r\nHost: b', /no uri/],
    ['nothing', '', /no uri/],
  ])('is one whose uri names %s, and nothing is asked for', async (_, uri, message) => {
    const { store, asked } = observedStore(lake);
    const rule = { prefixes: ['s3://lake/in', 'mem://'] };
    const error = await failure(runStages([download({ store, rule })], feedOf([uri])));
    expect(error.message).toMatch(/^UrlDownload, row 0: /);
    expect(error.message).toMatch(message);
    expect(`${error.message}${error.stack}`).not.toContain('PASSWORD');
    expect(error instanceof AccessDenied || error instanceof InvalidValue).toBe(true);
    const { rows } = await runStages([download({ store, rule, onError: 'null' })], feedOf([uri]));
    expect(bytesOf(rows)).toEqual([null]);
    expect(asked).toEqual([]);
  });

  test('may be allowed by its prefix', async () => {
    await lake.put('s3://lake/in/a', content(3));
    const rule = { prefixes: ['s3://lake/in/'] };
    const { rows } = await runStages([download({ rule })], feedOf(['s3://lake/in/a']));
    expect(bytesOf(rows)).toEqual([content(3)]);
    const wrong = download({ rule: { prefixes: ['lake'] } });
    expect(await failure(runStages([wrong], feedOf([])))).toBeInstanceOf(InvalidArgument);
  });

  test('does not keep the others of its part from being right', async () => {
    const { store: plain, uris, values } = await stored([100, 5, 70, 0, 9]);
    const { store } = observedStore(inTwo(plain), (operation, uri) => {
      if (operation === 'readInto' && (uri === uris[0] || uri === uris[2])) throw new AccessDenied(uri, 'read');
    });
    const { rows } = await runStages([download({ store, onError: 'null' })], feedOf([...uris, ...uris]));
    const expected = [null, values[1], null, values[3], values[4]];
    expect(bytesOf(rows)).toEqual([...expected, ...expected]);
  });
});

describe('a store that fails', () => {
  test('is asked again, and the rows are right', async () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const { store, uris, values } = await stored([900, 1, 0, 64, 3000, 12, 7]);
      const faults = {
        seed,
        unavailable: 0.2,
        lostAnswer: 0.1,
        truncatedRead: 0.2,
        replacedObject: 0.1,
        maxDelayTurns: 5,
      };
      const flaky = retryingStore(store.withFaults(faults), AT_ONCE);
      for (const used of [flaky, inTwo(flaky)]) {
        const { rows } = await runStages([download({ store: used })], feedOf([...uris, ...uris], [3]));
        expect(bytesOf(rows), `seed ${seed}`).toEqual([...values, ...values]);
      }
    }
  });

  test('for good fails the task in a way that it may be run again, or gives null', async () => {
    const broken = lake.withFaults({ seed: 1, unavailable: 1 });
    const error = await failure(runStages([download({ store: broken })], feedOf([uriOf(1)])));
    expect(error).toBeInstanceOf(StorageUnavailable);
    expect(error.retryable).toBe(true);
    expect(error.message).toMatch(/^UrlDownload, row 0: s3:\/\/lake\/1: get was refused/);
    const { rows } = await runStages([download({ store: broken, onError: 'null' })], feedOf([uriOf(1)]));
    expect(bytesOf(rows)).toEqual([null]);
  });

  test('may repeat the whole uri, which the task does not', async () => {
    const uri = 's3://lake/1?X-Amz-Signature=SECRET';
    const errors = [
      new StorageUnavailable(`${uri} is away`),
      new InvalidArgument(`${uri}: no`),
      new AccessDenied(uri, 'read'),
    ];
    for (const thrown of errors) {
      const { store } = observedStore(lake, () => {
        throw thrown;
      });
      const error = await failure(runStages([download({ store })], feedOf([uri])));
      expect(error.message).toMatch(/^UrlDownload, row 0: .*s3:\/\/lake\/1/);
      expect(error.retryable).toBe(thrown.retryable);
      expect(`${error.message} ${error.stack} ${error.cause}`).not.toContain('SECRET');
    }
  });

  test('with an object that never stays the same is given up', async () => {
    const restless = lake.withFaults({ seed: 1, replacedObject: 1 });
    const { store, asked } = observedStore(inTwo(restless));
    const error = await failure(runStages([download({ store })], feedOf([uriOf(64)])));
    expect(error.retryable).toBe(true);
    expect(error.message).toMatch(/changed while it was being read/);
    expect(asked.length).toBeLessThan(15);
  });

  test('with objects smaller than they claim gives none of them', async () => {
    const lying = inTwo(lake);
    const store: ObjectStore = {
      ...lying,
      head: async (uri, options) => {
        const found = await lying.head(uri, options);
        return found && { ...found, size: found.size + 100_000 };
      },
    };
    const error = await failure(runStages([download({ store })], feedOf([uriOf(2), uriOf(64)])));
    expect(error.message).toMatch(/^UrlDownload, row \d: s3:\/\/lake\/\d+ is damaged/);
    const { rows } = await runStages([download({ store, onError: 'null' })], feedOf([uriOf(2)]));
    expect(bytesOf(rows)).toEqual([null]);
  });
});

describe('an aborted task', () => {
  /** A store that answers `operation` only when it is told to stop. */
  const silent = (operation: string, reached: () => void): ObjectStore =>
    observedStore(operation === 'get' ? lake : inTwo(lake), async (asked, _, signal) => {
      if (asked !== operation) return;
      reached();
      await untilAborted(signal);
    }).store;

  test.each(['get', 'head', 'readInto'])('breaks off each %s, and gives all memory back', async (operation) => {
    const controller = new AbortController();
    let waiting = 0;
    const store = silent(operation, () => {
      waiting += 1;
      if (waiting === 3) controller.abort();
    });
    const running = runStages([download({ store, onError: 'null' })], feedOf([uriOf(1), uriOf(2), uriOf(63)]), {
      signal: controller.signal,
    });
    expect(await failure(running)).toBeInstanceOf(TaskCancelled);
  });

  test('is what the first failure makes of the other requests', async () => {
    let waiting = 0;
    const { store } = observedStore(inTwo(lake), async (operation, uri, signal) => {
      if (operation !== 'readInto') return;
      if (uri === uriOf(64)) throw new AccessDenied(uri, 'read');
      waiting += 1;
      await untilAborted(signal);
    });
    const running = runStages([download({ store })], feedOf([uriOf(1), uriOf(2), uriOf(64)]));
    const error = await failure(running);
    expect(error.message).toMatch(/^UrlDownload, row 2: No permission to read s3:\/\/lake\/64/);
    expect(waiting).toBe(2);
  });

  test('waits for requests that cannot be broken off, because they write into its memory', async () => {
    const { store: slow } = observedStore(inTwo(lake), (operation, uri) => {
      if (operation === 'readInto' && uri === uriOf(64)) throw new AccessDenied(uri, 'read');
    });
    let ended = 0;
    const store: ObjectStore = {
      ...slow,
      readInto: async (uri, start, into, options) => {
        if (uri === uriOf(64)) return slow.readInto(uri, start, into, options);
        await setTimeout(20);
        into.fill(1);
        ended += 1;
      },
    };
    // That nothing was written to memory that had been given back is looked at when the run has ended.
    const running = runStages([download({ store })], feedOf([uriOf(1), uriOf(64), uriOf(63)]));
    expect(await failure(running)).toBeInstanceOf(AccessDenied);
    expect(ended).toBe(2);
  });
});
