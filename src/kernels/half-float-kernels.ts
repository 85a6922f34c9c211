import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** What `assembly/half-floats.ts` exports. */
export interface HalfFloatKernels {
  /** float16 to float32. */
  widenHalves(values: number, rows: number, to: number): void;
  /** float64 to float16. */
  nearestHalves(values: number, rows: number, to: number): void;
}

/** The kernels, working on `linear`. */
export const halfFloatKernels = (linear: LinearMemory): HalfFloatKernels =>
  staticKernels(linear) as unknown as HalfFloatKernels;
