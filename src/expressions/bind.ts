/**
 * Binding: `Expression` over a schema → `TypedExpression`. Names become positions, types are checked, and every
 * coercion becomes an explicit cast. An operand that is wrong does not keep its siblings from being checked, so that
 * one pass reports all there is to report; what stands above it is not checked, as its type is not known.
 */

import { bool, type DataType, isNumeric, typeName } from '../columnar/data-type.ts';
import type { Schema } from '../columnar/schema.ts';
import { bindArithmetic } from './bind-arithmetic.ts';
import { adapted, canCast, castTo, commonType, comparisonType, literal, MAX_DECIMAL_DIGITS } from './coerce.ts';
import type { ArithmeticOperator, ComparisonOperator, Expression, TypedExpression } from './expression.ts';
import { expressionText, literalText } from './expression-text.ts';
import { accepts, FUNCTIONS, parameterName, parameterType } from './functions.ts';
import { literalForm, valueFromJson } from './literal.ts';
import { type Problems, pathOf, quoted } from './problems.ts';
import { didYouMean } from './suggestion.ts';

/** With at most this many columns, an error lists them. */
const FEW_COLUMNS = 12;

type BinaryExpression = Extract<Expression, { kind: 'binary' }>;
type OfKind<Kind extends Expression['kind']> = Extract<Expression, { kind: Kind }>;

/** Undefined where it added a problem; `path` is the JSON path of `expression`. */
export function bindExpression(
  expression: Expression,
  schema: Schema,
  problems: Problems,
  path: string,
): TypedExpression | undefined {
  return new Binder(schema, problems).bind(expression, path);
}

/** As `bindExpression`, for an expression that must be true or false. */
export function bindPredicate(
  expression: Expression,
  schema: Schema,
  problems: Problems,
  path: string,
): TypedExpression | undefined {
  const binder = new Binder(schema, problems);
  return binder.asBool(binder.bind(expression, path), path, 'A predicate');
}

/** Positions by name, once per schema: a plan may have many expressions over a wide one. */
const positionsOfSchema = new WeakMap<Schema, ReadonlyMap<string, number>>();

/** The position of each column of the schema, by name. */
export function columnPositions(schema: Schema): ReadonlyMap<string, number> {
  const known = positionsOfSchema.get(schema);
  if (known !== undefined) return known;
  const positions = new Map(schema.fields.map(({ name }, index) => [name, index]));
  positionsOfSchema.set(schema, positions);
  return positions;
}

/** Says that the schema has no such column, and which was probably meant. */
export function addUnknownColumn(name: string, schema: Schema, problems: Problems, path: string): void {
  if (problems.isFull) return;
  const { fields } = schema;
  const names = fields.map((f) => f.name);
  const suggestion = didYouMean(name, names);
  const known = fields.length <= FEW_COLUMNS ? ` The columns are ${names.map(quoted).join(', ') || 'none'}.` : '';
  problems.add(path, `There is no column ${quoted(name)}.${suggestion}${suggestion === '' ? known : ''}`);
}

class Binder {
  readonly #schema: Schema;
  readonly #problems: Problems;

  constructor(schema: Schema, problems: Problems) {
    this.#schema = schema;
    this.#problems = problems;
  }

  bind(e: Expression, path: string): TypedExpression | undefined {
    switch (e.kind) {
      case 'column':
        return this.#column(e.name, path);
      case 'literal':
        return this.#literal(e, path);
      case 'binary':
        return this.#binary(e, path);
      case 'not': {
        const input = this.asBool(this.#member(e, 'input', path), pathOf(path, 'input'), 'The operand of not');
        return input && { kind: 'not', input, type: bool, nullable: input.nullable };
      }
      case 'is-null':
      case 'is-not-null': {
        const input = this.#member(e, 'input', path);
        if (input === undefined) return undefined;
        const isNull: TypedExpression = { kind: 'is-null', input, type: bool, nullable: false };
        return e.kind === 'is-null' ? isNull : { kind: 'not', input: isNull, type: bool, nullable: false };
      }
      case 'cast':
        return this.#cast(e, path);
      case 'if-else':
        return this.#ifElse(e, path);
      case 'function':
        return this.#call(e, path);
    }
  }

  /** `e` where it is bool, or null of whatever type; else a problem that begins with `what`. */
  asBool(e: TypedExpression | undefined, path: string, what: string): TypedExpression | undefined {
    if (e === undefined) return undefined;
    if (e.type.kind === 'bool') return e;
    if (e.kind === 'literal' && e.value === null) return literal(null, bool);
    return this.#fail(path, `${what} must be bool, and ${described(e)}. Compare it with something.`);
  }

  #fail(path: string, message: string): undefined {
    this.#problems.add(path, message);
  }

  #member<Key extends string>(e: { readonly [K in Key]: Expression }, key: Key, path: string) {
    return this.bind(e[key], pathOf(path, key));
  }

  #column(name: string, path: string): TypedExpression | undefined {
    const index = columnPositions(this.#schema).get(name);
    const found = index === undefined ? undefined : this.#schema.fields[index];
    if (index === undefined || found === undefined) {
      addUnknownColumn(name, this.#schema, this.#problems, pathOf(path, 'name'));
      return undefined;
    }
    return { kind: 'column', index, name, type: found.type, nullable: found.nullable };
  }

  #literal({ type, value }: OfKind<'literal'>, path: string): TypedExpression | undefined {
    const bound = valueFromJson(value, type);
    if (bound !== undefined) return literal(bound, type);
    const shown = typeof value === 'string' ? quoted(value) : String(value);
    return this.#fail(pathOf(path, 'value'), `${shown} is no ${typeName(type)}: expected ${literalForm(type)}.`);
  }

  #cast(e: OfKind<'cast'>, path: string): TypedExpression | undefined {
    const input = this.#member(e, 'input', path);
    if (input === undefined) return undefined;
    if (input.kind === 'literal' && input.value === null) return literal(null, e.type);
    const operand = adapted(input, e.type);
    if (!canCast(operand.type, e.type)) {
      const [from, to] = [typeName(input.type), typeName(e.type)];
      return this.#fail(path, `There is no cast from ${from} to ${to}.`);
    }
    return castTo(operand, e.type);
  }

  #binary(e: BinaryExpression, path: string): TypedExpression | undefined {
    const left = this.#member(e, 'left', path);
    const right = this.#member(e, 'right', path);
    const { operator } = e;
    if (operator === 'and' || operator === 'or') {
      const what = `An operand of ${operator}`;
      const a = this.asBool(left, pathOf(path, 'left'), what);
      const b = this.asBool(right, pathOf(path, 'right'), what);
      if (a === undefined || b === undefined) return undefined;
      return { kind: 'logic', operator, left: a, right: b, type: bool, nullable: a.nullable || b.nullable };
    }
    if (left === undefined || right === undefined) return undefined;
    const a = adapted(left, right.type);
    const b = adapted(right, a.type);
    if (isComparison(operator)) return this.#compare(operator, a, b, path);
    const bound = bindArithmetic(operator, a, b);
    return typeof bound === 'string' ? this.#fail(path, bound) : bound;
  }

  #compare(operator: ComparisonOperator, a: TypedExpression, b: TypedExpression, path: string) {
    const type = comparisonType(a.type, b.type);
    if (type === undefined) return this.#fail(path, whyNotComparable(operator, a, b));
    const tooWide = this.#tooWide(type, path, 'To compare them');
    if (tooWide) return undefined;
    const [left, right] = [scaledTo(a, type), scaledTo(b, type)];
    const bound: TypedExpression = {
      kind: 'compare',
      operator,
      left,
      right,
      type: bool,
      nullable: left.nullable || right.nullable,
    };
    return bound;
  }

  #ifElse(e: OfKind<'if-else'>, path: string): TypedExpression | undefined {
    const condition = this.asBool(this.#member(e, 'condition', path), pathOf(path, 'condition'), 'A condition');
    const [first, second] = [this.#member(e, 'then', path), this.#member(e, 'otherwise', path)];
    if (condition === undefined || first === undefined || second === undefined) return undefined;
    const a = adapted(first, second.type);
    const b = adapted(second, a.type);
    const type = commonType(a.type, b.type);
    if (type === undefined) {
      const [thenName, elseName] = [typeName(a.type), typeName(b.type)];
      return this.#fail(path, `The branches have no common type: ${thenName} and ${elseName}. Cast one of them.`);
    }
    if (this.#tooWide(type, path, 'For both branches')) return undefined;
    const [then, otherwise] = [scaledTo(a, type), scaledTo(b, type)];
    const nullable = condition.nullable || then.nullable || otherwise.nullable;
    return { kind: 'if-else', condition, then, otherwise, type, nullable };
  }

  /** Whether a decimal has more digits than there are; says so. */
  #tooWide(type: DataType, path: string, purpose: string): boolean {
    if (type.kind !== 'decimal' || type.precision <= MAX_DECIMAL_DIGITS) return false;
    const digits = `${type.precision} digits`;
    this.#problems.add(
      path,
      `${purpose}, a decimal of ${digits} would be needed, and 38 is the most. Cast a side first.`,
    );
    return true;
  }

  #call(e: OfKind<'function'>, path: string): TypedExpression | undefined {
    const definition = FUNCTIONS.get(e.name);
    const given = e.arguments.map((argument, index) => this.bind(argument, `${path}.arguments[${index}]`));
    if (definition === undefined) {
      const suggestion = this.#problems.isFull ? '' : didYouMean(e.name, FUNCTIONS.keys());
      return this.#fail(pathOf(path, 'name'), `There is no function ${quoted(e.name)}.${suggestion}`);
    }
    const { name, parameters, result } = definition;
    if (given.length !== parameters.length) {
      const takes = parameters.length === 1 ? 'one argument' : `${parameters.length} arguments`;
      return this.#fail(pathOf(path, 'arguments'), `${name} takes ${takes}, and is given ${given.length}.`);
    }
    const bound: TypedExpression[] = [];
    for (const [index, parameter] of parameters.entries()) {
      const argument = given[index];
      if (argument === undefined) continue;
      const operand = accepts(parameter, argument.type) ? argument : adapted(argument, parameterType(parameter));
      if (accepts(parameter, operand.type)) bound.push(operand);
      else
        this.#fail(
          `${path}.arguments[${index}]`,
          `${name} takes ${parameterName(parameter)}, and ${described(operand)}.`,
        );
    }
    if (bound.length < parameters.length) return undefined;
    const nullable = bound.some((argument) => argument.nullable);
    return { kind: 'function', name, arguments: bound, type: result, nullable };
  }
}

const COMPARISONS: ReadonlySet<string> = new Set<ComparisonOperator>(['=', '!=', '<', '<=', '>', '>=']);
const isComparison = (operator: ComparisonOperator | ArithmeticOperator): operator is ComparisonOperator =>
  COMPARISONS.has(operator);

/** In `type`, or, for decimals, only at its scale: their precisions may differ. */
function scaledTo(e: TypedExpression, type: DataType): TypedExpression {
  const isScaled = type.kind === 'decimal' && e.type.kind === 'decimal' && e.type.scale === type.scale;
  return isScaled ? e : castTo(e, type);
}

const described = (e: TypedExpression): string => `${expressionText(e)} is ${typeName(e.type)}`;

function whyNotComparable(operator: ComparisonOperator, a: TypedExpression, b: TypedExpression): string {
  for (const [text, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if (text.kind === 'literal' && text.type.kind === 'utf8' && other.type.kind !== 'utf8') {
      const form = other.type.kind === 'date' || other.type.kind === 'timestamp';
      const expected = form ? `expected ${literalForm(other.type)}` : `write a literal of ${typeName(other.type)}`;
      return `${literalText(text.value, text.type)} cannot be compared with ${typeName(other.type)}: ${expected}.`;
    }
  }
  const zones = a.type.kind === 'timestamp' && b.type.kind === 'timestamp';
  const hint = zones
    ? ' One has a time zone and the other has none.'
    : isNumeric(a.type) || isNumeric(b.type)
      ? ' Text and times are not numbers: give both sides the same type.'
      : '';
  return `${typeName(a.type)} ${operator} ${typeName(b.type)} is not defined.${hint}`;
}
