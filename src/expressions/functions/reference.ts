/** What `millrace functions` and the reference page say about a function, from its definition alone. */

import { typeName } from '../../columnar/data-type.ts';
import { bindExpression } from '../bind.ts';
import { expressionText, literalText } from '../expression-text.ts';
import { interpreter } from '../interpret.ts';
import { valueFromJson } from '../literal.ts';
import { Problems } from '../problems.ts';
import type { Example, FunctionDefinition, Parameter } from './function-definition.ts';
import { exampleExpression } from './function-example.ts';

export interface FunctionReference {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly family: string;
  /** `lpad(text: utf8, length: an integer, fill: utf8 = " ")`. */
  readonly call: string;
  readonly doc: string;
  /** What it does with nulls, and whether it can fail; empty where it is null for null and never fails. */
  readonly notes: readonly string[];
  /** `lpad('abc', 5, ' ') = 'abc  '`. */
  readonly examples: readonly string[];
}

export function functionReference(f: FunctionDefinition): FunctionReference {
  const notes: string[] = [];
  if (f.nulls === 'own') notes.push('takes nulls');
  if (f.canFail(f.parameters.map(({ preferred }) => preferred))) notes.push('some values are an error');
  if (f.isAsync) notes.push('waits for storage: stands in the columns of a project only, and not in a branch');
  else if (f.isVolatile) notes.push('differs from call to call');
  return {
    name: f.name,
    aliases: f.aliases,
    family: f.family,
    call: `${f.name}(${f.parameters.map(parameterText).join(', ')})`,
    doc: f.doc,
    notes,
    examples: f.examples.map((example) => exampleText(f, example)),
  };
}

/** Of a default that is longer the description says what it is. */
const MAX_DEFAULT_LENGTH = 12;

function parameterText({ name, takes, default: value, repeats }: Parameter): string {
  const json = JSON.stringify(value);
  const missing = value === undefined ? '' : ` = ${json.length > MAX_DEFAULT_LENGTH ? '…' : json}`;
  return `${name}: ${takes}${repeats === true ? ', …' : ''}${missing}`;
}

/** The example as the engine has it: text of the bound call, without defaults, and its result. */
function exampleText({ name, isAsync }: FunctionDefinition, example: Example): string {
  const problems = new Problems();
  const bound = bindExpression(exampleExpression(name, example), { fields: [] }, problems, '$');
  problems.throwIfAny();
  if (bound === undefined) throw new TypeError(`an example of ${name} is not bound`);
  const value = isAsync
    ? (valueFromJson(example[1], bound.type) ?? null)
    : interpreter(bound)({ value: () => null, where: () => name });
  const result = value === null ? `null of ${typeName(bound.type)}` : literalText(value, bound.type);
  const given =
    bound.kind === 'function' ? { ...bound, arguments: bound.arguments.slice(0, example[0].length) } : bound;
  return `${expressionText(given)} = ${result}`;
}
