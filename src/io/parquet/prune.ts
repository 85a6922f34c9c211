/**
 * Whether a filter can be true for any row, given what is known about each column.
 *
 *     a in [3, 9]      a > 10          false for every row         {false}
 *     b has nulls      b = 1           true, false or null         {true, false, null}
 *     a > 10 and b = 1                 false or null               the row group is not read
 *
 * Each expression is given the set of outcomes that it may have; what is not understood may have all three. Sets are
 * combined by three-valued logic, so `not` and `or` are as sound as `and`.
 */

import { type DataType, isFloat, isInteger } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import { type ComparisonOperator, MIRRORED, type TypedExpression } from '../../expressions/expression.ts';
import { boundConversion } from './bound-conversion.ts';
import { type Comparable, order, UNKNOWN_RANGE, type ValueRange } from './statistics.ts';

/** A set of outcomes, as bits. */
type Outcomes = number;
const TRUE = 1;
const FALSE = 2;
const NULL = 4;
const ANY = TRUE | FALSE | NULL;

/** False only where no row can make `filter` true. `ranges` are those of the columns that it refers to by index. */
export function mayMatch(filter: TypedExpression, ranges: readonly (ValueRange | undefined)[]): boolean {
  return (outcomesOf(filter, ranges) & TRUE) !== 0;
}

function outcomesOf(expression: TypedExpression, ranges: readonly (ValueRange | undefined)[]): Outcomes {
  switch (expression.kind) {
    case 'literal':
      if (expression.value === null) return NULL;
      return typeof expression.value === 'boolean' ? (expression.value ? TRUE : FALSE) : ANY;
    case 'column':
      return columnOutcomes(ranges[expression.index]);
    case 'not':
      return negated(outcomesOf(expression.input, ranges));
    case 'logic': {
      const left = outcomesOf(expression.left, ranges);
      const right = outcomesOf(expression.right, ranges);
      // a or b = not (not a and not b)
      return expression.operator === 'and' ? both(left, right) : negated(both(negated(left), negated(right)));
    }
    case 'is-null': {
      const range = rangeUnder(expression.input, ranges);
      return (range.mayBeNull ? TRUE : 0) | (range.mayBeValue ? FALSE : 0);
    }
    case 'compare':
      return comparisonOutcomes(expression, ranges);
    case 'is-in':
      return membershipOutcomes(expression, ranges);
    default:
      return ANY;
  }
}

function columnOutcomes(range: ValueRange = UNKNOWN_RANGE): Outcomes {
  const { low, high, mayBeNull, mayBeValue } = range;
  const values = (high === 0n ? 0 : TRUE) | (low === 1n ? 0 : FALSE);
  return (mayBeNull ? NULL : 0) | (mayBeValue ? values : 0);
}

const negated = (outcomes: Outcomes): Outcomes =>
  (outcomes & NULL) | (outcomes & TRUE ? FALSE : 0) | (outcomes & FALSE ? TRUE : 0);

function both(left: Outcomes, right: Outcomes): Outcomes {
  const isTrue = left & right & TRUE;
  const isFalse = (left | right) & FALSE;
  const isNull = (left & NULL && right & (TRUE | NULL)) || (right & NULL && left & (TRUE | NULL)) ? NULL : 0;
  return isTrue | isFalse | isNull;
}

function comparisonOutcomes(
  { operator, left, right }: Extract<TypedExpression, { kind: 'compare' }>,
  ranges: readonly (ValueRange | undefined)[],
): Outcomes {
  if (right.kind === 'literal') return againstLiteral(operator, rangeUnder(left, ranges), right.value, left.type);
  if (left.kind === 'literal')
    return againstLiteral(MIRRORED[operator], rangeUnder(right, ranges), left.value, right.type);
  return ANY;
}

/** One of several: true where any comparison may be, false where all may be. */
function membershipOutcomes(
  { input, list }: Extract<TypedExpression, { kind: 'is-in' }>,
  ranges: readonly (ValueRange | undefined)[],
): Outcomes {
  const range = rangeUnder(input, ranges);
  return list.reduce(
    (outcomes, item) => {
      const one = item.kind === 'literal' ? againstLiteral('=', range, item.value, input.type) : ANY;
      return negated(both(negated(outcomes), negated(one)));
    },
    FALSE | (range.mayBeNull ? NULL : 0),
  );
}

/** Columns, by index, that the filter compares for equality with literals. */
export function equalityColumns(filter: TypedExpression): ReadonlySet<number> {
  const found = new Set<number>();
  const note = (operand: TypedExpression, ...others: readonly TypedExpression[]): void => {
    const column = operand.kind === 'cast' ? operand.input : operand;
    if (column.kind === 'column' && others.some(({ kind }) => kind === 'literal')) found.add(column.index);
  };
  const visit = (expression: TypedExpression): void => {
    if (expression.kind === 'logic') {
      visit(expression.left);
      visit(expression.right);
    } else if (expression.kind === 'not') visit(expression.input);
    else if (expression.kind === 'is-in') note(expression.input, ...expression.list);
    else if (expression.kind === 'compare' && expression.operator === '=') {
      note(expression.left, expression.right);
      note(expression.right, expression.left);
    }
  };
  visit(filter);
  return found;
}

function againstLiteral(operator: ComparisonOperator, range: ValueRange, value: Value, type: DataType): Outcomes {
  if (value === null) return NULL;
  const nulls = range.mayBeNull ? NULL : 0;
  if (!range.mayBeValue) return nulls;
  const literal = comparableOf(value, type);
  if (literal === undefined || Number.isNaN(literal)) return nulls | TRUE | FALSE;
  const { low, high } = range;
  const lowest = low === undefined ? -1 : order(low, literal);
  // NaN is above every bound, and bounds leave it out.
  const highest = high === undefined || isFloat(type) ? 1 : order(high, literal);
  // The two zeros are one to `order` and may be two to a comparison: where floats touch, both outcomes are possible.
  const touches = isFloat(type) && lowest === 0;
  const below = lowest < 0 || touches;
  const above = highest > 0;
  const equal = lowest <= 0 && highest >= 0 && (range.mayEqual === undefined || range.mayEqual(literal));
  switch (operator) {
    case '<':
      return nulls | (below ? TRUE : 0) | (above || equal ? FALSE : 0);
    case '<=':
      return nulls | (below || equal ? TRUE : 0) | (above || touches ? FALSE : 0);
    case '>':
      return nulls | (above ? TRUE : 0) | (below || equal ? FALSE : 0);
    case '>=':
      return nulls | (above || equal ? TRUE : 0) | (below ? FALSE : 0);
    case '=':
      return nulls | (equal ? TRUE : 0) | (below || above ? FALSE : 0);
    case '!=':
      return nulls | (below || above ? TRUE : 0) | (equal ? FALSE : 0);
  }
}

const encoder = new TextEncoder();

/** Undefined of types without ranges. */
export function comparableOf(value: Exclude<Value, null>, type: DataType): Comparable | undefined {
  if (type.kind === 'utf8') return encoder.encode(String(value));
  // Small integers and dates are numbers in expressions and bigints in ranges.
  if (typeof value === 'boolean' || (typeof value === 'number' && !isFloat(type))) return BigInt(value);
  return typeof value === 'bigint' || typeof value === 'number' ? value : undefined;
}

/** The range of a column, or of a cast of one that keeps the order of its values. */
export function rangeUnder(expression: TypedExpression, ranges: readonly (ValueRange | undefined)[]): ValueRange {
  if (expression.kind === 'column') return ranges[expression.index] ?? UNKNOWN_RANGE;
  if (expression.kind !== 'cast') return { ...UNKNOWN_RANGE, mayBeNull: expression.nullable };
  if (expression.try === true) return UNKNOWN_RANGE;
  const inner = rangeUnder(expression.input, ranges);
  const convert = boundConversion(expression.input.type, expression.type);
  if (convert === undefined) return { ...UNKNOWN_RANGE, mayBeValue: inner.mayBeValue };
  const { low, high } = inner;
  const isSame = isInteger(expression.input.type) && isInteger(expression.type);
  return {
    ...inner,
    mayEqual: isSame ? inner.mayEqual : undefined,
    low: low === undefined ? undefined : convert(low),
    high: high === undefined ? undefined : convert(high),
  };
}
