/**
 * The first of two stages of a grouped aggregation: partial states of groups, of which the second stage makes results
 * (`finalAggregate`), here or in other tasks.
 *
 *     rows ──▶ groups ──when they take too much memory, and at the end──▶ keys and states, anew from then on
 *       └────▶ states of single rows, once it is seen that keys hardly repeat: grouping them would be for nothing
 *
 * So it needs a bounded amount of memory, however many keys there are. States of one key may come out several times, each of
 * them of rows behind those of the one before.
 */

import assert from 'node:assert/strict';
import { Batch } from '../../columnar/batch.ts';
import { field, type Schema } from '../../columnar/schema.ts';
import type { Holding } from '../../memory/budget.ts';
import type { AggregationSpec } from '../../state/aggregate-input.ts';
import { Aggregation } from '../../state/aggregation.ts';
import { partialField, planAccumulators } from '../../state/plan-accumulators.ts';
import { RowStates } from '../../state/row-states.ts';
import { groupRows } from '../blocking-sinks/aggregation-run.ts';
import type { GroupedAggregateOptions } from '../blocking-sinks/grouped-aggregate.ts';
import type { Counters, Demand, Output, StreamingRun, StreamingSink, TaskContext } from '../operator.ts';

const NAME = 'PartialGroupedAggregate';

/** What groups may take, as a share of the budget. */
const BUDGET_SHARE = 1 / 4;
/** So few groups say nothing about how often keys repeat. */
const FEW_GROUPS = 16_384;
/** More groups than this for each row are not worth their memory. */
const MOST_GROUPS_PER_ROW = 0.8;

export function partialGroupedAggregate({
  input,
  filter,
  groupBy,
  aggregates,
}: GroupedAggregateOptions): StreamingSink {
  assert.ok(groupBy.length > 0);
  const spec = { operator: NAME, input, filter, groupBy, plan: planAccumulators(aggregates, 'by rows', true) };
  const keys = groupBy.map(({ name, expression }) => field(name, expression.type, expression.nullable));
  const schema: Schema = { fields: [...keys, ...aggregates.map(partialField)] };
  return {
    role: 'streaming-sink',
    name: NAME,
    schema,
    open: (task) => new PartialGroupedAggregateRun(spec, schema, task),
  };
}

class PartialGroupedAggregateRun implements StreamingRun {
  readonly #spec: AggregationSpec;
  readonly #schema: Schema;
  readonly #holding: Holding;
  #groups: Aggregation | undefined;
  /** Once groups were given up. */
  #rows: RowStates | undefined;
  #groupCount = 0;
  #rowsUngrouped = 0;

  constructor(spec: AggregationSpec, schema: Schema, { memory }: TaskContext) {
    this.#spec = spec;
    this.#schema = schema;
    this.#holding = memory.reserve(NAME);
    try {
      this.#groups = new Aggregation(spec, this.#holding);
    } catch (error) {
      this.#holding[Symbol.dispose]();
      throw error;
    }
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    const groups = this.#groups;
    if (groups === undefined) return this.#passRows(batch, output);
    groups.add(batch);
    const { groupCount, rowsAdded } = groups;
    const hardlyRepeat = groupCount >= FEW_GROUPS && groupCount > rowsAdded * MOST_GROUPS_PER_ROW;
    const { heldBytes, budget } = this.#holding;
    if (!hardlyRepeat && heldBytes < budget.limitBytes * BUDGET_SHARE) return 'more';
    const demand = await this.#emitGroups(groups, output);
    groups[Symbol.dispose]();
    this.#groups = undefined;
    if (hardlyRepeat) this.#rows = new RowStates(this.#spec, this.#holding);
    else this.#groups = new Aggregation(this.#spec, this.#holding);
    return demand;
  }

  async finish(output: Output): Promise<void> {
    if (this.#groups !== undefined) await this.#emitGroups(this.#groups, output);
  }

  counters(): Counters {
    return { groups: this.#groupCount, 'rows ungrouped': this.#rowsUngrouped };
  }

  [Symbol.dispose](): void {
    this.#groups?.[Symbol.dispose]();
    this.#rows?.[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }

  async #emitGroups(groups: Aggregation, output: Output): Promise<Demand> {
    groups.complete();
    this.#groupCount += groups.groupCount;
    for (const batch of groupRows(this.#schema)(groups)) {
      if ((await output.push(batch)) === 'done') return 'done';
    }
    return 'more';
  }

  async #passRows(batch: Batch, output: Output): Promise<Demand> {
    for (const { columns, rowCount } of this.#rows?.of(batch) ?? []) {
      this.#rowsUngrouped += rowCount;
      if ((await output.push(new Batch(this.#schema, rowCount, columns))) === 'done') return 'done';
    }
    return 'more';
  }
}
