/** Where the column of one answer is built, and what all answers do with it. */

import type { Column } from '../columnar/column.ts';
import { type DataType, fixedWidth } from '../columnar/data-type.ts';
import { takeKernels, zeroNullsOf } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { ColumnBuffer } from './column-buffer.ts';
import { GrowingRegion } from './growing-region.ts';

/** Memory of one answer's column, used again for the next range of groups. */
export interface AnswerRegions {
  readonly values: GrowingRegion;
  readonly text: GrowingRegion;
  readonly validity: GrowingRegion;
  /** Of lists. */
  readonly items: ColumnBuffer | undefined;
}

/** `items` is the type of what lists are gathered of. */
export const openRegions = (holding: Holding, items?: DataType): AnswerRegions => ({
  values: new GrowingRegion(holding),
  text: new GrowingRegion(holding),
  validity: new GrowingRegion(holding),
  items: items && new ColumnBuffer(items, holding),
});

export function freeRegions({ values, text, validity, items }: AnswerRegions): void {
  for (const region of [values, text, validity]) region.free();
  items?.free();
}

/** Room for `rows` values of `type`, or for their offsets and one more: its address. @throws MemoryBudgetExceeded */
export function makeRoom({ values }: AnswerRegions, type: DataType, rows: number): number {
  values.ensure(Math.max(16, (rows + 1) * (fixedWidth(type) ?? 4)), 0);
  return values.address;
}

/** Room for a bitmap of `rows`: its address. @throws MemoryBudgetExceeded */
export function makeBitmap({ validity }: AnswerRegions, rows: number): number {
  validity.ensure(Math.ceil(rows / 64) * 8, 0);
  return validity.address;
}

/** A plain column; what lies under its nulls becomes zero. `validity` 0: none is null. */
export function answerColumn(holding: Holding, type: DataType, values: number, validity: number, rows: number): Column {
  if (validity !== 0) {
    const kernels = takeKernels(holding.linear);
    if (type.kind === 'bool') kernels.zeroNullBits(values, rows, validity, 0);
    else if (fixedWidth(type) !== undefined) zeroNullsOf(kernels, fixedWidth(type) ?? 8)(values, rows, validity, 0);
  }
  const width = fixedWidth(type) ?? 0;
  return { type, validity, values, bytes: 0, dictionary: undefined, width, bits: undefined };
}

/** A column of lists: `values` is the address of their offsets, 0 where all have one size. */
export const nestedColumn = (type: DataType, validity: number, values: number, items: Column): Column => ({
  type,
  validity,
  values,
  bytes: 0,
  dictionary: undefined,
  width: 0,
  bits: undefined,
  children: [items],
});
