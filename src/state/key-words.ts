import type { Column } from '../columnar/column.ts';
import { type DataType, fixedWidth, isBytes } from '../columnar/data-type.ts';
import { STEP_BYTES, sortKernels, writeStep } from '../kernels/sort-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { plainStep } from './sort-steps.ts';

/** Whether values of the type are equal where their words are, and not else. */
export const areWordsExact = (type: DataType): boolean => !isBytes(type) && fixedWidth(type) !== 16;

/**
 * For each row of a column the uint64 that orders its value among all values of the type, as far as 8 bytes can: of texts
 * it is the start. Zero under nulls; all are zero for decimals that may take 16 bytes. The region is the caller's.
 * @throws MemoryBudgetExceeded
 */
export function keyWords(column: Column, rowCount: number, holding: Holding): Region {
  const words = holding.allocate(rowCount * 8);
  writeKeyWords(column, rowCount, words.address, holding);
  return words;
}

/** As `keyWords`, to an address. */
export function writeKeyWords(column: Column, rowCount: number, to: number, holding: Holding): void {
  const take = takeKernels(holding.linear);
  if (fixedWidth(column.type) === 16) {
    take.fillBytes(to, 0, rowCount * 8);
  } else if (column.dictionary === undefined) {
    const step = holding.allocate(STEP_BYTES);
    writeStep(holding.linear, step.address, plainStep(column));
    sortKernels(holding.linear).sortPack(step.address, rowCount, to, 64, 0);
    holding.free(step);
  } else {
    const entries = keyWords(column.dictionary.values, column.dictionary.size, holding);
    take.take8(entries.address, column.values, rowCount, to);
    if (column.validity !== 0) take.zeroNulls8(to, rowCount, column.validity, 0);
    holding.free(entries);
  }
}
