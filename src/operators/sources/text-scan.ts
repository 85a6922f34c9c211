import type { FileRequest } from '../../io/record-reader.ts';
import { firstOfText } from '../../io/text/file-memory.ts';
import { LineReader, type LineReadOptions } from '../../io/text/line-reader.ts';
import type { Source } from '../operator.ts';
import { type FileScanOptions, RecordScanRun } from './record-scan-run.ts';

export interface TextScanOptions extends FileScanOptions {
  readonly text: LineReadOptions;
}

/** Reads files of text, in order: a row for each line, or for each file. */
export function textScan(options: TextScanOptions): Source {
  const format = {
    open: (request: FileRequest) => LineReader.open(request, options.text),
    first: firstOfText('lines'),
  };
  return {
    role: 'source',
    name: 'Scan',
    schema: options.readSchema,
    open: (task) => new RecordScanRun(options, format, task),
  };
}
