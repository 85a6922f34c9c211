import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** What `textSlice` cuts by: the arguments of functions of these names. */
export const SLICE_FORM = { left: 0, right: 1, substr: 2, substring: 3, slice: 4 } as const;

/**
 * What `assembly/text-slices.ts` exports. Each kernel but the last writes the uint32 starts of the parts, counted as the
 * column's offsets are, and the offsets of the result from 0; it returns the bytes that `copySlices` then writes.
 */
export interface TextSliceKernels {
  /**
   * The characters that a function of the text and of one or two int64 values gives, which lie so many bytes apart. Codes
   * are 0 of a column that is plain. Rows that are null by `validity` (0: none is) become empty. -1 where all parts are
   * longer than offsets say, as those of a dictionary may be.
   */
  textSlice(
    form: number,
    codes: number,
    offsets: number,
    bytes: number,
    rows: number,
    validity: number,
    first: number,
    firstStep: 0 | 8,
    second: number,
    secondStep: 0 | 8,
    starts: number,
    out: number,
  ): number;
  /**
   * Without the characters of a set at the beginning (1), at the end (2) or both (3). The set is a bit for each character
   * of ASCII, the first 64 in `low`; `wide` adds all white space of Unicode that is not ASCII.
   */
  textTrim(
    offsets: number,
    bytes: number,
    rows: number,
    sides: 1 | 2 | 3,
    low: bigint,
    high: bigint,
    wide: 0 | 1,
    starts: number,
    out: number,
  ): number;
  /** `length` is at least 1; `number` counts from 1 or, if negative, from the end, and is not 0. */
  textSplitPart(
    offsets: number,
    bytes: number,
    rows: number,
    separator: number,
    length: number,
    rare: number,
    number: number,
    starts: number,
    out: number,
  ): number;
  /** The same of separators and numbers of each row; -1 where a separator is empty, or all are longer than offsets say. */
  textSplitParts(
    codes: number,
    offsets: number,
    bytes: number,
    separatorCodes: number,
    separatorOffsets: number,
    separatorBytes: number,
    rows: number,
    validity: number,
    numbers: number,
    step: 0 | 8,
    starts: number,
    out: number,
  ): number;
  /** The parts' bytes, as the offsets of the result say; may overrun the last by 16 bytes. */
  copySlices(bytes: number, starts: number, rows: number, offsets: number, to: number): void;
}

/** The kernels, working on `linear`. */
export const textSliceKernels = (linear: LinearMemory): TextSliceKernels =>
  staticKernels(linear) as unknown as TextSliceKernels;

/** The bits of `textTrim` for characters that are all ASCII; undefined where one is not. */
export function trimSet(characters: string): { readonly low: bigint; readonly high: bigint } | undefined {
  let bits = 0n;
  for (const character of characters) {
    const code = character.codePointAt(0)!;
    if (code > 127) return undefined;
    bits |= 1n << BigInt(code);
  }
  return { low: BigInt.asUintN(64, bits), high: bits >> 64n };
}
