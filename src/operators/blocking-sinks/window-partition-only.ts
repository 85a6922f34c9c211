import assert from 'node:assert/strict';
import type { Batch } from '../../columnar/batch.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { TypedAggregate } from '../../expressions/expression.ts';
import { windowSchema } from '../../expressions/window.ts';
import type { Holding } from '../../memory/budget.ts';
import type { AggregationSpec } from '../../state/aggregate-input.ts';
import { PartitionAggregates } from '../../state/partition-aggregates.ts';
import { planAccumulators } from '../../state/plan-accumulators.ts';
import type { BlockingRun, BlockingSink, Counters, Demand, Output, TaskContext } from '../operator.ts';
import type { WindowOptions } from './window-run.ts';

const NAME = 'WindowPartitionOnly';

/**
 * The input, in its order, with a column for each aggregate over all rows of its partition: nothing is sorted. Of functions
 * it has only aggregates. Retains all rows, and the groups as `groupedAggregate` does.
 */
export function windowPartitionOnly({ input, window, passthrough }: WindowOptions): BlockingSink {
  const { partitionBy, functions } = window;
  assert.ok(partitionBy.length > 0 && window.orderBy.length === 0);
  const aggregates = functions.map(({ call }): TypedAggregate => {
    assert.ok(call.kind === 'aggregate');
    return call.aggregate;
  });
  const groupBy = partitionBy.map((expression, index) => ({ name: `\0partition ${index}`, expression }));
  const plan = planAccumulators(aggregates, 'by rows');
  const spec: AggregationSpec = { operator: NAME, input, filter: undefined, groupBy, plan };
  const schema = windowSchema(input, window, passthrough);
  return {
    role: 'blocking-sink',
    name: NAME,
    schema,
    open: (task) => new WindowPartitionOnlyRun(spec, schema, passthrough, task),
  };
}

class WindowPartitionOnlyRun implements BlockingRun {
  readonly #holding: Holding;
  readonly #partitions: PartitionAggregates;

  constructor(spec: AggregationSpec, schema: Schema, passthrough: readonly number[], { memory }: TaskContext) {
    this.#holding = memory.reserve(NAME);
    try {
      this.#partitions = new PartitionAggregates(spec, schema, passthrough, this.#holding);
    } catch (error) {
      this.#holding[Symbol.dispose]();
      throw error;
    }
  }

  async push(batch: Batch): Promise<Demand> {
    this.#partitions.add(batch);
    return 'more';
  }

  async combine(other: BlockingRun): Promise<void> {
    assert.ok(other instanceof WindowPartitionOnlyRun);
    this.#partitions.merge(other.#partitions);
  }

  async finish(output: Output): Promise<void> {
    for (const batch of this.#partitions.batches()) {
      if ((await output.push(batch)) === 'done') return;
    }
  }

  counters(): Counters {
    return { partitions: this.#partitions.partitionCount };
  }

  [Symbol.dispose](): void {
    this.#partitions[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}
