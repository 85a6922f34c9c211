import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StorageUnavailable } from '../../src/errors.ts';
import type { PartitionPiece } from '../../src/io/shuffle/shuffle-format.ts';
import { SHUFFLE_RESULT } from '../../src/io/shuffle/shuffle-result.ts';
import { commitShuffle } from '../../src/operators/blocking-sinks/commit-shuffle.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const written: readonly Row[] = [
  [
    0n,
    'a.shuffle',
    5n,
    300n,
    [
      [0n, 200n, 4n, 0n],
      [900n, 100n, 1n, 0n],
    ],
  ],
  [1n, 'a.shuffle', 0n, 0n, []],
];

describe('commit-shuffle', () => {
  const number = fc.bigInt(0n, 2n ** 40n);
  const ranges = fc.array(fc.tuple(number, number, number, number), { maxLength: 3 });
  obeysContract(
    () => commitShuffle({ commit: async (pieces) => pieces }),
    tables(SHUFFLE_RESULT, { maxRows: 20, values: { partition: number, rows: number, bytes: number, ranges } }),
    {
      // Sums are made anew.
      same: (actual, expected) =>
        expect(actual.map(([p, path]) => [p, path])).toEqual(expected.map(([p, path]) => [p, path])),
    },
  );

  test('hands what was written to the commit, and emits what stands after it', async () => {
    let given: readonly PartitionPiece[] = [];
    const commit = async (pieces: readonly PartitionPiece[]): Promise<readonly PartitionPiece[]> => {
      given = pieces;
      return [{ partition: 0, path: 'other.shuffle', ranges: [{ offset: 7, bytes: 50, rows: 5, skip: 0 }] }];
    };
    const result = await runStages([commitShuffle({ commit })], { schema: SHUFFLE_RESULT, rows: written, cuts: [1] });
    expect(given).toEqual([
      {
        partition: 0,
        path: 'a.shuffle',
        ranges: [
          { offset: 0, bytes: 200, rows: 4, skip: 0 },
          { offset: 900, bytes: 100, rows: 1, skip: 0 },
        ],
      },
      { partition: 1, path: 'a.shuffle', ranges: [] },
    ]);
    expect(result.rows).toEqual([[0n, 'other.shuffle', 5n, 50n, [[7n, 50n, 5n, 0n]]]]);
  });

  test('emits the same rows where this attempt is the first', async () => {
    const stage = commitShuffle({ commit: async (pieces) => pieces });
    expect((await runStages([stage], { schema: SHUFFLE_RESULT, rows: written })).rows).toEqual(written);
  });

  test('fails as its commit does, and does not commit what was cancelled', async () => {
    const commit = async (): Promise<never> => {
      throw new StorageUnavailable('gone');
    };
    const feed = { schema: SHUFFLE_RESULT, rows: written };
    await expect(runStages([commitShuffle({ commit })], feed)).rejects.toThrow('CommitShuffle: gone');
    const controller = new AbortController();
    const run = runStages(
      [commitShuffle({ commit })],
      { ...feed, before: () => controller.abort() },
      { signal: controller.signal },
    );
    await expect(run).rejects.toThrow('cancelled');
  });
});
