/**
 * Types of aggregates. Nulls do not take part; without any other value a sum, mean, min or max is null, a count 0.
 *
 *     sum      signed → int64   unsigned → uint64   float → float64   decimal(p, s) → decimal(38, s)
 *     mean     number → float64                                       decimal(p, s) → decimal(38, min(38, s + 4))
 *     min, max the type of the input, whichever it is
 *     count, count_distinct → uint64
 */

import {
  type DataType,
  decimal,
  float64,
  int64,
  isFloat,
  isInteger,
  isUnsigned,
  typeName,
  uint64,
} from '../columnar/data-type.ts';
import { type Field, field, type Schema } from '../columnar/schema.ts';
import { bindExpression } from './bind.ts';
import { MAX_DECIMAL_DIGITS } from './coerce.ts';
import type { AggregateCall, AggregateFunction, TypedAggregate } from './expression.ts';
import { type Problems, pathOf } from './problems.ts';
import { simplified } from './simplify.ts';

/** Digits behind the point that the mean of decimals has more than they. */
const MEAN_EXTRA_SCALE = 4;

/** The type of an aggregate over values of `input`, undefined where it has none. Of counts it does not depend on it. */
export function aggregateType(name: AggregateFunction, input: DataType): DataType | undefined {
  switch (name) {
    case 'count':
    case 'count_distinct':
      return uint64;
    case 'min':
    case 'max':
      return input;
    case 'sum':
      if (input.kind === 'decimal') return decimal(MAX_DECIMAL_DIGITS, input.scale);
      if (isInteger(input)) return isUnsigned(input) ? uint64 : int64;
      return isFloat(input) ? float64 : undefined;
    case 'mean':
      if (input.kind === 'decimal') {
        return decimal(MAX_DECIMAL_DIGITS, Math.min(MAX_DECIMAL_DIGITS, input.scale + MEAN_EXTRA_SCALE));
      }
      return isInteger(input) || isFloat(input) ? float64 : undefined;
  }
}

/** Undefined where it added a problem. */
export function bindAggregate(
  call: AggregateCall,
  input: Schema,
  problems: Problems,
  path: string,
): TypedAggregate | undefined {
  const { name, function: aggregate } = call;
  if (call.input === undefined) {
    if (aggregate === 'count') return { name, function: aggregate, input: undefined, type: uint64 };
    problems.add(path, `${aggregate} needs an input; only count can do without, to count rows.`);
    return undefined;
  }
  const inputPath = pathOf(path, 'input');
  const bound = bindExpression(call.input, input, problems, inputPath);
  if (bound === undefined) return undefined;
  const type = aggregateType(aggregate, bound.type);
  if (type === undefined) {
    const hint = bound.type.kind === 'bool' ? ' Cast it to int64 to count what is true.' : '';
    problems.add(inputPath, `${aggregate} takes a number, and this is ${typeName(bound.type)}.${hint}`);
    return undefined;
  }
  return { name, function: aggregate, input: simplified(bound), type };
}

/** The column that an aggregate becomes. A group always has rows, the whole input of a global aggregate may have none. */
export function aggregateField({ name, function: aggregate, input, type }: TypedAggregate, isGrouped: boolean): Field {
  const isCount = aggregate === 'count' || aggregate === 'count_distinct';
  return field(name, type, !isCount && !(isGrouped && input?.nullable === false));
}
