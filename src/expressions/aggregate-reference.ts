/** What `millrace functions` and the reference page say about an aggregate, from its definition alone. */

import { type DataType, int64 } from '../columnar/data-type.ts';
import { field, type Schema } from '../columnar/schema.ts';
import { AGGREGATES, type AggregateDefinition, type AggregateExample } from './aggregate-functions.ts';
import { bindAggregate } from './aggregates.ts';
import type { AggregateCall, AggregateFunction, AggregateOptions } from './expression.ts';
import { aggregateText, literalText } from './expression-text.ts';
import type { FunctionReference } from './functions/reference.ts';
import { type JsonValue, valueFromJson } from './literal.ts';
import { Problems } from './problems.ts';

const OPTIONS: Readonly<Record<keyof AggregateOptions, string>> = {
  mode: 'mode: "valid", "all" or "null" = "valid"',
  ddof: 'ddof: an integer = 1',
  percentile: 'percentile: a number from 0 to 1',
  percentiles: 'or percentiles: a list of such numbers',
  delimiter: 'delimiter: utf8 = ","',
  ignoreNulls: 'ignoreNulls: bool',
};

/** The columns that an example is over. */
export const exampleInput = ({ type, by }: AggregateExample): Schema => ({
  fields: [field('x', type), ...(by === undefined ? [] : [field('y', int64)])],
});

/** The aggregate of an example, over its columns. */
export const exampleCall = (name: AggregateFunction, { by, distinct, options }: AggregateExample): AggregateCall => ({
  name: 'result',
  function: name,
  input: { kind: 'column', name: 'x' },
  by: by && { kind: 'column', name: 'y' },
  distinct,
  options,
});

/** Those of all aggregates, in the order of the table. */
export const aggregateReferences = (): readonly FunctionReference[] =>
  (Object.keys(AGGREGATES) as AggregateFunction[]).map(aggregateReference);

function aggregateReference(name: AggregateFunction): FunctionReference {
  const definition = AGGREGATES[name];
  return {
    name,
    aliases: [],
    family: 'aggregates',
    call: `${name}(${parameterTexts(definition).join(', ')})`,
    doc: definition.doc,
    notes: notesOf(definition),
    examples: definition.examples.map((example) => exampleText(name, example)),
  };
}

const parameterTexts = ({ takes, by, options }: AggregateDefinition): string[] => [
  `x: ${takes}`,
  ...(by ? ['y: what has an order'] : []),
  ...options.map((option) => OPTIONS[option]),
];

function notesOf({ nulls, distinct }: AggregateDefinition): string[] {
  const notes = nulls === undefined ? [] : [nulls];
  if (distinct === 'matters') notes.push('takes distinct');
  return notes;
}

/** `min_by(x, y) of ('ORD', 3), ('ATL', 1) = 'ATL'`. */
function exampleText(name: AggregateFunction, example: AggregateExample): string {
  const { type, values, by, result } = example;
  const problems = new Problems();
  const bound = bindAggregate(exampleCall(name, example), exampleInput(example), problems, '$');
  problems.throwIfAny();
  if (bound === undefined) throw new TypeError(`an example of ${name} is not bound`);
  const rows = values.map((value, row) => {
    const text = jsonText(value, type);
    return by === undefined ? text : `(${text}, ${jsonText(by[row] ?? null, int64)})`;
  });
  return `${aggregateText(bound)} of ${rows.join(', ')} = ${jsonText(result, bound.type)}`;
}

const jsonText = (json: JsonValue, type: DataType): string => literalText(valueFromJson(json, type) ?? null, type);
