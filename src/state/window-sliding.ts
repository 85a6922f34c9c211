/**
 * Aggregates over frames that move, by states: one for each different frame of the stretch at hand, as if frames were the
 * groups of an aggregation, so that results are read from them as they are there.
 *
 *     frames   │ 0 3 │ 0 5 │ 2 5 │          states   │ count, sum │ count, sum │ count, sum │        kernels, per accumulator
 *     rows     │ 0 │ 0 │ 1 │ 2 │ …          result   of the frame of each row
 *
 * Counts and exact sums take O(1) a row: what leaves the frame is taken away. All others are joined, twice a row and once
 * a frame, and never taken away, which would lose digits of floats and cannot be done to extremes. Where frames go back,
 * each is joined of the nodes of a tree instead.
 */

import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import { ArithmeticOverflow } from '../errors.ts';
import { accumulateKernels, kindOf, numberKind } from '../kernels/accumulate-kernels.ts';
import { sortKernels } from '../kernels/sort-kernels.ts';
import { SLIDE_STATES, slideExtreme, type WindowKernels, windowKernels } from '../kernels/window-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { addValues, writeInitialState } from './accumulator-updates.ts';
import { type Accumulator, extremeType } from './accumulators.ts';
import { AggregateAnswers } from './aggregate-answers.ts';
import { AggregateStates } from './aggregate-states.ts';
import { GrowingRegion } from './growing-region.ts';
import type { WindowAnswers } from './window-answers.ts';
import type { StatesPlan } from './window-plan.ts';
import type { WindowStretch } from './window-stretch.ts';

/** Of the state of no rows, and of two more. */
const IDENTITY_BYTES = 96;

export class SlidingAggregates implements WindowAnswers {
  readonly #plan: StatesPlan;
  readonly #stretch: WindowStretch;
  readonly #holding: Holding;
  readonly #kernels: WindowKernels;
  readonly #states: AggregateStates;
  readonly #answers: AggregateAnswers;
  readonly #rowNumbers: GrowingRegion;
  readonly #rowStates: GrowingRegion;
  /** The front of a queue, or a tree. */
  readonly #joined: GrowingRegion;

  /** Under `holding`, whose owner disposes it where this throws. @throws MemoryBudgetExceeded */
  constructor(plan: StatesPlan, stretch: WindowStretch, holding: Holding) {
    this.#plan = plan;
    this.#stretch = stretch;
    this.#holding = holding;
    this.#kernels = windowKernels(holding.linear);
    const { accumulators } = plan;
    this.#states = new AggregateStates(accumulators, holding);
    this.#answers = new AggregateAnswers({ plan: accumulators, states: this.#states, logs: [] }, holding);
    this.#rowNumbers = new GrowingRegion(holding);
    this.#rowStates = new GrowingRegion(holding);
    this.#joined = new GrowingRegion(holding);
  }

  begin(): void {
    const { frameCount } = this.#stretch;
    this.#states.ensure(frameCount);
    this.#states.begin(0, frameCount);
    for (const accumulator of this.#plan.accumulators.accumulators) this.#slide(accumulator);
  }

  end(_from: number, to: number): number {
    return to;
  }

  columns(from: number, to: number): readonly Column[] {
    return this.#answers.columns(from, to, []);
  }

  [Symbol.dispose](): void {
    this.#answers[Symbol.dispose]();
    this.#states[Symbol.dispose]();
    for (const region of [this.#rowNumbers, this.#rowStates, this.#joined]) region.free();
  }

  #slide(accumulator: Accumulator): void {
    const { frameLows, frameHighs, frameCount } = this.#stretch;
    const { states, stride } = this.#states.statesOf(accumulator);
    const kernels = this.#kernels;
    const position = this.#plan.inputs[accumulator.input] ?? -1;
    switch (accumulator.kind) {
      case 'rows':
        kernels.slideRows(frameLows, frameHighs, frameCount, states, stride);
        break;
      case 'values': {
        const validity = this.#stretch.validity(position);
        if (validity === 0) kernels.slideRows(frameLows, frameHighs, frameCount, states, stride);
        else kernels.slideValid(validity, frameLows, frameHighs, frameCount, states, stride);
        break;
      }
      case 'sum': {
        const { type, width, values } = this.#stretch.column(position);
        if (width < 16) {
          kernels.slideSums(kindOf(type, width, false), values, frameLows, frameHighs, frameCount, states, stride);
        } else if (kernels.slideWideSums(values, frameLows, frameHighs, frameCount, states, stride) !== 0) {
          throw new ArithmeticOverflow('A sum of decimals has more than 38 digits.');
        }
        break;
      }
      case 'squares': {
        const { type, width, values } = this.#stretch.column(position);
        kernels.slideSquares(numberKind(type, width), values, frameLows, frameHighs, frameCount, states, stride);
        break;
      }
      default:
        this.#join(accumulator, this.#stretch.column(position), states, stride);
    }
  }

  #join(accumulator: Accumulator, column: Column, states: number, stride: number): void {
    const { kind, bytes } = slidingState(accumulator);
    const { rowCount, frameLows, frameHighs, frameCount } = this.#stretch;
    const { linear } = this.#holding;
    const identity = this.#holding.allocateZeroed(IDENTITY_BYTES);
    writeInitialState(linear, accumulator, identity.address);
    // A sum of one float is the float.
    const isState = accumulator.kind === 'float-sum' && column.width === 8;
    const rows = isState ? column.values : this.#statesOfRows(accumulator, column, identity.address, bytes);
    const [frames, no] = [[frameLows, frameHighs, frameCount] as const, identity.address];
    const goesBack = this.#kernels.goesBack(...frames) === 1;
    this.#joined.ensure(rowCount * bytes * (goesBack ? 2 : 1), 0);
    const joined = this.#joined.address;
    if (goesBack) this.#kernels.joinStatesOfFrames(kind, rows, no, ...frames, rowCount, joined, states, stride);
    else this.#kernels.slideStates(kind, rows, no, ...frames, joined, states, stride);
    this.#holding.free(identity);
  }

  /** One state of each row, one behind the other. */
  #statesOfRows(accumulator: Accumulator, column: Column, identity: number, bytes: number): number {
    const { rowCount } = this.#stretch;
    const { linear } = this.#holding;
    this.#rowNumbers.ensure(rowCount * 4, 0);
    this.#rowStates.ensure(rowCount * bytes, 0);
    const [ids, states] = [this.#rowNumbers.address, this.#rowStates.address];
    sortKernels(linear).sortRanks(0, rowCount, ids);
    accumulateKernels(linear).beginStates(identity, bytes, rowCount, states);
    addValues(linear, accumulator, column, { ids, rowCount, states, stride: bytes });
    return states;
  }
}

function slidingState({ kind, type }: Accumulator): { readonly kind: number; readonly bytes: number } {
  if (kind === 'least' || kind === 'greatest') {
    assert.ok(type !== undefined);
    return slideExtreme(kind === 'greatest', extremeType(type));
  }
  assert.ok(kind in SLIDE_STATES, `${kind} does not slide`);
  return SLIDE_STATES[kind as keyof typeof SLIDE_STATES];
}
