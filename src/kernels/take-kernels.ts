import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** `to[i] = from[rows[i]]` for `count` uint32 row numbers at address `rows`. */
export type Take = (from: number, rows: number, count: number, to: number) => void;

/** Zeroes the values whose bit, counted from `firstBit`, is 0 in `validity`; `values` is the first such value. */
export type ZeroNulls = (values: number, count: number, validity: number, firstBit: number) => void;

/** What `assembly/take.ts` exports; every number that is not a count, bit or byte is an address. */
export interface TakeKernels {
  copyBytes(from: number, to: number, count: number): void;
  fillBytes(to: number, byte: number, count: number): void;
  readonly take1: Take;
  readonly take2: Take;
  readonly take4: Take;
  readonly take8: Take;
  readonly take16: Take;
  takeWide(width: number, from: number, rows: number, count: number, to: number): void;
  /** Writes whole 8-byte words from `to` on, zeros behind the last bit. */
  readonly takeBits: Take;
  /** Offsets from 0 of as many texts as stay within `limitBytes`, at least one; returns how many. */
  takeOffsets(from: number, rows: number, count: number, limitBytes: number, to: number): number;
  /** Offsets continuing at `base`, empty texts under nulls; returns where they end, maybe beyond an int32. */
  appendTakenOffsets(
    from: number,
    rows: number,
    count: number,
    base: number,
    validity: number,
    firstBit: number,
    to: number,
  ): number;
  /** Copies texts to where `toOffsets` says. May overrun the last by 16 bytes. */
  takeText(from: number, fromBytes: number, rows: number, count: number, toOffsets: number, toBytes: number): void;
  /** `to[i] = from[i] − from[0] + base` for `count + 1` offsets. */
  appendOffsets(from: number, count: number, base: number, to: number): void;
  /** Numbers of the items of lists; `toOffsets` says where those of each begin in `to`. */
  takeItems(from: number, rows: number, count: number, toOffsets: number, to: number): void;
  /** Ditto of lists of `size` items each. */
  takeFixedItems(size: number, rows: number, count: number, to: number): void;
  /** Each bit `times` times, whole words written. */
  repeatBits(from: number, count: number, times: number, to: number): void;
  fillOffsets(offset: number, count: number, to: number): void;
  /** Sign-extends 8-byte integers to 16 bytes; the two places may not overlap. */
  widen16(from: number, count: number, to: number): void;
  /** Bits before `toBit` stay, those behind the last up to the end of its word become 0. */
  copyBits(from: number, fromBit: number, count: number, to: number, toBit: number): void;
  setBits(to: number, toBit: number, count: number): void;
  readonly zeroNulls1: ZeroNulls;
  readonly zeroNulls2: ZeroNulls;
  readonly zeroNulls4: ZeroNulls;
  readonly zeroNulls8: ZeroNulls;
  readonly zeroNulls16: ZeroNulls;
  zeroNullsWide(width: number, values: number, count: number, validity: number, firstBit: number): void;
  /** `bits` is the start of the bitmap, not of the first bit. */
  zeroNullBits(bits: number, count: number, validity: number, firstBit: number): void;
  countBits(bits: number, count: number): number;
  /** Lists the codes whose entry in `known` is all ones, each once, and marks them as known; returns how many. */
  listUnseen(codes: number, count: number, known: number, list: number): number;
  /** `to[rows[i]] = from[i]`, 4 bytes each. */
  put4(from: number, rows: number, count: number, to: number): void;
  /** The uint32 numbers from `first` on, `count` of them, each `times` times. */
  repeatNumbers(first: number, count: number, times: number, to: number): void;
}

export const takeKernels = (linear: LinearMemory): TakeKernels => staticKernels(linear) as unknown as TakeKernels;

/** The kernel that gathers values of `width` bytes. */
export function takeOf(kernels: TakeKernels, width: number): Take {
  if (width === 1) return kernels.take1;
  if (width === 2) return kernels.take2;
  if (width === 4) return kernels.take4;
  if (width === 8) return kernels.take8;
  if (width === 16) return kernels.take16;
  return (from, rows, count, to) => kernels.takeWide(width, from, rows, count, to);
}

/** The kernel that zeroes values of `width` bytes under nulls. */
export function zeroNullsOf(kernels: TakeKernels, width: number): ZeroNulls {
  if (width === 1) return kernels.zeroNulls1;
  if (width === 2) return kernels.zeroNulls2;
  if (width === 4) return kernels.zeroNulls4;
  if (width === 8) return kernels.zeroNulls8;
  if (width === 16) return kernels.zeroNulls16;
  return (values, count, validity, firstBit) => kernels.zeroNullsWide(width, values, count, validity, firstBit);
}
