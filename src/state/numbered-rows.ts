import assert from 'node:assert/strict';
import { uint32 } from '../columnar/data-type.ts';
import { type Field, field } from '../columnar/schema.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import type { RowBuffer } from './row-buffer.ts';

/** The last column of rows that are kept with the number of the partition of each. */
export const PARTITION_NUMBER: Field = field('\0partition', uint32, false);

/**
 * Takes over rows of `other` behind those of `rows`, both with numbers of partitions: number `n` of `other` becomes
 * `mapping[n]`, uint32 from that address on. @throws MemoryBudgetExceeded, ColumnTooLarge
 */
export function absorbNumbered(rows: RowBuffer, other: RowBuffer, mapping: number, linear: LinearMemory): void {
  const numbers = other.columns().at(-1);
  assert.ok(numbers !== undefined);
  // In place: a number is read before it is written.
  takeKernels(linear).take4(mapping, numbers.values, other.rowCount, numbers.values);
  rows.absorb(other);
}
