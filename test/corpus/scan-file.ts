import type { Batch } from '../../src/columnar/batch.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import type { Field } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { fileStore } from '../../src/io/file-store.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { LinearMemory } from '../../src/memory/linear-memory.ts';
import { parquetScan } from '../../src/operators/sources/parquet-scan.ts';

const MEMORY_BYTES = 1024 ** 3;
const MOST_MILLISECONDS = 120_000;

/** A difference was found. */
export class Differs extends Error {}

/** Where all files are read to, until one fails. */
let linear: LinearMemory | undefined;

/**
 * Reads columns of a file, and hands on their values a batch at a time. @throws Differs where memory is kept afterwards,
 * and what a scan throws
 */
export async function scanFile(
  uri: string,
  fields: readonly Field[],
  filter: TypedExpression | undefined,
  take: (columns: readonly (readonly Value[])[], rows: number) => Promise<void> | void,
): Promise<void> {
  const memory = linear ?? new LinearMemory(MEMORY_BYTES);
  linear = undefined;
  const budget = new MemoryBudget(MEMORY_BYTES, undefined, memory);
  const push = async ({ columns, rowCount }: Batch): Promise<'more'> => {
    await take(
      columns.map((column) => readColumn(memory, column, rowCount)),
      rowCount,
    );
    return 'more';
  };
  const scan = parquetScan({ store: fileStore(), files: [{ uri }], readSchema: { fields }, filter });
  using run = scan.open({ memory: budget, signal: AbortSignal.timeout(MOST_MILLISECONDS) });
  await run.run({ push });
  if (budget.usedBytes > 0) throw new Differs(`memory is kept: ${JSON.stringify(budget.holders())}`);
  linear = memory;
}
