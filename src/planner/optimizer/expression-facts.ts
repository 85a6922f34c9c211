/** What expressions and their types are like, as far as rules ask. */

import type { DataType } from '../../columnar/data-type.ts';
import type { Expression, NamedExpression } from '../../expressions/expression.ts';
import { mapInputs } from '../../expressions/expression-inputs.ts';
import { FUNCTIONS } from '../../expressions/functions/registry.ts';

export const column = (name: string): Expression => ({ kind: 'column', name });
export const passed = (name: string): NamedExpression => ({ name, expression: column(name) });

/** Whether it calls a function for which it is true. */
function calls(
  e: Expression,
  is: (definition: { readonly isAsync: boolean; readonly isVolatile: boolean }) => boolean,
): boolean {
  if (e.kind === 'function') {
    const definition = FUNCTIONS.get(e.name);
    if (definition === undefined || is(definition)) return true;
  }
  let found = false;
  mapInputs(e, (input) => {
    found ||= calls(input, is);
    return input;
  });
  return found;
}

/** Whether its value is the same wherever, and however often, it is asked for the same row: no random numbers, no calls of the world. */
export const isPure = (e: Expression): boolean => !calls(e, ({ isAsync, isVolatile }) => isAsync || isVolatile);

/** Whether values of the type that are equal are the same: floats have two zeros, intervals 30 days and a month. */
export function hasOneForm(type: DataType): boolean {
  switch (type.kind) {
    case 'null':
    case 'bool':
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'uint64':
    case 'decimal':
    case 'utf8':
    case 'binary':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'duration':
    case 'uuid':
      return true;
    default:
      return false;
  }
}
