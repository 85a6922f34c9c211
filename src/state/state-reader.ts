import { accumulateKernels } from '../kernels/accumulate-kernels.ts';
import { groupKernels } from '../kernels/group-kernels.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import type { Accumulator } from './accumulators.ts';
import type { AggregateStates } from './aggregate-states.ts';
import { type AnswerRegions, makeBitmap } from './answer-columns.ts';
import type { HeldStates } from './held-values.ts';

/** The states of some groups, one behind the other, as answers read them. */
export class StateReader {
  readonly linear: LinearMemory;
  readonly states: AggregateStates;
  readonly from: number;
  readonly rows: number;

  /** Of the groups [from, from + rows). Only until states move. */
  constructor(linear: LinearMemory, states: AggregateStates, from: number, rows: number) {
    this.linear = linear;
    this.states = states;
    this.from = from;
    this.rows = rows;
  }

  /** Bytes from group to group. */
  get stride(): number {
    return this.states.plan.stateBytes;
  }

  /** The accumulator's part of the first group's state. */
  at({ offset }: Accumulator): number {
    return this.states.address + this.from * this.stride + offset;
  }

  /** The accumulator's parts of all of them. */
  of(accumulator: Accumulator): HeldStates {
    return { states: this.at(accumulator), stride: this.stride, count: this.rows };
  }

  /** Copies the first bytes of each state, `width` of them, one behind the other. */
  unpack(accumulator: Accumulator, width: number, to: number): void {
    groupKernels(this.linear).unpackFields(this.at(accumulator), this.stride, width, this.rows, to);
  }

  /** Copies 8 bytes of each state, those behind the first `word` times 8. */
  unpackWord(accumulator: Accumulator, word: number, to: number): void {
    groupKernels(this.linear).unpackFields(this.at(accumulator) + word * 8, this.stride, 8, this.rows, to);
  }

  /** A bitmap of the states that do not begin with 8 bytes of zero; returns how many. */
  presentStates(accumulator: Accumulator, bitmap: number): number {
    return accumulateKernels(this.linear).presentGroups(this.at(accumulator), this.stride, this.rows, bitmap);
  }

  /** A bitmap of the groups with a count above zero: 0 where that is all of them, or nobody counts. */
  present(count: Accumulator | undefined, to: AnswerRegions): number {
    if (count === undefined) return 0;
    const bitmap = makeBitmap(to, this.rows);
    return this.presentStates(count, bitmap) === this.rows ? 0 : bitmap;
  }

  /** An integer of 16 bytes in the state of group `from + row`. */
  wide(accumulator: Accumulator, row: number): bigint {
    const at = this.at(accumulator) + row * this.stride;
    return (this.linear.data.getBigInt64(at + 8, true) << 64n) | this.linear.data.getBigUint64(at, true);
  }

  /** A count in the state of group `from + row`. */
  count(accumulator: Accumulator, row: number): bigint {
    return this.linear.data.getBigUint64(this.at(accumulator) + row * this.stride, true);
  }
}
