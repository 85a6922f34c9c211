import type { Column } from './column.ts';
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

  /** Bytes of the values, codes, offsets and bitmaps; text and dictionaries, which may be shared, are not counted. */
  get byteLength(): number {
    let bytes = 0;
    for (const { type, width, dictionary, validity } of this.columns) {
      const bits = dictionary !== undefined ? 32 : type.kind === 'bool' ? 1 : type.kind === 'utf8' ? 32 : width * 8;
      bytes += Math.ceil((this.rowCount * (bits + (validity === 0 ? 0 : 1))) / 8);
    }
    return bytes;
  }
}
