import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/columnar/batch.ts';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { MemoryBudget } from '../../src/memory/budget.ts';
import type { Demand, Source } from '../../src/operators/operator.ts';
import { limit } from '../../src/operators/streaming-sinks/limit.ts';
import type { Chain } from '../../src/runtime/chain.ts';
import { concat } from '../../src/runtime/concat.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import { shared } from '../../src/runtime/shared.ts';
import { contractOf } from '../operators/contract.ts';
import { tables } from '../support/tables.ts';
import { Collector, expectAllReturned, lentScan, type Row, testBudget, testTask } from '../support/task.ts';

const numbers = schema(field('n', int64, false));
const rowsOf = (count: number): Row[] => Array.from({ length: count }, (_, n): Row => [BigInt(n)]);

/** As many chains as are asked for, of the rows of one source. */
function readers(source: Source, count: number): Chain[] {
  const of = { name: 'a', chain: { source, stages: [] }, readers: 0 };
  return Array.from({ length: count }, () => ({ source: shared(of), stages: [] }));
}

/** One behind the other. */
const all = (of: Schema, chains: readonly Chain[]): Chain => ({ source: concat(of, chains), stages: [] });
const firstOf = ({ source }: Chain, rows: number): Chain => ({
  source,
  stages: [limit({ input: source.schema, limit: rows, offset: 0 })],
});

/** A source that retains bytes while it gives nothing. */
const hungry = (bytes: number): Chain => ({
  source: {
    role: 'source',
    name: 'Hungry',
    schema: numbers,
    open: ({ memory }) => ({
      async run() {
        using holding = memory.reserve('Hungry');
        holding.allocate(bytes);
      },
      [Symbol.dispose]() {},
    }),
  },
  stages: [],
});

async function run(chain: Chain, memory: MemoryBudget) {
  const output = new Collector(memory, chain.source.schema);
  const stats = await runChain(chain, output, testTask(memory));
  expectAllReturned(memory);
  return { rows: output.rows, stats };
}

const MiB = 1024 * 1024;
/** Of 8 bytes each. */
const MANY = 20_000;

describe('shared rows', () => {
  test('are made once for all readers', async () => {
    const log = { batchesPushed: 0 };
    const source = lentScan({ schema: numbers, rows: rowsOf(5), cuts: [2, 0, 1] }, log);
    const { rows, stats } = await run(all(numbers, readers(source, 3)), testBudget());
    expect(rows).toEqual([...rowsOf(5), ...rowsOf(5), ...rowsOf(5)]);
    expect(log.batchesPushed).toBe(4);
    expect(stats.map(({ name, depth, rowsOut, counters }) => [name, depth, rowsOut, counters['rows kept']])).toEqual([
      ['Concat', 0, 15, undefined],
      ['Shared', 1, 5, 5],
      ['Lent Scan', 2, 5, undefined],
      ['Shared', 1, 5, 0],
      ['Shared', 1, 5, 0],
    ]);
  });

  test('are all there for others when the first reader stops early', async () => {
    const log = { batchesPushed: 0 };
    const source = lentScan({ schema: numbers, rows: rowsOf(100), cuts: [10, 20] }, log);
    const [first, second] = readers(source, 2) as [Chain, Chain];
    const { rows } = await run(all(numbers, [firstOf(first, 3), second]), testBudget());
    expect(rows).toEqual([...rowsOf(3), ...rowsOf(100)]);
    expect(log.batchesPushed).toBe(3);
  });

  test('are given back when a reader never comes', async () => {
    const [first] = readers(lentScan({ schema: numbers, rows: rowsOf(9) }), 2) as [Chain];
    const { rows } = await run(firstOf(first, 4), testBudget());
    expect(rows).toEqual(rowsOf(4));
  });

  test('are not kept for a reader that is alone', async () => {
    const [only] = readers(lentScan({ schema: numbers, rows: rowsOf(9) }), 1) as [Chain];
    const { stats } = await run(only, testBudget());
    expect(stats[0]?.counters).toEqual({ 'rows kept': 0 });
  });

  test('are made again for each reader where they do not fit', async () => {
    const log = { batchesPushed: 0 };
    const source = lentScan({ schema: numbers, rows: rowsOf(MANY), cuts: [5000, 5000, 5000, 5000] }, log);
    const { rows, stats } = await run(all(numbers, readers(source, 2)), testBudget(MiB / 2));
    expect(rows).toEqual([...rowsOf(MANY), ...rowsOf(MANY)]);
    expect(log.batchesPushed).toBe(8);
    expect(stats[1]?.counters['rows kept']).toBeGreaterThan(0);
    expect(stats[1]?.counters['rows kept']).toBeLessThan(MANY);
  });

  test('do not end where a reader stops that has given up keeping them', async () => {
    const source = lentScan({ schema: numbers, rows: rowsOf(MANY), cuts: [5000, 5000, 5000, 5000] });
    const [first, second] = readers(source, 2) as [Chain, Chain];
    const { rows } = await run(all(numbers, [firstOf(first, 7), second]), testBudget(MiB / 2));
    expect(rows).toEqual([...rowsOf(7), ...rowsOf(MANY)]);
  });

  test('make room for what has to be retained while nobody reads them', async () => {
    const log = { batchesPushed: 0 };
    const source = lentScan({ schema: numbers, rows: rowsOf(MANY) }, log);
    const [first, second] = readers(source, 2) as [Chain, Chain];
    const memory = testBudget(2 * MiB);
    const { rows } = await run(all(numbers, [first, hungry(1.375 * MiB), second]), memory);
    expect(rows).toEqual([...rowsOf(MANY), ...rowsOf(MANY)]);
    expect(log.batchesPushed).toBe(4);
  });

  test('are freed by the last reader as it reads', async () => {
    const count = 265_000;
    const memory = testBudget();
    const source = lentScan({ schema: numbers, rows: rowsOf(count) });
    const used: number[] = [];
    let read = 0;
    const push = async ({ rowCount }: Batch): Promise<Demand> => {
      read += rowCount;
      if (read % count === 0) used.push(memory.usedBytes);
      return 'more';
    };
    await runChain(all(numbers, readers(source, 2)), { push }, testTask(memory));
    expectAllReturned(memory);
    const [first, last] = used as [number, number];
    expect(last).toBeLessThan(first / 4);
  });
});

describe('shared rows obey the contract:', () => {
  const of = schema(field('n', int64), field('s', utf8));
  const subject = { chain: ([source]: readonly Source[]) => all(of, readers(source as Source, 2)) };
  const checks = contractOf(() => subject, fc.tuple(tables(of, { maxRows: 150 })), {});
  for (const [name, check] of Object.entries(checks)) test(name, check);
});
