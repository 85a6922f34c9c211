import type { OperatorStats } from '../stats/operator-stats.ts';

/**
 * The figures of several runs of one plan as those of one, times added up too. A run that has not come so far has fewer operators: the
 * others are at the end of the longer lists.
 */
export function summedStats(runs: readonly (readonly OperatorStats[])[]): readonly OperatorStats[] {
  const [first = []] = runs.toSorted((a, b) => b.length - a.length);
  return first.map((operator, at) => {
    const those = runs.flatMap((run) => {
      const one = run[at];
      return one?.name === operator.name && one.depth === operator.depth ? [one] : [];
    });
    return those.reduce((sum, one) => added(sum, one), { ...operator, ...NONE });
  });
}

const NONE = { rowsIn: 0, rowsOut: 0, batchesIn: 0, batchesOut: 0, bytesIn: 0, bytesOut: 0, selfMs: 0, counters: {} };

function added(a: OperatorStats, b: OperatorStats): OperatorStats {
  const counters = Object.fromEntries(
    Object.entries(b.counters).map(([name, value]) => [name, (a.counters[name] ?? 0) + value]),
  );
  return {
    name: a.name,
    depth: a.depth,
    rowsIn: a.rowsIn + b.rowsIn,
    rowsOut: a.rowsOut + b.rowsOut,
    batchesIn: a.batchesIn + b.batchesIn,
    batchesOut: a.batchesOut + b.batchesOut,
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
    selfMs: a.selfMs + b.selfMs,
    counters: { ...a.counters, ...counters },
  };
}
