import { binary, type DataType, int64, timestamp, utf8, uuid } from '../../columnar/data-type.ts';

/** Columns of every WARC file, and the headers that some of them are. */
export const WARC_COLUMNS: ReadonlyMap<string, DataType> = new Map<string, DataType>([
  ['WARC-Record-ID', uuid],
  ['WARC-Target-URI', utf8],
  ['WARC-Type', utf8],
  ['WARC-Date', timestamp('ns', 'UTC')],
  ['Content-Length', int64],
  ['WARC-Identified-Payload-Type', utf8],
  ['warc_content', binary],
  ['warc_headers', utf8],
]);
