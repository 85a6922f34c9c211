import { type DataType, isInteger } from '../columnar/data-type.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { BoundNode } from './bound-plan.ts';
import { mapRecords } from './map-records.ts';

const OPERATORS: ReadonlySet<unknown> = new Set(['+', '-', '*']);
const FUNCTIONS: ReadonlySet<unknown> = new Set(['abs', 'negate', 'columns_sum', 'list_sum']);

/**
 * The plan, or the expression, with integers that wrap around where their types cannot hold a result, as two's complement does, instead of
 * raising an error: those of `+`, `-` and `*`, of functions that add up or turn a sign, and of sums. Decimals, dates and
 * times never wrap.
 */
export const wrapOverflow = <T extends BoundNode | TypedExpression>(plan: T): T =>
  mapRecords(plan, (part) => (mayOverflow(part) ? { ...part, wraps: true } : part), new WeakMap());

/** Of all records that a bound plan has only typed expressions and aggregates look like this. */
function mayOverflow(part: Readonly<Record<string, unknown>>): boolean {
  const { kind, type, operator, name, nullable, function: aggregate } = part;
  const isOne =
    nullable === undefined
      ? aggregate === 'sum'
      : kind === 'arithmetic'
        ? OPERATORS.has(operator)
        : kind === 'function' && FUNCTIONS.has(name);
  return isOne && isInteger(type as DataType);
}
