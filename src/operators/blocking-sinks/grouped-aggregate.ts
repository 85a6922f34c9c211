import assert from 'node:assert/strict';
import { field, type Schema } from '../../columnar/schema.ts';
import { aggregateField } from '../../expressions/aggregates.ts';
import type { TypedAggregate, TypedColumn, TypedExpression } from '../../expressions/expression.ts';
import { Aggregation } from '../../state/aggregation.ts';
import { planAccumulators } from '../../state/plan-accumulators.ts';
import type { BlockingSink } from '../operator.ts';
import { AggregationRun, groupRows } from './aggregation-run.ts';

const NAME = 'GroupedAggregate';

export interface GroupedAggregateOptions {
  readonly input: Schema;
  readonly filter?: TypedExpression | undefined;
  /** At least one. */
  readonly groupBy: readonly TypedColumn[];
  readonly aggregates: readonly TypedAggregate[];
}

/**
 * One row per distinct key: the keys, then the aggregates over the rows that have it. As long as a cache holds the groups
 * (some 10,000) they come in the order in which their keys first appear, beyond that in no order that is promised. Nulls
 * are one key, NaN is one key, and -0.0 is the key 0.0, as `=` has it. Retains the groups: O(distinct keys) memory, and
 * O(distinct values) for `count_distinct`.
 */
export function groupedAggregate({ input, filter, groupBy, aggregates }: GroupedAggregateOptions): BlockingSink {
  assert.ok(groupBy.length > 0);
  const spec = { operator: NAME, input, filter, groupBy, plan: planAccumulators(aggregates, 'by rows') };
  const schema: Schema = {
    fields: [
      ...groupBy.map(({ name, expression }) => field(name, expression.type, expression.nullable)),
      ...aggregates.map((each) => aggregateField(each, true)),
    ],
  };
  return {
    role: 'blocking-sink',
    name: NAME,
    schema,
    open: (task) => new AggregationRun(NAME, (holding) => new Aggregation(spec, holding), groupRows(schema), task),
  };
}
