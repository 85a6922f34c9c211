/** Columns that pass through a plan, as its expressions. */

import type { Expression, NamedExpression } from '../expressions/expression.ts';
import { columnName } from './expr.ts';

export const column = (name: string): Expression => ({ kind: 'column', name });
export const passed = (name: string): NamedExpression => ({ name: columnName(name), expression: column(name) });
