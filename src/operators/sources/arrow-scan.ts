import { firstOfArrow } from '../../io/arrow/arrow-batches.ts';
import { ArrowReader } from '../../io/arrow/arrow-reader.ts';
import type { Source } from '../operator.ts';
import { type FileScanOptions, type RecordFormat, RecordScanRun } from './record-scan-run.ts';

/** Reads files and streams of Arrow, in order. */
export function arrowScan(options: FileScanOptions): Source {
  return {
    role: 'source',
    name: 'Scan',
    schema: options.readSchema,
    open: (task) => new RecordScanRun(options, arrowFormat(), task),
  };
}

/** Files are read as the one before turned out to be. */
function arrowFormat(): RecordFormat {
  let last: ArrowReader | undefined;
  return {
    open: async (request) => {
      last = await ArrowReader.open(request, last?.readsWhole);
      return last;
    },
    first: (size) => firstOfArrow(size, last?.readsWhole === true),
  };
}
