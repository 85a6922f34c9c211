/**
 * Binding: `Expression` over a schema → `TypedExpression`. Names become positions, types are checked, and every
 * coercion becomes an explicit cast. An operand that is wrong does not keep its siblings from being checked, so that
 * one pass reports all there is to report; what stands above it is not checked, as its type is not known.
 */

import {
  bool,
  type DataType,
  isInteger,
  isNumeric,
  list as listOf,
  nullType,
  typeName,
} from '../columnar/data-type.ts';
import { columnPositions, type Schema } from '../columnar/schema.ts';
import { bindArithmetic } from './bind-arithmetic.ts';
import { bindCall } from './bind-call.ts';
import { adapted, canCast, castTo, literal, tryCastTo } from './coerce.ts';
import {
  cappedDecimal,
  commonType,
  comparisonType,
  excessDigits,
  MAX_DECIMAL_DIGITS,
  superType,
} from './common-type.ts';
import type { BinaryOperator, ComparisonOperator, Expression, TypedExpression } from './expression.ts';
import { described, literalText } from './expression-text.ts';
import { type JsonValue, literalForm, valueFromJson } from './literal.ts';
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

/**
 * Both in the one type in which `=` compares them; undefined where it added a problem at `path`. Their names were looked up
 * in schemas of their own.
 */
export function bindEqual(
  left: TypedExpression,
  right: TypedExpression,
  problems: Problems,
  path: string,
): readonly [TypedExpression, TypedExpression] | undefined {
  return new Binder({ fields: [] }, problems).equal(left, right, path);
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

type OfTypedKind<Kind extends TypedExpression['kind']> = Extract<TypedExpression, { kind: Kind }>;

/** Binds expressions over one schema. */
class Binder {
  readonly #schema: Schema;
  readonly #problems: Problems;
  /** Of the lambdas around, the innermost last. */
  readonly #parameters: OfTypedKind<'parameter'>[] = [];
  #slots = -1;

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
      case 'coalesce':
        return this.#coalesce(e.inputs, this.#all(e.inputs, pathOf(path, 'inputs')), path);
      case 'fill-null':
        return this.#coalesce([], [this.#member(e, 'input', path), this.#member(e, 'fill', path)], path);
      case 'is-in':
        return this.#isIn(e, path);
      case 'between':
        return this.#between(e, path);
      case 'list':
        return this.#list(e, path);
      case 'alias':
        return this.#member(e, 'input', path);
      case 'function':
        return bindCall(e, this, path);
      case 'lambda':
        return this.#fail(path, 'A lambda is only an argument of a function that takes one, such as list_map.');
      case 'parameter': {
        const found = this.#parameters.findLast(({ name }) => name === e.name);
        if (found !== undefined) return found;
        return this.#fail(pathOf(path, 'name'), `No lambda around this has a parameter ${quoted(e.name)}.`);
      }
    }
  }

  /** Binds the body of a lambda whose parameters have these types. */
  lambda(e: OfKind<'lambda'>, types: readonly DataType[], path: string): TypedExpression | undefined {
    if (e.parameters.length > types.length) {
      const most = types.length === 1 ? 'one parameter' : `${types.length} parameters`;
      return this.#fail(
        pathOf(path, 'parameters'),
        `The lambda may have ${most} here, and has ${e.parameters.length}.`,
      );
    }
    const parameters = e.parameters.map((name, index): OfTypedKind<'parameter'> => {
      this.#slots += 1;
      return { kind: 'parameter', name, slot: this.#slots, type: types[index] ?? nullType, nullable: true };
    });
    this.#parameters.push(...parameters);
    const body = this.#member(e, 'body', path);
    this.#parameters.length -= parameters.length;
    return body && { kind: 'lambda', parameters, body, type: body.type, nullable: body.nullable };
  }

  /** `e` where it is bool, or null of whatever type; else a problem that begins with `what`. */
  asBool(e: TypedExpression | undefined, path: string, what: string): TypedExpression | undefined {
    if (e === undefined) return undefined;
    if (e.type.kind === 'bool') return e;
    if (e.kind === 'literal' && e.value === null) return literal(null, bool);
    return this.#fail(path, `${what} must be bool, and ${described(e)}. Compare it with something.`);
  }

  get problems(): Problems {
    return this.#problems;
  }

  #fail(path: string, message: string): undefined {
    this.#problems.add(path, message);
  }

  #all(list: readonly Expression[], path: string): (TypedExpression | undefined)[] {
    return list.map((e, index) => this.bind(e, pathOf(path, index)));
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
    const shown = typeof value === 'string' ? quoted(value) : quotedJson(value);
    return this.#fail(pathOf(path, 'value'), `${shown} is no ${typeName(type)}: expected ${literalForm(type)}.`);
  }

  #cast(e: OfKind<'cast'>, path: string): TypedExpression | undefined {
    const input = this.#member(e, 'input', path);
    if (input === undefined) return undefined;
    if (input.kind === 'literal' && input.value === null) return literal(null, e.type);
    if (!canCast(input.type, e.type)) {
      const [from, to] = [typeName(input.type), typeName(e.type)];
      return this.#fail(path, `There is no cast from ${from} to ${to}.`);
    }
    return e.try === true ? tryCastTo(input, e.type) : castTo(input, e.type);
  }

  #binary(e: BinaryExpression, path: string): TypedExpression | undefined {
    const left = this.#member(e, 'left', path);
    const right = this.#member(e, 'right', path);
    const { operator } = e;
    if (left === undefined || right === undefined) {
      if (isLogic(operator)) this.#logic(operator, left, right, path);
      return undefined;
    }
    const bits = bitFunction(operator, left.type, right.type);
    if (bits !== undefined) {
      const call: OfKind<'function'> = { kind: 'function', name: bits, arguments: [e.left, e.right] };
      return bindCall(call, this, path);
    }
    if (isLogic(operator)) return this.#logic(operator, left, right, path);
    if (operator === '<<' || operator === '>>') {
      return this.#fail(
        path,
        `${typeName(left.type)} ${operator} ${typeName(right.type)} is not defined: bits are those of integers.`,
      );
    }
    const a = adapted(left, right.type);
    const b = adapted(right, a.type);
    if (operator === '<=>') return this.#sameOrBothNull(a, b, path);
    if (isComparison(operator)) return this.#compare(operator, a, b, path);
    const bound = bindArithmetic(operator, a, b);
    return typeof bound === 'string' ? this.#fail(path, bound) : bound;
  }

  #logic(
    operator: 'and' | 'or' | 'xor',
    left: TypedExpression | undefined,
    right: TypedExpression | undefined,
    path: string,
  ): TypedExpression | undefined {
    const what = `An operand of ${operator}`;
    const a = this.asBool(left, pathOf(path, 'left'), what);
    const b = this.asBool(right, pathOf(path, 'right'), what);
    if (a === undefined || b === undefined) return undefined;
    const typed = { left: a, right: b, type: bool, nullable: a.nullable || b.nullable };
    // Of two bools exactly one is true where they differ, and null is unknown in both.
    if (operator === 'xor') return { kind: 'compare', operator: '!=', ...typed };
    return { kind: 'logic', operator, ...typed };
  }

  equal(
    left: TypedExpression,
    right: TypedExpression,
    path: string,
  ): readonly [TypedExpression, TypedExpression] | undefined {
    const a = adapted(left, right.type);
    const b = adapted(right, a.type);
    const type = this.#comparisonType('=', a, b, path);
    return type && [castTo(a, type), castTo(b, type)];
  }

  #comparisonType(
    operator: ComparisonOperator,
    a: TypedExpression,
    b: TypedExpression,
    path: string,
  ): DataType | undefined {
    const type = comparisonType(a.type, b.type);
    if (type === undefined) return this.#fail(path, whyNotComparable(operator, a, b));
    return this.#tooWide(type, path, 'To compare them') ? undefined : type;
  }

  #compare(
    operator: ComparisonOperator,
    a: TypedExpression,
    b: TypedExpression,
    path: string,
  ): TypedExpression | undefined {
    const met = comparisonType(a.type, b.type);
    // A sum has all digits that there are, so that no other scale fits beside it: as in arithmetic, only a value that needs
    // more is an overflow.
    const type =
      met?.kind === 'decimal' ? cappedDecimal(met.precision, met.scale) : this.#comparisonType(operator, a, b, path);
    if (type === undefined) return undefined;
    const [left, right] = [scaledTo(a, type), scaledTo(b, type)];
    return { kind: 'compare', operator, left, right, type: bool, nullable: left.nullable || right.nullable };
  }

  /** Equal, or both null: where the comparison is null, at least one is. */
  #sameOrBothNull(a: TypedExpression, b: TypedExpression, path: string): TypedExpression | undefined {
    const equal = this.#compare('=', a, b, path);
    if (equal === undefined || !equal.nullable) return equal;
    const typed = { type: bool, nullable: false };
    const isNull = (input: TypedExpression): TypedExpression => ({ kind: 'is-null', input, ...typed });
    const both: TypedExpression = { kind: 'logic', operator: 'and', left: isNull(a), right: isNull(b), ...typed };
    return { kind: 'coalesce', inputs: [equal, both], ...typed };
  }

  #ifElse(e: OfKind<'if-else'>, path: string): TypedExpression | undefined {
    const condition = this.asBool(this.#member(e, 'condition', path), pathOf(path, 'condition'), 'A condition');
    const [first, second] = [this.#member(e, 'then', path), this.#member(e, 'otherwise', path)];
    if (condition === undefined || first === undefined || second === undefined) return undefined;
    const a = adapted(first, second.type);
    const b = adapted(second, a.type);
    const type = superType(a.type, b.type);
    if (type === undefined) {
      const [thenName, elseName] = [typeName(a.type), typeName(b.type)];
      return this.#fail(path, `The branches have no common type: ${thenName} and ${elseName}. Cast one of them.`);
    }
    if (this.#tooWide(type, path, 'For both branches')) return undefined;
    const [then, otherwise] = [scaledTo(a, type), scaledTo(b, type)];
    const nullable = condition.nullable || then.nullable || otherwise.nullable;
    return { kind: 'if-else', condition, then, otherwise, type, nullable };
  }

  /** The values in the one type that holds all of them; `purpose` begins the message where there is none. */
  #inCommon(
    given: readonly TypedExpression[],
    path: string,
    purpose: string,
    meet: (a: DataType, b: DataType) => DataType | undefined = superType,
  ): readonly TypedExpression[] | undefined {
    const typed = given.find((e) => !isNullLiteral(e)) ?? given[0];
    if (typed === undefined) return [];
    let { type } = typed;
    for (const e of given) {
      const next = meet(type, adapted(e, type).type);
      if (next === undefined) {
        const [a, b] = [typeName(type), typeName(e.type)];
        return this.#fail(path, `${purpose} have no common type: ${a} and ${b}. Cast one of them.`);
      }
      type = next;
    }
    if (this.#tooWide(type, path, purpose)) return undefined;
    return given.map((e) => scaledTo(adapted(e, type), type));
  }

  #coalesce(
    written: readonly Expression[],
    bound: readonly (TypedExpression | undefined)[],
    path: string,
  ): TypedExpression | undefined {
    const given = bound.filter((e) => e !== undefined);
    if (given.length < bound.length) return undefined;
    const purpose = written.length > 0 ? 'The inputs of coalesce' : 'The input and what fills it';
    const inputs = this.#inCommon(given, path, purpose);
    const [first] = inputs ?? [];
    if (inputs === undefined || first === undefined) return undefined;
    const { type } = widest(inputs);
    return { kind: 'coalesce', inputs, type, nullable: inputs.every((e) => e.nullable) };
  }

  #isIn(e: OfKind<'is-in'>, path: string): TypedExpression | undefined {
    const input = this.#member(e, 'input', path);
    const listed = this.#all(e.list, pathOf(path, 'list'));
    const list = listed.filter((item) => item !== undefined);
    if (input === undefined || list.length < listed.length) return undefined;
    // Of an empty list nothing is asked: not even whether the input is null.
    if (list.length === 0) return literal(false, bool);
    const all = this.#inCommon([input, ...list], path, 'The input and the list', commonType);
    const [needle, ...values] = all ?? [];
    if (all === undefined || needle === undefined) return undefined;
    return { kind: 'is-in', input: needle, list: values, type: bool, nullable: all.some((one) => one.nullable) };
  }

  #between(e: OfKind<'between'>, path: string): TypedExpression | undefined {
    const { input, low, high } = e;
    const from = this.#binary({ kind: 'binary', operator: '>=', left: input, right: low }, path);
    const to = this.#binary({ kind: 'binary', operator: '<=', left: input, right: high }, path);
    return from && to && this.#logic('and', from, to, path);
  }

  #list(e: OfKind<'list'>, path: string): TypedExpression | undefined {
    const bound = this.#all(e.items, pathOf(path, 'items'));
    const given = bound.filter((item) => item !== undefined);
    if (given.length < bound.length) return undefined;
    const items = this.#inCommon(given, path, 'The items');
    return items && { kind: 'list', items, type: listOf(widest(items).type), nullable: false };
  }

  /** Whether a decimal has more digits than there are; says so. */
  #tooWide(type: DataType, path: string, purpose: string): boolean {
    const digits = excessDigits(type);
    if (digits === undefined) return false;
    const most = `${MAX_DECIMAL_DIGITS} is the most`;
    this.#problems.add(
      path,
      `${purpose}, a decimal of ${digits} digits would be needed, and ${most}. Cast a side first.`,
    );
    return true;
  }
}

const COMPARISONS: ReadonlySet<string> = new Set<ComparisonOperator>(['=', '!=', '<', '<=', '>', '>=']);
const isComparison = (operator: BinaryOperator): operator is ComparisonOperator => COMPARISONS.has(operator);

/** In `type`, or, for decimals, only at its scale: their precisions may differ. */
function scaledTo(e: TypedExpression, type: DataType): TypedExpression {
  const isScaled = type.kind === 'decimal' && e.type.kind === 'decimal' && e.type.scale === type.scale;
  return isScaled ? e : castTo(e, type);
}

/** A value in JSON as a message repeats it. */
function quotedJson(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Of values in one type, decimals at one scale, the one with the most digits. */
function widest(values: readonly TypedExpression[]): TypedExpression {
  const digits = ({ type }: TypedExpression): number => (type.kind === 'decimal' ? type.precision : 0);
  return values.reduce((a, b) => (digits(b) > digits(a) ? b : a));
}

const isNullLiteral = (e: TypedExpression): boolean => e.kind === 'literal' && e.value === null;

const isLogic = (operator: BinaryOperator): operator is 'and' | 'or' | 'xor' =>
  operator === 'and' || operator === 'or' || operator === 'xor';

/** The function that an operator on the bits of integers is. */
function bitFunction(operator: BinaryOperator, left: DataType, right: DataType): string | undefined {
  return isInteger(left) && isInteger(right) ? BIT_FUNCTIONS[operator] : undefined;
}
const BIT_FUNCTIONS: Readonly<Partial<Record<BinaryOperator, string>>> = {
  and: 'bitwise_and',
  or: 'bitwise_or',
  xor: 'bitwise_xor',
  '<<': 'shift_left',
  '>>': 'shift_right',
};

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
