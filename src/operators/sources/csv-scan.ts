import { CsvReader, type CsvReadOptions } from '../../io/text/csv-reader.ts';
import type { Source } from '../operator.ts';
import { type FileScanOptions, RecordScanRun } from './record-scan-run.ts';

export interface CsvScanOptions extends FileScanOptions {
  readonly csv: CsvReadOptions;
}

/** Reads CSV files, in order. */
export function csvScan(options: CsvScanOptions): Source {
  return {
    role: 'source',
    name: 'Scan',
    schema: options.readSchema,
    open: (task) => new RecordScanRun(options, (request) => CsvReader.open(request, options.csv), task),
  };
}
