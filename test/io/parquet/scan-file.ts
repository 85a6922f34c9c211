/** Files of other writers, and scans of them. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Schema } from '../../../src/columnar/schema.ts';
import { bindPredicate } from '../../../src/expressions/bind.ts';
import type { Expression, TypedExpression } from '../../../src/expressions/expression.ts';
import { interpreter } from '../../../src/expressions/interpret.ts';
import { Problems } from '../../../src/expressions/problems.ts';
import { fileStore } from '../../../src/io/file-store.ts';
import type { ObjectStore } from '../../../src/io/object-store.ts';
import { readParquetSchema } from '../../../src/io/parquet/parquet-schema.ts';
import type { MemoryBudget } from '../../../src/memory/budget.ts';
import type { Counters } from '../../../src/operators/operator.ts';
import { type ParquetScanOptions, parquetScan } from '../../../src/operators/sources/parquet-scan.ts';
import { query } from '../../support/duckdb.ts';
import { type Row, runSource, testBudget } from '../../support/task.ts';

/** A directory that is removed after the tests of the file. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-parquet-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export const uriOf = (path: string): string => `file://${path}`;

/** Has DuckDB write the result of `sql` to `path`. */
export async function writeByDuck(path: string, sql: string, options: string = ''): Promise<string> {
  await query(`copy (${sql}) to '${path}' (format parquet${options === '' ? '' : `, ${options}`})`);
  return uriOf(path);
}

export interface ScanResult {
  readonly schema: Schema;
  readonly rows: readonly Row[];
  readonly counters: Counters;
  readonly batches: number;
}

export interface ScanTestOptions extends Partial<Omit<ParquetScanOptions, 'files'>> {
  readonly budget?: MemoryBudget;
  readonly doneAfter?: number;
  readonly rowGroups?: readonly number[];
  readonly etag?: string;
}

/** All rows of a scan, after checking every batch and that all memory was returned. */
export async function scanRows(uris: string | readonly string[], options: ScanTestOptions = {}): Promise<ScanResult> {
  const { store = fileStore(), budget = testBudget(), doneAfter, rowGroups, etag, ...rest } = options;
  const files = [uris].flat().map((uri) => ({ uri, rowGroups, etag }));
  const readSchema = options.readSchema ?? (await schemaOf(store, files[0]?.uri ?? ''));
  const source = parquetScan({ ...rest, store, files, readSchema });
  return { schema: source.schema, ...(await runSource(source, budget, doneAfter)) };
}

export const schemaOf = (store: ObjectStore, uri: string): Promise<Schema> => readParquetSchema(store, uri);

/** What DuckDB says of a column's chunks. */
export async function parquetMetadataOf(
  path: string,
  column: string,
): Promise<{ encodings: string[]; codecs: string[] }> {
  const rows = await query(
    `select encodings, compression from parquet_metadata('${path}') where path_in_schema = '${column}'`,
  );
  return {
    encodings: rows.flatMap(([encodings]) => String(encodings).split(/, ?/)),
    codecs: rows.map(([, codec]) => String(codec)),
  };
}

/** A predicate over a schema. */
export function bound(expression: Expression, schema: Schema): TypedExpression {
  const problems = new Problems();
  const predicate = bindPredicate(expression, schema, problems, '$');
  if (predicate === undefined) throw new Error(JSON.stringify(problems));
  return predicate;
}

/** The rows for which the interpreter, which knows nothing of pruning, finds the filter true. */
export function matching(filter: TypedExpression, rows: readonly Row[]): Row[] {
  const evaluate = interpreter(filter);
  return rows.filter((row) => evaluate({ value: (column) => row[column] ?? null, where: () => 'here' }) === true);
}
