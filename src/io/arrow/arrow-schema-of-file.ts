/** The schema of a file or stream of Arrow, for who has no plan yet. */

import { type Field, field, type Schema } from '../../columnar/schema.ts';
import { UnsupportedFile } from '../../errors.ts';
import { MemoryBudget } from '../../memory/budget.ts';
import type { SampledFile } from '../text/infer-schema.ts';
import { openArrow } from './arrow-batches.ts';

const MEMORY_BYTES = 256 * 1024 * 1024;

/** The columns that Millrace has types for; others are left out. @throws UnsupportedFile where none is left, MalformedFile */
export async function readArrowSchema(file: SampledFile): Promise<Schema> {
  const costs = { bytesRead: 0, bytesTotal: 0, requests: 0 };
  await using batches = await openArrow({ ...file, budget: new MemoryBudget(MEMORY_BYTES), costs });
  const fields = batches.columns.flatMap(({ name, type, nullable }): Field[] =>
    type === undefined ? [] : [field(name, type, nullable)],
  );
  if (fields.length === 0) throw new UnsupportedFile(file.uri, 'it has no column of a type that Millrace has');
  return { fields };
}
