import type { LinearMemory } from '../memory/linear-memory.ts';
import { fileKernels } from './static-kernels.ts';

/** What `assembly/arrow-buffers.ts` exports; places are addresses. A boolean result comes as 0 or 1. */
interface ArrowKernels {
  widenCodes(from: number, width: number, isSigned: boolean, count: number, to: number): void;
  /** `count + 1` of 8 bytes to 4. */
  narrowOffsets(from: number, count: number, to: number): number;
  narrow16To8(from: number, count: number, to: number): number;
  daysOfMilliseconds(from: number, count: number, to: number): number;
  intervalsOfMonths(from: number, count: number, to: number): void;
  intervalsOfDays(from: number, count: number, to: number): void;
  /** Bytes of the texts of views, whose offsets are written; -1 where one is outside. `buffers`: place and bytes of each. */
  measureViews(views: number, count: number, buffers: number, bufferCount: number, offsets: number): bigint;
  moveViews(views: number, count: number, buffers: number, offsets: number, bytes: number): void;
}

export const arrowKernels = (linear: LinearMemory): ArrowKernels => fileKernels(linear) as unknown as ArrowKernels;
