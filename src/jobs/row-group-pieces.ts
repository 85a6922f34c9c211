/** What of an input one task can read: small files whole, large ones by their row groups. */

import type { Schema } from '../columnar/schema.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { inParallel } from '../io/in-parallel.ts';
import type { ObjectStore } from '../io/object-store.ts';
import { readFooter } from '../io/parquet/footer.ts';
import { planScan } from '../io/parquet/scan-plan.ts';
import { matchColumns } from '../io/parquet/value-form.ts';
import { filterOfPartition, knownValues } from '../io/partition-values.ts';
import { MemoryBudget } from '../memory/budget.ts';
import type { FilePiece } from './cut-files.ts';
import type { SizedFile } from './resolve-inputs.ts';

/** How the files are going to be read. */
export interface Reading {
  readonly store: ObjectStore;
  readonly readSchema: Schema;
  readonly filePathColumn: string | undefined;
  /** Over `readSchema`. Row groups in which it cannot be true are nobody's. */
  readonly filter: TypedExpression | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Footers read at once, and the memory for all of them; one may take half of it. */
const CONCURRENCY = 8;
const FOOTER_BYTES = 128 * 1024 * 1024;

/**
 * The pieces of `files`, in their order. Of a file larger than `taskBytes` the footer is read, and a row group counts as
 * the bytes of the columns that are wanted; of any other nothing is read.
 * @throws MalformedFile, UnsupportedFile, SchemaMismatch, ObjectChanged, MemoryBudgetExceeded for those looked into
 */
export async function rowGroupPieces(
  files: readonly SizedFile[],
  taskBytes: number,
  reading: Reading,
): Promise<FilePiece[]> {
  const memory = new MemoryBudget(FOOTER_BYTES, FOOTER_BYTES / 2);
  const large = files.flatMap((sized, fileIndex) => (sized.bytes > taskBytes ? [{ ...sized, fileIndex }] : []));
  const rowGroups = await inParallel(large, CONCURRENCY, (file) => rowGroupsOf(file, memory, reading));
  const byIndex = new Map(large.map(({ fileIndex }, position) => [fileIndex, rowGroups[position]]));
  return files.flatMap(({ file, bytes }, fileIndex) => byIndex.get(fileIndex) ?? [{ fileIndex, file, bytes }]);
}

async function rowGroupsOf(
  { file, fileIndex }: SizedFile & { readonly fileIndex: number },
  memory: MemoryBudget,
  { store, readSchema, filePathColumn, filter, signal }: Reading,
): Promise<FilePiece[]> {
  const { uri, etag } = file;
  const values = knownValues(file, readSchema.fields, filePathColumn);
  const left = filter && filterOfPartition(filter, values);
  if (left === 'never') return [];
  const footer = await readFooter({ store, memory, uri, etag, signal });
  const readings = matchColumns(uri, footer.columns, readSchema.fields, values);
  const plan = planScan(footer, { memory, readings, filter: left, rowGroups: file.rowGroups });
  return plan.rowGroups.map(({ index, chunks }) => ({
    fileIndex,
    file: { ...file, rowGroups: [index] },
    bytes: chunks.flat().reduce((sum, { byteLength }) => sum + byteLength, 0),
  }));
}
