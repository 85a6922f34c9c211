/**
 * The typed face of `assembly/value-bytes.ts`: values of any type as bytes whose order is theirs. Arguments are addresses
 * and counts.
 */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

export interface ValueBytesKernels {
  /** Returns the first row whose value had no room, or `rows`. The offset of `from` is there, those behind it are written. */
  writeValueBytes(node: number, from: number, rows: number, offsets: number, out: number, room: number): number;
  /** Lists the rows that were the first to have a number from `next` on; returns how many. */
  listNewIds(ids: number, rows: number, next: number, list: number): number;
}

/** The kernels, working on `linear`. */
export const valueBytesKernels = (linear: LinearMemory): ValueBytesKernels =>
  staticKernels(linear) as unknown as ValueBytesKernels;

/** How a node says what its values are: the cases of the kernel's switch. */
export const VALUE_FORM = {
  nothing: 0,
  bool: 1,
  signed: 2,
  unsigned: 3,
  float: 4,
  long: 5,
  interval: 6,
  fixed: 7,
  text: 8,
  list: 9,
  items: 10,
  parts: 11,
} as const;
export const NODE_BYTES = 32;
