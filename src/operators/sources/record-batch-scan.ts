import type { RecordBatch } from 'apache-arrow';
import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import { KeptBatch, placeBatch } from '../../columnar/kept-batch.ts';
import { type Schema, sameSchema, schemaText } from '../../columnar/schema.ts';
import { InvalidArgument } from '../../errors.ts';
import type { Holding } from '../../memory/budget.ts';
import type { Output, Source, TaskContext } from '../operator.ts';

const NAME = 'InMemoryScan';

/**
 * Pushes the rows of Arrow record batches, or of results of queries, which are the caller's and are not counted; each piece of them is copied into
 * reserved memory, whose size nobody knows before. Their columns are those of `schema`, in its order.
 */
export function recordBatchScan(given: {
  readonly schema: Schema;
  readonly batches: readonly (RecordBatch | KeptBatch)[];
}): Source {
  return {
    role: 'source',
    name: NAME,
    schema: given.schema,
    open: (task) => ({ run: (output) => run(given.schema, given.batches, output, task), [Symbol.dispose]() {} }),
  };
}

async function run(
  schema: Schema,
  batches: readonly (RecordBatch | KeptBatch)[],
  output: Output,
  { memory, signal }: TaskContext,
): Promise<void> {
  using holding = memory.reserve(NAME);
  for (const batch of batches) {
    for await (const piece of piecesOf(batch, holding)) {
      signal.throwIfAborted();
      if (!sameSchema(piece.schema, schema)) {
        throw new InvalidArgument(
          `The rows in memory are ${schemaText(piece.schema)}, and the plan says ${schemaText(schema)}.`,
        );
      }
      if ((await output.push(new Batch(schema, piece.rowCount, piece.columns))) === 'done') return;
      holding.release();
    }
  }
}

async function* piecesOf(batch: RecordBatch | KeptBatch, holding: Holding): AsyncGenerator<Batch> {
  if (batch instanceof KeptBatch) {
    yield placeBatch(batch, holding);
    return;
  }
  // Whoever gives batches of Arrow has loaded it.
  const { fromArrow } = await import('../../columnar/arrow.ts');
  for (let start = 0; start < batch.numRows; start += BATCH_ROWS) {
    yield fromArrow(batch.slice(start, start + BATCH_ROWS), holding);
  }
}
