import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** What `assembly/text-case.ts` exports. */
export interface TextCaseKernels {
  /**
   * Writes `count` bytes with the letters of ASCII in the other case; 1 if all bytes are ASCII. `to` may be `from`, and
   * 15 bytes more are written. A column whose first offset is not 0 keeps its offsets with bytes at `to` less that one.
   */
  asciiCase(from: number, count: number, upper: 0 | 1, to: number): 0 | 1;
  /**
   * Writes the bytes of each text backwards, of the first to `to`, and up to 16 bytes more; 0, and nothing is written, where
   * there are carriage returns, which are one character with a line feed.
   */
  reverseBytes(offsets: number, bytes: number, rows: number, to: number): 0 | 1;
}

/** The kernels, working on `linear`. */
export const textCaseKernels = (linear: LinearMemory): TextCaseKernels =>
  staticKernels(linear) as unknown as TextCaseKernels;
