import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import { int64 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { InvalidCast, MemoryBudgetExceeded, TaskCancelled } from '../../src/errors.ts';
import type { BlockingSink, Source, StreamingOperator, StreamingSink } from '../../src/operators/operator.ts';
import { openChain, runChain } from '../../src/runtime/run-chain.ts';
import { Collector, expectAllReturned, type Feed, lentScan, runStages, testBudget, testTask } from '../support/task.ts';

const numbers = schema(field('n', int64, false));
const feed: Feed = { schema: numbers, rows: [[1n], [2n], [3n], [4n], [5n]], cuts: [2, 1] };

type Push = ReturnType<StreamingOperator['open']>['push'];
const streaming = (name: string, push: Push): StreamingOperator => ({
  role: 'streaming',
  name,
  schema: numbers,
  open: () => ({ push, [Symbol.dispose]: () => {} }),
});

/** Writes down in `log` what happens to it, and passes its input on at the end, a number as its only row. */
const logging = (name: string, log: string[]): BlockingSink => ({
  role: 'blocking-sink',
  name,
  schema: numbers,
  open: ({ memory }) => {
    const holding = memory.reserve(name);
    let rows = 0n;
    log.push(`open ${name}`);
    return {
      async push(batch) {
        rows += BigInt(batch.rowCount);
        return 'more';
      },
      async combine() {},
      async finish(output) {
        log.push(`finish ${name}`);
        await output.push(batchFromRows(holding, numbers, [[rows]]));
      },
      counters: () => ({ 'rows counted': Number(rows) }),
      [Symbol.dispose]: () => {
        log.push(`dispose ${name}`);
        holding[Symbol.dispose]();
      },
    };
  },
});

describe('a chain', () => {
  test('pushes every batch through its stages in order', async () => {
    const seen: string[] = [];
    const tap = (name: string) =>
      streaming(name, (batch, output) => {
        seen.push(`${name} ${batch.rowCount}`);
        return output.push(batch);
      });
    const { rows } = await runStages([tap('A'), tap('B')], feed);
    expect(rows).toEqual(feed.rows);
    expect(seen).toEqual(['A 2', 'B 2', 'A 1', 'B 1', 'A 2', 'B 2']);
  });

  test('disposes of each run once it has finished, before the next one finishes', async () => {
    const log: string[] = [];
    await runStages([logging('A', log), logging('B', log)], feed);
    expect(log).toEqual(['open A', 'open B', 'finish A', 'dispose A', 'finish B', 'dispose B']);
  });

  test('disposes of all runs in reverse when one of them fails', async () => {
    const log: string[] = [];
    const failing = streaming('Failing', async () => {
      throw new Error('no');
    });
    await expect(runStages([logging('A', log), logging('B', log), failing], feed)).rejects.toThrow('no');
    expect(log).toEqual(['open A', 'open B', 'finish A', 'dispose A', 'finish B', 'dispose B']);
    log.length = 0;
    await expect(runStages([failing, logging('A', log), logging('B', log)], feed)).rejects.toThrow('no');
    expect(log).toEqual(['open A', 'open B', 'dispose B', 'dispose A']);
  });

  test('disposes of what is open when an operator cannot be opened', () => {
    const log: string[] = [];
    const unopenable: StreamingSink = {
      role: 'streaming-sink',
      name: 'Unopenable',
      schema: numbers,
      open: ({ memory }) => {
        memory.reserve('Unopenable').allocate(2 ** 40);
        throw new Error('unreachable');
      },
    };
    const memory = testBudget();
    const stages = [logging('A', log), unopenable, logging('B', log)];
    expect(() => openChain({ source: lentScan(feed), stages }, testTask(memory))).toThrow(MemoryBudgetExceeded);
    expect(log).toEqual(['open A', 'dispose A']);
  });

  test('does not let a stage finish whose consumer is done', async () => {
    const log: string[] = [];
    const doneAtOnce: StreamingSink = {
      role: 'streaming-sink',
      name: 'Done',
      schema: numbers,
      open: () => ({
        push: async () => 'done',
        finish: async () => {
          log.push('finish Done');
        },
        [Symbol.dispose]: () => {},
      }),
    };
    const held: StreamingSink = {
      role: 'streaming-sink',
      name: 'Held',
      schema: numbers,
      open: () => ({
        push: (batch, output) => output.push(batch),
        finish: async () => {
          log.push('finish Held');
        },
        [Symbol.dispose]: () => {},
      }),
    };
    const { batchesRead } = await runStages([held, doneAtOnce], feed);
    expect(log).toEqual(['finish Done']);
    expect(batchesRead).toBe(1);
  });

  test('stops the source even when a stage passes on no demand', async () => {
    const deaf = streaming('Deaf', async (batch, output) => {
      await output.push(batch);
      return 'more';
    });
    const { batchesRead } = await runStages([deaf], feed, { doneAfter: 1 });
    expect(batchesRead).toBe(1);
  });
});

describe('the protocol is asserted:', () => {
  const twice = (push: Push) => runStages([streaming('Twice', push)], feed, { doneAfter: 1 });

  test('no push after done', async () => {
    const push: Push = async (batch, output) => {
      await output.push(batch);
      return output.push(batch);
    };
    await expect(twice(push)).rejects.toThrow('after its consumer was done');
  });

  test('no pushes that overlap', async () => {
    const push: Push = async (batch, output) => {
      const both = await Promise.all([output.push(batch), output.push(batch)]);
      return both[0] as 'more';
    };
    await expect(twice(push)).rejects.toThrow('overlap');
  });

  test('no push after the end', async () => {
    let late: (() => Promise<unknown>) | undefined;
    const push: Push = (batch, output) => {
      late = () => output.push(batch);
      return output.push(batch);
    };
    await runStages([streaming('Late', push)], feed);
    await expect(late?.()).rejects.toThrow('after the input had ended');
  });
});

describe('errors', () => {
  const failing = (error: unknown) =>
    streaming('Failing', async () => {
      throw error;
    });
  const outcome = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error) => error,
    );
  const passing = (name: string) => streaming(name, (batch, output) => output.push(batch));

  test('of the contract say in which operator they happened, once', async () => {
    const error = new InvalidCast('"x" is not an int64.');
    expect(await outcome(runStages([passing('A'), failing(error), passing('B')], feed))).toBe(error);
    expect(error.operator).toBe('Failing');
    expect(error.message).toBe('Failing: "x" is not an int64.');
  });

  test('of the contract do not repeat a name that they begin with', async () => {
    const error = new MemoryBudgetExceeded('Failing', 1, 2, 3);
    await outcome(runStages([failing(error)], feed));
    expect(error.message).toMatch(/^Failing needs 1 bytes more/);
  });

  test('from elsewhere pass as they are', async () => {
    const error = new TypeError('boom');
    expect(await outcome(runStages([failing(error)], feed))).toBe(error);
    expect(error.message).toBe('boom');
    expect(await outcome(runStages([failing('text')], feed))).toBe('text');
  });

  test('of the consumer are not blamed on an operator', async () => {
    const error = new InvalidCast('mine');
    const push = async (): Promise<never> => {
      throw error;
    };
    const memory = testBudget();
    await outcome(runChain({ source: lentScan(feed), stages: [passing('A')] }, { push }, testTask(memory)));
    expect(error.operator).toBeUndefined();
    expectAllReturned(memory);
  });

  test('abort the signal of the task, so that reads ahead stop, and the first one wins', async () => {
    const error = new InvalidCast('first');
    let reason: unknown;
    const reader: Source = {
      role: 'source',
      name: 'Reader',
      schema: numbers,
      open: ({ memory, signal }) => ({
        async run(output) {
          using holding = memory.reserve('Reader');
          const ahead = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
          const pushed = output.push(batchFromRows(holding, numbers, [[1n]])).catch(() => {});
          reason = await ahead.catch((thrown) => thrown);
          await pushed;
          throw new Error('a later one');
        },
        [Symbol.dispose]: () => {},
      }),
    };
    const memory = testBudget();
    const chain = { source: reader, stages: [failing(error)] };
    expect(await outcome(runChain(chain, new Collector(memory, numbers), testTask(memory)))).toBe(error);
    expect(reason).toBe(error);
    expectAllReturned(memory);
  });
});

describe('an abort', () => {
  test('ends a chain whose batches never wait for anything', async () => {
    const endless: Source = {
      role: 'source',
      name: 'Endless',
      schema: numbers,
      open: ({ memory }) => ({
        async run(output) {
          using holding = memory.reserve('Endless');
          const batch = batchFromRows(holding, numbers, [[1n]]);
          while ((await output.push(batch)) === 'more');
        },
        [Symbol.dispose]: () => {},
      }),
    };
    const memory = testBudget();
    const task = testTask(memory, AbortSignal.timeout(50));
    const push = async (): Promise<'more'> => 'more';
    await expect(runChain({ source: endless, stages: [] }, { push }, task)).rejects.toThrow(TaskCancelled);
    expectAllReturned(memory);
  });

  test('wakes a source that waits for memory', async () => {
    const waiting: Source = {
      role: 'source',
      name: 'Waiting',
      schema: numbers,
      open: ({ memory, signal }) => ({
        async run() {
          using _first = await memory.lease('Waiting', memory.floorBytes, signal);
          using _rest = memory.reserve('Waiting');
          _rest.grow(memory.limitBytes - memory.floorBytes);
          await memory.lease('Waiting', 1, signal);
        },
        [Symbol.dispose]: () => {},
      }),
    };
    const memory = testBudget();
    const task = testTask(memory, AbortSignal.timeout(30));
    const outcome = runChain({ source: waiting, stages: [] }, new Collector(memory, numbers), task);
    await expect(outcome).rejects.toThrow(TaskCancelled);
    expectAllReturned(memory);
  });

  test('is TaskCancelled before anything was pushed, too', async () => {
    const memory = testBudget();
    const task = testTask(memory, AbortSignal.abort());
    const chain = { source: lentScan({ schema: numbers, rows: [] }), stages: [] };
    await expect(runChain(chain, new Collector(memory, numbers), task)).rejects.toThrow(TaskCancelled);
  });

  test('does not hide a defect', async () => {
    const controller = new AbortController();
    const defect = streaming('Defect', async () => {
      controller.abort();
      throw new TypeError('boom');
    });
    await expect(runStages([defect], feed, { signal: controller.signal })).rejects.toThrow('boom');
  });
});

describe('statistics', () => {
  test('count rows and batches on both sides of each operator', async () => {
    const halved = streaming('Half', async (batch, output) => (batch.rowCount > 1 ? output.push(batch) : 'more'));
    const { stats } = await runStages([halved, logging('Count', [])], feed);
    expect(stats).toMatchObject([
      {
        name: 'Count',
        depth: 0,
        rowsIn: 4,
        rowsOut: 1,
        batchesIn: 2,
        batchesOut: 1,
        bytesIn: 32,
        bytesOut: 8,
        counters: { 'rows counted': 4 },
      },
      { name: 'Half', depth: 1, rowsIn: 5, rowsOut: 4, batchesIn: 3, batchesOut: 2 },
      { name: 'Lent Scan', depth: 2, rowsIn: 0, rowsOut: 5, batchesOut: 3 },
    ]);
  });

  test('give each operator its own time, without that of those it pushes to', async () => {
    const slow = (name: string, ms: number) =>
      streaming(name, async (batch, output) => {
        await sleep(ms);
        return output.push(batch);
      });
    const startMs = performance.now();
    const { stats } = await runStages([slow('Short', 5), slow('Long', 30)], feed);
    const wallMs = performance.now() - startMs;
    const [long = 0, short = 0, scan = 0] = stats.map(({ selfMs }) => selfMs);
    expect(long).toBeGreaterThan(80);
    expect(short).toBeGreaterThan(10);
    expect(long + short + scan).toBeLessThan(wallMs);
  });

  test('can be read while the chain runs', async () => {
    const memory = testBudget();
    const seen: number[] = [];
    const chain = { source: lentScan(feed), stages: [] };
    const run = openChain(chain, testTask(memory));
    await run.run({
      push: async () => {
        seen.push(run.stats()[0]?.rowsOut ?? -1);
        return 'more';
      },
    });
    expect(seen).toEqual([2, 3, 5]);
  });
});
