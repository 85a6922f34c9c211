import type { OperatorStats } from './operator-stats.ts';
import type { TaskStats } from './task-stats.ts';

/**
 * The statistics of a task as text, in the shape of explain:
 *
 *     operator               rows in  rows out  batches  own ms
 *     Sort                       120       120        1     1.2
 *       GroupedAggregate      10,000       120        1     3.4
 *         Scan                          10,000        2    12.0  bytes read 81,920
 *     18.2 ms, at most 4.2 MB of 512.0 MB
 */
export function renderStats({ operators, wallMs, peakBytes, limitBytes }: TaskStats): string {
  const lines = [HEADINGS, ...operators.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const text = lines.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return LEFT.has(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return `${text.join('\n')}\n${wallMs.toFixed(1)} ms, at most ${megabytes(peakBytes)} of ${megabytes(limitBytes)}\n`;
}

const HEADINGS: readonly string[] = ['operator', 'rows in', 'rows out', 'batches', 'own ms', ''];
/** Columns of text; the others are figures. */
const LEFT: ReadonlySet<number> = new Set([0, 5]);

function cellsOf(
  { name, depth, rowsIn, rowsOut, batchesOut, selfMs, counters }: OperatorStats,
  index: number,
  operators: readonly OperatorStats[],
): readonly string[] {
  // What reads nothing from another operator has no rows coming in.
  const isSource = (operators[index + 1]?.depth ?? 0) <= depth;
  return [
    '  '.repeat(depth) + name,
    isSource ? '' : figure(rowsIn),
    figure(rowsOut),
    figure(batchesOut),
    selfMs.toFixed(1),
    Object.entries(counters)
      .map(([counter, value]) => `${counter} ${figure(value)}`)
      .join(', '),
  ];
}

function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
