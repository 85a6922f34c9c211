/** Files of text as objects of a store, and scans of them. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { fileStore } from '../../src/io/file-store.ts';
import type { PartitionJson } from '../../src/io/partition-values.ts';
import type { ByteRange } from '../../src/io/record-reader.ts';
import type { CsvReadOptions } from '../../src/io/text/csv-reader.ts';
import type { JsonReadOptions } from '../../src/io/text/json-reader.ts';
import type { MemoryBudget } from '../../src/memory/budget.ts';
import type { Counters, Source } from '../../src/operators/operator.ts';
import { csvScan } from '../../src/operators/sources/csv-scan.ts';
import { jsonScan } from '../../src/operators/sources/json-scan.ts';
import type { FileScanOptions } from '../../src/operators/sources/record-scan-run.ts';
import { type Row, runSource, testBudget } from './task.ts';

/** What CSV is where a plan does not say otherwise. */
export const CSV: CsvReadOptions = {
  delimiter: ',',
  quote: '"',
  escape: '"',
  comment: undefined,
  names: undefined,
  nullTexts: [''],
  allowVariableColumns: false,
  encoding: 'utf-8',
  invalidValues: 'error',
  maxRecordBytes: undefined,
};

/** Writes files into a directory that is removed after the tests of the file; gives their paths. */
export function textDirectory(): (name: string, content: string | Uint8Array) => string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-text-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return (name, content) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
}

export interface TextScanResult {
  readonly rows: readonly Row[];
  readonly counters: Counters;
  readonly batches: number;
}

export type TextScanTest = Partial<Omit<FileScanOptions, 'files' | 'readSchema'>> &
  Pick<FileScanOptions, 'readSchema'> & {
    readonly budget?: MemoryBudget;
    readonly doneAfter?: number;
    readonly partition?: PartitionJson;
    /** Parts that are read one after the other instead of the whole of each. */
    readonly ranges?: readonly ByteRange[];
  };

/** All rows of a scan of these paths, after checking every batch and that all memory was returned. */
export async function textRows(
  paths: string | readonly string[],
  { budget = testBudget(), doneAfter, partition, ranges = [], store = fileStore(), ...rest }: TextScanTest,
  scan: (options: FileScanOptions) => Source,
): Promise<TextScanResult> {
  const whole = [paths].flat().map((path) => ({ uri: path.includes('://') ? path : `file://${path}`, partition }));
  const files = ranges.length === 0 ? whole : whole.flatMap((file) => ranges.map((range) => ({ ...file, range })));
  return runSource(scan({ ...rest, store, files }), budget, doneAfter);
}

export const csvRows = (
  paths: string | readonly string[],
  { csv, ...options }: TextScanTest & { readonly csv?: Partial<CsvReadOptions> },
): Promise<TextScanResult> => textRows(paths, options, (scan) => csvScan({ ...scan, csv: { ...CSV, ...csv } }));

const JSON_FILES: JsonReadOptions = { invalidValues: 'error', maxRecordBytes: undefined };

export const jsonRows = (
  paths: string | readonly string[],
  { json, ...options }: TextScanTest & { readonly json?: Partial<JsonReadOptions> },
): Promise<TextScanResult> =>
  textRows(paths, options, (scan) => jsonScan({ ...scan, json: { ...JSON_FILES, ...json } }));
