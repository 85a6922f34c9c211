import { describe, expect, test } from 'vitest';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { WindowSpec } from '../../src/expressions/window.ts';
import { column, expectSameResults } from '../support/aggregates.ts';
import { lit } from '../support/expressions.ts';
import { type Row, runStages } from '../support/task.ts';
import { WINDOW_CASES, WINDOW_INPUT, WINDOW_TABLES } from '../support/window-cases.ts';
import { windowFunction, windowStage } from '../support/windows.ts';
import { obeysContract } from './contract.ts';

describe('WindowOrderByOnly', () => {
  test('gives all rows in order, as one partition of several batches', async () => {
    const input = schema(field('k', int64), field('s', utf8));
    const rows = Array.from({ length: 20_000 }, (_, index): Row => {
      const k = BigInt((index * 7919) % 20_000);
      return [k, `t${k}`];
    });
    const calls = [
      windowFunction('nr', 'row_number'),
      windowFunction('before', 'lag', { input: column('s'), count: 3, default: lit('none') }),
    ];
    const spec: WindowSpec = { partitionBy: [], orderBy: [{ expression: column('k'), descending: true }] };
    const { rows: given } = await runStages([windowStage(input, calls, spec)], { schema: input, rows });
    expect(given).toEqual(
      Array.from({ length: 20_000 }, (_, index) => {
        const k = 19_999 - index;
        return [BigInt(k), `t${k}`, BigInt(index + 1), index < 3 ? 'none' : `t${k + 3}`];
      }),
    );
  });

  obeysContract(
    () =>
      windowStage(
        WINDOW_INPUT,
        WINDOW_CASES.filter((_, index) => index % 3 === 2).map(({ call }, index) => call(`w${index}`, undefined)),
        {
          partitionBy: [],
          orderBy: [{ expression: column('i'), descending: true }],
          frame: {
            unit: 'range',
            start: { kind: 'preceding', offset: lit(1n) },
            end: { kind: 'unbounded-following' },
            minPeriods: 2,
          },
        },
      ),
    WINDOW_TABLES,
    { numRuns: 3, same: (actual, expected) => expectSameResults(actual, expected) },
  );
});
