import { expect, test } from 'vitest';
import { flattenStats, type OperatorStats } from '../../src/stats/operator-stats.ts';
import { renderStats } from '../../src/stats/render-stats.ts';

const operator = (name: string, figures: Partial<OperatorStats>): OperatorStats => ({
  name,
  rowsIn: 0,
  rowsOut: 0,
  batchesIn: 0,
  batchesOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  selfMs: 0,
  counters: {},
  inputs: [],
  ...figures,
});

const scans = [
  operator('Parquet Scan', { rowsOut: 10_000, batchesOut: 2, selfMs: 12, counters: { 'bytes read': 81_920 } }),
  operator('Empty Scan', {}),
];
const root = operator('Sort', {
  rowsIn: 120,
  rowsOut: 120,
  batchesIn: 1,
  batchesOut: 1,
  selfMs: 1.24,
  inputs: [operator('Concat', { rowsOut: 10_000, batchesOut: 2, selfMs: 0.04, inputs: scans })],
});

test('statistics are drawn as a tree with aligned columns', () => {
  expect(renderStats({ root, wallMs: 18.21, peakBytes: 4_200_000, limitBytes: 512_000_000 })).toBe(`\
operator            rows in  rows out  batches  own ms
Sort                    120       120        1     1.2
└─ Concat                      10,000        2     0.0
   ├─ Parquet Scan             10,000        2    12.0  bytes read 81,920
   └─ Empty Scan                    0        0     0.0
18.2 ms, at most 4.2 MB of 512.0 MB
`);
});

test('statistics are flattened inputs first', () => {
  expect(flattenStats(root).map(({ name }) => name)).toEqual(['Parquet Scan', 'Empty Scan', 'Concat', 'Sort']);
});
