import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BATCH_ROWS, type Batch } from '../../src/columnar/batch.ts';
import { bool, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { StreamingOperator } from '../../src/operators/operator.ts';
import { intoBatches } from '../../src/operators/streaming-sinks/into-batches.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(field('n', int64, false), field('flag', bool), field('t', utf8));
const numbers = (count: number): Row[] =>
  Array.from({ length: count }, (_, n): Row => [BigInt(n), n % 3 === 0, n % 5 === 0 ? null : `t${n}`]);

async function sizes(rows: number, strict: boolean, count: number, cuts: readonly number[]): Promise<number[]> {
  const seen: number[] = [];
  const look: StreamingOperator = {
    role: 'streaming',
    name: 'Look',
    schema: input,
    open: () => ({
      push: (batch: Batch, output) => {
        seen.push(batch.rowCount);
        return output.push(batch);
      },
      [Symbol.dispose]: () => {},
    }),
  };
  const given = numbers(count);
  const result = await runStages([intoBatches({ input, rows, strict }), look], { schema: input, rows: given, cuts });
  expect(result.rows).toEqual(given);
  return seen;
}

describe('into batches', () => {
  test.each([
    { name: 'joins small batches', rows: 4, strict: true, cuts: [1, 1, 1, 1, 1, 1], out: [4, 2] },
    { name: 'cuts large ones', rows: 4, strict: true, cuts: [10], out: [4, 4, 2] },
    { name: 'keeps the rest of one for the next', rows: 4, strict: true, cuts: [6, 6], out: [4, 4, 4] },
    { name: 'cuts to single rows', rows: 1, strict: true, cuts: [3], out: [1, 1, 1] },
    { name: 'has nothing to give for nothing', rows: 4, strict: true, cuts: [0], out: [] },
    { name: 'passes on what is large enough', rows: 10, strict: false, cuts: [9, 10], out: [9, 10] },
    { name: 'joins what is not', rows: 10, strict: false, cuts: [8, 8, 8], out: [10, 10, 4] },
    { name: 'is content with more than four fifths', rows: 10, strict: false, cuts: [5, 4, 9], out: [9, 9] },
    {
      name: 'leaves the batches of a scan as they are',
      rows: BATCH_ROWS,
      strict: false,
      cuts: [BATCH_ROWS, 14_000],
      out: [BATCH_ROWS, 14_000],
    },
  ])('$name', async ({ rows, strict, cuts, out }) => {
    const count = cuts.reduce((sum, cut) => sum + cut, 0);
    expect(await sizes(rows, strict, count, cuts)).toEqual(out);
  });

  test('every batch but the last has the size that was asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 150 }),
        fc.boolean(),
        fc.nat({ max: 600 }),
        fc.array(fc.nat({ max: 200 }), { maxLength: 8 }),
        async (rows, strict, count, cuts) => {
          const seen = await sizes(rows, strict, count, cuts);
          const least = strict ? rows : Math.floor(0.8 * rows) + 1;
          for (const size of seen.slice(0, -1)) {
            expect(size).toBeLessThanOrEqual(rows);
            expect(size).toBeGreaterThanOrEqual(least);
          }
        },
      ),
      { numRuns: 80 },
    );
  });

  test('does not copy what it passes on', async () => {
    const feed = { schema: input, rows: numbers(8192) };
    const idle = await runStages([], feed);
    const cut = await runStages([intoBatches({ input, rows: 1024, strict: true })], feed);
    expect(cut.memory.peakBytes).toBe(idle.memory.peakBytes);
  });

  describe('strict', () => obeysContract(() => intoBatches({ input, rows: 50, strict: true }), tables(input)));
  describe('not strict', () =>
    obeysContract(() => intoBatches({ input, rows: 50, strict: false }), tables(input), { numRuns: 12 }));
});
