/** The schema of a file or stream of Arrow, for who has no plan yet. */

import { MemoryBudget } from '../../memory/budget.ts';
import { type TypedColumns, typedColumns } from '../match-fields.ts';
import type { SampledFile } from '../text/infer-schema.ts';
import { openArrow } from './arrow-batches.ts';

const MEMORY_BYTES = 256 * 1024 * 1024;

/** The columns that Millrace has types for, and what is left out. @throws UnsupportedFile where none has, MalformedFile */
export async function describeArrow({ memoryBytes = MEMORY_BYTES, ...file }: SampledFile): Promise<TypedColumns> {
  const costs = { bytesRead: 0, bytesTotal: 0, requests: 0 };
  await using batches = await openArrow({ ...file, budget: new MemoryBudget(memoryBytes), costs });
  return typedColumns(file.uri, batches.columns);
}
