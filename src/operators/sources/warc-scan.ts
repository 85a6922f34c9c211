import { WarcReader, type WarcReadOptions } from '../../io/text/warc-reader.ts';
import type { Source } from '../operator.ts';
import { type FileScanOptions, RecordScanRun } from './record-scan-run.ts';

export interface WarcScanOptions extends FileScanOptions {
  readonly warc: WarcReadOptions;
}

/** Reads WARC files, in order: a row for each record. */
export function warcScan(options: WarcScanOptions): Source {
  return {
    role: 'source',
    name: 'Scan',
    schema: options.readSchema,
    open: (task) => new RecordScanRun(options, (request) => WarcReader.open(request, options.warc), task),
  };
}
