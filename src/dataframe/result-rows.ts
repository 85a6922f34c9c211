/** The rows of a result, which come as Arrow record batches, as values of JavaScript. */

import type { RecordBatch } from 'apache-arrow';
import { fromArrowSchema } from '../columnar/arrow-schema.ts';
import { arrowReader } from '../columnar/arrow-values.ts';
import type { Schema } from '../columnar/schema.ts';
import type { Row } from './cell-text.ts';

export interface ResultBatch {
  readonly schema: Schema;
  readonly rowCount: number;
  /** One row after the other, made while they are asked for. */
  rows(): Iterable<Row>;
}

/** `batch` is as the engine gives it. */
export function resultBatch(batch: RecordBatch): ResultBatch {
  const schema = fromArrowSchema(batch.schema);
  const readers = batch.data.children.map((column, index) => {
    const type = schema.fields[index]?.type;
    return type === undefined ? () => null : arrowReader(column, type);
  });
  return {
    schema,
    rowCount: batch.numRows,
    *rows() {
      for (let row = 0; row < batch.numRows; row += 1) yield readers.map((read) => read(row));
    },
  };
}
