export interface Options {
  readonly scale: number;
  /** Counted runs of each contestant. */
  readonly runs: number;
  /** Runs only the cases whose name holds this. */
  readonly only: string;
}

/** One line of a benchmark; further figures of a suite stand beside these. */
export interface Result {
  readonly suite: string;
  readonly name: string;
  readonly rows: number;
  /** Bytes read. */
  readonly bytes: number;
  readonly millrace_ms: number;
  readonly duckdb_ms: number;
  /** Ours over theirs: below 1 we are faster. */
  readonly ratio: number;
  readonly [figure: string]: string | number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? high) + high) / 2;
}

/** The results as a table with one row each, figures aligned to the right. */
export function resultTable(results: readonly Result[]): string {
  const columns = [...new Set(results.flatMap((result) => Object.keys(result)))];
  const rows = [columns, ...results.map((result) => columns.map((name) => shown(result[name])))];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((text, index) => (index < 2 ? text.padEnd(widths[index] ?? 0) : text.padStart(widths[index] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

const shown = (value: string | number | undefined): string =>
  value === undefined ? '' : typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(2) : String(value);
