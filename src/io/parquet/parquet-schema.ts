/** The schema of a Parquet file, and what is known of its rows, for who has no plan yet. */

import type { Field, Schema } from '../../columnar/schema.ts';
import { UnsupportedFile } from '../../errors.ts';
import { MemoryBudget } from '../../memory/budget.ts';
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
  return schemaOf(await footerOf(store, uri, signal));
}

/** As `readParquetSchema`, with what the footer tells of the rows. */
export async function describeParquet(
  store: ObjectStore,
  uri: string,
  signal?: AbortSignal,
): Promise<{ readonly schema: Schema; readonly statistics: FileStatistics }> {
  const footer = await footerOf(store, uri, signal);
  const schema = schemaOf(footer);
  return { schema, statistics: statisticsOf(footer, schema) };
}

const footerOf = (store: ObjectStore, uri: string, signal: AbortSignal | undefined): Promise<ParquetFooter> =>
  readFooter({ store, uri, memory: new MemoryBudget(MEMORY_BYTES), signal });

/** @throws UnsupportedFile where no column has a type of ours. */
function schemaOf({ uri, columns }: ParquetFooter): Schema {
  const fields = columns
    .all()
    .flatMap(({ name, type, nullable }): Field[] => (type === undefined ? [] : [{ name, type, nullable }]));
  if (fields.length === 0) throw new UnsupportedFile(uri, 'it has no column of a type that Millrace has');
  return { fields };
}
