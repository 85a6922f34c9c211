/** The schema of a Parquet file, and what is known of its rows, for who has no plan yet. */

import type { Schema } from '../../columnar/schema.ts';
import { MemoryBudget } from '../../memory/budget.ts';
import { type TypedColumns, typedColumns } from '../match-fields.ts';
import type { ObjectStore } from '../object-store.ts';
import { type FileStatistics, statisticsOf } from './file-statistics.ts';
import { type ParquetFooter, readFooter } from './footer.ts';

/** Footers beyond a quarter of this are refused. */
const MEMORY_BYTES = 256 * 1024 * 1024;

/**
 * The columns of the file that Millrace has types for; others are left out.
 * @throws UnsupportedFile where none is left.
 */
export async function readParquetSchema(store: ObjectStore, uri: string, signal?: AbortSignal): Promise<Schema> {
  return typedColumnsOf(await footerOf(store, uri, signal)).schema;
}

/** As `readParquetSchema`, with what is left out, and what the footer tells of the rows. */
export async function describeParquet(
  store: ObjectStore,
  uri: string,
  signal?: AbortSignal,
): Promise<TypedColumns & { readonly statistics: FileStatistics }> {
  const footer = await footerOf(store, uri, signal);
  const typed = typedColumnsOf(footer);
  return { ...typed, statistics: statisticsOf(footer, typed.schema) };
}

const footerOf = (store: ObjectStore, uri: string, signal: AbortSignal | undefined): Promise<ParquetFooter> =>
  readFooter({ store, uri, memory: new MemoryBudget(MEMORY_BYTES), signal });

const typedColumnsOf = ({ uri, columns }: ParquetFooter): TypedColumns => typedColumns(uri, columns.all());
