/** Lengths of texts, and places in them, by kernels over a whole column. */

import type { Column } from '../columnar/column.ts';
import { int64 } from '../columnar/data-type.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import { textMeasureKernels } from '../kernels/text-measure-kernels.ts';
import { textSearchKernels } from '../kernels/text-search-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { Scratch } from './scratch.ts';
import { type Compute, keptNeedle } from './text-operands.ts';

/** A text has less than 2 ** 31 bytes. */
const LENGTH_BITS = 31;

/** `count` writes a number per row to the address `to`. */
function countStep(holding: Holding, count: (text: Column, rowCount: number, to: number) => void): Compute {
  const numbers = new Scratch(holding);
  return (text, rowCount) => {
    const values = numbers.ensure(rowCount * 8);
    count(text, rowCount, values);
    const { validity } = text;
    return { type: int64, validity, values, bytes: 0, dictionary: undefined, width: 8, bits: LENGTH_BITS };
  };
}

export const lengthStep = (unit: 'characters' | 'bytes', holding: Holding): Compute =>
  countStep(holding, ({ values, bytes }, rowCount, to) => {
    const kernels = textMeasureKernels(holding.linear);
    if (unit === 'characters') kernels.textCharacters(values, bytes, rowCount, to);
    else kernels.textByteLengths(values, rowCount, to);
  });

/** Where the part, which is not empty, first stands, in characters from `first` on; one less than that if nowhere. */
export function findStep(part: string, first: 0 | 1, holding: Holding): Compute {
  const { address, length, rare } = keptNeedle(part, holding);
  return countStep(holding, ({ values, bytes, validity }, rowCount, to) => {
    textSearchKernels(holding.linear).textFind(values, bytes, rowCount, address, length, rare, first, to);
    if (validity !== 0) takeKernels(holding.linear).zeroNulls8(to, rowCount, validity, 0);
  });
}
