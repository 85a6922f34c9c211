import { CsvReader, type CsvReadOptions } from '../../io/text/csv-reader.ts';
import type { Source } from '../operator.ts';
import { type TextScanOptions, TextScanRun } from './text-scan-run.ts';

export interface CsvScanOptions extends TextScanOptions {
  readonly csv: CsvReadOptions;
}

/** Reads CSV files, in order. */
export function csvScan(options: CsvScanOptions): Source {
  return {
    role: 'source',
    name: 'Scan',
    schema: options.readSchema,
    open: (task) => new TextScanRun(options, (request) => CsvReader.open(request, options.csv), task),
  };
}
