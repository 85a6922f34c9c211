import type { Column } from './column.ts';
import { isBytes, storageType } from './data-type.ts';
import type { Schema } from './schema.ts';

/** Rows that kernels work on at a time: small enough that the columns of a batch stay in the processor's cache. */
export const BATCH_ROWS = 16_384;

/**
 * Rows in columns. A batch is a view: it owns no memory. Whoever pushes it keeps its memory valid and unchanged until
 * the push has returned, and may reuse that memory afterwards; who wants to keep rows copies them into memory of its own.
 */
export class Batch {
  readonly schema: Schema;
  readonly rowCount: number;
  /** One per field of the schema, in its order. */
  readonly columns: readonly Column[];

  constructor(schema: Schema, rowCount: number, columns: readonly Column[]) {
    this.schema = schema;
    this.rowCount = rowCount;
    this.columns = columns;
  }

  /**
   * Bytes of the values, codes, offsets and bitmaps; text, items of lists and dictionaries, which may be shared, are not
   * counted.
   */
  get byteLength(): number {
    return this.columns.reduce((bytes, column) => bytes + columnBytes(column, this.rowCount), 0);
  }
}

function columnBytes({ type, width, dictionary, validity, children }: Column, rowCount: number): number {
  const stored = storageType(type);
  const hasOffsets = isBytes(type) || stored.kind === 'list' || stored.kind === 'map';
  const bits = dictionary !== undefined || hasOffsets ? 32 : type.kind === 'bool' ? 1 : width * 8;
  const own = Math.ceil((rowCount * (bits + (validity === 0 ? 0 : 1))) / 8);
  if (dictionary !== undefined || hasOffsets || children === undefined) return own;
  const childRows = stored.kind === 'fixed-size-list' ? rowCount * stored.size : rowCount;
  return children.reduce((bytes, child) => bytes + columnBytes(child, childRows), own);
}
