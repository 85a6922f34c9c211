/** What compiled code takes; the rest becomes columns before (`rewriter.ts`), or is interpreted. */

import type { DataType } from '../columnar/data-type.ts';
import { operandsOf } from '../expressions/columns.ts';
import { isDivision } from '../expressions/exact-arithmetic.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { isCastCompilable } from './casts.ts';
import { isDivisionCompilable } from './decimal-arithmetic.ts';
import { laneFunctionOf } from './lane-functions.ts';
import { machineOf } from './machine.ts';

/** Whether values of the type are held in words or locals. */
export const isHeld = (type: DataType): boolean => type.kind === 'bool' || machineOf(type) !== undefined;

/** Whether a kernel can compute `e`. Not text: what reads it has become columns before. */
export function isCompilable(e: TypedExpression): boolean {
  if (e.kind === 'is-null' && e.input.kind === 'column') return true;
  return isNodeCompilable(e) && computedOperands(e).every(isCompilable);
}

/** The operands that a kernel computes: not the literals that only say what a function does, as units are. */
export const computedOperands = (e: TypedExpression): readonly TypedExpression[] =>
  e.kind === 'function'
    ? e.arguments.filter((argument) => argument.kind !== 'literal' || isHeld(argument.type))
    : operandsOf(e);

/** Whether a kernel can compute `e` where it can read its operands. */
export function isNodeCompilable(e: TypedExpression): boolean {
  if (!isHeld(e.type)) return false;
  switch (e.kind) {
    case 'cast':
      return isHeld(e.input.type) && isCastCompilable(e.input.type, e.type);
    case 'arithmetic':
      return e.type.kind !== 'decimal' || !isDivision(e.operator) || isDivisionCompilable(e);
    case 'function':
      return computedOperands(e).every(({ type }) => isHeld(type)) && laneFunctionOf(e)?.takes(e) === true;
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
