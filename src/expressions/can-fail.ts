import { type DataType, integerBits, isFloat, isInteger, isUnsigned, sameType } from '../columnar/data-type.ts';
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
  if (e.kind === 'arithmetic') return !isFloat(e.type);
  if (e.kind === 'cast') return e.try !== true && !castAlwaysFits(e.input.type, e.type);
  if (e.kind === 'function') {
    return functionNamed(e.name).canFail(e.arguments.map(({ type }) => type));
  }
  return false;
}

function castAlwaysFits(from: DataType, to: DataType): boolean {
  if (sameType(from, to) || to.kind === 'utf8') return true;
  if (isFloat(to)) return from.kind === 'bool' || isInteger(from) || isFloat(from) || from.kind === 'decimal';
  if (isInteger(from) && isInteger(to)) {
    const [bits, wider] = [integerBits(from) ?? 0, integerBits(to) ?? 0];
    return isUnsigned(from) === isUnsigned(to) ? bits <= wider : isUnsigned(from) && bits < wider;
  }
  if (from.kind === 'decimal' && to.kind === 'decimal') {
    return from.scale <= to.scale && from.precision - from.scale <= to.precision - to.scale;
  }
  return from.kind === 'bool' && isInteger(to);
}
