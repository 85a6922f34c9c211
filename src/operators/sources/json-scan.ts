import { JsonReader, type JsonReadOptions } from '../../io/text/json-reader.ts';
import type { Source } from '../operator.ts';
import { type TextScanOptions, TextScanRun } from './text-scan-run.ts';

export interface JsonScanOptions extends TextScanOptions {
  readonly json: JsonReadOptions;
}

/** Reads JSON files, in order. */
export function jsonScan(options: JsonScanOptions): Source {
  return {
    role: 'source',
    name: 'Scan',
    schema: options.readSchema,
    open: (task) => new TextScanRun(options, (request) => JsonReader.open(request, options.json), task),
  };
}
