/** The typed face of `assembly/text-images.ts`: every argument is an address, a count of bytes or a count of rows. */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

export interface TextImageKernels {
  /** Returns how many texts are long. */
  packTexts(offsets: number, bytes: number, field: number, stride: number, rows: number, list: number): number;
  packLongTexts(numbers: number, rows: number, count: number, field: number, stride: number): void;
  packNullTexts(validity: number, field: number, stride: number, rows: number): void;
  /** Returns how many are not null. */
  unpackTextValidity(field: number, stride: number, rows: number, bits: number): number;
  /** Returns how many were listed. */
  listUnseenTexts(codes: number, rows: number, images: number, list: number): number;
  /** Returns of how many rows the texts stay within `limitBytes`. */
  textImageOffsets(
    field: number,
    stride: number,
    rows: number,
    longOffsets: number,
    limitBytes: number,
    offsets: number,
  ): number;
  unpackTexts(
    field: number,
    stride: number,
    rows: number,
    longOffsets: number,
    longBytes: number,
    offsets: number,
    bytes: number,
  ): void;
}

/** The kernels, working on `linear`. */
export const textImageKernels = (linear: LinearMemory): TextImageKernels =>
  staticKernels(linear) as unknown as TextImageKernels;
