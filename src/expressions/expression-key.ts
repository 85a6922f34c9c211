/** Keys of expressions by their structure. */

import { sameType, typeName } from '../columnar/data-type.ts';
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

/** Whether two have one key, without making those of large expressions. */
export function sameExpression(a: TypedExpression, b: TypedExpression): boolean {
  if (a === b) return true;
  if (!sameHead(a, b)) return false;
  const [operands, others] = [operandsOf(a), operandsOf(b)];
  return (
    operands.length === others.length &&
    operands.every((operand, index) => sameExpression(operand, others[index] as TypedExpression))
  );
}

/** Whether they differ by their operands at most. */
function sameHead(a: TypedExpression, b: TypedExpression): boolean {
  switch (a.kind) {
    case 'column':
    case 'literal':
    case 'parameter':
      return a.kind === b.kind && expressionKey(a) === expressionKey(b);
    case 'cast':
      return a.kind === b.kind && (a.try === true) === (b.try === true) && sameType(a.type, b.type);
    case 'arithmetic':
      return a.kind === b.kind && a.operator === b.operator && sameType(a.type, b.type) && wrapping(a) === wrapping(b);
    case 'compare':
    case 'logic':
      return a.kind === b.kind && a.operator === b.operator && sameType(a.type, b.type);
    case 'function':
      return a.kind === b.kind && a.name === b.name && sameType(a.type, b.type) && wrapping(a) === wrapping(b);
    case 'lambda':
      return (
        a.kind === b.kind &&
        a.parameters.length === b.parameters.length &&
        a.parameters.every(({ slot }, index) => slot === b.parameters[index]?.slot)
      );
    default:
      return a.kind === b.kind && sameType(a.type, b.type);
  }
}
