import { describe, expect, test } from 'vitest';
import { int64 } from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Chain } from '../../src/runtime/chain.ts';
import { concat } from '../../src/runtime/concat.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import { Collector, expectAllReturned, lentScan, testBudget, testTask } from '../support/task.ts';

const numbers = schema(field('n', int64));
const counted = schema(field('n', int64, false));

const chain = (of: Schema, ...values: (bigint | null)[]): Chain => ({
  source: lentScan({ schema: of, rows: values.map((value) => [value]), cuts: [1] }),
  stages: [],
});

async function rowsOf(inputs: readonly Chain[], doneAfter?: number) {
  const memory = testBudget();
  const output = new Collector(memory, numbers, doneAfter);
  const stats = await runChain({ source: concat(numbers, inputs), stages: [] }, output, testTask(memory));
  expectAllReturned(memory);
  return { rows: output.rows, stats };
}

describe('concat', () => {
  test('gives all rows of the first input, then all of the second', async () => {
    const { rows, stats } = await rowsOf([chain(numbers, 1n, null, 2n), chain(numbers), chain(counted, 3n)]);
    expect(rows).toEqual([[1n], [null], [2n], [3n]]);
    expect(stats.map(({ name, depth, rowsOut }) => [name, depth, rowsOut])).toEqual([
      ['Concat', 0, 4],
      ['Lent Scan', 1, 3],
      ['Lent Scan', 1, 0],
      ['Lent Scan', 1, 1],
    ]);
  });

  test('does not open the next input when the consumer is done', async () => {
    const { rows, stats } = await rowsOf([chain(numbers, 1n, 2n), chain(numbers, 3n)], 2);
    expect(rows).toEqual([[1n], [2n]]);
    expect(stats.length).toBe(2);
  });

  test('nests', async () => {
    const inner: Chain = { source: concat(numbers, [chain(numbers, 1n), chain(counted, 2n)]), stages: [] };
    const { rows } = await rowsOf([inner, chain(numbers, 3n)]);
    expect(rows).toEqual([[1n], [2n], [3n]]);
  });

  test('gives back the memory of an input before it opens the next', async () => {
    const memory = testBudget();
    const usedAtOpen: number[] = [];
    const watching = (input: Chain): Chain => ({
      ...input,
      source: {
        ...input.source,
        open: (task) => {
          usedAtOpen.push(task.memory.usedBytes);
          return input.source.open(task);
        },
      },
    });
    const source = concat(numbers, [watching(chain(numbers, 1n)), watching(chain(numbers, 2n))]);
    await runChain({ source, stages: [] }, new Collector(memory, numbers), testTask(memory));
    expect(usedAtOpen).toEqual([0, 0]);
  });

  test('refuses inputs of different schemas', () => {
    const other = chain(schema(field('m', int64)), 1n);
    expect(() => concat(numbers, [chain(numbers), other])).toThrow('differ');
  });
});
