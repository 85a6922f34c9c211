import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import { columnFromValues } from '../../columnar/column-from-values.ts';
import type { Field, Schema } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import { valuesFootprint } from '../../columnar/values-footprint.ts';
import type { Demand, Output, TaskContext } from '../operator.ts';

/** Rows that a source has as JavaScript values. */
export interface ValueRows {
  /** The source, in errors. */
  readonly name: string;
  readonly schema: Schema;
  readonly rowCount: number;
  readonly value: (row: number, field: Field) => Value;
}

/** Pushes all rows in batches, each under a lease: of fewer rows where the whole of one could never be leased. */
export async function pushLeased(
  { name, schema, rowCount, value }: ValueRows,
  output: Output,
  { memory, signal }: TaskContext,
): Promise<Demand> {
  for (let start = 0; start < rowCount; ) {
    signal.throwIfAborted();
    const { columns, count, byteLength } = next(start);
    using lease = await memory.lease(name, byteLength, signal);
    const batch = new Batch(
      schema,
      count,
      schema.fields.map(({ type }, index) => columnFromValues(lease, type, columns[index] ?? [])),
    );
    if ((await output.push(batch)) === 'done') return 'done';
    start += count;
  }
  return 'more';

  function next(start: number): { columns: Value[][]; count: number; byteLength: number } {
    let count = Math.min(BATCH_ROWS, rowCount - start);
    for (;;) {
      const columns = schema.fields.map((field) => Array.from({ length: count }, (_, at) => value(start + at, field)));
      const byteLength = schema.fields.reduce(
        (bytes, { type }, index) => bytes + valuesFootprint(type, columns[index] ?? []),
        0,
      );
      if (byteLength <= memory.floorBytes || count === 1) return { columns, count, byteLength };
      count = Math.ceil(count / 2);
    }
  }
}
