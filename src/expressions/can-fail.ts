import { isFloat } from '../columnar/data-type.ts';
import { castBetween } from './cast-value.ts';
import { operandsOf } from './columns.ts';
import type { TypedExpression } from './expression.ts';
import { functionNamed } from './functions/registry.ts';

/**
 * Whether evaluating `e` may raise an error for some row, by its types alone. What can fail may not be evaluated for
 * rows that the plan has filtered out before. Errs on the side of "it can".
 */
export function canFail(e: TypedExpression): boolean {
  return failsItself(e) || operandsOf(e).some(canFail);
}

function failsItself(e: TypedExpression): boolean {
  if (e.kind === 'arithmetic') return !isFloat(e.type) && e.wraps !== true;
  if (e.kind === 'cast') return e.try !== true && castBetween(e.input.type, e.type)?.canFail !== false;
  if (e.kind === 'function') {
    if (e.wraps === true) return false;
    return functionNamed(e.name).canFail(e.arguments.map(({ type }) => type));
  }
  return false;
}
