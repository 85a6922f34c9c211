/** Keys of expressions by their structure. */

import { typeName } from '../columnar/data-type.ts';
import { operandsOf } from './columns.ts';
import type { TypedExpression } from './expression.ts';
import { valueToJson } from './literal.ts';

const keys = new WeakMap<TypedExpression, string>();

/** Equal for structurally equal expressions: the key of common sub-expressions and of the kernel cache. */
export function expressionKey(e: TypedExpression): string {
  const known = keys.get(e);
  if (known !== undefined) return known;
  const made = makeKey(e);
  keys.set(e, made);
  return made;
}

function makeKey(e: TypedExpression): string {
  switch (e.kind) {
    case 'column':
      return `$${e.index}`;
    case 'literal': {
      const value = Object.is(e.value, -0)
        ? '-0'
        : typeof e.value === 'string' || typeof e.value === 'object'
          ? JSON.stringify(valueToJson(e.value, e.type))
          : `${e.value}`;
      return `${value}:${typeName(e.type)}`;
    }
    case 'cast':
      return `${e.try === true ? 'try-' : ''}cast(${expressionKey(e.input)},${typeName(e.type)})`;
    case 'arithmetic':
      return `(${expressionKey(e.left)}${e.operator}${expressionKey(e.right)}:${typeName(e.type)}${wrapping(e)})`;
    case 'compare':
    case 'logic':
      return `(${expressionKey(e.left)}${e.operator}${expressionKey(e.right)}:${typeName(e.type)})`;
    case 'parameter':
      return `%${e.slot}:${typeName(e.type)}`;
    case 'lambda':
      return `(${e.parameters.map(({ slot }) => `%${slot}`).join()}) => ${expressionKey(e.body)}`;
    case 'function':
      return `${e.name}(${e.arguments.map(expressionKey).join()}):${typeName(e.type)}${wrapping(e)}`;
    default:
      return `${e.kind}(${operandsOf(e).map(expressionKey).join()}):${typeName(e.type)}`;
  }
}

const wrapping = ({ wraps }: { readonly wraps?: boolean | undefined }): string => (wraps === true ? ' wraps' : '');
