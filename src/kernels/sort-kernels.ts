import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** How a word is read from a value; `assembly/sort-step.ts` says what each means. */
export const WORD_KINDS = {
  bool: 0,
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  uint8: 5,
  uint16: 6,
  uint32: 7,
  uint64: 8,
  float32: 9,
  float64: 10,
  high: 11,
  low: 12,
  rank: 13,
  text8: 14,
  compact: 15,
  text: 16,
} as const;

/** One word of the sort order: `word(row) = 0 under a null, else (raw ^ mask) − base`. */
export interface SortStep {
  readonly kind: (typeof WORD_KINDS)[keyof typeof WORD_KINDS];
  readonly values: number;
  readonly validity: number;
  /** Address of text, or of a table by code. */
  readonly bytes: number;
  readonly mask: bigint;
  readonly base: bigint;
  /** Bytes of text that are skipped. */
  readonly depth: number;
  /** Address of the table of a compact word. */
  readonly table: number;
}

/** Bytes of a step in memory. */
export const STEP_BYTES = 64;

/** Writes a step where kernels read it. `address` is a multiple of 8. */
export function writeStep(linear: LinearMemory, address: number, step: SortStep): void {
  const { u32, u64 } = linear;
  u32[address / 4] = step.kind;
  u32[address / 4 + 1] = step.values;
  u32[address / 4 + 2] = step.validity;
  u32[address / 4 + 3] = step.bytes;
  u64[address / 8 + 2] = step.mask;
  u64[address / 8 + 3] = step.base;
  u32[address / 4 + 8] = step.depth;
  u32[address / 4 + 9] = step.table;
}

/** What `assembly/sort-words.ts`, `sort-radix.ts` and `sort-refine.ts` export; numbers are addresses unless their names say counts, bits or bytes. */
export interface SortKernels {
  /** Least and greatest `raw ^ mask` of the rows that are not null, as two uint64 at `out`; all ones and 0 if none. */
  sortBounds(step: number, count: number, out: number): void;
  /** Least and greatest of 16-byte integers, to `out`; 0 if all are null. */
  sortWideBounds(values: number, validity: number, count: number, out: number): number;
  /** Bytes that all texts start with. */
  sortSharedText(offsets: number, bytes: number, validity: number, count: number): number;
  /**
   * Bytes of the shortest text and of the longest, int32 at `out`, then the least and the greatest byte at each of 32
   * positions from `depth` on, 255 and 0 where there is none.
   */
  sortTextRanges(offsets: number, bytes: number, validity: number, count: number, depth: number, out: number): void;
  /** `prefixes[row] = prefixes[row] << left | word(row) >> right`; a `left` of 64 replaces. */
  sortPack(step: number, count: number, prefixes: number, left: number, right: number): void;
  /** Words to the first half of 16-byte records whose second half has the row number; returns whether they differ. */
  sortWords(step: number, count: number, records: number): number;
  /** Lists the rows whose `raw ^ mask` is at most `bound`, and nulls where `nullsToo` is 1; returns how many. */
  sortBelow(step: number, count: number, list: number, bound: bigint, nullsToo: number): number;
  /** Lists the rows whose text is before another, in the direction given, or equal where `equalToo` is 1. */
  sortBelowText(
    offsets: number,
    bytes: number,
    validity: number,
    count: number,
    text: number,
    textBytes: number,
    descending: number,
    equalToo: number,
    nullsToo: number,
    list: number,
  ): number;
  /** 0: prefixes rise; 1: they rise or stay; 2: they do not. */
  sortOrderOf(prefixes: number, count: number): number;
  /** `ranks[permutation[i]] = i`; a permutation at 0 is the identity. */
  sortRanks(permutation: number, count: number, ranks: number): void;
  sortRecords8(prefixes: number, count: number, dropBits: number, rowBits: number, records: number): void;
  sortRecords16(prefixes: number, count: number, records: number): void;
  /** Sorts by the bits [fromBit, toBit); returns which of the two areas holds the result. Scratch: 2 KiB. */
  sortRadix8(records: number, other: number, count: number, fromBit: number, toBit: number, scratch: number): number;
  /** Sorts by the first 8 bytes; returns which of the two areas holds the result. Scratch: 8 KiB. */
  sortRadix16(records: number, other: number, count: number, scratch: number): number;
  sortRows8(records: number, count: number, rowBits: number, rows: number): void;
  sortRows16(records: number, count: number, rows: number): void;
  /**
   * A bitmap of the rows that are the first of a run of equal prefixes: the first 8 bytes of each `stride`, without
   * `shiftBits`. One bit more than there are rows, in whole words.
   */
  sortRuns(records: number, strideBytes: number, shiftBits: number, count: number, firsts: number): void;
  /** Rows in runs of several, rows of the longest run: two uint32 at `out`. */
  sortTies(firsts: number, count: number, out: number): void;
  /** Bytes of scratch for `sortByWords` and `sortRefine`, given the longest run. */
  sortScratchBytes(longestCount: number): number;
  /** Sorts the rows of each run by uint64 words that lie in the order of the rows; `firsts` has the runs then. */
  sortByWords(firsts: number, count: number, words: number, rows: number, longestCount: number, scratch: number): void;
  /** Sorts the rows of each run by the steps; one more step must be readable behind the last. */
  sortRefine(
    firsts: number,
    count: number,
    rows: number,
    steps: number,
    stepCount: number,
    longestCount: number,
    scratch: number,
  ): void;
}

export const sortKernels = (linear: LinearMemory): SortKernels => staticKernels(linear) as unknown as SortKernels;
