import type { Schema } from '../../columnar/schema.ts';
import { aggregateField } from '../../expressions/aggregates.ts';
import type { TypedAggregate, TypedExpression } from '../../expressions/expression.ts';
import { planAccumulators } from '../../state/plan-accumulators.ts';
import type { BlockingSink } from '../operator.ts';
import { AggregationRun } from './aggregation-run.ts';

const NAME = 'Aggregate';

export interface AggregateOptions {
  readonly input: Schema;
  readonly filter?: TypedExpression | undefined;
  readonly aggregates: readonly TypedAggregate[];
}

/**
 * Exactly one row: the aggregates over all rows. Without any row counts are 0 and all else is null. O(1) memory, and
 * O(distinct values) for `count_distinct`.
 */
export function aggregate({ input, filter, aggregates }: AggregateOptions): BlockingSink {
  const spec = { operator: NAME, input, filter, groupBy: [], plan: planAccumulators(aggregates, false) };
  const schema: Schema = { fields: aggregates.map((each) => aggregateField(each, false)) };
  return {
    role: 'blocking-sink',
    name: NAME,
    schema,
    open: (task) => new AggregationRun(spec, schema, task),
  };
}
