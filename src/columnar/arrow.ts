/**
 * Batches as Arrow record batches and back. Arrow stays at the borders: nothing inside the engine works on its vectors.
 *
 *     Batch ──toArrow──────▶ RecordBatch    views of linear memory: as short-lived as the batch
 *     Batch ──copyToArrow──▶ RecordBatch    buffers of its own: safe to keep
 *     Batch ◀──fromArrow──── RecordBatch    copied into reserved linear memory
 *
 * The layouts agree but for one type: a decimal held in 8 bytes is widened to Arrow's 16, by copying in every case. What is
 * said about copies holds for what lies inside of nested columns too. Dictionaries of logical types become plain.
 */

import { Schema as ArrowSchema, Table as ArrowTable, Data, RecordBatch, Struct } from 'apache-arrow';
import { InvalidArgument } from '../errors.ts';
import type { Holding } from '../memory/budget.ts';
import type { MemoryViews } from '../memory/linear-memory.ts';
import { fromArrowSchema, toArrowField, toArrowSchema } from './arrow-schema.ts';
import { Batch } from './batch.ts';
import { columnFromArrow } from './column-from-arrow.ts';
import { columnToArrow } from './column-to-arrow.ts';
import type { KeptBatch } from './kept-batch.ts';
import type { Schema } from './schema.ts';

export interface ToArrowOptions {
  /**
   * What becomes of dictionary columns. `keep`, the default: Arrow dictionaries, whose id is the position of the
   * column. `decode`: plain vectors, copied, for who needs one schema for all batches of a stream.
   */
  readonly dictionaries?: 'keep' | 'decode';
}

/** Views over linear memory, which is shared: valid as long as the batch is, and to be copied before it is sent on. */
export function toArrow(batch: Batch, linear: MemoryViews, options?: ToArrowOptions): RecordBatch {
  return convert(batch, linear, false, options);
}

/** Like `toArrow`, with buffers of its own, which nobody has accounted for. */
export function copyToArrow(batch: Batch, linear: MemoryViews, options?: ToArrowOptions): RecordBatch {
  return convert(batch, linear, true, options);
}

/** Views of what is kept, dictionaries decoded. */
export const keptToArrow = ({ batch, memory }: KeptBatch): RecordBatch =>
  convert(batch, memory, false, { dictionaries: 'decode' });

export const arrowTable = (schema: Schema, batches: readonly RecordBatch[]): ArrowTable =>
  batches.length === 0 ? new ArrowTable(toArrowSchema(schema)) : new ArrowTable([...batches]);

/** The columns of a table. @throws InvalidArgument naming a column whose type Millrace does not hold */
export const schemaOfArrow = ({ schema }: ArrowTable): Schema => fromArrowSchema(schema);

/**
 * Copies the rows, all of them, into memory of `holding`. Slices, nulls and dictionaries are taken as they are; what
 * Arrow leaves undefined under nulls becomes zero.
 * @throws InvalidArgument naming the column whose type Millrace does not hold, or whose buffers contradict it.
 */
export function fromArrow(recordBatch: RecordBatch, holding: Holding): Batch {
  const schema = fromArrowSchema(recordBatch.schema);
  const { numRows, data } = recordBatch;
  if (data.nullCount > 0) throw new InvalidArgument('An Arrow record batch has rows that are null as a whole.');
  const columns = schema.fields.map((field, index) => {
    const child = data.children[index];
    if (child === undefined || child.length < numRows) {
      throw new InvalidArgument(`The Arrow column '${field.name}' has fewer rows than its record batch.`);
    }
    return columnFromArrow(field, child.length === numRows ? child : child.slice(0, numRows), holding);
  });
  return new Batch(schema, numRows, columns);
}

function convert(batch: Batch, linear: MemoryViews, copies: boolean, options: ToArrowOptions | undefined): RecordBatch {
  const { schema, rowCount, columns } = batch;
  let lastId = columns.length - 1;
  const nextId = (): number => {
    lastId += 1;
    return lastId;
  };
  const conversion = { linear, copies, decodes: options?.dictionaries === 'decode', nextId };
  const children = columns.map((column, index) => columnToArrow(column, index, rowCount, conversion));
  const fields = schema.fields.map((field, index) => toArrowField(field, children[index]!.type));
  return new RecordBatch(new ArrowSchema(fields), new Data(new Struct(fields), 0, rowCount, 0, {}, children));
}
