/**
 * A part of the rows of a batch, without copying values.
 *
 *     rows 41 … 105     values, offsets, codes      a view that starts further on
 *                       bits: validity, bools       a view where row 41 begins a word, else moved into scratch
 *
 * Structs and lists of fixed size are sliced child by child; the offsets of other lists point to where their items are.
 */

import { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { storageType } from '../columnar/data-type.ts';
import { sliceAddress, sliceColumn, slicesAt } from '../columnar/slice.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';

/** What gives memory for bits that have to move. */
type Scratch = Pick<Holding, 'allocate' | 'linear'>;

/** The rows [start, start + rowCount) of `batch`; bits that have to move come from `scratch`. @throws MemoryBudgetExceeded */
export function sliceBatch(batch: Batch, start: number, rowCount: number, scratch: Scratch): Batch {
  if (start === 0 && rowCount === batch.rowCount) return batch;
  const columns = batch.columns.map((column) => sliceRows(column, start, rowCount, scratch));
  return new Batch(batch.schema, rowCount, columns);
}

function sliceRows(column: Column, start: number, rowCount: number, scratch: Scratch): Column {
  if (slicesAt(column, start)) return sliceColumn(column, start);
  const { type, dictionary, validity, values, children } = column;
  const moved = (bits: number): number => moveBits(bits, start, rowCount, scratch);
  const rowsPerRow = dictionary === undefined ? childRowsPerRow(column) : undefined;
  return {
    ...column,
    validity: validity === 0 ? 0 : moved(validity),
    values: type.kind === 'bool' && dictionary === undefined ? moved(values) : sliceAddress(column, start),
    ...(rowsPerRow !== undefined && {
      children: children?.map((child) => sliceRows(child, start * rowsPerRow, rowCount * rowsPerRow, scratch)),
    }),
  };
}

/** Undefined where rows of the children do not go with rows of the column. */
function childRowsPerRow({ type }: Column): number | undefined {
  const stored = storageType(type);
  if (stored.kind === 'fixed-size-list') return stored.size;
  return stored.kind === 'struct' ? 1 : undefined;
}

function moveBits(from: number, start: number, count: number, scratch: Scratch): number {
  const { address } = scratch.allocate(Math.ceil(count / 64) * 8);
  takeKernels(scratch.linear).copyBits(from, start, count, address, 0);
  return address;
}
