import { operandsOf } from './columns.ts';
import type { TypedExpression } from './expression.ts';
import { functionNamed } from './functions/registry.ts';

/** Whether equal expressions may differ, or differ from row to row by themselves. */
export const isVolatile = (e: TypedExpression): boolean =>
  (e.kind === 'function' && functionNamed(e.name).isVolatile) || operandsOf(e).some(isVolatile);
