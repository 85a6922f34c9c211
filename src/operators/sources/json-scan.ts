import { JsonReader, type JsonReadOptions } from '../../io/text/json-reader.ts';
import type { Source } from '../operator.ts';
import { type FileScanOptions, RecordScanRun } from './record-scan-run.ts';

export interface JsonScanOptions extends FileScanOptions {
  readonly json: JsonReadOptions;
}

/** Reads JSON files, in order. */
export function jsonScan(options: JsonScanOptions): Source {
  return {
    role: 'source',
    name: 'Scan',
    schema: options.readSchema,
    open: (task) => new RecordScanRun(options, (request) => JsonReader.open(request, options.json), task),
  };
}
