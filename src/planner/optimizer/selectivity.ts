/** Which share of the rows a condition lets pass, and what is known of the columns of those that it does. */

import type { Value } from '../../columnar/value.ts';
import type { ComparisonOperator, TypedExpression } from '../../expressions/expression.ts';
import type { EstimatedColumn } from './statistics.ts';

export interface Share {
  /** From 0 to 1. */
  readonly share: number;
  /** By position, columns of which more is known now. */
  readonly columns: ReadonlyMap<number, EstimatedColumn>;
}

/** Guesses, where nothing is known: of one value, of a range, of anything else. */
const ONE_VALUE = 0.1;
const A_RANGE = 0.3;
const ANYTHING = 0.25;

const guess = (share: number): Share => ({ share, columns: new Map() });

export function shareOf(
  e: TypedExpression | undefined,
  columnAt: (index: number) => EstimatedColumn | undefined,
): Share {
  if (e === undefined) return guess(ANYTHING);
  switch (e.kind) {
    case 'literal':
      return guess(e.value === true ? 1 : 0);
    case 'logic': {
      const [left, right] = [shareOf(e.left, columnAt), shareOf(e.right, columnAt)];
      if (e.operator === 'or') return guess(Math.min(1, left.share + right.share - left.share * right.share));
      const both = shareOf(e.right, (index) => left.columns.get(index) ?? columnAt(index));
      return { share: left.share * both.share, columns: new Map([...left.columns, ...both.columns]) };
    }
    case 'not':
      return guess(1 - shareOf(e.input, columnAt).share);
    case 'is-null': {
      const known = e.input.kind === 'column' ? columnAt(e.input.index)?.nulls : undefined;
      return guess(known ?? ONE_VALUE);
    }
    case 'is-in': {
      const distinct = e.input.kind === 'column' ? columnAt(e.input.index)?.distinct : undefined;
      return guess(Math.min(1, e.list.length * (distinct === undefined ? ONE_VALUE : 1 / Math.max(1, distinct))));
    }
    case 'compare':
      return ofComparison(e, columnAt);
    default:
      return guess(ANYTHING);
  }
}

function ofComparison(
  { operator, left, right }: Extract<TypedExpression, { kind: 'compare' }>,
  columnAt: (index: number) => EstimatedColumn | undefined,
): Share {
  const otherwise = guess(operator === '=' ? ONE_VALUE : operator === '!=' ? 1 - ONE_VALUE : A_RANGE);
  // Binding puts literals on the right.
  if (left.kind !== 'column' || right.kind !== 'literal') return otherwise;
  const known = columnAt(left.index) ?? {};
  const value = numberOf(right.value);
  const knowing = (share: number, more: EstimatedColumn): Share => ({
    share,
    columns: new Map([[left.index, { ...known, ...more }]]),
  });
  const { distinct, low, high } = known;
  if (operator === '=') {
    const isOutside = value !== undefined && low !== undefined && high !== undefined && (value < low || value > high);
    if (isOutside) return guess(0);
    return distinct === undefined
      ? otherwise
      : knowing(1 / Math.max(1, distinct), { distinct: 1, domain: 1, low: value, high: value });
  }
  if (operator === '!=') return distinct === undefined ? otherwise : guess(1 - 1 / Math.max(1, distinct));
  if (value === undefined || low === undefined || high === undefined || high <= low) return otherwise;
  const below = Math.min(1, Math.max(0, (value - low) / (high - low)));
  const share = isUpper(operator) ? below : 1 - below;
  const remaining = (count: number | undefined): number | undefined => count && Math.max(1, count * share);
  const bounds = isUpper(operator) ? { high: Math.min(high, value) } : { low: Math.max(low, value) };
  return knowing(share, { ...bounds, distinct: remaining(distinct), domain: remaining(known.domain) });
}

const isUpper = (operator: ComparisonOperator): boolean => operator === '<' || operator === '<=';

const numberOf = (value: Value): number | undefined =>
  typeof value === 'bigint' || typeof value === 'number' ? Number(value) : undefined;
