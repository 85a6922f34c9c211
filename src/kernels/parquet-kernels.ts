import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** Bytes of the state of one hybrid stream. */
export const HYBRID_STATE_BYTES = 96;

/** Dense values, one per 1 among `count` bits from bit `firstBit` on, to every row: zeros under nulls. */
export type Spread = (from: number, bits: number, firstBit: number, count: number, to: number) => void;

/**
 * What `assembly/snappy.ts`, `assembly/parquet-levels.ts` and `assembly/parquet-values.ts` export. `from`, `to`, `end`,
 * `bits`, `bytes`, `codes`, `offsets` and `state` are addresses. A boolean result comes as 0 or 1.
 */
export interface ParquetKernels {
  /** Whether the input holds exactly `toBytes` bytes, compressed; they are written to `to`. */
  snappyDecompress(from: number, fromBytes: number, to: number, toBytes: number): number;

  /** Begins a stream of values of `width` bits (at most 32) in [position, end). */
  beginHybrid(state: number, position: number, end: number, width: number): void;
  /** The next `count` values as uint32. 0 where the stream is damaged or ends. */
  decodeHybrid(state: number, count: number, to: number): number;
  /** 0 where the stream is damaged or ends. */
  skipHybrid(state: number, count: number): number;
  /** The next `count` values, of width 1, ORed into bits from `toBit` on: how many are 1, or -1 where damaged. */
  decodeHybridBits(state: number, count: number, bits: number, toBit: number): number;
  /** ORs bits into those from `toBit` on; how many were 1. */
  orBits(from: number, fromBit: number, count: number, to: number, toBit: number): number;
  maxCode(codes: number, count: number): number;

  readonly spread1: Spread;
  readonly spread2: Spread;
  readonly spread4: Spread;
  readonly spread8: Spread;
  readonly spread16: Spread;
  /** Dense bits from `fromBit` on to the rows of `bits`, ORed into those from bit `firstBit` of `to` on. */
  spreadBits(from: number, fromBit: number, bits: number, firstBit: number, count: number, to: number): void;
  countOnes(bits: number, firstBit: number, count: number): number;

  // Conversions: 0 where a value does not fit.
  copyValues(from: number, byteLength: number, to: number): number;
  narrow1(from: number, count: number, isSigned: boolean, to: number): number;
  narrow2(from: number, count: number, isSigned: boolean, to: number): number;
  widen4To8(from: number, count: number, isSigned: boolean, to: number): number;
  widenFloats(from: number, count: number, to: number): number;
  /** Multiplies 8-byte integers; `from` may be `to`. */
  scale8(from: number, count: number, factor: bigint, to: number): number;
  convertInt96(from: number, count: number, to: number): number;
  convertBigEndian(from: number, bytes: number, count: number, width: number, to: number): number;
  /** Bytes taken; -1 where the values run over `end`, -2 where one does not fit. */
  convertSizedBigEndian(from: number, end: number, count: number, width: number, to: number): number;

  /** The magnitudes of 8-byte integers, ORed. A signed BigInt: to be read as unsigned. */
  magnitude8(from: number, count: number): bigint;
  /** The magnitudes of 4-byte integers, ORed. A signed number: to be read as unsigned. */
  magnitude4(from: number, count: number): number;
  /** Bits that the magnitudes of 16-byte integers need. */
  magnitudeBits16(from: number, count: number): number;
  /** Unsigned integers of 4 or 8 bytes, ORed. A signed BigInt: to be read as unsigned. */
  unsignedMagnitude(from: number, count: number, width: number): bigint;

  /** Bytes that `count` texts behind their lengths take; -1 where they run over `end`. */
  measureTexts(from: number, end: number, count: number): number;
  /** Moves measured texts, one per 1 among the bits (every row where `bits` is 0), and writes `count` ends. */
  moveTexts(from: number, bits: number, firstBit: number, count: number, offsets: number, bytes: number): void;
  /** Whether each of `count` texts is valid UTF-8. */
  textsAreValid(offsets: number, count: number, bytes: number): number;
}

export function parquetKernels(linear: LinearMemory): ParquetKernels {
  return staticKernels(linear) as unknown as ParquetKernels;
}

/** The kernel that spreads values of `width` bytes: 1, 2, 4, 8 or 16. */
export function spreadOf(kernels: ParquetKernels, width: number): Spread {
  if (width === 1) return kernels.spread1;
  if (width === 2) return kernels.spread2;
  if (width === 4) return kernels.spread4;
  return width === 8 ? kernels.spread8 : kernels.spread16;
}
