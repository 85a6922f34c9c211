import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import { bool, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { limit } from '../../src/operators/streaming-sinks/limit.ts';
import { anyType, anyValue } from '../support/arbitrary-values.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(field('n', int64, false), field('flag', bool), field('t', utf8));
const numbers = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, at): Row => [BigInt(from + at), at % 3 === 0, at % 5 === 0 ? null : `t${at}`]);

describe('limit', () => {
  const rows = numbers(0, 6);
  const cuts = [3, 0, 3];

  test.each([
    { name: 'cuts inside a batch', count: 4, offset: 0, out: [0, 4] },
    { name: 'cuts on a batch boundary', count: 3, offset: 0, out: [0, 3] },
    { name: 'skips across batches', count: 2, offset: 4, out: [4, 6] },
    { name: 'skips whole batches', count: 2, offset: 3, out: [3, 5] },
    { name: 'passes everything when the limit is past the end', count: 99, offset: 0, out: [0, 6] },
    { name: 'passes nothing when the offset is past the end', count: 1, offset: 6, out: [6, 6] },
    { name: 'passes nothing when the limit is zero', count: 0, offset: 0, out: [0, 0] },
    { name: 'takes a limit and an offset beyond any row number', count: 2 ** 53 - 1, offset: 2, out: [2, 6] },
  ])('$name', async ({ count, offset, out }) => {
    const result = await runStages([limit({ input, limit: count, offset })], { schema: input, rows, cuts });
    expect(result.rows).toEqual(rows.slice(out[0], out[1]));
  });

  test.each([
    { count: 3, offset: 0, read: 1 },
    { count: 4, offset: 0, read: 3 },
    { count: 1, offset: 3, read: 3 },
    { count: 0, offset: 5, read: 1 },
  ])('reads $read batches of three for $count rows behind $offset', async ({ count, offset, read }) => {
    const feed = { schema: input, rows: numbers(0, 30), cuts: [3, 0, 3, 3, 3] };
    const { batchesRead } = await runStages([limit({ input, limit: count, offset })], feed);
    expect(batchesRead).toBe(read);
  });

  test('a batch that is passed on whole, or from its start, is not copied', async () => {
    const feed = { schema: input, rows: numbers(0, 1000) };
    const { memory } = await runStages([limit({ input, limit: 700, offset: 0 })], feed);
    const aligned = await runStages([limit({ input, limit: 700, offset: 64 })], feed);
    expect(aligned.memory.peakBytes).toBe(memory.peakBytes);
    const moved = await runStages([limit({ input, limit: 700, offset: 63 })], feed);
    expect(moved.memory.peakBytes).toBeGreaterThan(memory.peakBytes);
  });

  test('names itself when there is no memory to move bits', async () => {
    const memory = testBudget(256 * 1024, 64 * 1024);
    using lent = await memory.lease('source', 64 * 1024);
    const batch = batchFromRows(lent, input, numbers(0, 10));
    using rest = memory.reserve('rest');
    while (rest.tryAllocate(1) !== undefined);
    using run = limit({ input, limit: 2, offset: 1 }).open({ memory, signal: new AbortController().signal });
    await expect(run.push(batch, { push: async () => 'more' })).rejects.toThrowError(/^Limit needs/);
  });

  test('equals slicing the whole input, however it is cut and laid out', async () => {
    const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 4 });
    const forms = fc.array(fc.record({ dictionary: fc.boolean(), nullable: fc.constant(true) }), {
      minLength: 3,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(
        tables(input, { maxRows: 400 }),
        cuts,
        forms,
        fc.nat({ max: 300 }),
        fc.nat({ max: 300 }),
        async (table, lengths, layout, count, offset) => {
          const feed = { ...table, cuts: lengths, form: (_: number, column: number) => layout[column] ?? {} };
          const { rows: out } = await runStages([limit({ input, limit: count, offset })], feed);
          expect(out).toEqual(table.rows.slice(offset, offset + count));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('cuts columns of every type, nested ones and dictionaries too', async () => {
    const columns = fc.array(fc.tuple(anyType(2), fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 3 });
    const tablesOfAnyType = columns.chain((list) => {
      const rows = fc.array(fc.tuple(...list.map(([type, nulls]) => anyValue(type, nulls))), { maxLength: 90 });
      return rows.map((cells) => ({
        schema: schema(...list.map(([type], n) => field(`c${n}`, type))),
        rows: cells as Row[],
        form: (_: number, n: number) => ({ dictionary: list[n]?.[2] === true && list[n]?.[0].kind !== 'null' }),
      }));
    });
    await fc.assert(
      fc.asyncProperty(tablesOfAnyType, fc.nat({ max: 60 }), fc.nat({ max: 70 }), async (table, count, offset) => {
        const stage = limit({ input: table.schema, limit: count, offset });
        const { rows: out } = await runStages([stage], { ...table, cuts: [50] });
        expect(out).toEqual(table.rows.slice(offset, offset + count));
      }),
      { numRuns: 60 },
    );
  });

  obeysContract(() => limit({ input, limit: 70, offset: 41 }), tables(input));
});
