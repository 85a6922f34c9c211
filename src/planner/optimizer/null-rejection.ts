import { operandsOf } from '../../expressions/columns.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import { functionNamed } from '../../expressions/functions/registry.ts';

/** Whether `e`, a predicate, is true for no row in which all columns at positions that `isNull` tells of are null. */
export function rejectsNulls(e: TypedExpression, isNull: (index: number) => boolean): boolean {
  if (isNullThen(e, isNull)) return true;
  if (e.kind === 'literal') return e.value !== true;
  if (e.kind === 'not') return e.input.kind === 'is-null' && isNullThen(e.input.input, isNull);
  if (e.kind !== 'logic') return false;
  const [left, right] = [rejectsNulls(e.left, isNull), rejectsNulls(e.right, isNull)];
  return e.operator === 'and' ? left || right : left && right;
}

/** Whether `e` is null, or fails, in such a row. */
function isNullThen(e: TypedExpression, isNull: (index: number) => boolean): boolean {
  switch (e.kind) {
    case 'column':
      return isNull(e.index);
    case 'literal':
      return e.value === null;
    case 'arithmetic':
    case 'compare':
      return isNullThen(e.left, isNull) || isNullThen(e.right, isNull);
    case 'logic':
      return isNullThen(e.left, isNull) && isNullThen(e.right, isNull);
    case 'not':
    case 'cast':
    case 'is-in':
      return isNullThen(e.input, isNull);
    case 'if-else':
      return isNullThen(e.condition, isNull);
    case 'coalesce':
      return e.inputs.every((input) => isNullThen(input, isNull));
    case 'function':
      return functionNamed(e.name).nulls === 'strict' && operandsOf(e).some((operand) => isNullThen(operand, isNull));
    default:
      return false;
  }
}
