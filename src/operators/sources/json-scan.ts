import type { FileRequest } from '../../io/record-reader.ts';
import { firstOfText } from '../../io/text/file-memory.ts';
import { JsonReader, type JsonReadOptions } from '../../io/text/json-reader.ts';
import type { Source } from '../operator.ts';
import { type FileScanOptions, RecordScanRun } from './record-scan-run.ts';

export interface JsonScanOptions extends FileScanOptions {
  readonly json: JsonReadOptions;
}

/** Reads JSON files, in order. */
export function jsonScan(options: JsonScanOptions): Source {
  const format = {
    open: (request: FileRequest) => JsonReader.open(request, options.json),
    first: firstOfText('lines'),
  };
  return {
    role: 'source',
    name: 'Scan',
    schema: options.readSchema,
    open: (task) => new RecordScanRun(options, format, task),
  };
}
