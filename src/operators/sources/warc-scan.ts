import type { FileRequest } from '../../io/record-reader.ts';
import { firstOfText } from '../../io/text/file-memory.ts';
import { WarcReader, type WarcReadOptions } from '../../io/text/warc-reader.ts';
import type { Source } from '../operator.ts';
import { type FileScanOptions, RecordScanRun } from './record-scan-run.ts';

export interface WarcScanOptions extends FileScanOptions {
  readonly warc: WarcReadOptions;
}

/** Reads WARC files, in order: a row for each record. */
export function warcScan(options: WarcScanOptions): Source {
  const format = {
    open: (request: FileRequest) => WarcReader.open(request, options.warc),
    first: firstOfText('bytes'),
  };
  return {
    role: 'source',
    name: 'Scan',
    schema: options.readSchema,
    open: (task) => new RecordScanRun(options, format, task),
  };
}
