/** How the driver runs the two sides of a join, shown on one that keeps the numbers of both sides. */

import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/columnar/batch.ts';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import { int64 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { InvalidCast, TaskCancelled } from '../../src/errors.ts';
import type { BlockingSink, BuildRun, Join, ProbeRun, TaskContext } from '../../src/operators/operator.ts';
import type { ChainStage, JoinStage } from '../../src/runtime/chain.ts';
import { openChain, runChain } from '../../src/runtime/run-chain.ts';
import { Collector, expectAllReturned, type Feed, lentScan, type Row, testBudget, testTask } from '../support/task.ts';

const numbers = schema(field('n', int64, false));
const feed = (...values: readonly number[]): Feed => ({
  schema: numbers,
  rows: values.map((value): Row => [BigInt(value)]),
  cuts: [2, 1],
});

interface JoinOptions {
  readonly log?: string[];
  /** Whether rows of the build side that were not met come out at the end. */
  readonly unmatched?: boolean;
}

/** Passes on the batches of the probe side, without the rows that are not in the build side. */
function numbersJoin({ log = [], unmatched = false }: JoinOptions = {}): Join {
  const open = ({ memory }: TaskContext): BuildRun => {
    const holding = memory.reserve('Numbers');
    const built = new Set<bigint>();
    const met = new Set<bigint>();
    const read = (batch: Batch): bigint[] => readRows(memory.linear, batch).map(([n]) => n as bigint);
    log.push('open build');
    const openProbe = (): ProbeRun => {
      log.push('open probe');
      return {
        async push(batch, output) {
          const found = read(batch).filter((n) => built.has(n));
          for (const n of found) met.add(n);
          using scratch = memory.reserve('scratch');
          return output.push(
            batchFromRows(
              scratch,
              numbers,
              found.map((n) => [n]),
            ),
          );
        },
        async combine() {},
        async finish(output) {
          const rest = [...built].filter((n) => !met.has(n));
          if (unmatched) {
            await output.push(
              batchFromRows(
                holding,
                numbers,
                rest.map((n) => [n]),
              ),
            );
          }
        },
        counters: () => ({ met: met.size }),
        [Symbol.dispose]: () => {
          log.push('dispose probe');
        },
      };
    };
    return {
      async push(batch) {
        holding.grow(batch.rowCount);
        for (const n of read(batch)) built.add(n);
        return 'more';
      },
      async combine() {},
      async finish() {
        log.push('built');
        return { demand: built.size === 0 ? 'done' : 'more', open: openProbe };
      },
      [Symbol.dispose]: () => {
        log.push('dispose build');
        holding[Symbol.dispose]();
      },
    };
  };
  return { role: 'join', name: 'Numbers', schema: numbers, open };
}

const stage = (build: Feed, options?: JoinOptions, stages: readonly ChainStage[] = []): JoinStage => ({
  role: 'join-stage',
  join: numbersJoin(options),
  build: { source: lentScan(build), stages },
});

async function run(probe: Feed, ...stages: readonly ChainStage[]) {
  const memory = testBudget();
  const collector = new Collector(memory, numbers);
  const log = { batchesPushed: 0 };
  const stats = await runChain({ source: lentScan(probe, log), stages }, collector, testTask(memory));
  expectAllReturned(memory);
  return { rows: collector.rows.map(([n]) => Number(n)), stats, ...log };
}

/** Emits how many rows there were, even where there were none. */
const count: BlockingSink = {
  role: 'blocking-sink',
  name: 'Count',
  schema: numbers,
  open: ({ memory }) => {
    const holding = memory.reserve('Count');
    let rows = 0n;
    return {
      async push(batch) {
        rows += BigInt(batch.rowCount);
        return 'more';
      },
      async combine() {},
      finish: async (output) => {
        await output.push(batchFromRows(holding, numbers, [[rows]]));
      },
      [Symbol.dispose]: () => holding[Symbol.dispose](),
    };
  },
};

describe('a join', () => {
  test('is built before its probe side is read', async () => {
    const log: string[] = [];
    const probe = { ...feed(1, 2, 3, 4), before: (batch: number) => log.push(`probe ${batch}`) };
    const build = { ...feed(4, 2, 9), before: (batch: number) => log.push(`build ${batch}`) };
    const { rows } = await run(probe, stage(build, { log }));
    expect(rows).toEqual([2, 4]);
    expect(log).toEqual([
      ...['open build', 'build 0', 'build 1', 'built', 'open probe'],
      ...['probe 0', 'probe 1', 'probe 2', 'dispose probe', 'dispose build'],
    ]);
  });

  test('may emit at its end', async () => {
    const { rows } = await run(feed(1, 2), stage(feed(2, 3), { unmatched: true }));
    expect(rows).toEqual([2, 3]);
  });

  test('has the figures of both sides', async () => {
    const { stats } = await run(feed(1, 2, 3, 4), stage(feed(2, 3), {}, [count]));
    expect(stats.map(({ name, depth, rowsIn, rowsOut }) => ({ name, depth, rowsIn, rowsOut }))).toEqual([
      { name: 'Numbers', depth: 0, rowsIn: 4, rowsOut: 1 },
      { name: 'Count', depth: 1, rowsIn: 2, rowsOut: 1 },
      { name: 'Lent Scan', depth: 2, rowsIn: 0, rowsOut: 2 },
      { name: 'Lent Scan', depth: 1, rowsIn: 0, rowsOut: 4 },
    ]);
    expect(stats[0]?.counters).toEqual({ 'rows built': 1, met: 1 });
  });

  test('reads nothing of its probe side where the build side decides alone', async () => {
    const { rows, batchesPushed } = await run(feed(1, 2, 3), stage(feed()), count);
    expect(rows).toEqual([0]);
    expect(batchesPushed).toBe(0);
  });

  test('asks nothing of what stands before one that wants nothing', async () => {
    const log: string[] = [];
    const { rows, batchesPushed } = await run(feed(1, 2, 3), count, stage(feed(1), { log }), count, stage(feed()));
    expect(rows).toEqual([]);
    expect(batchesPushed).toBe(0);
    expect(log).toEqual(['open build', 'dispose build']);
  });

  test.each(['build', 'probe'])('gives all memory back when its %s side fails', async (side) => {
    const memory = testBudget();
    const before = (batch: number): void => {
      if (batch === 1) throw new InvalidCast('no number');
    };
    const failing = { ...feed(1, 2, 3), before };
    const [probe, build] = side === 'probe' ? [failing, feed(1, 2)] : [feed(1, 2), failing];
    const chain = { source: lentScan(probe), stages: [stage(build)] };
    const outcome = runChain(chain, new Collector(memory, numbers), testTask(memory));
    await expect(outcome).rejects.toThrow('Lent Scan: no number');
    expectAllReturned(memory);
  });

  test.each(['build', 'probe'])('stops where the task is aborted while its %s side is read', async (side) => {
    const memory = testBudget();
    const controller = new AbortController();
    const before = (batch: number): void => {
      if (batch === 1) controller.abort();
    };
    const aborting = { ...feed(1, 2, 3), before };
    const [probe, build] = side === 'probe' ? [aborting, feed(1, 2)] : [feed(1, 2), aborting];
    const chain = { source: lentScan(probe), stages: [stage(build)] };
    const outcome = runChain(chain, new Collector(memory, numbers), testTask(memory, controller.signal));
    await expect(outcome).rejects.toThrow(TaskCancelled);
    expectAllReturned(memory);
  });

  test('that never began can be disposed', () => {
    const memory = testBudget();
    openChain({ source: lentScan(feed(1)), stages: [stage(feed(1))] }, testTask(memory))[Symbol.dispose]();
    expectAllReturned(memory);
  });
});
