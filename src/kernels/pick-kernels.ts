/**
 * The typed face of `assembly/pick-rows.ts`: rows that compete for their group. Arguments are addresses and counts;
 * `states` is that of one accumulator of group 0, `stride` the bytes from group to group.
 */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

type Pick = (validity: number, ids: number, rows: number, states: number, stride: number) => void;

export interface PickKernels {
  readonly pickFirst: Pick;
  readonly pickLast: Pick;
  pickExtreme(greatest: 0 | 1, kind: number, values: number, ...rest: Parameters<Pick>): void;
  /** Lists the rows that have won and gives them positions from `position` on; returns how many. */
  listPicked(ids: number, rows: number, states: number, stride: number, position: number, list: number): number;
  /** Of groups; 0 where one has none. */
  pickedPositions(states: number, stride: number, groups: number, positions: number): void;
  /** Lists the positions there are and numbers them anew from 1 in this order; returns how many. */
  renumberPicked(states: number, stride: number, groups: number, list: number): number;
}

/** The kernels, working on `linear`. */
export const pickKernels = (linear: LinearMemory): PickKernels => staticKernels(linear) as unknown as PickKernels;
