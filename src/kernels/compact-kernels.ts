/**
 * The typed face of `assembly/compact.ts`: the rows chosen by a bitmap, written densely. Arguments are addresses and
 * counts; `rows` are those of the input, and the bitmap has zeros behind them.
 */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

export interface CompactKernels {
  compactValues(width: number, values: number, selection: number, rows: number, out: number): void;
  compactBits(bits: number, selection: number, rows: number, out: number): void;
  /** Numbers of the chosen rows, uint32, and how many there are. */
  listChosen(selection: number, rows: number, out: number): number;
  /** Returns the bytes that the chosen texts take. */
  compactOffsets(offsets: number, selection: number, rows: number, out: number): number;
  compactText(offsets: number, bytes: number, selection: number, rows: number, out: number): void;
}

/** The kernels, working on `linear`. */
export const compactKernels = (linear: LinearMemory): CompactKernels =>
  staticKernels(linear) as unknown as CompactKernels;
