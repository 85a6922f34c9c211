/**
 * The typed face of `assembly/moments.ts`: squares, moments and products of the values of groups. Arguments are addresses
 * and counts; `states` is that of one accumulator of group 0, `stride` the bytes from group to group.
 */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** Adds the values of a kind (see `numberKind`) that are valid to the states of the groups of their rows. */
export type AddValues = (
  kind: number,
  values: number,
  validity: number,
  ids: number,
  rows: number,
  states: number,
  stride: number,
) => void;

/** Adds states, which lie `fromStride` bytes apart, to those of the groups of their rows. */
export type JoinStates = (
  from: number,
  fromStride: number,
  ids: number,
  rows: number,
  states: number,
  stride: number,
) => void;

export interface MomentKernels {
  readonly addSquares: AddValues;
  readonly joinSquares: JoinStates;
  addMoments(third: 0 | 1, ...rest: Parameters<AddValues>): void;
  joinMoments(third: 0 | 1, ...rest: Parameters<JoinStates>): void;
  readonly multiplyIntegers: AddValues;
  readonly joinProducts: JoinStates;
  multiplyFloats(width: number, ...rest: Parameters<AddValues> extends [number, ...infer Rest] ? Rest : never): void;
  /** Variances over `scale`, or their roots. */
  exactSpreads(
    sums: number,
    squares: number,
    counts: number,
    stride: number,
    groups: number,
    ddof: number,
    scale: number,
    root: 0 | 1,
    values: number,
  ): void;
  /** Variances over `scale`, or their roots, and which are not null; returns how many that are. */
  spreads(
    moments: number,
    stride: number,
    groups: number,
    ddof: number,
    scale: number,
    root: 0 | 1,
    values: number,
    bitmap: number,
  ): number;
  /** Returns how many are not null. */
  skews(moments: number, stride: number, groups: number, values: number, bitmap: number): number;
  /** Which counts are above `least`; returns how many. */
  groupsAbove(counts: number, stride: number, groups: number, least: number, bitmap: number): number;
  /** Returns the first group whose product does not fit, or -1. */
  narrowProducts(states: number, stride: number, groups: number, unsigned: 0 | 1, values: number): number;
}

/** The kernels, working on `linear`. */
export const momentKernels = (linear: LinearMemory): MomentKernels => staticKernels(linear) as unknown as MomentKernels;
