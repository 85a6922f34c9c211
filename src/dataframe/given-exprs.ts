/** What methods of frames are given: expressions, or what makes them of the columns of the frame. */

import { type Expr, type ExprOrName, exprOf } from './expr.ts';
import type { DataFrame } from './frame.ts';
import type { ColumnsOf, OneOrMore } from './frame-types.ts';

export const columnsOf = <S>({ columns }: DataFrame<S>): ColumnsOf<S> =>
  Object.fromEntries(columns.map((name) => [name, exprOf(name)])) as never;

/** What a method is given: columns and expressions, or what makes them of the columns of the frame. */
export const exprsOf = <S>(
  frame: DataFrame<S>,
  given: readonly (ExprOrName | ((columns: ColumnsOf<S>) => OneOrMore<ExprOrName>))[],
): readonly Expr[] =>
  given.flatMap((each) => (typeof each === 'function' ? each(columnsOf(frame)) : each)).map((one) => exprOf(one));
