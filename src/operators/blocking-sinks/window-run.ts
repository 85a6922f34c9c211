import assert from 'node:assert/strict';
import type { Batch } from '../../columnar/batch.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { TypedWindow } from '../../expressions/window.ts';
import type { Holding } from '../../memory/budget.ts';
import { planWindow, type WindowPlan } from '../../state/window-plan.ts';
import { WindowResults } from '../../state/window-results.ts';
import { WindowRows } from '../../state/window-rows.ts';
import type { BlockingRun, BlockingSink, Counters, Demand, Output, TaskContext } from '../operator.ts';

export interface WindowOptions {
  readonly input: Schema;
  readonly window: TypedWindow;
  /** Positions in the input of the columns that come out, before those of the functions. */
  readonly passthrough: readonly number[];
}

/** What the operators of such windows have in common; each has its name and its rules. */
export function orderedWindow(
  name: string,
  { input, window, passthrough }: WindowOptions,
): Pick<BlockingSink, 'name' | 'schema' | 'open'> {
  const plan = planWindow(input, window, passthrough);
  return { name, schema: plan.schema, open: (task) => new WindowRun(name, plan, task) };
}

/** A run of a window whose rows have an order: keeps and sorts them, and emits them with the results of its functions. */
class WindowRun implements BlockingRun {
  readonly #plan: WindowPlan;
  readonly #holding: Holding;
  readonly #rows: WindowRows;

  /** The memory is held under the name `operator`. @throws MemoryBudgetExceeded */
  constructor(operator: string, plan: WindowPlan, { memory }: TaskContext) {
    this.#plan = plan;
    this.#holding = memory.reserve(operator);
    try {
      this.#rows = new WindowRows(plan, this.#holding);
    } catch (error) {
      this.#holding[Symbol.dispose]();
      throw error;
    }
  }

  async push(batch: Batch): Promise<Demand> {
    this.#rows.add(batch);
    return 'more';
  }

  async combine(other: BlockingRun): Promise<void> {
    assert.ok(other instanceof WindowRun);
    this.#rows.merge(other.#rows);
  }

  async finish(output: Output): Promise<void> {
    using results = new WindowResults(this.#plan, this.#rows.sorted(), this.#holding);
    for (const batch of results.batches()) {
      if ((await output.push(batch)) === 'done') return;
    }
  }

  counters(): Counters {
    return { partitions: this.#rows.partitionCount };
  }

  [Symbol.dispose](): void {
    this.#rows[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}
