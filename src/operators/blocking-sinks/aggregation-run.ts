import assert from 'node:assert/strict';
import { Batch } from '../../columnar/batch.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { Holding } from '../../memory/budget.ts';
import type { AggregationSpec } from '../../state/aggregate-input.ts';
import { Aggregation } from '../../state/aggregation.ts';
import type { BlockingRun, Counters, Demand, Output, TaskContext } from '../operator.ts';

/** A run of an aggregation, with keys or without: takes its batches, and lends its groups as batches of results. */
export class AggregationRun implements BlockingRun {
  readonly #schema: Schema;
  readonly #holding: Holding;
  readonly #aggregation: Aggregation;

  /** @throws MemoryBudgetExceeded */
  constructor(spec: AggregationSpec, schema: Schema, { memory }: TaskContext) {
    this.#schema = schema;
    this.#holding = memory.reserve(spec.operator);
    try {
      this.#aggregation = new Aggregation(spec, this.#holding);
    } catch (error) {
      this.#holding[Symbol.dispose]();
      throw error;
    }
  }

  async push(batch: Batch): Promise<Demand> {
    this.#aggregation.add(batch);
    return 'more';
  }

  async combine(other: BlockingRun): Promise<void> {
    assert.ok(other instanceof AggregationRun);
    this.#aggregation.merge(other.#aggregation);
  }

  async finish(output: Output): Promise<void> {
    const { groupCount } = this.#aggregation;
    for (let from = 0, to = 0; from < groupCount; from = to) {
      to = this.#aggregation.endOfBatch(from);
      const batch = new Batch(this.#schema, to - from, this.#aggregation.columns(from, to));
      if ((await output.push(batch)) === 'done') return;
    }
  }

  counters(): Counters {
    return { groups: this.#aggregation.groupCount, 'batches fused': this.#aggregation.fusedBatches };
  }

  [Symbol.dispose](): void {
    this.#aggregation[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}
