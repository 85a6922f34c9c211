/** Tables as Parquet files of a few row groups, made by DuckDB, for tasks that threads share. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TaskInput } from '../../src/plan/task.ts';
import { query } from '../support/duckdb.ts';

const directory: string = mkdtempSync(join(tmpdir(), 'millrace-threads-'));

export const removeTables = (): void => rmSync(directory, { recursive: true, force: true });

export const pathOf = (name: string): string => join(directory, name);

/** Writes what `sql` gives as files of `rows` rows each, named by the table. */
export async function writeFiles(table: string, sql: string, files: number): Promise<TaskInput> {
  for (let file = 0; file < files; file += 1) {
    const path = pathOf(`${table}-${file}.parquet`);
    await query(`copy (select * exclude (nth) from (${sql}) where nth % ${files} = ${file} order by nth)
      to '${path}' (format parquet, row_group_size 2048)`);
  }
  return filesOf(table);
}

export function filesOf(table: string): TaskInput {
  const names = readdirSync(directory).filter((name) => name.startsWith(`${table}-`));
  return { kind: 'files', files: names.toSorted().map((name) => ({ uri: pathToFileURL(pathOf(name)).href })) };
}
