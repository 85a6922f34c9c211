/** The options of reads and writes by format: those of frames, and those that plans have in the format. */

import type { ScanFormat, WriteFormat } from '../plan/plan-node.ts';
import { checkOptions, type OptionNames } from './check-options.ts';
import type { WriteOptions } from './run-query.ts';
import type { ReadOptions } from './session.ts';

type OwnOptions<Format extends { readonly kind: string }> = {
  readonly [Kind in Format['kind']]: OptionNames<Omit<Extract<Format, { readonly kind: Kind }>, 'kind'>>;
};

const READ: OptionNames<ReadOptions> = {
  schema: true,
  schemaFrom: true,
  types: true,
  hivePartitioning: true,
  filePathColumn: true,
  signal: true,
};
const OF_SCANS: OwnOptions<ScanFormat> = {
  parquet: { reader: true },
  arrow: {},
  csv: {
    delimiter: true,
    quote: true,
    escape: true,
    comment: true,
    header: true,
    nullTexts: true,
    allowVariableColumns: true,
    encoding: true,
    invalidValues: true,
    maxRecordBytes: true,
  },
  json: { invalidValues: true, maxRecordBytes: true },
  text: { encoding: true, skipBlankLines: true, wholeText: true, invalidValues: true, maxRecordBytes: true },
  warc: { maxRecordBytes: true },
};

const WRITE: OptionNames<WriteOptions> = {
  mode: true,
  partitionBy: true,
  compression: true,
  compressionLevel: true,
  targetFileBytes: true,
  rowGroupRows: true,
  signal: true,
};
const OF_WRITES: OwnOptions<WriteFormat> = {
  parquet: { columns: true },
  arrow: { container: true },
  csv: { delimiter: true, quote: true, header: true, nullText: true },
  json: { ignoreNullFields: true },
};

/** @throws InvalidArgument for what is no option */
export function checkReadOptions(kind: ScanFormat['kind'], given: object): void {
  checkOptions<object>(`A read of ${kind}`, given, { ...READ, ...OF_SCANS[kind] });
}

/** @throws InvalidArgument for what is no option */
export function checkWriteOptions(kind: WriteFormat['kind'], given: object): void {
  checkOptions<object>(`A write of ${kind}`, given, { ...WRITE, ...OF_WRITES[kind] });
}
