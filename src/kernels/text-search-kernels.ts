import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** What `assembly/text-search.ts` exports. A needle has at least one byte; `rare` is the place of its rarest one. */
export interface TextSearchKernels {
  /** An int64 per row: the place, in characters from `first` on, where the needle first stands; `first` − 1 if nowhere. */
  textFind(
    offsets: number,
    bytes: number,
    rows: number,
    needle: number,
    length: number,
    rare: number,
    first: 0 | 1,
    to: number,
  ): void;
  /** The same of the needles of a column, which may be empty; codes are 0 of plain columns. */
  textFindEach(
    codes: number,
    offsets: number,
    bytes: number,
    needleCodes: number,
    needleOffsets: number,
    needleBytes: number,
    rows: number,
    first: 0 | 1,
    to: number,
  ): void;
  /**
   * Offsets of texts with each needle replaced. Returns the bytes of all, or -1, without a result, where they are more than
   * an int32 says or those of one row more than `mostBytes`.
   */
  replacedOffsets(
    offsets: number,
    bytes: number,
    rows: number,
    needle: number,
    length: number,
    rare: number,
    replacementLength: number,
    mostBytes: number,
    out: number,
  ): number;
  replaceTexts(
    offsets: number,
    bytes: number,
    rows: number,
    needle: number,
    length: number,
    rare: number,
    replacement: number,
    replacementLength: number,
    to: number,
  ): void;
}

/** The kernels, working on `linear`. */
export const textSearchKernels = (linear: LinearMemory): TextSearchKernels =>
  staticKernels(linear) as unknown as TextSearchKernels;
