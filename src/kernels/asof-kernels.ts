/** The typed face of `assembly/asof.ts`. */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** Which of the rows of a group is looked for. */
export const ASOF_STRATEGIES = { backward: 0, forward: 1, nearest: 2 } as const;

/** The rows that are looked up, sorted by group and key, and what is looked for. Addresses. */
export interface AsofTable {
  /** Of the keys, by position. */
  readonly words: number;
  /** 0 where positions are rows. */
  readonly permutation: number;
  /** Where each group starts, and the last one ends. */
  readonly starts: number;
  /** One per group, which start as the starts and are changed. */
  readonly cursors: number;
  readonly strategy: keyof typeof ASOF_STRATEGIES;
  readonly allowExactMatches: boolean;
  /** A number where the words are those of floats. */
  readonly tolerance: bigint | number | undefined;
  readonly floats: boolean;
  /** The row number that stands for no row. */
  readonly noRow: number;
}

export const ASOF_TABLE_BYTES = 64;

/** Writes the table where kernels read it. `address` is a multiple of 8. */
export function writeAsofTable(linear: LinearMemory, address: number, table: AsofTable): void {
  const { words, permutation, starts, cursors, strategy, allowExactMatches, tolerance, floats, noRow } = table;
  const flags = [ASOF_STRATEGIES[strategy], Number(allowExactMatches), Number(floats), Number(tolerance !== undefined)];
  linear.u32.set([words, permutation, starts, cursors, ...flags], address / 4);
  linear.u32[address / 4 + 10] = noRow;
  if (typeof tolerance === 'bigint') linear.u64[address / 8 + 4] = tolerance;
  else linear.f64[address / 8 + 4] = tolerance ?? 0;
}

export interface AsofKernels {
  /** The matching rows to `out`; `groups` is 0 where there is one group. */
  asofRows(table: number, keys: number, validity: number, groups: number, count: number, out: number): void;
}

/** The kernels, working on `linear`. */
export const asofKernels = (linear: LinearMemory): AsofKernels => staticKernels(linear) as unknown as AsofKernels;
