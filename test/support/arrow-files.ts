/** Files and streams of Arrow, and scans of them. */

import type { Schema } from '../../src/columnar/schema.ts';
import { describeArrow } from '../../src/io/arrow/arrow-schema-of-file.ts';
import { fileStore } from '../../src/io/file-store.ts';
import type { PartitionJson } from '../../src/io/partition-values.ts';
import type { MemoryBudget } from '../../src/memory/budget.ts';
import { arrowScan } from '../../src/operators/sources/arrow-scan.ts';
import type { FileScanOptions } from '../../src/operators/sources/record-scan-run.ts';
import { runSource, testBudget } from './task.ts';
import type { TextScanResult } from './text-files.ts';

export interface ArrowScanTest extends Partial<Omit<FileScanOptions, 'files'>> {
  readonly budget?: MemoryBudget;
  readonly doneAfter?: number;
  readonly partition?: PartitionJson;
  readonly etag?: string;
}

/** All rows of a scan, after checking every batch and that all memory was returned. */
export async function arrowRows(
  uris: string | readonly string[],
  options: ArrowScanTest = {},
): Promise<TextScanResult & { readonly schema: Schema }> {
  const { budget = testBudget(), doneAfter, partition, etag, store = fileStore(), ...rest } = options;
  const files = [uris].flat().map((uri) => ({ uri, partition, etag }));
  const signal = new AbortController().signal;
  const readSchema = options.readSchema ?? (await describeArrow({ store, uri: files[0]?.uri ?? '', signal })).schema;
  return {
    schema: readSchema,
    ...(await runSource(arrowScan({ ...rest, store, files, readSchema }), budget, doneAfter)),
  };
}
