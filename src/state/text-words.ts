/**
 * Which positions of texts make which words to sort by, and how many symbols each has: `kernels/assembly/sort-text-word.ts`
 * says what a word is.
 *
 *     https://a.org/x17            shared: not in any word     │ up to 8 positions │ up to 8 positions │ …  up to 32 in all
 *     https://b.org/y9
 */

import type { Column } from '../columnar/column.ts';
import { sortKernels } from '../kernels/sort-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';

/** Of a table that describes a word to kernels. */
export const TABLE_BYTES = 64;

const POSITIONS_PER_WORD = 8;
const MOST_SYMBOLS = 2n ** 64n;
/** As many as kernels look at. */
const POSITIONS = 32;
const RANGES_BYTES = 8 + 2 * POSITIONS;

/** A position of texts. */
interface Position {
  /** What the least character is counted as. */
  readonly first: 0 | 1;
  readonly least: number;
  readonly symbols: number;
}

/** At most eight positions. */
export interface TextWord {
  /** Bytes of the texts before it. */
  readonly depth: number;
  readonly positions: readonly Position[];
  /** How many words there can be. */
  readonly symbols: bigint;
}

export interface TextWords {
  readonly words: readonly TextWord[];
  /** Bytes of the texts before and in them. */
  readonly depth: number;
  /** Whether no text is longer than that. */
  readonly isAll: boolean;
}

/** The words of the first `rowCount` texts of a plain column; none where all that are not null are the same. */
export function textWords(column: Column, rowCount: number, holding: Holding): TextWords {
  let depth = 0;
  let { positions, isAll } = measure(column, rowCount, depth, holding);
  if (positions.length === POSITIONS && positions.every(({ symbols }) => symbols === 1)) {
    const { values, bytes, validity } = column;
    depth = sortKernels(holding.linear).sortSharedText(values, bytes, validity, rowCount);
    ({ positions, isAll } = measure(column, rowCount, depth, holding));
  }
  return { words: cutIntoWords(positions, depth), depth: depth + positions.length, isAll };
}

/** Describes a word to kernels, 64 bytes at `address`. */
export function writeTable(linear: LinearMemory, address: number, { positions }: TextWord): void {
  const { u16, u32, u64 } = linear;
  const symbolsAt = (index: number): number => positions[index]?.symbols ?? 1;
  for (let index = 0; index < POSITIONS_PER_WORD; index++) {
    const { least, first } = positions[index] ?? { least: 0, first: 0 };
    u16[address / 2 + index] = least - first;
  }
  for (let pair = 0; pair < 4; pair++) u32[address / 4 + 4 + pair] = symbolsAt(2 * pair + 1);
  u32[address / 4 + 8] = symbolsAt(2) * symbolsAt(3);
  u32[address / 4 + 9] = symbolsAt(6) * symbolsAt(7);
  u64[address / 8 + 5] = product(positions.slice(4));
  u32[address / 4 + 12] = positions.length;
}

const product = (positions: readonly Position[]): bigint =>
  positions.reduce((symbols, position) => symbols * BigInt(position.symbols), 1n);

function cutIntoWords(positions: readonly Position[], depth: number): TextWord[] {
  const words: TextWord[] = [];
  for (let start = 0; start < positions.length; ) {
    // What all texts have alike takes no place.
    if (positions[start]?.symbols === 1) {
      start++;
      continue;
    }
    let end = start + 1;
    while (
      end < positions.length &&
      end - start < POSITIONS_PER_WORD &&
      product(positions.slice(start, end + 1)) <= MOST_SYMBOLS
    ) {
      end++;
    }
    const taken = positions.slice(start, end);
    words.push({ depth: depth + start, positions: taken, symbols: product(taken) });
    start = end;
  }
  return words;
}

function measure(
  { values, bytes, validity }: Column,
  rowCount: number,
  depth: number,
  holding: Holding,
): { positions: readonly Position[]; isAll: boolean } {
  const { linear } = holding;
  const scratch = holding.allocate(RANGES_BYTES);
  sortKernels(linear).sortTextRanges(values, bytes, validity, rowCount, depth, scratch.address);
  const { u8, i32 } = linear;
  const [shortest = 0, longest = 0] = i32.subarray(scratch.address / 4, scratch.address / 4 + 2);
  const ranges = u8.slice(scratch.address + 8, scratch.address + RANGES_BYTES);
  holding.free(scratch);
  const positions = Array.from({ length: Math.max(0, Math.min(POSITIONS, longest - depth)) }, (_, index): Position => {
    const [least = 0, greatest = 0] = [ranges[index], ranges[POSITIONS + index]];
    const first = shortest - depth <= index ? 1 : 0;
    return { least, first, symbols: greatest - least + 1 + first };
  });
  return { positions, isAll: longest - depth <= POSITIONS };
}
