import type { Value } from '../../columnar/value.ts';
import type { TypedExpression } from '../expression.ts';
import type { Call, FunctionDefinition } from './function-definition.ts';

/** What a definition is told about a call. */
export function callOf(given: readonly TypedExpression[]): Call {
  return {
    types: given.map(({ type }) => type),
    literals: given.map(literalOf),
  };
}

/** Of a literal, and of a list of literals. */
function literalOf(e: TypedExpression): Value | undefined {
  if (e.kind === 'literal') return e.value;
  const items = e.kind === 'list' ? e.items.map(literalOf) : [undefined];
  return items.every((item) => item !== undefined) ? items : undefined;
}

/** The call of a function with arguments as its parameters ask for them, none left out; or what is wrong with it. */
export function callNode(definition: FunctionDefinition, given: readonly TypedExpression[]): TypedExpression | string {
  if (definition.means !== undefined) return definition.means(given);
  const type = definition.result(callOf(given));
  if (typeof type === 'string') return type;
  return { kind: 'function', name: definition.name, arguments: given, type, nullable: mayBeNull(definition, given) };
}

function mayBeNull(definition: FunctionDefinition, given: readonly TypedExpression[]): boolean {
  switch (definition.nullWhere(given.map(({ type }) => type))) {
    case 'first':
      return given[0]?.nullable === true;
    case 'all':
      return given.every((one) => one.nullable);
    case 'any':
      return given.some((one) => one.nullable);
    case 'divisor':
      return true;
    case 'value':
      return definition.mayBeNull || (definition.nulls === 'strict' && given.some((one) => one.nullable));
  }
}
