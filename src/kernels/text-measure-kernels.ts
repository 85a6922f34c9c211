import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** What `assembly/text-measures.ts` exports. Lengths are an int64 per row at `to`; characters are those of valid UTF-8. */
export interface TextMeasureKernels {
  textCharacters(offsets: number, bytes: number, rows: number, to: number): void;
  textByteLengths(offsets: number, rows: number, to: number): void;
  /** Writes the uint32 numbers of rows that have other characters than those of ASCII to `list`; returns how many. */
  listNotAscii(offsets: number, bytes: number, rows: number, list: number): number;
}

/** The kernels, working on `linear`. */
export const textMeasureKernels = (linear: LinearMemory): TextMeasureKernels =>
  staticKernels(linear) as unknown as TextMeasureKernels;
