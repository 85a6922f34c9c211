/**
 * The typed face of `assembly/strings.ts`: predicates over text, each into a bitmap of whole words. Arguments are
 * addresses and counts; a needle lies in linear memory and may be read up to 16 bytes behind its end.
 */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** What `textCompares` accepts, added up. */
export const ORDER_TEST = { less: 1, equal: 2, greater: 4 } as const;
/** What `textPairs` asks of two columns besides an order. */
export const PAIR_TEST = { startsWith: 8, endsWith: 16, contains: 32 } as const;

export interface StringKernels {
  textEquals(offsets: number, bytes: number, rows: number, needle: number, length: number, out: number): void;
  textCompares(
    offsets: number,
    bytes: number,
    rows: number,
    needle: number,
    length: number,
    test: number,
    out: number,
  ): void;
  textBeginsOrEnds(
    offsets: number,
    bytes: number,
    rows: number,
    needle: number,
    length: number,
    atEnd: 0 | 1,
    out: number,
  ): void;
  /** `length` is at least 1; `rare` is the position of the needle's least frequent byte. */
  textContains(
    offsets: number,
    bytes: number,
    rows: number,
    needle: number,
    length: number,
    rare: number,
    out: number,
  ): void;
  /** Codes are 0 for plain columns. */
  textPairs(
    aCodes: number,
    aOffsets: number,
    aBytes: number,
    bCodes: number,
    bOffsets: number,
    bBytes: number,
    rows: number,
    what: number,
    out: number,
  ): void;
}

/** The kernels, working on `linear`. */
export const stringKernels = (linear: LinearMemory): StringKernels => staticKernels(linear) as unknown as StringKernels;
