import assert from 'node:assert/strict';
import type { Kernel } from '../compile/kernel.ts';
import { kernelFor } from '../compile/kernel-cache.ts';
import { type Accumulator as CompiledAccumulator, type KernelSpec, kernelKey } from '../compile/kernel-spec.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { Holding } from '../memory/budget.ts';
import type { Accumulator, AccumulatorPlan } from './accumulators.ts';
import type { FusedBatch } from './aggregate-input.ts';
import type { AggregateStates } from './aggregate-states.ts';
import { GrowingRegion } from './growing-region.ts';

type SumMode = 'narrow' | 'wide';

/** Where rows find their groups, if there is more than one: by slot in a map, or the group of each row in `ids`. */
export interface GroupArguments {
  readonly map?: number;
  readonly keys?: readonly { readonly stride: number; readonly nullCode: number }[];
  readonly ids?: number;
}

/** Code for batches laid out in one way. */
export interface FusedLoop {
  readonly spec: KernelSpec;
  /** Of the inputs of accumulators. */
  readonly inputBits: readonly number[];
  /** By the modes of the sums: each combination is its own code, and there are few, as a sum turns wide once. */
  readonly kernels: Map<string, Kernel>;
  /** Whether a check may fail where nothing could be undone, or has failed. */
  isRefused: boolean;
}

/**
 * Filter, inputs and accumulators as one compiled loop over the columns of a batch as they come: no row is written
 * anywhere. Where a row may make a check fail only into a single group, whose state a loop leaves as it was when one did:
 * what was added to the states of several cannot be taken out again. A loop that has failed once is not tried again.
 */
export class FusedKernel {
  readonly #holding: Holding;
  readonly #plan: AccumulatorPlan;
  readonly #loops = new Map<string, FusedLoop>();
  readonly #ofShapes = new WeakMap<object, FusedLoop>();
  readonly #arguments: GrowingRegion;

  constructor(plan: AccumulatorPlan, holding: Holding) {
    this.#holding = holding;
    this.#plan = plan;
    this.#arguments = new GrowingRegion(holding);
  }

  /** The code for a batch; undefined where a check may fail and nothing could be undone, or has failed before. */
  loopFor(batch: FusedBatch): FusedLoop | undefined {
    const { shape } = batch;
    let loop = shape && this.#ofShapes.get(shape);
    if (loop === undefined) {
      loop = this.#loopByKey(batch);
      if (shape !== undefined) this.#ofShapes.set(shape, loop);
    }
    return loop.isRefused ? undefined : loop;
  }

  #loopByKey(batch: FusedBatch): FusedLoop {
    const spec = this.#spec(batch);
    const key = kernelKey(spec);
    const known = this.#loops.get(key);
    if (known !== undefined) return known;
    const { canOverflow, inputBits } = kernelFor(spec);
    const isRefused = canOverflow && batch.group.kind !== 'single';
    const loop = { spec, inputBits, kernels: new Map<string, Kernel>(), isRefused };
    this.#loops.set(key, loop);
    return loop;
  }

  /** Adds the rows of a batch by its loop: false, and nothing has happened, where a check has failed. @throws MemoryBudgetExceeded */
  add(
    loop: FusedLoop,
    { columns }: FusedBatch,
    rowCount: number,
    states: AggregateStates,
    groups: GroupArguments,
  ): boolean {
    const modes = this.#plan.compiled.map((accumulator, index) =>
      accumulator.kind === 'sum' ? states.sumMode(accumulator, loop.inputBits[index] ?? 64, rowCount) : 'narrow',
    );
    const kernel = kernelOf(loop, modes);
    this.#arguments.ensure(kernel.argumentBytes, 0);
    const call = { rowCount, columns, states: states.address, ...groups };
    const isAdded = kernel.call(this.#holding.linear, this.#arguments.address, call) >= 0;
    if (!isAdded) loop.isRefused = true;
    return isAdded;
  }

  free(): void {
    this.#arguments.free();
  }

  #spec({ layouts, filter, inputs, group }: FusedBatch): KernelSpec {
    const { stateBytes, inputs: own } = this.#plan;
    const compiled = this.#plan.compiled.map((each) => compiledOf(each, inputs[each.input] ?? own[each.input]));
    return { columns: layouts, filter, aggregate: { group, stateBytes, accumulators: compiled } };
  }
}

function kernelOf({ spec, kernels }: FusedLoop, modes: readonly SumMode[]): Kernel {
  const key = modes.join();
  const known = kernels.get(key);
  if (known !== undefined) return known;
  const { aggregate } = spec;
  assert.ok(aggregate !== undefined);
  const accumulators = aggregate.accumulators.map((each, index) =>
    each.function === 'sum' ? { ...each, mode: modes[index] ?? 'wide' } : each,
  );
  const kernel = kernelFor({ ...spec, aggregate: { ...aggregate, accumulators } });
  kernels.set(key, kernel);
  return kernel;
}

function compiledOf({ kind, offset }: Accumulator, input: TypedExpression | undefined): CompiledAccumulator {
  if (kind === 'rows') return { function: 'count', offset };
  assert.ok(input !== undefined);
  switch (kind) {
    case 'values':
      return { function: 'count', input, offset };
    case 'sum':
    case 'float-sum':
      return { function: 'sum', input, offset, mode: 'wide' };
    case 'least':
      return { function: 'min', input, offset };
    case 'greatest':
      return { function: 'max', input, offset };
    case 'squares':
      return { function: 'squares', input, offset };
    case 'product':
    case 'float-product':
      return { function: 'product', input, offset };
    default:
      return assert.fail(`no loop updates ${kind}`);
  }
}
