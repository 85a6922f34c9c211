/** Binding of calls: which function is meant, whether the arguments suit it, and what it gives. */

import { type DataType, isNumeric, list, map, sameType, typeName } from '../columnar/data-type.ts';
import { adapted, castLiteral, castTo, literal } from './coerce.ts';
import { commonType } from './common-type.ts';
import type { Expression, TypedExpression } from './expression.ts';
import { described } from './expression-text.ts';
import { callNode } from './functions/call-node.ts';
import type { FunctionDefinition, Parameter } from './functions/function-definition.ts';
import { itemType } from './functions/parameter-kinds.ts';
import { FUNCTIONS } from './functions/registry.ts';
import { valueFromJson } from './literal.ts';
import { type Problems, pathOf, quoted } from './problems.ts';
import { didYouMean } from './suggestion.ts';
import { order } from './value-order.ts';

/** Who binds what stands inside a call. */
export interface CallBinder {
  readonly problems: Problems;
  bind(e: Expression, path: string): TypedExpression | undefined;
  /** The lambda with parameters of these types. */
  lambda(e: LambdaExpression, types: readonly DataType[], path: string): TypedExpression | undefined;
}

type LambdaExpression = Extract<Expression, { kind: 'lambda' }>;
type CallExpression = Extract<Expression, { kind: 'function' }>;

/** Undefined where it added a problem. */
export function bindCall(e: CallExpression, binder: CallBinder, path: string): TypedExpression | undefined {
  const { problems } = binder;
  const definition = FUNCTIONS.get(e.name);
  if (definition === undefined) {
    for (const [index, argument] of e.arguments.entries()) {
      if (argument.kind !== 'lambda') binder.bind(argument, `${path}.arguments[${index}]`);
    }
    const suggestion = problems.isFull ? '' : didYouMean(e.name, FUNCTIONS.keys());
    problems.add(pathOf(path, 'name'), `There is no function ${quoted(e.name)}.${suggestion}`);
    return undefined;
  }
  const wrong = wrongCount(definition, e.arguments.length);
  const bound = bindArguments(definition, e, binder, path);
  if (wrong !== undefined) problems.add(pathOf(path, 'arguments'), wrong);
  if (wrong !== undefined || bound === undefined) return undefined;
  const given = inCommon(definition, withItems(definition, withDefaults(definition, bound)));
  if (typeof given === 'string') {
    problems.add(path, given);
    return undefined;
  }
  const call = callNode(definition, given);
  if (typeof call !== 'string') return call;
  problems.add(path, call);
  return undefined;
}

function wrongCount({ name, parameters }: FunctionDefinition, count: number): string | undefined {
  const least = parameters.filter((p) => p.default === undefined).length;
  const most = parameters.at(-1)?.repeats === true ? Number.POSITIVE_INFINITY : parameters.length;
  if (count >= least && count <= most) return undefined;
  const takes =
    most === least
      ? least === 1
        ? 'one argument'
        : `${least === 0 ? 'no' : least} arguments`
      : Number.isFinite(most)
        ? `${least} to ${most} arguments`
        : `at least ${least === 1 ? 'one argument' : `${least} arguments`}`;
  return `${name} takes ${takes}, and is given ${count}.`;
}

const parameterAt = ({ parameters }: FunctionDefinition, index: number): Parameter | undefined =>
  parameters[index] ?? (parameters.at(-1)?.repeats === true ? parameters.at(-1) : undefined);

function bindArguments(
  definition: FunctionDefinition,
  e: CallExpression,
  binder: CallBinder,
  path: string,
): readonly TypedExpression[] | undefined {
  const bound: TypedExpression[] = [];
  for (const [index, argument] of e.arguments.entries()) {
    const at = `${path}.arguments[${index}]`;
    const parameter = parameterAt(definition, index);
    const types = bound.map(({ type }) => type);
    const given =
      argument.kind === 'lambda' && parameter?.lambda !== undefined && bound.length === index
        ? binder.lambda(argument, parameter.lambda(types), at)
        : binder.bind(argument, at);
    if (given === undefined || parameter === undefined) continue;
    const accepted = parameter.lambda === undefined ? acceptedBy(parameter, given) : given.kind === 'lambda' && given;
    if (accepted) bound.push(accepted);
    else binder.problems.add(at, `${definition.name} takes ${parameter.takes}, and ${described(given)}.`);
  }
  return bound.length === e.arguments.length ? bound : undefined;
}

/** The argument in a type that the parameter takes. */
function acceptedBy(parameter: Parameter, given: TypedExpression): TypedExpression | undefined {
  const isNull = given.kind === 'literal' && given.value === null;
  const direct = isNull && given.type.kind === 'null' ? undefined : parameter.accept(given.type);
  if (direct !== undefined) return castTo(given, direct);
  const suited = isNull ? literal(null, parameter.preferred) : adapted(given, parameter.preferred);
  const type = parameter.accept(suited.type);
  return type && castTo(suited, type);
}

function withDefaults(
  { name, parameters }: FunctionDefinition,
  given: readonly TypedExpression[],
): readonly TypedExpression[] {
  const missing = parameters.slice(given.length).filter((p) => p.repeats !== true || p.default !== undefined);
  return [
    ...given,
    ...missing.map(({ default: json = null, preferred }) => {
      const value = valueFromJson(json, preferred);
      if (value === undefined) throw new TypeError(`a default of ${name} is no ${typeName(preferred)}`);
      return literal(value, preferred);
    }),
  ];
}

/** The arguments, a list and an item of it, or a map and a key of it, in types that suit each other, where there are such. */
function withItems(definition: FunctionDefinition, given: readonly TypedExpression[]): readonly TypedExpression[] {
  const [first] = given;
  const at = given.findIndex((_, index) => parameterAt(definition, index)?.item === true);
  const value = given[at];
  if (first === undefined || value === undefined) return given;
  const entries = first.type.kind === 'map' ? first.type : undefined;
  const item = entries?.key ?? itemType(first.type);
  const beside = item.kind === 'null' ? value : keptAs(adapted(value, item), item);
  const type = commonType(item, beside.type);
  if (type === undefined) return given;
  const cast = given.with(at, castTo(beside, type));
  if (sameType(type, item)) return cast;
  return cast.with(0, castTo(first, entries === undefined ? list(type) : map(type, entries.value)));
}

/** A literal number in the type of the numbers it is held against, where that keeps it: so that those need no cast. */
function keptAs(e: TypedExpression, type: DataType): TypedExpression {
  if (e.kind !== 'literal' || e.value === null || !isNumeric(e.type) || !isNumeric(type)) return e;
  const value = castLiteral(e.value, e.type, type) ?? null;
  const back = castLiteral(value, type, e.type) ?? null;
  return value !== null && back !== null && order(back, e.value) === 0 ? literal(value, type) : e;
}

/** The arguments, those of common parameters in the type that holds all of theirs; or what is wrong. */
function inCommon(
  definition: FunctionDefinition,
  given: readonly TypedExpression[],
): readonly TypedExpression[] | string {
  const isCommon = given.map((_, index) => parameterAt(definition, index)?.common === true);
  const shared = given.filter((_, index) => isCommon[index]);
  const first = shared.find((e) => e.type.kind !== 'null' && !(e.kind === 'literal' && e.value === null)) ?? shared[0];
  if (first === undefined) return given;
  let type: DataType = first.type;
  for (const e of shared) {
    const next = commonType(type, adapted(e, type).type);
    if (next === undefined) {
      const hint = isNumeric(type) === isNumeric(e.type) ? '' : ' Cast one of them.';
      return `${definition.name} needs values of one type, and these are ${typeName(type)} and ${typeName(e.type)}.${hint}`;
    }
    type = next;
  }
  return given.map((e, index) => (isCommon[index] ? castTo(adapted(e, type), type) : e));
}
