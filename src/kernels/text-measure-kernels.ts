import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** What `assembly/text-measures.ts` exports: a length per row at `to`, as int64. */
export interface TextMeasureKernels {
  textCharacters(offsets: number, bytes: number, rows: number, to: number): void;
  textByteLengths(offsets: number, rows: number, to: number): void;
}

/** The kernels, working on `linear`. */
export const textMeasureKernels = (linear: LinearMemory): TextMeasureKernels =>
  staticKernels(linear) as unknown as TextMeasureKernels;
