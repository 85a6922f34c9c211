import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** Which of the moments at which clocks show something: `near` are those with the offset of another moment, if there are such. */
export const MOMENTS = { last: 0, first: 1, nearOrFirst: 2, nearOrLast: 3 } as const;

/**
 * What `assembly/zone-clocks.ts` exports: over columns of 8 bytes, with a table of offsets as it describes it. The results
 * of null rows are 0. Kernels return 0 where they leave the column to others, else 1.
 */
export interface ZoneKernels {
  shownTicks(values: number, validity: number, rows: number, table: number, to: number): 0 | 1;
  /** `moments` are read for those that are near one. */
  momentTicks(
    values: number,
    validity: number,
    rows: number,
    table: number,
    which: number,
    moments: number,
    to: number,
  ): 0 | 1;
  /** The least and the greatest at `out`, of 8 bytes each. 0 where all are null. */
  ticksRange(values: number, validity: number, rows: number, out: number): 0 | 1;
}

/** The kernels, working on `linear`. */
export const zoneKernels = (linear: LinearMemory): ZoneKernels => staticKernels(linear) as unknown as ZoneKernels;
