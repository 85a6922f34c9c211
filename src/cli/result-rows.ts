/** The rows of a result, which come as Arrow record batches, as values of JavaScript. */

import { DataType as ArrowType, type Data, type RecordBatch } from 'apache-arrow';
import { fromArrowSchema } from '../columnar/arrow-schema.ts';
import type { Schema } from '../columnar/schema.ts';
import type { Value } from '../columnar/value.ts';
import type { Row } from './cell-text.ts';

export interface ResultBatch {
  readonly schema: Schema;
  readonly rowCount: number;
  /** One row after the other, made while they are asked for. */
  rows(): Iterable<Row>;
}

/** `batch` has no dictionaries, as the engine gives it. */
export function resultBatch(batch: RecordBatch): ResultBatch {
  const schema = fromArrowSchema(batch.schema);
  const { children } = batch.data;
  return {
    schema,
    rowCount: batch.numRows,
    *rows() {
      for (let row = 0; row < batch.numRows; row += 1) yield children.map((column) => valueAt(column, row));
    },
  };
}

function valueAt(column: Data, row: number): Value {
  if (!column.getValid(row)) return null;
  const { type, values } = column;
  if (ArrowType.isBool(type)) return ((values[row >> 3] >> (row & 7)) & 1) === 1;
  if (ArrowType.isUtf8(type)) {
    const [start, end] = [column.valueOffsets[row], column.valueOffsets[row + 1]];
    return Buffer.from(values.subarray(start, end)).toString('utf8');
  }
  if (ArrowType.isDecimal(type)) return wideInteger(values.subarray(row * 4, row * 4 + 4));
  return values[row] as number | bigint;
}

/** A signed integer of 128 bits from its 32-bit words. */
function wideInteger(words: Uint32Array): bigint {
  const unsigned = words.reduceRight((high, word) => (high << 32n) | BigInt(word), 0n);
  return BigInt.asIntN(128, unsigned);
}
