import type { FileRequest } from '../../io/record-reader.ts';
import { CsvReader, type CsvReadOptions, partsOfCsv } from '../../io/text/csv-reader.ts';
import { firstOfText } from '../../io/text/file-memory.ts';
import type { Source } from '../operator.ts';
import { type FileScanOptions, RecordScanRun } from './record-scan-run.ts';

export interface CsvScanOptions extends FileScanOptions {
  readonly csv: CsvReadOptions;
}

/** Reads CSV files, in order. */
export function csvScan(options: CsvScanOptions): Source {
  const format = {
    open: (request: FileRequest) => CsvReader.open(request, options.csv),
    first: firstOfText(partsOfCsv(options.csv)),
  };
  return {
    role: 'source',
    name: 'Scan',
    schema: options.readSchema,
    open: (task) => new RecordScanRun(options, format, task),
  };
}
