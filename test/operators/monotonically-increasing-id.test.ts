import { describe, expect, test } from 'vitest';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import {
  ID_PARTITIONS,
  ID_ROWS,
  monotonicallyIncreasingId,
} from '../../src/operators/streaming-sinks/monotonically-increasing-id.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(field('n', int64), field('t', utf8));
const rows: readonly Row[] = Array.from({ length: 5 }, (_, n) => [BigInt(n), `t${n}`]);
const made = (partition: number, offset: number) => monotonicallyIncreasingId({ input, name: 'id', partition, offset });
const run = (partition: number, offset: number) =>
  runStages([made(partition, offset)], { schema: input, rows, cuts: [2, 0, 2] });

describe('monotonically increasing id', () => {
  test.each([
    [0, 0, 0n],
    [0, 7, 7n],
    [1, 0, 2n ** 36n],
    [5, 3, 5n * 2n ** 36n + 3n],
    [ID_PARTITIONS - 1, ID_ROWS - 5, 2n ** 64n - 5n],
  ])('of partition %i from %i on begins with %i', async (partition, offset, first) => {
    const { rows: out } = await run(partition, offset);
    expect(out).toEqual(rows.map((row, n) => [first + BigInt(n), ...row]));
  });

  test('is the first column, and never null', () => {
    expect(made(0, 0).schema.fields[0]).toEqual({ name: 'id', type: { kind: 'uint64' }, nullable: false });
  });

  test.each([0, 3])('ends where a partition has no number left: %i', async (partition) => {
    const failure = run(partition, ID_ROWS - 4);
    await expect(failure).rejects.toThrowError(/^MonotonicallyIncreasingId: .* go from 68719476736 to 68719476736\./);
    await expect(failure).rejects.toMatchObject({ name: 'ArithmeticOverflow' });
  });

  obeysContract(() => made(2, 9), tables(input));
});
