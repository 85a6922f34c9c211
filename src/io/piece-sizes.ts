/** In which pieces objects are read from their beginning: several are on their way while one is used. */

import { LinearMemory } from '../memory/linear-memory.ts';

/** Of a floor, or of a lease, what the pieces of one file may take. */
export const PIECES_SHARE: number = 1 / 8;

const LEAST_COUNT = 4;
/** Of 1 MiB: four would be no more than a network of 75 MB/s brings until the next one has its first byte, 30 ms after one was used. */
const MOST_COUNT = 8;
const MOST_BYTES = 1024 * 1024;
const LEAST_BYTES = 16 * 1024;

export interface PieceSizes {
  readonly count: number;
  /** Of a piece, at most. */
  readonly bytes: number;
}

/** As large as `roomBytes` allow for four, then as many as they allow. */
export function piecesIn(roomBytes: number): PieceSizes {
  const share = Math.floor(roomBytes / LEAST_COUNT) - 8192;
  const bytes = Math.max(LEAST_BYTES, Math.min(MOST_BYTES, share));
  const count = Math.floor(roomBytes / LinearMemory.footprint(bytes));
  return { count: Math.max(LEAST_COUNT, Math.min(MOST_COUNT, count)), bytes };
}

/** What they take of linear memory. */
export const piecesFootprint = ({ count, bytes }: PieceSizes): number => count * LinearMemory.footprint(bytes);

/**
 * Bytes of the piece that begins `at` bytes behind where reading begins, of `total` that are read.
 *
 * Reads of one size that are begun together share the network, end together, and then it is idle until the first bytes of the next ones
 * come, again and again. So of what is more than can be under way the first pieces are shorter, and end one after the other:
 *
 *     │ 1/4 │ 2/4  │  3/4   │   4/4   │   4/4   │ …        of four
 */
export function pieceLength(at: number, total: number, { count, bytes }: PieceSizes): number {
  const step = Math.floor(bytes / count);
  if (total >= count * bytes) {
    let start = 0;
    for (let length = step; length < step * count && start <= at; start += length, length += step) {
      if (start === at) return length;
    }
  }
  return Math.min(bytes, total - at);
}
