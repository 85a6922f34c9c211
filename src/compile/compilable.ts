/** What compiled code takes; the rest is interpreted. */

import { operandsOf } from '../expressions/columns.ts';
import { isDivision } from '../expressions/exact-arithmetic.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { isCastCompilable } from './casts.ts';
import { isDatePart } from './dates.ts';
import type { ColumnLayout } from './layout.ts';

/**
 * Whether a kernel can compute `e` over columns with these layouts. Not text: predicates over it have become columns
 * before (`preparation.ts`). Not decimals of 16 bytes.
 */
export function isCompilable(e: TypedExpression, columns: readonly ColumnLayout[]): boolean {
  if (e.kind === 'is-null' && e.input.kind === 'column') return true;
  if (e.type.kind === 'utf8' || !operandsOf(e).every((operand) => isCompilable(operand, columns))) return false;
  switch (e.kind) {
    case 'column':
      return columns[e.index]?.width !== 16;
    case 'literal':
      return typeof e.value !== 'bigint' || e.type.kind === 'uint64' || BigInt.asIntN(64, e.value) === e.value;
    case 'cast':
      return isCastCompilable(e.input.type, e.type);
    case 'arithmetic':
      return e.type.kind !== 'decimal' || !isDivision(e.operator);
    case 'function':
      return isDatePart(e.name);
    default:
      return true;
  }
}
