import { ArrowReader } from '../../io/arrow/arrow-reader.ts';
import type { Source } from '../operator.ts';
import { type FileScanOptions, RecordScanRun } from './record-scan-run.ts';

/** Reads files and streams of Arrow, in order. */
export function arrowScan(options: FileScanOptions): Source {
  return {
    role: 'source',
    name: 'Scan',
    schema: options.readSchema,
    open: (task) => new RecordScanRun(options, (request) => ArrowReader.open(request), task),
  };
}
