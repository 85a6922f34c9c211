/**
 * The typed face of `assembly/distinct-sketch.ts` and `assembly/percentile-sketch.ts`, which explain states and bytes.
 * Arguments are addresses and counts; `states` is that of one accumulator of group 0, `stride` the bytes from group to
 * group. What adds to states returns the first row for which the arena had no room, or `rows`.
 */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** Rows from `from` on, and where they go. */
type ToStates = [ids: number, from: number, rows: number, states: number, stride: number, arena: number];
type JoinStates = (theirs: number, fromStride: number, theirArena: number, ...to: ToStates) => number;
type StatesToBytes = (
  states: number,
  stride: number,
  arena: number,
  groups: number,
  offsets: number,
  out: number,
) => number;
type CheckBytes = (offsets: number, bytes: number, validity: number, rows: number) => number;
type JoinBytes = (offsets: number, bytes: number, validity: number, ...to: ToStates) => number;

export interface SketchKernels {
  sketchValues(kind: number, values: number, width: number, validity: number, ...to: ToStates): number;
  sketchTexts(offsets: number, bytes: number, codes: number, validity: number, ...to: ToStates): number;
  readonly joinDistinctSketches: JoinStates;
  /** Writes uint64. `scratch` has room for 256 bytes. */
  distinctEstimates(
    states: number,
    stride: number,
    arena: number,
    groups: number,
    scratch: number,
    values: number,
  ): void;
  readonly distinctSketchBytes: StatesToBytes;
  readonly checkDistinctSketches: CheckBytes;
  readonly joinDistinctBytes: JoinBytes;
  sketchNumbers(kind: number, values: number, scale: number, validity: number, ...to: ToStates): number;
  readonly joinPercentileSketches: JoinStates;
  /** The most bins that a group has. */
  mostBins(states: number, stride: number, groups: number): number;
  /** Returns how many are not null. `scratch` has room for 12 bytes for each of the most bins. */
  sketchPercentiles(
    states: number,
    stride: number,
    arena: number,
    groups: number,
    p: number,
    scratch: number,
    values: number,
    outStride: number,
    bitmap: number,
  ): number;
  readonly percentileSketchBytes: StatesToBytes;
  readonly checkPercentileSketches: CheckBytes;
  readonly joinPercentileBytes: JoinBytes;
}

/** The kernels, working on `linear`. */
export const sketchKernels = (linear: LinearMemory): SketchKernels => staticKernels(linear) as unknown as SketchKernels;
