import { bool, type DataType, float64, int64, nullType, utf8 } from '../../columnar/data-type.ts';
import type { Expression } from '../expression.ts';
import type { JsonValue } from '../literal.ts';
import type { Example, ExampleArgument } from './function-definition.ts';

const literal = (type: DataType, value: JsonValue): Expression => ({ kind: 'literal', type, value });

/** The call of the function `name` that an example shows. */
export const exampleExpression = (name: string, [given]: Example): Expression => ({
  kind: 'function',
  name,
  arguments: given.map(argumentExpression),
});

function argumentExpression(argument: ExampleArgument): Expression {
  switch (typeof argument) {
    case 'string':
      return literal(utf8, argument);
    case 'boolean':
      return literal(bool, argument);
    case 'bigint':
      return literal(int64, argument.toString());
    case 'number':
      return literal(float64, Number.isFinite(argument) ? argument : String(argument));
    default:
      return argument ?? literal(nullType, null);
  }
}
