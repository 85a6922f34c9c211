/** What is known of the rows that a plan's leaves read, before anything of them is read. Estimates: nothing that decides what is right. */

/** Of the values of a column; what is not known is absent. */
export interface ColumnStatistics {
  /** How many different values there are. */
  readonly distinct?: number | undefined;
  /** The least and the greatest, as numbers in the order of the type: of times their ticks, of decimals their digits without the point. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  /** The share of rows that are null, from 0 to 1. */
  readonly nulls?: number | undefined;
  /** What they take in the files of all rows. */
  readonly storedBytes?: number | undefined;
}

export interface SourceStatistics {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, ColumnStatistics>;
}

/** By source id; undefined where nothing is known. */
export type StatisticsOf = (sourceId: string) => SourceStatistics | undefined;

/** As rules see a column, rows having been left out. */
export interface EstimatedColumn extends ColumnStatistics {
  /** How many different values there were before, if not the values themselves were asked for: what keys of other tables are among. */
  readonly domain?: number | undefined;
  /** How many rows its table had before: no more values than that. */
  readonly tableRows?: number | undefined;
}
