import type { OperatorStats } from './operator-stats.ts';
import type { TaskStats } from './task-stats.ts';

/**
 * The statistics of a task as text, the last operator first, in the shape of explain:
 *
 *     operator                rows in  rows out  batches  own ms
 *     Sort                        120       120        1     1.2
 *     └─ Grouped Aggregate     10,000       120        1     3.4
 *        └─ Parquet Scan                 10,000        2    12.0  bytes read 81,920
 *     18.2 ms, at most 4.2 MB of 512 MB
 */
export function renderStats({ root, wallMs, peakBytes, limitBytes }: TaskStats): string {
  const lines = [HEADINGS, ...treeLines(root, '', '')];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => (line[column] as string).length)));
  const text = lines.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths[column] as number;
        return LEFT.has(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return `${text.join('\n')}\n${wallMs.toFixed(1)} ms, at most ${megabytes(peakBytes)} of ${megabytes(limitBytes)}\n`;
}

const HEADINGS = ['operator', 'rows in', 'rows out', 'batches', 'own ms', ''];
/** Columns of text; the others are figures. */
const LEFT: ReadonlySet<number> = new Set([0, 5]);

function treeLines(stats: OperatorStats, prefix: string, childPrefix: string): string[][] {
  const { name, rowsIn, rowsOut, batchesOut, selfMs, counters, inputs } = stats;
  const shown = Object.entries(counters).map(([counter, value]) => `${counter} ${figure(value)}`);
  const line = [
    prefix + name,
    // Sources have no rows coming in; a concat's come from its inputs as they are.
    inputs.length === 1 ? figure(rowsIn) : '',
    figure(rowsOut),
    figure(batchesOut),
    selfMs.toFixed(1),
    shown.join(', '),
  ];
  const below = inputs.flatMap((input, index) => {
    const last = index === inputs.length - 1;
    return treeLines(input, `${childPrefix}${last ? '└─ ' : '├─ '}`, `${childPrefix}${last ? '   ' : '│  '}`);
  });
  return [line, ...below];
}

function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
