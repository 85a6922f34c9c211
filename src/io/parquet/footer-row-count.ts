import assert from 'node:assert/strict';
import { ThriftReader, ThriftType } from './thrift.ts';

/** Where FileMetaData of parquet.thrift has its number of rows. */
const NUM_ROWS_FIELD = 3;

/** The number of rows that the footer at the end of `bytes` claims: `… metadata │ its length, 4 bytes │ PAR1`. */
export function footerRowCount(bytes: Uint8Array): bigint {
  const end = bytes.byteLength - 8;
  assert.ok(end >= 0 && Buffer.from(bytes.subarray(end + 4)).toString('latin1') === 'PAR1');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true);
  assert.ok(length <= end);
  const reader = new ThriftReader(bytes, end - length, end);
  let id = 0;
  for (let field = reader.field(id); field !== undefined; field = reader.field(id)) {
    id = field.id;
    if (id === NUM_ROWS_FIELD && field.type === ThriftType.int64) return reader.integer();
    reader.skip(field.type);
  }
  assert.fail('a footer without a number of rows');
}
