/** Pieces of the lines of `explain` that several kinds of nodes have. */

import type { TypedAggregate, TypedColumn, TypedExpression } from '../expressions/expression.ts';
import { aggregateText, expressionText, nameText } from '../expressions/expression-text.ts';
import type { BoundSortKey } from './bound-plan.ts';

/** Names that are listed. */
const MOST_NAMES = 100;

export function namesText(fields: readonly { readonly name: string }[]): string {
  const names = fields.slice(0, MOST_NAMES).map(({ name }) => nameText(name));
  if (fields.length > names.length) names.push(`and ${fields.length - names.length} more`);
  return names.length === 0 ? 'none' : names.join(', ');
}

/** A column under its own name needs no other. */
export const columnsText = (columns: readonly TypedColumn[]): string =>
  columns.length === 0
    ? 'no columns'
    : columns
        .map(({ name, expression }) =>
          expression.kind === 'column' && expression.name === name
            ? nameText(name)
            : `${expressionText(expression)} as ${nameText(name)}`,
        )
        .join(', ');

export const aggregatesText = (aggregates: readonly TypedAggregate[]): string =>
  aggregates.map((call) => `${aggregateText(call)} as ${nameText(call.name)}`).join(', ');

export const expressionsText = (expressions: readonly TypedExpression[]): string =>
  expressions.map(expressionText).join(', ');

export const keysText = (keys: readonly BoundSortKey[]): string =>
  keys
    .map(({ expression, descending, nullsFirst }) => {
      const nulls = nullsFirst === descending ? '' : nullsFirst ? ' nulls first' : ' nulls last';
      return `${expressionText(expression)}${descending ? ' desc' : ''}${nulls}`;
    })
    .join(', ');

export const rangeText = ({ limit, offset }: { readonly limit: number; readonly offset: number }): string =>
  `${limit}${offset === 0 ? '' : ` offset ${offset}`}`;
