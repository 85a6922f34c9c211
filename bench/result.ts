export interface Options {
  /** The scale factor of TPC-H. */
  readonly sf: number;
  /** Of each contestant in TPC-H; one elsewhere. */
  readonly threads: number;
  /** Of the tables in memory. */
  readonly rows: number;
  /** Counted runs of each contestant. */
  readonly runs: number;
  /** Runs only the cases whose name holds this; of TPC-H the queries of these names, with commas between. */
  readonly only: string;
  /** Who runs the queries of TPC-H beside us: all where empty. */
  readonly peers: readonly string[];
}

/** One line of a benchmark: figures by name, in the units of their names. */
export interface Result {
  readonly suite: string;
  readonly name: string;
  readonly [figure: string]: string | number;
}

/** Medians; the ratio is ours over theirs: below 1 we are faster. */
export interface Comparison {
  readonly millrace_ms: number;
  readonly duckdb_ms: number;
  readonly ratio: number;
}

export function comparison(ours: readonly number[], theirs: readonly number[]): Comparison {
  const [millrace_ms, duckdb_ms] = [median(ours), median(theirs)];
  return { millrace_ms, duckdb_ms, ratio: millrace_ms / duckdb_ms };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? high) + high) / 2;
}

export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

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
