/** What stands inside of an expression of a plan. */

import type { Expression } from './expression.ts';

/** The expression with other names for columns, where there are. */
export function withColumnsRenamed(e: Expression, names: ReadonlyMap<string, string>): Expression {
  if (e.kind === 'column') return { ...e, name: names.get(e.name) ?? e.name };
  return mapInputs(e, (input) => withColumnsRenamed(input, names));
}

/** The expression with other expressions in place of columns, where there are. */
export function withColumnsReplaced(e: Expression, by: ReadonlyMap<string, Expression>): Expression {
  if (e.kind === 'column') return by.get(e.name) ?? e;
  return mapInputs(e, (input) => withColumnsReplaced(input, by));
}

/** The names of columns in the expression, in its order. */
export function columnsIn(e: Expression, found: Set<string> = new Set()): ReadonlySet<string> {
  if (e.kind === 'column') found.add(e.name);
  mapInputs(e, (input) => {
    columnsIn(input, found);
    return input;
  });
  return found;
}

/** The expression with other inputs. */
export function mapInputs(e: Expression, change: (input: Expression) => Expression): Expression {
  switch (e.kind) {
    case 'column':
    case 'literal':
    case 'parameter':
      return e;
    case 'binary':
      return { ...e, left: change(e.left), right: change(e.right) };
    case 'not':
    case 'is-null':
    case 'is-not-null':
    case 'cast':
    case 'alias':
      return { ...e, input: change(e.input) };
    case 'if-else':
      // biome-ignore lint/suspicious/noThenProperty: the word of the plan language
      return { ...e, condition: change(e.condition), then: change(e.then), otherwise: change(e.otherwise) };
    case 'coalesce':
      return { ...e, inputs: e.inputs.map(change) };
    case 'fill-null':
      return { ...e, input: change(e.input), fill: change(e.fill) };
    case 'is-in':
      return { ...e, input: change(e.input), list: e.list.map(change) };
    case 'between':
      return { ...e, input: change(e.input), low: change(e.low), high: change(e.high) };
    case 'list':
      return { ...e, items: e.items.map(change) };
    case 'function':
      return { ...e, arguments: e.arguments.map(change) };
    case 'lambda':
      return { ...e, body: change(e.body) };
  }
}
