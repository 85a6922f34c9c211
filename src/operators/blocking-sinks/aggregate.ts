import type { Schema } from '../../columnar/schema.ts';
import { aggregateField } from '../../expressions/aggregates.ts';
import type { TypedAggregate, TypedExpression } from '../../expressions/expression.ts';
import { Aggregation } from '../../state/aggregation.ts';
import { partialField, planAccumulators } from '../../state/plan-accumulators.ts';
import type { BlockingSink } from '../operator.ts';
import { AggregationRun, groupRows } from './aggregation-run.ts';

const NAME = 'Aggregate';

export interface AggregateOptions {
  readonly input: Schema;
  readonly filter?: TypedExpression | undefined;
  readonly aggregates: readonly TypedAggregate[];
  /** Whether partial states come out instead of results: for `finalAggregate`. */
  readonly partial?: boolean | undefined;
}

/**
 * Exactly one row: the aggregates over all rows. Without any row counts are 0, what is joined is empty, and all else is null. O(1) memory, and
 * O(distinct values) for `count_distinct`.
 */
export function aggregate({ input, filter, aggregates, partial = false }: AggregateOptions): BlockingSink {
  const spec = { operator: NAME, input, filter, groupBy: [], plan: planAccumulators(aggregates, 'one', partial) };
  const schema: Schema = {
    fields: aggregates.map((each) => (partial ? partialField(each) : aggregateField(each, false))),
  };
  return {
    role: 'blocking-sink',
    name: NAME,
    schema,
    open: (task) => new AggregationRun(NAME, (holding) => new Aggregation(spec, holding), groupRows(schema), task),
  };
}
