import type { LinearMemory } from '../memory/linear-memory.ts';
import { fileKernels } from './static-kernels.ts';

/** What `assembly/text-lines.ts` exports; places are addresses. */
interface LineKernels {
  indexLines(
    from: number,
    end: number,
    isLast: boolean,
    skipBlank: boolean,
    most: number,
    spans: number,
    next: number,
  ): number;
  moveSpans(spans: number, count: number, offsets: number, bytes: number): void;
}

export const lineKernels = (linear: LinearMemory): LineKernels => fileKernels(linear) as unknown as LineKernels;
