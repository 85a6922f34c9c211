/** The typed face of `assembly/merge-join.ts`. */

import type { LinearMemory } from '../memory/linear-memory.ts';
import type { WORD_KINDS } from './sort-kernels.ts';
import { staticKernels } from './static-kernels.ts';

/** What comes out of a merge; they are added up. */
export const MERGE_OUTPUT = { leftOnly: 1, rightOnly: 2, pairs: 4, semi: 8 } as const;

/** A key column, as rows of the two sides are compared by it. Addresses; 0 where there is none. */
export interface MergeKey {
  readonly kind: (typeof WORD_KINDS)[keyof typeof WORD_KINDS];
  readonly values: number;
  readonly validity: number;
  readonly bytes: number;
  /** Of text that is entries of a dictionary. */
  readonly codes: number;
}

/** One side in the order of its keys. */
export interface MergeSide {
  /** Of the first key, by position. */
  readonly words: number;
  /** 0 where positions are rows. */
  readonly permutation: number;
  /** Whose first key is not null: they come first. */
  readonly wordCount: number;
  readonly rowCount: number;
  /** The row number that stands for no row. */
  readonly noRow: number;
  /** What words leave undecided. */
  readonly keys: readonly MergeKey[];
}

const KEY_BYTES = 32;
const SIDE_BYTES = 32;
const STATE_BYTES = 96;

/** Bytes of the state of a merge by so many keys. */
export const mergeStateBytes = (keyCount: number): number => STATE_BYTES + 2 * keyCount * KEY_BYTES;

/** Writes the state of a merge that has not begun where kernels read it. `address` is a multiple of 8. */
export function writeMergeState(
  { u32 }: LinearMemory,
  address: number,
  sides: readonly [MergeSide, MergeSide],
  output: number,
): void {
  const keyCount = sides[0].keys.length;
  u32.fill(0, address / 4, (address + mergeStateBytes(keyCount)) / 4);
  for (const [side, { words, permutation, wordCount, rowCount, noRow, keys }] of sides.entries()) {
    const keysAt = address + STATE_BYTES + side * keyCount * KEY_BYTES;
    u32.set([words, permutation, keysAt, wordCount, rowCount, noRow], (address + side * SIDE_BYTES) / 4);
    for (const [index, { kind, values, validity, bytes, codes }] of keys.entries()) {
      u32.set([kind, values, validity, bytes, codes], (keysAt + index * KEY_BYTES) / 4);
    }
  }
  u32.set([keyCount, output], (address + 2 * SIDE_BYTES) / 4);
}

export interface MergeKernels {
  /** The next pairs of row numbers, uint32, to `left` and `right`; returns how many, 0 at the end. */
  mergeJoin(state: number, capacity: number, left: number, right: number): number;
}

/** The kernels, working on `linear`. */
export const mergeKernels = (linear: LinearMemory): MergeKernels => staticKernels(linear) as unknown as MergeKernels;
