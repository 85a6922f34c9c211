import type { Result } from './result.ts';

const HALF_WIDTH = 32;
const MARKS = ['●', '▲', '■', '◆'];

/**
 * Ratios on a logarithmic scale, a line for each case and a mark for each who was compared: left of the line in the middle we
 * are faster. Nothing where there are no ratios.
 *
 *              1/4             1/2              1               2               4
 *     Q1 warm                ●         ▲        │
 */
export function ratioPlot(results: readonly Result[]): string[] {
  const names = [...new Set(results.flatMap((result) => Object.keys(result)))].filter(isRatio);
  const rows = results.filter((result) => names.some((name) => typeof result[name] === 'number'));
  if (rows.length === 0) return [];
  const ratios = rows.flatMap((row) => names.map((name) => row[name]).filter((ratio) => typeof ratio === 'number'));
  const octaves = Math.max(1, ...ratios.map((ratio) => Math.ceil(Math.abs(Math.log2(ratio)))));
  const place = (ratio: number): number => HALF_WIDTH + Math.round((Math.log2(ratio) / octaves) * HALF_WIDTH);
  const label = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map((row) => {
    const cells: string[] = Array.from({ length: 2 * HALF_WIDTH + 1 }, (_, at) => (at === HALF_WIDTH ? '│' : ' '));
    for (const [index, name] of names.entries()) {
      const ratio = row[name];
      if (typeof ratio === 'number') cells[place(ratio)] = MARKS[index % MARKS.length] as string;
    }
    return `${row.name.padEnd(label)}  ${cells.join('')}`.trimEnd();
  });
  const ends = [`1/${2 ** octaves}`, '1', `${2 ** octaves}`] as const;
  const gap = (text: string): string => ' '.repeat(Math.max(1, HALF_WIDTH - text.length));
  const scale = `${' '.repeat(label + 2)}${ends[0]}${gap(ends[0])}${ends[1]}${gap(` ${ends[2]}`)}${ends[2]}`;
  const legend = names.map((name, index) => `${MARKS[index % MARKS.length]} ${name}`).join('   ');
  return [[legend, scale, ...lines].join('\n')];
}

/** Ours over DuckDB's is `ratio`, over those of others `to_<name>`. */
const isRatio = (figure: string): boolean => figure === 'ratio' || figure.startsWith('to_');
