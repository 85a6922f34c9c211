/**
 * The typed face of `assembly/window-frames.ts`, `window-picks.ts`, `window-modes.ts`, `window-slides.ts` and
 * `window-lists.ts`. Arguments are addresses, counts and positions; arrays are of uint32 where nothing else is said. What each does is said there.
 */

import { type DataType, isFloat, isUnsigned } from '../columnar/data-type.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { windowModule } from './static-kernels.ts';

/** Adds up something of the rows of each frame, into states that lie `stride` bytes apart. */
type Slide = (
  kind: number,
  values: number,
  lows: number,
  highs: number,
  frames: number,
  states: number,
  stride: number,
) => void;

export interface WindowKernels {
  /** Returns the partition behind the last. */
  stretchEnd(starts: number, first: number, partitions: number, most: number): number;
  spreadPartitions(starts: number, first: number, last: number, partStarts: number, partEnds: number): void;
  /** `marks`: a byte each. */
  markChanges(kind: number, values: number, validity: number, rows: number, count: number, marks: number): void;
  markTextChanges(offsets: number, bytes: number, validity: number, rows: number, count: number, marks: number): void;
  spreadPeers(
    marks: number,
    partStarts: number,
    partEnds: number,
    count: number,
    peerStarts: number,
    peerEnds: number,
  ): void;
  /** Returns how many different numbers there are. */
  numberInOrder(marks: number, order: number, validity: number, count: number, numbers: number): number;
  dropNumbers(numbers: number, validity: number, count: number): void;

  rowBounds(delta: number, partStarts: number, partEnds: number, count: number, bounds: number): void;
  distanceBounds(
    kind: number,
    values: number,
    validity: number,
    end: 0 | 1,
    descending: 0 | 1,
    low: bigint,
    high: bigint,
    partStarts: number,
    partEnds: number,
    peers: number,
    count: number,
    bounds: number,
  ): void;
  limitBounds(
    float: 0 | 1,
    keys: number,
    limits: number,
    validity: number,
    end: 0 | 1,
    descending: 0 | 1,
    partStarts: number,
    partEnds: number,
    peers: number,
    count: number,
    bounds: number,
  ): void;
  /** `enough`: a byte each. */
  emptySmallFrames(least: number, lows: number, highs: number, count: number, enough: number): void;
  /** Returns how many frames there are. */
  distinctFrames(
    lows: number,
    highs: number,
    count: number,
    frameOf: number,
    frameLows: number,
    frameHighs: number,
  ): number;
  goesBack(lows: number, highs: number, frames: number): 0 | 1;
  numbersFrom(numbers: number, base: number, count: number, out: number): void;
  /** Returns how many marks are 1. */
  packMarks(marks: number, count: number, bits: number): number;
  andBits(bits: number, other: number, count: number): void;

  rankRows(
    what: number,
    parts: number,
    partStarts: number,
    partEnds: number,
    peerStarts: number,
    peerEnds: number,
    count: number,
    out: number,
  ): void;
  countBefore(validity: number, count: number, before: number, list: number): void;
  pickBeside(delta: number, partStarts: number, partEnds: number, rows: number, count: number, picks: number): void;
  pickValidBeside(
    delta: number,
    partStarts: number,
    partEnds: number,
    before: number,
    list: number,
    rows: number,
    count: number,
    picks: number,
  ): void;
  pickInFrame(
    nth: number,
    lows: number,
    highs: number,
    before: number,
    list: number,
    rows: number,
    count: number,
    picks: number,
  ): void;
  pickLeast(
    numbers: number,
    lows: number,
    highs: number,
    rows: number,
    count: number,
    queue: number,
    picks: number,
  ): void;
  pickLeastOfFrames(
    numbers: number,
    lows: number,
    highs: number,
    rows: number,
    count: number,
    tree: number,
    picks: number,
  ): void;
  pickModes(
    numbers: number,
    lows: number,
    highs: number,
    rows: number,
    count: number,
    next: number,
    counts: number,
    firsts: number,
    tree: number,
    size: number,
    picks: number,
  ): void;
  /** Returns how many there are. */
  pickedRows(picks: number, count: number, rows: number, bits: number): number;
  mergePicks(picks: number, count: number, first: number, other: number, otherStep: 0 | 1, out: number): void;

  slideRows(lows: number, highs: number, frames: number, states: number, stride: number): void;
  slideValid(validity: number, lows: number, highs: number, frames: number, states: number, stride: number): void;
  /** Returns 1 where a sum leaves 128 bits. */
  slideWideSums(values: number, lows: number, highs: number, frames: number, states: number, stride: number): number;
  readonly slideSums: Slide;
  readonly slideSquares: Slide;
  slideStates(
    kind: number,
    rows: number,
    identity: number,
    lows: number,
    highs: number,
    frames: number,
    front: number,
    states: number,
    stride: number,
  ): void;
  joinStatesOfFrames(
    kind: number,
    rows: number,
    identity: number,
    lows: number,
    highs: number,
    frames: number,
    count: number,
    tree: number,
    states: number,
    stride: number,
  ): void;
  slideDistinct(numbers: number, lows: number, highs: number, frames: number, counts: number, out: number): void;
  slideDistinctStates(
    kind: number,
    leaves: number,
    identity: number,
    numbers: number,
    lows: number,
    highs: number,
    frames: number,
    counts: number,
    tree: number,
    size: number,
    states: number,
    stride: number,
  ): void;
  /** Returns 1 where a sum leaves 128 bits. */
  slideDistinctWideSums(
    values: number,
    numbers: number,
    lows: number,
    highs: number,
    frames: number,
    counts: number,
    states: number,
    stride: number,
  ): number;
  rowsOfNumbers(numbers: number, count: number, rows: number): void;
  /** Returns how many frames have values. */
  slidePercentiles(
    window: number,
    lows: number,
    highs: number,
    from: number,
    to: number,
    ranks: number,
    counts: number,
    tree: number,
    size: number,
    order: number,
    kind: number,
    values: number,
    scale: number,
    near: 0 | 1,
    percentiles: number,
    each: number,
    out: number,
    bitmap: number,
  ): number;

  markFilled(offsets: number, codes: number, rows: number, count: number, bits: number): void;
  listTaking(
    before: number,
    taking: number,
    rows: number,
    lows: number,
    highs: number,
    from: number,
    to: number,
    room: number,
    list: number,
    starts: number,
    done: number,
  ): void;
  countTaking(before: number, lows: number, highs: number, from: number, to: number, starts: number): void;
  /** `nulls`: -1 for all ones. */
  linkValues(
    numbers: number,
    taking: number,
    nulls: number,
    count: number,
    last: number,
    tree: number,
    size: number,
  ): void;
  listFirsts(
    tree: number,
    size: number,
    rows: number,
    lows: number,
    highs: number,
    from: number,
    to: number,
    room: number,
    list: number,
    starts: number,
    done: number,
  ): void;
  /** Returns how many. */
  textsWithin(
    offsets: number,
    codes: number,
    list: number,
    starts: number,
    groups: number,
    between: number,
    most: number,
  ): number;
}

/** The kernels, working on `linear`. */
export const windowKernels = (linear: LinearMemory): WindowKernels => windowModule(linear) as unknown as WindowKernels;

/** How `rankRows` names what it counts. */
export const RANKS = {
  row_number: 0,
  rank: 1,
  dense_rank: 2,
  percent_rank: 3,
  cume_dist: 4,
  ntile: 5,
} as const;

/** How `markChanges` names plain values: by their bytes, floats by their bits, bools as 0. */
export function changeKind({ kind }: DataType, width: number): number {
  if (kind === 'bool') return 0;
  if (kind === 'float32' || kind === 'float64') return width * 8;
  return width;
}

/** How `slideStates` names states, and their bytes. */
export const SLIDE_STATES = {
  'float-sum': { kind: 0, bytes: 8 },
  'float-product': { kind: 1, bytes: 8 },
  product: { kind: 2, bytes: 16 },
  moments: { kind: 3, bytes: 24 },
  'skew-moments': { kind: 4, bytes: 32 },
} as const;

/** How `slideDistinctStates` does. */
export const DISTINCT_STATES = {
  'float-sum': { kind: 0, bytes: 8 },
  'float-product': { kind: 1, bytes: 8 },
  product: { kind: 2, bytes: 16 },
  moments: { kind: 3, bytes: 24 },
  'skew-moments': { kind: 4, bytes: 32 },
  sum: { kind: 13, bytes: 16 },
  squares: { kind: 14, bytes: 24 },
  rows: { kind: 15, bytes: 8 },
  values: { kind: 15, bytes: 8 },
} as const;

/** The same for the least and greatest of values that states hold as `type`. */
export function slideExtreme(greatest: boolean, type: DataType): { readonly kind: number; readonly bytes: number } {
  const more = greatest ? 1 : 0;
  if (isFloat(type)) return { kind: 9 + more, bytes: 8 };
  if (type.kind === 'decimal') return { kind: 11 + more, bytes: 16 };
  return { kind: (isUnsigned(type) ? 7 : 5) + more, bytes: 8 };
}
