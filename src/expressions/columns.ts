import type { TypedExpression } from './expression.ts';

/** The expressions that an expression is made of, in the order in which they are written. */
export function operandsOf(e: TypedExpression): readonly TypedExpression[] {
  switch (e.kind) {
    case 'column':
    case 'literal':
    case 'parameter':
      return [];
    case 'arithmetic':
    case 'compare':
    case 'logic':
      return [e.left, e.right];
    case 'not':
    case 'is-null':
    case 'cast':
      return [e.input];
    case 'if-else':
      return [e.condition, e.then, e.otherwise];
    case 'coalesce':
      return e.inputs;
    case 'is-in':
      return [e.input, ...e.list];
    case 'list':
      return e.items;
    case 'function':
      return e.arguments;
    case 'lambda':
      return [e.body];
  }
}

/** The same expression over other operands, which have the types of the old ones. */
export function withOperands(
  e: TypedExpression,
  change: (operand: TypedExpression) => TypedExpression,
): TypedExpression {
  switch (e.kind) {
    case 'column':
    case 'literal':
    case 'parameter':
      return e;
    case 'arithmetic':
    case 'compare':
    case 'logic':
      return { ...e, left: change(e.left), right: change(e.right) };
    case 'not':
    case 'is-null':
    case 'cast':
      return { ...e, input: change(e.input) };
    case 'if-else':
      // biome-ignore lint/suspicious/noThenProperty: a word of the plan language; expressions are never awaited.
      return { ...e, condition: change(e.condition), then: change(e.then), otherwise: change(e.otherwise) };
    case 'coalesce':
      return { ...e, inputs: e.inputs.map(change) };
    case 'is-in':
      return { ...e, input: change(e.input), list: e.list.map(change) };
    case 'list':
      return { ...e, items: e.items.map(change) };
    case 'function':
      return { ...e, arguments: e.arguments.map(change) };
    case 'lambda':
      return { ...e, body: change(e.body) };
  }
}

/** Adds the positions of the columns that `e` reads to `found`. */
export function collectColumns(e: TypedExpression, found: Set<number>): void {
  if (e.kind === 'column') found.add(e.index);
  for (const operand of operandsOf(e)) collectColumns(operand, found);
}

/** The expression over a schema in which every column stands elsewhere. */
export function withColumnsAt(e: TypedExpression, positionOf: (index: number) => number): TypedExpression {
  if (e.kind === 'column') return { ...e, index: positionOf(e.index) };
  return withOperands(e, (operand) => withColumnsAt(operand, positionOf));
}
