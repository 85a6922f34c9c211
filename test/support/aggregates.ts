/** Aggregates of plans over rows, and what DuckDB makes of the same rows. */

import { expect } from 'vitest';
import type { Schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { bindAggregate } from '../../src/expressions/aggregates.ts';
import type { AggregateCall, Expression, TypedAggregate, TypedColumn } from '../../src/expressions/expression.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { aggregate } from '../../src/operators/blocking-sinks/aggregate.ts';
import { finalAggregate } from '../../src/operators/blocking-sinks/final-aggregate.ts';
import { groupedAggregate } from '../../src/operators/blocking-sinks/grouped-aggregate.ts';
import type { Stage } from '../../src/operators/operator.ts';
import { partialGroupedAggregate } from '../../src/operators/streaming-sinks/partial-grouped-aggregate.ts';
import { typed } from './expressions.ts';
import { type Feed, type Row, runStages } from './task.ts';

export const column = (name: string): Expression => ({ kind: 'column', name });

/** Bound against a schema, as a plan's aggregates are. @throws InvalidPlan */
export function typedAggregates(schema: Schema, calls: readonly AggregateCall[]): TypedAggregate[] {
  const problems = new Problems();
  const bound = calls.map((call, index) => bindAggregate(call, schema, problems, `$[${index}]`));
  problems.throwIfAny();
  return bound.filter((each) => each !== undefined);
}

export const keysOf = (input: Schema, keys: readonly string[]): TypedColumn[] =>
  keys.map((name) => ({ name: `key ${name}`, expression: typed(input, column(name)) }));

/** The operator of a plan: by the columns `keys`, or of all rows where there are none; its results, or partial states. */
export function aggregateStage(
  input: Schema,
  keys: readonly string[],
  calls: readonly AggregateCall[],
  partial: boolean = false,
): Stage {
  const aggregates = typedAggregates(input, calls);
  if (keys.length === 0) return aggregate({ input, aggregates, partial });
  const options = { input, groupBy: keysOf(input, keys), aggregates };
  return partial ? partialGroupedAggregate(options) : groupedAggregate(options);
}

/** The operator that makes the results of `aggregateStage` out of its partial states. */
export function finalStage(input: Schema, keys: readonly string[], calls: readonly AggregateCall[]): Stage {
  return finalAggregate({
    groupBy: keysOf(input, keys).map(({ name, expression: { type, nullable } }, index) => ({
      name,
      expression: { kind: 'column', index, name, type, nullable },
    })),
    aggregates: typedAggregates(input, calls),
    stateColumns: calls.map((_, index) => keys.length + index),
  });
}

/**
 * What `parts`, each aggregated for itself, give together. `form` says how the columns of partial states are laid out.
 */
export async function twoStageRows(
  input: Schema,
  keys: readonly string[],
  calls: readonly AggregateCall[],
  parts: readonly (readonly Row[])[],
  { cuts, form }: Pick<Feed, 'cuts' | 'form'> = {},
): Promise<readonly Row[]> {
  const partial = aggregateStage(input, keys, calls, true);
  const states: Row[] = [];
  for (const rows of parts) states.push(...(await runStages([partial], { schema: input, rows })).rows);
  return (await runStages([finalStage(input, keys, calls)], { schema: partial.schema, rows: states, cuts, form })).rows;
}

/** How results of a column are compared, where not exactly: floats up to some last digits, or lists in any order. */
export type Likeness = 'exact' | 'close' | 'unordered';

/** Fails unless the rows are the same; 0 is -0. */
export function expectSameResults(
  actual: readonly Row[],
  expected: readonly Row[],
  likeness: (column: number) => Likeness = () => 'exact',
): void {
  expect(actual.length).toBe(expected.length);
  for (const [row, cells] of actual.entries()) {
    for (const [index, cell] of cells.entries()) {
      const wanted = expected[row]?.[index] ?? null;
      const where = `row ${row}, column ${index}`;
      if (likeness(index) === 'close') expectClose(cell, wanted, where);
      else if (likeness(index) === 'unordered') expect(sorted(cell), where).toEqual(sorted(wanted));
      else expect(unsigned(cell), where).toEqual(unsigned(wanted));
    }
  }
}

function expectClose(actual: Value, wanted: Value, where: string): void {
  if (Array.isArray(actual) && Array.isArray(wanted)) {
    for (const [index, item] of actual.entries()) expectClose(item, wanted[index] ?? null, `${where}[${index}]`);
    return;
  }
  if (typeof actual !== 'number' || typeof wanted !== 'number' || Object.is(actual, wanted)) {
    expect(actual, where).toEqual(wanted);
    return;
  }
  const error = Math.abs(actual - wanted) / Math.max(1e-3, Math.abs(wanted));
  expect(error, `${where}: ${actual} and not ${wanted}`).toBeLessThan(1e-9);
}

const sorted = (value: Value): unknown =>
  Array.isArray(value) ? value.map((each: Value) => String(unsigned(each))).sort() : value;

const unsigned = (value: Value): Value => {
  if (Array.isArray(value)) return value.map(unsigned);
  return value === 0 ? 0 : value;
};
