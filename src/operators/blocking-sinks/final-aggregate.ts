import assert from 'node:assert/strict';
import { field, type Schema } from '../../columnar/schema.ts';
import { aggregateField } from '../../expressions/aggregates.ts';
import type { TypedAggregate, TypedColumn } from '../../expressions/expression.ts';
import { FinalAggregation } from '../../state/final-aggregation.ts';
import { planAccumulators } from '../../state/plan-accumulators.ts';
import type { BlockingSink } from '../operator.ts';
import { AggregationRun, groupRows } from './aggregation-run.ts';

const NAME = 'FinalAggregate';

export interface FinalAggregateOptions {
  /** Columns of the input; none: exactly one row. */
  readonly groupBy: readonly TypedColumn[];
  /** As the partial aggregation had them. */
  readonly aggregates: readonly TypedAggregate[];
  /** Where in the input the states of each are. */
  readonly stateColumns: readonly number[];
}

/**
 * What aggregates over all rows would have given, out of the partial states that other runs, or other tasks, have made of
 * some of them each. Keys come out as those of a grouped aggregate. Memory is that of the aggregation itself.
 */
export function finalAggregate({ groupBy, aggregates, stateColumns }: FinalAggregateOptions): BlockingSink {
  const groups = groupBy.length === 0 ? 'one' : 'by others';
  const plans = aggregates.map((each) => planAccumulators([each], groups));
  const keyColumns = groupBy.map(({ expression }) => {
    assert.ok(expression.kind === 'column');
    return expression.index;
  });
  const spec = { keys: groupBy, keyColumns, stateColumns, plans };
  const schema: Schema = {
    fields: [
      ...groupBy.map(({ name, expression }) => field(name, expression.type, expression.nullable)),
      ...aggregates.map((aggregate) => aggregateField(aggregate, groupBy.length > 0)),
    ],
  };
  return {
    role: 'blocking-sink',
    name: NAME,
    schema,
    open: (task) => new AggregationRun(NAME, (holding) => new FinalAggregation(spec, holding), groupRows(schema), task),
  };
}
