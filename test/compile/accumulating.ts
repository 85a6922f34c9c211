/** The aggregate mode of kernels, over batches: what an aggregation does with `Preparation` and `kernelFor`. */

import type { Batch } from '../../src/columnar/batch.ts';
import type { Schema } from '../../src/columnar/schema.ts';
import type { Kernel } from '../../src/compile/kernel.ts';
import { kernelFor } from '../../src/compile/kernel-cache.ts';
import type { Accumulator, GroupSpec, KernelSpec } from '../../src/compile/kernel-spec.ts';
import { Preparation } from '../../src/compile/preparation.ts';
import { evaluateEntries } from '../../src/compile/row-program.ts';
import { Scratch } from '../../src/compile/scratch.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import type { Holding } from '../../src/memory/budget.ts';

export interface AggregateProgramSpec {
  readonly input: Schema;
  /** Only rows for which it is true are accumulated. */
  readonly filter?: TypedExpression | undefined;
  /** Keys are positions in `input`; at run time they must be dictionary columns or bools. */
  readonly group: GroupSpec;
  readonly stateBytes: number;
  /** The mode of sums is said per batch. */
  readonly accumulators: readonly AggregateInput[];
  /** The name in errors. */
  readonly operator: string;
}

/** As `Accumulator`, without the mode of a sum. */
export interface AggregateInput {
  readonly function: Accumulator['function'];
  /** Only a count may have none. */
  readonly input?: TypedExpression | undefined;
  /** In bytes, in the state of a group. */
  readonly offset: number;
}

/** Addresses of one call: see `GroupSpec`. */
interface AggregateTarget {
  readonly states: number;
  readonly map?: number | undefined;
  readonly ids?: number | undefined;
  readonly keys?: readonly { readonly stride: number; readonly nullCode: number }[] | undefined;
}

/** A batch that may be accumulated at once. */
export interface PreparedAggregate {
  /** Of each input that is a whole number: its magnitudes are below 2 ** bits; 64 where nothing is known. */
  readonly inputBits: readonly number[];
  /**
   * Accumulates the batch; before the next `prepare`. `wide` says of each accumulator, by position, whether its sum is
   * updated in 16 bytes.
   */
  accumulate(target: AggregateTarget, wide: readonly boolean[]): void;
}

export class AggregateProgram implements Disposable {
  readonly #spec: AggregateProgramSpec;
  readonly #holding: Holding;
  readonly #preparation: Preparation;
  readonly #arguments: Scratch;

  /** Scratch memory comes from `holding`, which the owner disposes after this. */
  constructor(spec: AggregateProgramSpec, holding: Holding) {
    this.#spec = spec;
    this.#holding = holding;
    const roots = spec.accumulators.flatMap(({ input }) => (input === undefined ? [] : [input]));
    if (spec.filter !== undefined) roots.push(spec.filter);
    this.#preparation = new Preparation(roots, holding, evaluateEntries(spec.operator, holding));
    this.#arguments = new Scratch(holding);
  }

  /** Undefined where the batch must be projected first. @throws MemoryBudgetExceeded */
  prepare(batch: Batch): PreparedAggregate | undefined {
    const { filter, group } = this.#spec;
    if (group.kind === 'codes' && !group.keys.every(({ column }) => isCode(batch, column))) return undefined;
    const { columns, layouts, roots } = this.#preparation.prepare(batch, 0, false);
    if (roots.includes(undefined)) return undefined;
    const specOf = (wide: readonly boolean[]): KernelSpec => ({
      columns: layouts,
      filter: filter && roots.at(-1),
      aggregate: { group, stateBytes: this.#spec.stateBytes, accumulators: this.#accumulators(roots, wide) },
    });
    const narrow = kernelFor(specOf([]));
    if (narrow.canOverflow) return undefined;
    return {
      inputBits: narrow.inputBits,
      accumulate: (target, wide) => {
        const kernel: Kernel = wide.includes(true) ? kernelFor(specOf(wide)) : narrow;
        const at = this.#arguments.ensure(kernel.argumentBytes);
        kernel.call(this.#holding.linear, at, { rowCount: batch.rowCount, columns, ...target });
      },
    };
  }

  [Symbol.dispose](): void {
    this.#preparation[Symbol.dispose]();
  }

  #accumulators(roots: readonly (TypedExpression | undefined)[], wide: readonly boolean[]): Accumulator[] {
    let next = 0;
    return this.#spec.accumulators.map((accumulator, index): Accumulator => {
      const { offset } = accumulator;
      const input = accumulator.input === undefined ? undefined : roots[next++];
      if (accumulator.function === 'count') return { function: 'count', input, offset };
      if (input === undefined) throw new Error(`${accumulator.function} has no input`);
      if (accumulator.function !== 'sum') return { function: accumulator.function, input, offset };
      return { function: 'sum', input, offset, mode: wide[index] === true ? 'wide' : 'narrow' };
    });
  }
}

const isCode = ({ columns }: Batch, index: number): boolean =>
  columns[index]?.dictionary !== undefined || columns[index]?.type.kind === 'bool';
