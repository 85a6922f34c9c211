import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Vector } from 'apache-arrow';
import { describe, expect, test, vi } from 'vitest';
import { float64, int32, int64, list, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { InvalidArgument, MemoryBudgetExceeded, TaskCancelled, UdfFailed } from '../../src/errors.ts';
import type { StreamingSink } from '../../src/operators/operator.ts';
import { udfProject } from '../../src/operators/streaming-sinks/udf-project.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import { type Udf, type UdfContext, udf } from '../../src/udf/udf.ts';
import { type LoadedUdf, loadUdf } from '../../src/udf/udf-modules.ts';
import { tables } from '../support/tables.ts';
import {
  Collector,
  expectAllReturned,
  type Feed,
  lentScan,
  type Row,
  runStages,
  testBudget,
  testTask,
} from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(field('n', int64), field('x', float64), field('t', utf8));
const modules = { user: new URL('../udf/modules.ts', import.meta.url) };

const inThread = (defined: Udf): LoadedUdf => ({ udf: defined, name: { module: 'm', export: 'f' }, url: modules.user });
const over = (loaded: LoadedUdf, args: readonly number[], passthrough: readonly number[] = [0, 2]): StreamingSink =>
  udfProject({ input, udf: loaded, arguments: args, passthrough, name: 'y' });
const calling = (target: Udf['target'], options: Parameters<typeof udf>[1], args: readonly number[] = [0]) =>
  over(inThread(udf(target, options)), args);

const rowsTo = (count: number): Row[] =>
  Array.from({ length: count }, (_, n): Row => [n % 7 === 6 ? null : BigInt(n), n / 4, `t${n % 3}`]);
const feed = (count: number, cuts?: readonly number[]): Feed => ({ schema: input, rows: rowsTo(count), cuts });
const results = async (stage: StreamingSink, given: Feed = feed(20), memory = testBudget(256 * 1024 * 1024)) =>
  (await runStages([stage], given, { memory })).rows.map((row) => row.at(-1));

describe('a function of rows', () => {
  const shout = udf((t: string | null) => (t === null ? null : `${t}!`), { returns: utf8, batchSize: 50 });
  obeysContract(() => over(inThread(shout), [2]), tables(input));

  test('gets values, nulls among them, and its results come last', async () => {
    const { rows } = await runStages([over(inThread(shout), [2], [2, 0])], feed(3));
    expect(rows).toEqual([
      ['t0', 0n, 't0!'],
      ['t1', 1n, 't1!'],
      ['t2', 2n, 't2!'],
    ]);
    const given: unknown[] = [];
    await runStages([calling((n: unknown, x: unknown) => given.push([n, x]), { returns: int32 }, [0, 1])], feed(8));
    expect(given).toEqual(rowsTo(8).map(([n, x]) => [n, x]));
  });

  test('may return what is meant by the type', async () => {
    const given = [{ a: 1 }, new Map(), [1n, 2], new Set([3]), undefined];
    const stage = calling((n: bigint) => given[Number(n)] ?? null, { returns: list(int64), onError: 'null' });
    expect(await results(stage, feed(5))).toEqual([null, [], [1n, 2n], [3n], null]);
  });

  test.each([
    ['text for a number', int32, 'a', 'it returned what is not allowed: "a" is no value of int32'],
    [
      'a number that does not fit',
      int32,
      2 ** 31,
      'm.f failed for rows 0, 1, 2: it returned what is not allowed: 2147483648 is no',
    ],
    ['a fraction for a whole number', int64, 0.5, '0.5 is no value of int64'],
    ['a number for text', utf8, 1, '1 is no value of utf8'],
  ])('that returns %s fails by name', async (_, returns, value, message) => {
    const outcome = runStages([calling(() => value, { returns })], feed(3));
    await expect(outcome).rejects.toThrow(UdfFailed);
    await expect(outcome).rejects.toThrow(message);
  });

  test('that throws ends the task with the rows it failed for', async () => {
    const odd = (n: bigint | null) => {
      if (n === null || n % 2n === 1n) throw new Error('odd');
      return n;
    };
    const outcome = runStages([calling(odd, { returns: int64 })], feed(20, [3, 4]));
    await expect(outcome).rejects.toThrow('UdfProject: m.f failed for rows 1, 3, 5, 6, 7 and 6 more: odd');
    expect(await results(calling(odd, { returns: int64, onError: 'null' }), feed(5))).toEqual([0n, null, 2n, null, 4n]);
  });

  test('that may fail aloud warns once and goes on', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const fails = (): never => {
      throw new Error('no');
    };
    const { rows, stats } = await runStages(
      [calling(fails, { returns: int64, onError: 'log', batchSize: 2 })],
      feed(6),
    );
    expect(rows.map((row) => row.at(-1))).toEqual([null, null, null, null, null, null]);
    expect(stats[0]?.counters['rows failed']).toBe(6);
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0]?.[0]).toContain('m.f failed for rows 0, 1: no');
    warned.mockRestore();
  });

  test('is tried again as often as its definition says', async () => {
    const tries = new Map<bigint, number>();
    const flaky = (n: bigint) => {
      const tried = (tries.get(n) ?? 0) + 1;
      tries.set(n, tried);
      if (tried <= Number(n)) throw new Error(`try ${tried} of ${n}`);
      return tried;
    };
    const { rows, stats } = await runStages([calling(flaky, { returns: int32, retries: 2 })], feed(3));
    expect(rows.map((row) => row.at(-1))).toEqual([1, 2, 3]);
    expect(stats[0]?.counters['retries']).toBe(3);
    tries.clear();
    const outcome = runStages([calling(flaky, { returns: int32, retries: 1 })], feed(4));
    await expect(outcome).rejects.toThrow('failed for rows 2, 3: try 2 of 2');
  });

  test('counts figures that become statistics', async () => {
    const stage = calling(
      (n: bigint, { count }: UdfContext) => {
        count('tokens', Number(n));
        count('asked');
        return null;
      },
      { returns: int32 },
    );
    const { stats } = await runStages([stage], feed(5));
    expect(stats[0]?.counters).toMatchObject({ tokens: 10, asked: 5, 'rows failed': 0 });
  });
});

describe('a function of rows that waits', () => {
  const add = udf(
    async (a: bigint | null, t: string | null) => {
      await setImmediate();
      return a === null ? null : `${a}${t}`;
    },
    { returns: utf8, batchSize: 40, concurrency: 8 },
  );
  obeysContract(() => over(inThread(add), [0, 2]), tables(input), { numRuns: 10 });

  test('has so many calls at a time', async () => {
    let [now, most] = [0, 0];
    const stage = calling(
      async () => {
        now += 1;
        most = Math.max(most, now);
        await setImmediate();
        now -= 1;
        return 1;
      },
      { returns: int32, concurrency: 3 },
    );
    expect(await results(stage)).toHaveLength(20);
    expect(most).toBe(3);
  });

  test('fails when it takes too long', async () => {
    const late = async (n: bigint) => {
      if (n === 2n) await sleep(10_000, undefined, { ref: false });
      return n;
    };
    const outcome = runStages([calling(late, { returns: int64, timeout: 20 })], feed(4));
    await expect(outcome).rejects.toThrow('m.f failed for row 2: The call took longer than 20 ms.');
  });

  test('does not keep a task that is cancelled', async () => {
    const memory = testBudget();
    const controller = new AbortController();
    const stage = calling(() => new Promise<never>(() => {}), { returns: int64 });
    const chain = { source: lentScan(feed(5)), stages: [stage] };
    const outcome = runChain(chain, new Collector(memory, stage.schema), testTask(memory, controller.signal));
    await setImmediate();
    controller.abort();
    await expect(outcome).rejects.toThrow(TaskCancelled);
    expectAllReturned(memory);
  });
});

describe('a function of batches', () => {
  const doubled = (numbers: Vector) => Array.from(numbers as Iterable<number | null>, (n) => n && n * 2);
  const stage = () => calling(doubled, { returns: float64, batch: true, batchSize: 30, concurrency: 3 }, [1]);
  obeysContract(stage, tables(input));

  test('gets as many rows as it wants, however the input is cut', async () => {
    const sizes: number[] = [];
    const sized = (numbers: Vector) => {
      sizes.push(numbers.length);
      return numbers.toArray();
    };
    const made = () => calling(sized, { returns: float64, batch: true, batchSize: 8 }, [1]);
    expect(await results(made(), feed(20, [1, 1, 11]))).toEqual(rowsTo(20).map(([, x]) => x));
    expect(sizes).toEqual([8, 8, 4]);
  });

  test('gives its results in order, or as they come', async () => {
    const inTurn = async (numbers: Vector) => {
      const first = Number(numbers.get(0));
      for (let turn = 0; turn < (first === 0 ? 20 : 1); turn += 1) await setImmediate();
      return numbers.toArray();
    };
    const options = { returns: float64, batch: true, batchSize: 4, concurrency: 3 } as const;
    const xs = rowsTo(12).map(([, x]) => x);
    expect(await results(calling(inTurn, options, [1]), feed(12))).toEqual(xs);
    const memory = testBudget();
    const stage = calling(inTurn, options, [1]);
    const collector = new Collector(memory, stage.schema);
    await runChain({ source: lentScan(feed(12)), stages: [stage] }, collector, {
      ...testTask(memory),
      maintainOrder: false,
    });
    expect(collector.rows.map((row) => row.at(-1))).toEqual([...xs.slice(4), ...xs.slice(0, 4)]);
    expectAllReturned(memory);
  });

  test('may return one value for all', async () => {
    expect(
      await results(
        calling(() => [7], { returns: int32, batch: true }),
        feed(3),
      ),
    ).toEqual([7, 7, 7]);
  });

  test('that returns too few values fails by name', async () => {
    const outcome = runStages([calling(() => [1, 2], { returns: int32, batch: true })], feed(3));
    await expect(outcome).rejects.toThrow(/m\.f failed for rows 0, 1, 2: .*it returned 2 values for 3 rows/);
    expect(
      await results(
        calling(() => [1, 2], { returns: int32, batch: true, onError: 'null' }),
        feed(3),
      ),
    ).toEqual([null, null, null]);
  });

  test('takes its memory from the budget, and waits for others to give theirs back', async () => {
    let [now, most] = [0, 0];
    const work = async (numbers: Vector) => {
      now += 1;
      most = Math.max(most, now);
      await setImmediate();
      now -= 1;
      return numbers.toArray();
    };
    const options = { returns: float64, batch: true, batchSize: 2, concurrency: 8 } as const;
    const half = { ...options, memoryBytes: 20 * 1024 * 1024 };
    expect(await results(calling(work, half, [1]), feed(20), testBudget())).toHaveLength(20);
    expect(most).toBe(2);
    const all = { ...options, memoryBytes: 100 * 1024 * 1024 };
    await expect(runStages([calling(work, all, [1])], feed(20))).rejects.toThrow(MemoryBudgetExceeded);
  });

  test('finds its size from how long calls take', async () => {
    const sizes: number[] = [];
    const slow = async (numbers: Vector) => {
      sizes.push(numbers.length);
      await sleep(1);
      return numbers.toArray();
    };
    const batchSize = { min: 1, max: 500, target: 60_000 };
    await runStages([calling(slow, { returns: float64, batch: true, batchSize }, [1])], feed(4_000));
    expect(sizes[0]).toBe(129);
    // Always below the target: no call is smaller than the one before, but the last.
    expect(sizes.slice(0, -1)).toEqual(sizes.slice(0, -1).toSorted((a, b) => a - b));
    expect(Math.max(...sizes)).toBeGreaterThan(400);
  });
});

describe('an actor', () => {
  const large = () => ({ memory: testBudget(256 * 1024 * 1024) });
  const actor = async (name: string) => await loadUdf(modules, { module: 'user', export: name });

  test('keeps its state from call to call, and its figures become statistics', async () => {
    const { rows, stats } = await runStages([over(await actor('Counted'), [0])], feed(25), large());
    expect(rows.map((row) => row.at(-1))).toEqual([...Array(10).fill(1), ...Array(10).fill(2), ...Array(5).fill(3)]);
    expect(stats[0]).toMatchObject({ name: 'ActorPoolProject', counters: { calls: 3, 'rows counted': 25 } });
  });

  test('of a pool gives its rows in order', async () => {
    const mirror = await actor('Mirror');
    const rows = rowsTo(200);
    expect(await results(over(mirror, [2]), feed(200, [30, 1]))).toEqual(rows.map((row) => row[2]));
  });

  test('that dies is replaced', async () => {
    const { rows, stats } = await runStages([over(await actor('Mortal'), [1])], feed(12), large());
    expect(rows.map((row) => row.at(-1))).toEqual(rowsTo(12).map(([, x]) => x));
    expect(stats[0]?.counters).toMatchObject({ retries: 2, 'actors restarted': 2 });
    const outcome = runStages([over(await actor('MortalOnce'), [1])], feed(12), large());
    await expect(outcome).rejects.toThrow(
      'user.MortalOnce failed for rows 4, 5, 6, 7: The actor died: it ended with code 3.',
    );
  });

  test('that takes too much memory dies alone', async () => {
    const outcome = runStages([over(await actor('Greedy'), [0])], feed(1));
    await expect(outcome).rejects.toThrow(/user\.Greedy failed for row 0: The actor died: .*memory/);
  });

  test('that never answers is ended', async () => {
    const outcome = runStages([over(await actor('Endless'), [0])], feed(1), large());
    await expect(outcome).rejects.toThrow('user.Endless failed for row 0: The call took longer than 300 ms.');
  });

  test('has its memory counted before it is made', async () => {
    const stage = over(await actor('Mirror'), [2]);
    const outcome = runStages([stage], feed(1), { memory: testBudget(100 * 1024 * 1024) });
    await expect(outcome).rejects.toThrow(MemoryBudgetExceeded);
  });
});

describe('a module', () => {
  test.each([
    ['nobody', 'f', 'The module "nobody" of user-defined functions is not registered. Registered are user, broken'],
    ['toString', 'f', 'The module "toString" of user-defined functions is not registered.'],
    ['user', 'gone', 'exports no udf(…) as "gone"; it exports '],
    ['user', 'notAUdf', 'exports no udf(…) as "notAUdf"'],
    ['user', 'constructor', 'exports no udf(…) as "constructor"'],
    ['broken', 'f', 'The module "broken" of user-defined functions cannot be loaded: '],
  ])('%s has no %s', async (module, name, message) => {
    const known = { ...modules, broken: new URL('./no-such-file.ts', import.meta.url) };
    const outcome = loadUdf(known, { module, export: name });
    await expect(outcome).rejects.toThrow(InvalidArgument);
    await expect(outcome).rejects.toThrow(message);
  });

  test.each([
    [{ returns: undefined }, '`returns` is the type'],
    [{ returns: int32, batchSize: 0 }, 'batchSize is a whole number from 1'],
    [{ returns: int32, batchSize: { min: 9, max: 3 } }, 'batchSize.max is a whole number from 9'],
    [{ returns: int32, concurrency: 1.5 }, 'concurrency is a whole number'],
    [{ returns: int32, onError: 'ignore' }, 'onError is raise, log or null, not ignore'],
  ])('cannot define one with %j', (options, message) => {
    expect(() => udf(() => 1, options as never)).toThrow(message);
  });
});
