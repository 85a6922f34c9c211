import { withColumnsAt } from '../../expressions/columns.ts';
import { expressionText, nameText } from '../../expressions/expression-text.ts';
import { shownUri } from '../../io/uri.ts';
import { type BoundOf, columnField } from '../bind-parts.ts';
import type { AsyncCall } from '../bound-plan.ts';
import { type Prune, type Pruned, withColumnsOf } from '../pruning.ts';

/** A call whose result nobody needs is not made. */
export function pruneAsyncCall(node: BoundOf<'async-call'>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const last = node.schema.fields.length - 1;
  if (!needed.has(last)) return prune(node.input, needed);
  const others = new Set(needed);
  others.delete(last);
  const { arguments: given } = node.call.expression;
  const { node: input, positionOf } = prune(node.input, withColumnsOf(given, others));
  const { name, expression } = node.call;
  const moved = { ...expression, arguments: given.map((e) => withColumnsAt(e, positionOf)) };
  const { fields } = input.schema;
  return {
    node: {
      ...node,
      input,
      call: { name, expression: moved },
      schema: { fields: [...fields, columnField(node.call)] },
    },
    positionOf: (index) => (index === last ? fields.length : positionOf(index)),
  };
}

/** The calls with the words of their operators; a uri that is a literal without what may be secret in it. */
export function asyncCallText({ name, expression }: AsyncCall): string {
  const { name: called, arguments: given } = expression;
  const operator = called === 'url_download' ? 'UrlDownload' : 'UrlUpload';
  const shown = given.map((e) =>
    e.kind === 'literal' && typeof e.value === 'string' && e.value.includes('://')
      ? shownUri(e.value)
      : expressionText(e),
  );
  return `${operator} ${called}(${shown.join(', ')}) as ${nameText(name)}`;
}
