import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** What `assembly/partitions.ts` exports: arguments are addresses, counts, hashes. A boolean result comes as 0 or 1. */
export interface PartitionKernels {
  /** Each hash becomes that of the pair of it and the one of `next`. */
  chainHashes(hashes: number, next: number, count: number): void;
  putNullHashes(hashes: number, count: number, validity: number, hash: bigint): void;
  hashPartitions(hashes: number, count: number, partitions: number, ids: number): void;
  randomPartitions(first: bigint, seed: bigint, count: number, partitions: number, ids: number): void;
  /** Ids of the rows behind the first `boundaries` ones of `order`, which lists `count` in all. */
  rangePartitions(order: number, count: number, boundaries: number, ids: number): void;
  /** Lists rows by id, stably; those of id p from `starts[p]` to `starts[p + 1]`. */
  orderByPartition(ids: number, count: number, partitions: number, starts: number, rows: number): void;
  /** Whether `count + 1` offsets begin at 0 and never decrease. */
  areOffsets(offsets: number, count: number): number;
  /** Ditto, beginning anywhere. */
  offsetsAscend(offsets: number, count: number): number;
  areEmptyUnderNulls(offsets: number, count: number, validity: number): number;
}

export const partitionKernels = (linear: LinearMemory): PartitionKernels =>
  staticKernels(linear) as unknown as PartitionKernels;
