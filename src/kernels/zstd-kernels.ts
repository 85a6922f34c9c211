import type { LinearMemory } from '../memory/linear-memory.ts';
import { zstdModule } from './static-kernels.ts';

/** Of the tables that decompressing needs. */
const TABLE_BYTES = 26_624;
const BLOCK_BYTES = 131_072;

/** Bytes of the `work` that decompressing `toBytes` takes. */
export const zstdWorkBytes = (toBytes: number): number => TABLE_BYTES + Math.min(BLOCK_BYTES, toBytes);

/** What `assembly/zstd.ts` exports. */
export interface ZstdKernels {
  /** Whether the input holds exactly `toBytes` bytes, compressed; they are written to `to`. A boolean comes as 0 or 1. */
  zstdDecompress(from: number, fromBytes: number, to: number, toBytes: number, work: number): number;
}

export const zstdKernels = (linear: LinearMemory): ZstdKernels => zstdModule(linear) as unknown as ZstdKernels;
