import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** Bytes of the state of one hybrid stream. */
export const HYBRID_STATE_BYTES = 96;
/** Bytes of the state of one stream of differences. */
export const DELTA_STATE_BYTES = 64;

/** Dense values, one per 1 among `count` bits from bit `firstBit` on, to every row: zeros under nulls. */
export type Spread = (from: number, bits: number, firstBit: number, count: number, to: number) => void;

/**
 * What `assembly/snappy.ts`, `lz4.ts`, `thrift.ts` and the files `parquet-….ts` there export. `from`, `to`, `end`, `bits`, `bytes`,
 * `codes`, `lengths`, `offsets` and `state` are addresses. A boolean result comes as 0 or 1.
 */
export interface ParquetKernels {
  /** Whether the input holds exactly `toBytes` bytes, compressed; they are written to `to`. */
  snappyDecompress(from: number, fromBytes: number, to: number, toBytes: number): number;
  lz4Decompress(from: number, fromBytes: number, to: number, toBytes: number): number;
  /** Bytes of a block, at most `mostBytes`, which may repeat what lies from `history` to `to`; -1 where it is damaged. */
  lz4Block(from: number, fromBytes: number, to: number, mostBytes: number, history: number): number;

  // Of `assembly/thrift.ts`: where a walk ends, 0 where it does not go well.
  skipThrift(from: number, to: number, type: number): number;
  thriftElements(base: number, from: number, to: number, count: number, lists: number): number;
  thriftRowGroups(
    base: number,
    from: number,
    to: number,
    count: number,
    columns: number,
    rows: number,
    lists: number,
    chunks: number,
  ): number;

  /** Begins a stream of values of `width` bits (at most 32) in [position, end). */
  beginHybrid(state: number, position: number, end: number, width: number): void;
  /** The next `count` values as uint32: the greatest of them, 0 of none, -1 where the stream is damaged or ends. */
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
  spreadWide(width: number, ...spread: Parameters<Spread>): void;
  /** Dense bits from `fromBit` on to the rows of `bits`, ORed into those from bit `firstBit` of `to` on. */
  spreadBits(from: number, fromBit: number, bits: number, firstBit: number, count: number, to: number): void;
  countOnes(bits: number, firstBit: number, count: number): number;

  // Conversions: 0 where a value does not fit.
  copyValues(from: number, byteLength: number, to: number): number;
  narrow1(from: number, count: number, isSigned: boolean, to: number): number;
  narrow2(from: number, count: number, isSigned: boolean, to: number): number;
  widen4To8(from: number, count: number, isSigned: boolean, to: number): number;
  /** In the upper half of `to` the values may be themselves, also of `widenFloats`. */
  widen8To16(from: number, count: number, isSigned: boolean, to: number): number;
  integersToFloats(from: number, count: number, isSigned: boolean, to: number): number;
  /** Of `half-floats.ts`. */
  widenHalves(from: number, count: number, to: number): void;
  widenFloats(from: number, count: number, to: number): number;
  /** Multiplies 8-byte integers; `from` may be `to`. */
  scale8(from: number, count: number, factor: bigint, to: number): number;
  /** Multiplies 16-byte integers where they are, by the two halves of a factor. */
  scale16(at: number, count: number, factorLow: bigint, factorHigh: bigint): number;
  convertInt96(from: number, count: number, tickNanoseconds: bigint, to: number): number;
  thousandfold4To8(from: number, count: number, to: number): number;
  /** Whether all of the 8-byte integers are in [0, limit). */
  areBelow8(from: number, count: number, limit: bigint): number;
  convertInterval(from: number, count: number, to: number): number;
  convertBigEndian(from: number, bytes: number, count: number, width: number, to: number): number;
  /** Bytes taken; -1 where the values run over `end`, -2 where one does not fit. */
  convertSizedBigEndian(from: number, end: number, count: number, width: number, to: number): number;

  convertLengthsBigEndian(lengths: number, from: number, count: number, width: number, to: number): number;
  /** Values of `width` bytes, put together of streams of their first bytes, second bytes, …, `stride` bytes apart. */
  joinStreams(from: number, stride: number, width: number, count: number, to: number): void;

  // Streams of differences.
  /** Begins the one in [position, end); 0 where its header is damaged. */
  beginDelta(state: number, position: number, end: number): number;
  /** The next `count` values, in 4 or 8 bytes each. 0 where the stream is damaged or ends. */
  decodeDelta(state: number, count: number, valueBytes: number, to: number): number;
  /** Where the stream in [position, end) ends, 0 where it is damaged; its state is then at the end. */
  endOfDelta(state: number, position: number, end: number): number;
  /** The sum of int32 lengths; -1 where one is negative, or it is more than `most`. */
  sumLengths(lengths: number, count: number, most: number): number;
  /** Offsets of texts of these lengths, one per 1 among the bits (every row where `bits` is 0): `count` ends. */
  offsetsOfLengths(lengths: number, bits: number, firstBit: number, count: number, offsets: number): void;
  lengthsAre(lengths: number, count: number, length: number): number;
  /** Bytes of texts that share prefixes with the one before; -1 where one is longer than that. */
  measurePrefixed(prefixes: number, suffixes: number, count: number, before: number): number;
  /** Writes measured texts behind each other; `suffixes` become their whole lengths. */
  joinPrefixed(prefixes: number, suffixes: number, count: number, bytes: number, before: number, to: number): void;

  // Levels.
  /** Levels of 4 bytes, of which each fits 1, to levels of 1; up to 15 bytes behind them are written. */
  narrowLevels(from: number, count: number, to: number): void;
  /** How many entries there are before the one that begins row `rows + 1`; rows that begin are counted at `counted`. */
  entriesOfRows(repetitions: number, count: number, rows: number, counted: number): number;
  /** A bit for every slot of a column: whether it has a value. The slots, and in the upper half how many are 1. */
  slotBits(
    repetitions: number,
    definitions: number,
    count: number,
    mostRepetition: number,
    slotLevel: number,
    valueLevel: number,
    bits: number,
    toBit: number,
  ): bigint;
  /** Offsets of a list, from 0; returns its slots, or -1 where its levels contradict each other. */
  offsetsOfLevels(
    repetitions: number,
    definitions: number,
    count: number,
    repetition: number,
    slotLevel: number,
    itemLevel: number,
    offsets: number,
  ): number;

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

/** The kernel that spreads values of `width` bytes. */
export function spreadOf(kernels: ParquetKernels, width: number): Spread {
  if (width === 1) return kernels.spread1;
  if (width === 2) return kernels.spread2;
  if (width === 4) return kernels.spread4;
  if (width === 8) return kernels.spread8;
  if (width === 16) return kernels.spread16;
  return (...spread) => kernels.spreadWide(width, ...spread);
}
