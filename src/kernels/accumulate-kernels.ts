/**
 * The typed face of `assembly/accumulate.ts`: adding plain values to the states of groups, and reading results from
 * them. Arguments are addresses and counts; `states` is that of one accumulator of group 0, `stride` the bytes from
 * group to group.
 */

import { type DataType, SHORT_DECIMAL_DIGITS } from '../columnar/data-type.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

type Extreme = (
  kind: number,
  values: number,
  validity: number,
  ids: number,
  rows: number,
  states: number,
  stride: number,
) => void;

export interface AccumulateKernels {
  countRows(ids: number, rows: number, states: number, stride: number): void;
  countValid(validity: number, ids: number, rows: number, states: number, stride: number): void;
  addCounts(counts: number, ids: number, rows: number, states: number, stride: number): void;
  sumIntegers(kind: number, values: number, ids: number, rows: number, states: number, stride: number): void;
  /** Returns 1 where a sum left 128 bits. */
  sumWide(values: number, ids: number, rows: number, states: number, stride: number): number;
  sumFloats(width: number, values: number, ids: number, rows: number, states: number, stride: number): void;
  joinFloatSums(from: number, fromStride: number, ids: number, rows: number, states: number, stride: number): void;
  widenSums(groups: number, states: number, stride: number): void;
  readonly leastValues: Extreme;
  readonly greatestValues: Extreme;
  /** Returns the first row whose text had no room, or `rows`. */
  extremeTexts(
    greatest: 0 | 1,
    picks: 0 | 1,
    offsets: number,
    bytes: number,
    codes: number,
    validity: number,
    ids: number,
    from: number,
    rows: number,
    states: number,
    stride: number,
    arena: number,
    used: number,
    arenaBytes: number,
  ): number;
  /** Offsets of `rows` values of `width` bytes. */
  evenOffsets(width: number, rows: number, offsets: number): void;
  /** Returns the bytes of the texts; copies them only where `bytes` is not 0. */
  textsOf(groups: number, states: number, stride: number, arena: number, offsets: number, bytes: number): number;
  beginStates(template: number, stride: number, groups: number, states: number): void;
  /** Returns how many bits of the bitmap are 1. */
  presentGroups(counts: number, stride: number, groups: number, bitmap: number): number;
  /** Returns the first group whose sum does not fit, or -1. */
  narrowSums(sums: number, stride: number, groups: number, unsigned: 0 | 1, values: number): number;
  /** Returns the first group whose sum does not fit, or -1. */
  decimalSums(sums: number, stride: number, groups: number, values: number): number;
  floatSums(sums: number, stride: number, groups: number, values: number): void;
  floatMeans(sums: number, counts: number, stride: number, groups: number, values: number): void;
  /** Lists the groups it left out; returns how many. */
  integerMeans(sums: number, counts: number, stride: number, groups: number, values: number, rest: number): number;
  /** Lists the groups it left out; returns how many. */
  decimalMeans(
    sums: number,
    counts: number,
    stride: number,
    groups: number,
    factor: bigint,
    values: number,
    rest: number,
  ): number;
  narrowFloats(states: number, stride: number, groups: number, values: number): void;
  countPresent(groups: number, validity: number, rows: number, counts: number): void;
}

/** The kernels, working on `linear`. */
export const accumulateKernels = (linear: LinearMemory): AccumulateKernels =>
  staticKernels(linear) as unknown as AccumulateKernels;

/** How kernels name what they add up or compare: the cases of their switches. */
const KINDS: Readonly<Partial<Record<DataType['kind'], number>>> = {
  int8: 0,
  int16: 1,
  int32: 2,
  date: 2,
  int64: 3,
  time: 3,
  timestamp: 3,
  duration: 3,
  decimal: 3,
  uint8: 4,
  uint16: 5,
  uint32: 6,
  uint64: 7,
  float32: 8,
  float64: 9,
  bool: 10,
};
const WIDENED = 11;
const WIDE_STATE = 12;
const FIXED_BYTES = 13;

/** The kind of plain numbers of `width` bytes, for kernels that take them as floats or one by one. */
export const numberKind = (type: DataType, width: number): number =>
  width === 16 ? WIDE_STATE : kindOf(type, width, false);

/**
 * The kind of plain values for kernels that hash them: the same value has the same hash whatever it is held in. Undefined
 * for types that are hashed as bytes.
 */
export function hashKind(type: DataType, width: number): number | undefined {
  if (KINDS[type.kind] === undefined && type.kind !== 'uuid' && type.kind !== 'fixed-size-binary') return undefined;
  if (type.kind === 'uuid' || type.kind === 'fixed-size-binary') return FIXED_BYTES;
  return kindOf(type, width, type.kind === 'decimal' && type.precision > SHORT_DECIMAL_DIGITS);
}

/** The kind of plain values; `toWide` where 8-byte decimals are compared with states of 16. */
export function kindOf(type: DataType, width: number, toWide: boolean): number {
  const kind = KINDS[type.kind];
  if (kind === undefined) throw new TypeError(`${type.kind} is not accumulated by these kernels`);
  if (!toWide) return kind;
  return width === 16 ? WIDE_STATE : WIDENED;
}
