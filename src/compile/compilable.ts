/** What compiled code takes; the rest becomes columns before (`rewriter.ts`), or is interpreted. */

import type { DataType } from '../columnar/data-type.ts';
import { operandsOf } from '../expressions/columns.ts';
import { isDivision } from '../expressions/exact-arithmetic.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { isCastCompilable } from './casts.ts';
import { isDatePart } from './dates.ts';
import type { ColumnLayout } from './layout.ts';
import { machineOf } from './machine.ts';

/** Whether values of the type are held in words or locals. */
export const isHeld = (type: DataType): boolean => type.kind === 'bool' || machineOf(type) !== undefined;

/** Whether a kernel can compute `e` over columns with these layouts. Not with decimals of 16 bytes. */
export function isCompilable(e: TypedExpression, columns: readonly ColumnLayout[]): boolean {
  if (e.kind === 'is-null' && e.input.kind === 'column') return true;
  if (e.kind === 'column' && columns[e.index]?.width === 16) return false;
  return isNodeCompilable(e) && operandsOf(e).every((operand) => isCompilable(operand, columns));
}

/** Whether a kernel can compute `e` where it can read its operands. */
export function isNodeCompilable(e: TypedExpression): boolean {
  if (!isHeld(e.type)) return false;
  switch (e.kind) {
    case 'literal':
      return typeof e.value !== 'bigint' || e.type.kind === 'uint64' || BigInt.asIntN(64, e.value) === e.value;
    case 'cast':
      return e.try !== true && isHeld(e.input.type) && isCastCompilable(e.input.type, e.type);
    case 'arithmetic':
      return e.type.kind !== 'decimal' || !isDivision(e.operator);
    case 'function':
      return isDatePart(e.name);
    case 'compare':
      return isHeld(e.left.type);
    case 'coalesce':
    case 'is-in':
    case 'list':
    case 'lambda':
    case 'parameter':
      return false;
    default:
      return true;
  }
}
