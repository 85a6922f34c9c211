/** Aggregates of plans over rows, and what DuckDB makes of the same rows. */

import { expect } from 'vitest';
import type { Schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { bindAggregate } from '../../src/expressions/aggregates.ts';
import type { AggregateCall, Expression, TypedAggregate } from '../../src/expressions/expression.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { aggregate } from '../../src/operators/blocking-sinks/aggregate.ts';
import { groupedAggregate } from '../../src/operators/blocking-sinks/grouped-aggregate.ts';
import type { Stage } from '../../src/operators/operator.ts';
import { typed } from './expressions.ts';
import type { Row } from './task.ts';

export const column = (name: string): Expression => ({ kind: 'column', name });

/** Bound against a schema, as a plan's aggregates are. @throws InvalidPlan */
function typedAggregates(schema: Schema, calls: readonly AggregateCall[]): TypedAggregate[] {
  const problems = new Problems();
  const bound = calls.map((call, index) => bindAggregate(call, schema, problems, `$[${index}]`));
  problems.throwIfAny();
  return bound.filter((each) => each !== undefined);
}

/** The operator of a plan: by the columns `keys`, or of all rows where there are none. */
export function aggregateStage(input: Schema, keys: readonly string[], calls: readonly AggregateCall[]): Stage {
  const aggregates = typedAggregates(input, calls);
  if (keys.length === 0) return aggregate({ input, aggregates });
  const groupBy = keys.map((name) => ({ name: `key ${name}`, expression: typed(input, column(name)) }));
  return groupedAggregate({ input, groupBy, aggregates });
}

/** Fails unless the rows are the same: floats where `isClose` says so up to some last digits, and 0 is -0. */
export function expectSameResults(
  actual: readonly Row[],
  expected: readonly Row[],
  isClose: (column: number) => boolean = () => false,
): void {
  expect(actual.length).toBe(expected.length);
  for (const [row, cells] of actual.entries()) {
    for (const [index, cell] of cells.entries()) {
      const wanted = expected[row]?.[index] ?? null;
      if (isClose(index) && typeof cell === 'number' && typeof wanted === 'number')
        expectClose(cell, wanted, row, index);
      else expect(unsigned(cell), `row ${row}, column ${index}`).toEqual(unsigned(wanted));
    }
  }
}

function expectClose(actual: number, wanted: number, row: number, index: number): void {
  if (Object.is(actual, wanted)) return;
  const error = Math.abs(actual - wanted) / Math.max(1e-3, Math.abs(wanted));
  expect(error, `row ${row}, column ${index}: ${actual} and not ${wanted}`).toBeLessThan(1e-9);
}

const unsigned = (value: Value): Value => (value === 0 ? 0 : value);
