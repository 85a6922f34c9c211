import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import { ArithmeticOverflow } from '../errors.ts';
import { accumulateKernels } from '../kernels/accumulate-kernels.ts';
import { sortKernels } from '../kernels/sort-kernels.ts';
import { DISTINCT_STATES, windowKernels } from '../kernels/window-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { addValues, writeInitialState } from './accumulator-updates.ts';
import type { Accumulator } from './accumulators.ts';
import { AggregateAnswers } from './aggregate-answers.ts';
import { AggregateStates } from './aggregate-states.ts';
import { GatherScratch } from './gather-scratch.ts';
import { GrowingRegion } from './growing-region.ts';
import type { WindowAnswers } from './window-answers.ts';
import { WindowNumbers } from './window-numbers.ts';
import type { WindowFunctionPlan } from './window-plan.ts';
import type { WindowStretch } from './window-stretch.ts';

type DistinctStatesPlan = Extract<WindowFunctionPlan, { kind: 'distinct-states' }>;

/** Of the state of no rows. */
const IDENTITY_BYTES = 32;

/** One accumulator: the state of each value, and the tree that joins those of the values in the frame. */
interface Tree {
  readonly accumulator: Accumulator;
  readonly kind: number;
  readonly identity: Region;
  readonly leaves: Region;
  readonly nodes: Region;
}

/**
 * Sums, moments and the like of the different values of each frame, in O(log values) a row: values have numbers, and states
 * of their own, which are in a tree while the value is in the frame (`kernels/assembly/window-slides.ts`). Sums of long
 * decimals, which may leave 128 bits on the way to a result that does not, are added to and taken from in 192.
 */
export class SlidingDistinct implements WindowAnswers {
  readonly #plan: DistinctStatesPlan;
  readonly #stretch: WindowStretch;
  readonly #holding: Holding;
  readonly #numbers: WindowNumbers;
  readonly #counts: Region;
  readonly #size: number;
  readonly #trees: readonly Tree[];
  readonly #wideSums: readonly Accumulator[];
  readonly #states: AggregateStates;
  readonly #answers: AggregateAnswers;

  /** Of `kept` rows in all; under `holding`, whose owner disposes it also where this throws. @throws MemoryBudgetExceeded */
  constructor(plan: DistinctStatesPlan, stretch: WindowStretch, kept: number, holding: Holding) {
    const { inner, column } = plan;
    this.#plan = plan;
    this.#stretch = stretch;
    this.#holding = holding;
    const values = stretch.keptColumn(column);
    this.#numbers = new WindowNumbers(values, kept, false, holding);
    this.#size = 2 ** Math.ceil(Math.log2(Math.max(this.#numbers.count, 1)));
    this.#counts = holding.allocateZeroed(this.#size * 4);
    this.#states = new AggregateStates(inner, holding);
    this.#answers = new AggregateAnswers({ plan: inner, states: this.#states, logs: [] }, holding);
    const rows = new GrowingRegion(holding);
    this.#numbers.rows(kept, rows);
    const isWide = ({ kind }: Accumulator): boolean => kind === 'sum' && values.width === 16;
    this.#wideSums = inner.accumulators.filter(isWide);
    this.#trees = inner.accumulators.flatMap((each) => (isWide(each) ? [] : [this.#tree(each, values, rows.address)]));
    rows.free();
  }

  begin(): void {
    const { frameLows, frameHighs, frameCount } = this.#stretch;
    this.#states.ensure(frameCount);
    this.#states.begin(0, frameCount);
    const numbers = this.#numbers.of(this.#stretch, this.#plan.mask);
    const kernels = windowKernels(this.#holding.linear);
    for (const { accumulator, kind, identity, leaves, nodes } of this.#trees) {
      const { states, stride } = this.#states.statesOf(accumulator);
      kernels.slideDistinctStates(
        kind,
        leaves.address,
        identity.address,
        numbers,
        frameLows,
        frameHighs,
        frameCount,
        this.#counts.address,
        nodes.address,
        this.#size,
        states,
        stride,
      );
    }
    for (const accumulator of this.#wideSums) {
      const { states, stride } = this.#states.statesOf(accumulator);
      const { values } = this.#stretch.column(this.#plan.column);
      const frames = [frameLows, frameHighs, frameCount] as const;
      if (kernels.slideDistinctWideSums(values, numbers, ...frames, this.#counts.address, states, stride) !== 0) {
        throw new ArithmeticOverflow('A sum of decimals has more than 38 digits.');
      }
    }
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
    this.#numbers[Symbol.dispose]();
    for (const { identity, leaves, nodes } of this.#trees) {
      for (const region of [identity, leaves, nodes]) this.#holding.free(region);
    }
    this.#holding.free(this.#counts);
  }

  /** `rows` is the address of a row of each value. */
  #tree(accumulator: Accumulator, values: Column, rows: number): Tree {
    const { linear } = this.#holding;
    const { kind, bytes } = joinedState(accumulator);
    const identity = this.#holding.allocateZeroed(IDENTITY_BYTES);
    writeInitialState(linear, accumulator, identity.address);
    const { count } = this.#numbers;
    // Kernels write what a float's sum has lost behind it, where the next state begins.
    const leaves = this.#holding.allocate((count + 1) * bytes);
    const nodes = this.#holding.allocate(this.#size * 2 * bytes);
    const kernels = accumulateKernels(linear);
    kernels.beginStates(identity.address, bytes, count, leaves.address);
    kernels.beginStates(identity.address, bytes, this.#size * 2, nodes.address);
    if (accumulator.kind === 'rows' || accumulator.kind === 'values') {
      linear.u64.fill(1n, leaves.address / 8, leaves.address / 8 + count);
    } else this.#addLeaves(accumulator, values, rows, { states: leaves.address, stride: bytes });
    return { accumulator, kind, identity, leaves, nodes };
  }

  #addLeaves(
    accumulator: Accumulator,
    values: Column,
    rows: number,
    { states, stride }: { readonly states: number; readonly stride: number },
  ): void {
    const { linear } = this.#holding;
    const { count } = this.#numbers;
    using scratch = new GatherScratch(
      { fields: [{ name: 'value', type: values.type, nullable: false }] },
      this.#holding,
    );
    const ids = new GrowingRegion(this.#holding);
    for (let from = 0; from < count; ) {
      const { columns, rowCount } = scratch.gather([{ ...values, validity: 0 }], rows + from * 4, count - from);
      const [column] = columns;
      assert.ok(column !== undefined);
      ids.ensure(rowCount * 4, 0);
      sortKernels(linear).sortRanks(0, rowCount, ids.address);
      addValues(linear, accumulator, column, { ids: ids.address, rowCount, states: states + from * stride, stride });
      from += rowCount;
    }
    ids.free();
  }
}

/** Least and greatest values are the same of different ones, and none of these. */
function joinedState({ kind }: Accumulator): { readonly kind: number; readonly bytes: number } {
  assert.ok(kind in DISTINCT_STATES, `${kind} is not joined`);
  return DISTINCT_STATES[kind as keyof typeof DISTINCT_STATES];
}
