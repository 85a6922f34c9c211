import { expect, test } from 'vitest';
import type { OperatorStats } from '../../src/stats/operator-stats.ts';
import { renderStats } from '../../src/stats/render-stats.ts';

const operator = (name: string, depth: number, figures: Partial<OperatorStats>): OperatorStats => ({
  name,
  depth,
  rowsIn: 0,
  rowsOut: 0,
  batchesIn: 0,
  batchesOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  selfMs: 0,
  counters: {},
  ...figures,
});

test('statistics are drawn as a tree with aligned columns', () => {
  const operators = [
    operator('Sort', 0, { rowsIn: 120, rowsOut: 120, batchesIn: 1, batchesOut: 1, selfMs: 1.24 }),
    operator('Filter', 1, { rowsIn: 10_000, rowsOut: 120, batchesIn: 2, batchesOut: 1, selfMs: 0.04 }),
    operator('Scan', 2, { rowsOut: 10_000, batchesOut: 2, selfMs: 12, counters: { 'bytes read': 81_920, pages: 3 } }),
  ];
  expect(renderStats({ operators, wallMs: 18.21, peakBytes: 4_200_000, limitBytes: 512_000_000 })).toBe(`\
operator  rows in  rows out  batches  own ms
Sort          120       120        1     1.2
  Filter   10,000       120        1     0.0
    Scan             10,000        2    12.0  bytes read 81,920, pages 3
18.2 ms, at most 4.2 MB of 512.0 MB
`);
});
