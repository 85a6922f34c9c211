import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** Bytes of a piece of a concatenation: the uint32 `codes` (0: plain), `offsets`, `bytes`, `validity` (0: no nulls). */
export const PIECE_BYTES = 16;

/**
 * What `assembly/text-building.ts` exports. Each kernel for offsets returns the bytes of all texts, or -1, without a
 * result, where they are more than an int32 says or those of one row more than `mostBytes`; the other then writes them, and
 * may overrun the last by 16 bytes. Rows that are null by `validity` (0: none is) become empty.
 */
export interface TextBuildingKernels {
  /** The pieces of each row; those that are null by the piece's own validity are left out, with their separator. */
  concatOffsets(
    pieces: number,
    count: number,
    rows: number,
    separatorLength: number,
    validity: number,
    mostBytes: number,
    out: number,
  ): number;
  concatTexts(
    pieces: number,
    count: number,
    rows: number,
    separator: number,
    separatorLength: number,
    validity: number,
    to: number,
  ): void;
  /** Codes are 0 of columns that are plain, here and below. Counts are int64 values, so many bytes apart. */
  repeatOffsets(
    codes: number,
    offsets: number,
    rows: number,
    counts: number,
    countStep: 0 | 8,
    validity: number,
    mostBytes: number,
    out: number,
  ): number;
  repeatTexts(codes: number, offsets: number, bytes: number, rows: number, outOffsets: number, to: number): void;
  /** `lengths`, int64 values too, count characters; `fillingLength` bytes, of which there is at least one. */
  padOffsets(
    codes: number,
    offsets: number,
    bytes: number,
    rows: number,
    lengths: number,
    lengthStep: 0 | 8,
    filling: number,
    fillingLength: number,
    validity: number,
    mostBytes: number,
    out: number,
  ): number;
  padTexts(
    codes: number,
    offsets: number,
    bytes: number,
    rows: number,
    atStart: 0 | 1,
    filling: number,
    fillingLength: number,
    outOffsets: number,
    to: number,
  ): void;
}

/** The kernels, working on `linear`. */
export const textBuildingKernels = (linear: LinearMemory): TextBuildingKernels =>
  staticKernels(linear) as unknown as TextBuildingKernels;
