import assert from 'node:assert/strict';
import { Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { Holding } from '../../memory/budget.ts';
import type { BlockingRun, Counters, Demand, Output, TaskContext } from '../operator.ts';

/** What an aggregation can do, whether it begins with rows or with partial states. */
interface Aggregating<Self> extends Disposable {
  readonly groupCount: number;
  /** Of those that count them. */
  readonly fusedBatches?: number;
  add(batch: Batch): void;
  merge(other: Self): void;
  complete(): void;
  endOfBatch(from: number): number;
  columns(from: number, to: number): Column[];
}

/** What comes out of a complete aggregation; each batch is valid until the next. */
type Results<Aggregation> = (aggregation: Aggregation, holding: Holding) => Iterable<Batch>;

/** A run of an aggregation, with keys or without: takes its batches, and lends what is made of its groups. */
export class AggregationRun<Aggregation extends Aggregating<Aggregation>> implements BlockingRun {
  readonly #results: Results<Aggregation>;
  readonly #counted: string;
  readonly #holding: Holding;
  readonly #aggregation: Aggregation;

  /**
   * `open` makes the aggregation, whose memory is held under the name `operator`; `counted` says what its groups are.
   * @throws MemoryBudgetExceeded
   */
  constructor(
    operator: string,
    open: (holding: Holding) => Aggregation,
    results: Results<Aggregation>,
    { memory }: TaskContext,
    counted: string = 'groups',
  ) {
    this.#results = results;
    this.#counted = counted;
    this.#holding = memory.reserve(operator);
    try {
      this.#aggregation = open(this.#holding);
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
    this.#aggregation.complete();
    for (const batch of this.#results(this.#aggregation, this.#holding)) {
      if ((await output.push(batch)) === 'done') return;
    }
  }

  counters(): Counters {
    const { groupCount, fusedBatches } = this.#aggregation;
    return { [this.#counted]: groupCount, ...(fusedBatches === undefined ? {} : { 'batches fused': fusedBatches }) };
  }

  [Symbol.dispose](): void {
    this.#aggregation[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}

/** A row for each group: its keys and results. */
export const groupRows = (schema: Schema) =>
  function* (aggregation: Pick<Aggregating<unknown>, 'groupCount' | 'endOfBatch' | 'columns'>): Generator<Batch> {
    const { groupCount } = aggregation;
    for (let from = 0, to = 0; from < groupCount; from = to) {
      to = aggregation.endOfBatch(from);
      yield new Batch(schema, to - from, aggregation.columns(from, to));
    }
  };
