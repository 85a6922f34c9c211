import type { FileStatistics } from '../../io/parquet/file-statistics.ts';
import type { ColumnStatistics, SourceStatistics } from './statistics.ts';

/** From this share of rows on, values are taken to be different in every file. */
const NEARLY_UNIQUE = 0.5;

/**
 * What is known of the rows of a scan by the footers of some of its files, or of all, `totalBytes` being those of all: the others are taken
 * to be alike.
 */
export function sourceStatistics(
  files: readonly FileStatistics[],
  totalBytes: number | undefined,
): SourceStatistics | undefined {
  const [first] = files;
  if (first === undefined) return undefined;
  const seenRows = files.reduce((sum, { rows }) => sum + rows, 0);
  const seenBytes = files.reduce((sum, { fileBytes }) => sum + fileBytes, 0);
  const scale = totalBytes === undefined ? 1 : Math.max(1, totalBytes / Math.max(1, seenBytes));
  const names = new Set(files.flatMap(({ columns }) => [...columns.keys()]));
  const columns = [...names].map((name): [string, ColumnStatistics] => {
    const known = files.map(({ columns }): ColumnStatistics => columns.get(name) ?? {});
    const joined = known.reduce(joinedColumn);
    const { distinct, storedBytes } = joined;
    const isUnique = distinct !== undefined && distinct >= seenRows * NEARLY_UNIQUE;
    const scaled = {
      ...(isUnique && { distinct: distinct * scale }),
      ...(storedBytes !== undefined && { storedBytes: storedBytes * scale }),
    };
    return [name, { ...joined, ...scaled }];
  });
  return { rows: seenRows * scale, columns: new Map(columns) };
}

/** Of two files: values of one are taken to be those of the other, as far as bounds do not say something else. */
function joinedColumn(a: ColumnStatistics, b: ColumnStatistics): ColumnStatistics {
  const both = (pick: (x: number, y: number) => number, x: number | undefined, y: number | undefined) =>
    x === undefined || y === undefined ? undefined : pick(x, y);
  const isApart = (both((x, y) => x - y, a.low, b.high) ?? 0) > 0 || (both((x, y) => x - y, b.low, a.high) ?? 0) > 0;
  return {
    distinct: both(isApart ? (x, y) => x + y : Math.max, a.distinct, b.distinct),
    low: both(Math.min, a.low, b.low),
    high: both(Math.max, a.high, b.high),
    nulls: both((x, y) => (x + y) / 2, a.nulls, b.nulls),
    storedBytes: both((x, y) => x + y, a.storedBytes, b.storedBytes),
  };
}
