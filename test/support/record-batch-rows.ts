/** The rows of Arrow record batches as values of JavaScript. */

import type { RecordBatch } from 'apache-arrow';
import { fromArrowSchema } from '../../src/columnar/arrow-schema.ts';
import type { Schema } from '../../src/columnar/schema.ts';
import { arrowReader } from './arrow-values.ts';
import type { Row } from './task.ts';

export interface ResultBatch {
  readonly schema: Schema;
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
    *rows() {
      for (let row = 0; row < batch.numRows; row += 1) yield readers.map((read) => read(row));
    },
  };
}
