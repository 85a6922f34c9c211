/**
 * Expressions as SQL-like text, for explain and errors: as few parentheses as their meaning needs, operators in the
 * words of the plan language, casts as they are executed.
 */

import { type DataType, typeName, utf8 } from '../columnar/data-type.ts';
import type { Value } from '../columnar/value.ts';
import { wholeOf } from '../columnar/value.ts';
import type { TypedAggregate, TypedExpression } from './expression.ts';
import { decimalText, valueToJson } from './literal.ts';

/** Characters of a text literal that are shown. */
const SHOWN_CHARACTERS = 60;
/** Characters of a whole expression that are shown. */
const SHOWN_EXPRESSION = 2_000;

/** The text of an expression, cut behind 2,000 characters. */
export function expressionText(e: TypedExpression): string {
  const text = textOf(e, 0);
  return text.length > SHOWN_EXPRESSION ? `${text.slice(0, SHOWN_EXPRESSION)}…` : text;
}

/** What an expression is, for messages: `delay + 1 is int64`. */
export const described = (e: TypedExpression): string => `${expressionText(e)} is ${typeName(e.type)}`;

/** `sum(delay)`, `count(*)`, `var(distinct x, ddof 0) filter (where y > 1)`. */
export function aggregateText({ function: name, input, by, filter, distinct, options = {} }: TypedAggregate): string {
  const told = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${typeof value === 'string' ? literalText(value, utf8) : String(value)}`);
  const inputs = [input === undefined ? '*' : expressionText(input), ...(by === undefined ? [] : [expressionText(by)])];
  const only = filter === undefined ? '' : ` filter (where ${expressionText(filter)})`;
  return `${name}(${distinct === true ? 'distinct ' : ''}${[...inputs, ...told].join(', ')})${only}`;
}

/** A column's name, in double quotes unless it is a plain word. */
export function nameText(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(name)) return name;
  const shown = name.length > SHOWN_CHARACTERS ? `${name.slice(0, SHOWN_CHARACTERS)}…` : name;
  return `"${escaped(shown).replaceAll('"', '""')}"`;
}

/** A value as a literal: `0.05`, `'text'`, `date '1994-01-01'`, `null`. */
export function literalText(value: Value, type: DataType): string {
  if (value === null) return 'null';
  if (typeof value === 'string') {
    const shown = value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value;
    return `'${escaped(shown).replaceAll("'", "''")}'`;
  }
  if (type.kind === 'decimal') return decimalText(wholeOf(value), type.scale);
  const json = valueToJson(value, type);
  if (typeof value === 'object' || WITH_TYPE.has(type.kind)) {
    const text = typeof json === 'string' ? json : JSON.stringify(json);
    const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
    return `${type.kind} '${escaped(shown).replaceAll("'", "''")}'`;
  }
  return String(json);
}

/** Their literals are text behind the name of the type. */
const WITH_TYPE: ReadonlySet<string> = new Set(['date', 'time', 'timestamp', 'duration', 'interval']);

/** Keeps a text on one line: control characters become escapes. */
const escaped = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

const PRECEDENCE: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  not: 3,
  'is null': 4,
  in: 4,
  '=': 5,
  '!=': 5,
  '<': 5,
  '<=': 5,
  '>': 5,
  '>=': 5,
  '+': 6,
  '-': 6,
  '*': 7,
  '/': 7,
  '//': 7,
  '%': 7,
};
/** Binds more strongly than any operator: databases disagree about `a = b is null`. */
const ALONE = 8;
const precedenceOf = (operator: string): number => PRECEDENCE[operator] ?? 0;

/** In parentheses where what stands around it binds more strongly than `e` does. */
function textOf(e: TypedExpression, around: number): string {
  switch (e.kind) {
    case 'column':
      return nameText(e.name);
    case 'literal':
      return literalText(e.value, e.type);
    case 'arithmetic':
    case 'compare':
    case 'logic': {
      const own = precedenceOf(e.operator);
      // Only these may be regrouped; comparisons do not chain, and overflow depends on the order of + and *.
      const right = e.kind === 'logic' ? own : own + 1;
      const left = e.kind === 'compare' ? own + 1 : own;
      return inside(own, around, `${textOf(e.left, left)} ${e.operator} ${textOf(e.right, right)}`);
    }
    case 'not':
      if (e.input.kind === 'is-null') return nullTest(e.input.input, 'is not null', around);
      return inside(precedenceOf('not'), around, `not ${textOf(e.input, precedenceOf('not'))}`);
    case 'is-null':
      return nullTest(e.input, 'is null', around);
    case 'cast':
      return `${e.try === true ? 'try_cast' : 'cast'}(${textOf(e.input, 0)} as ${typeName(e.type)})`;
    case 'coalesce':
      return `coalesce(${commaText(e.inputs)})`;
    case 'is-in':
      return inside(precedenceOf('in'), around, `${textOf(e.input, ALONE)} in (${commaText(e.list)})`);
    case 'list':
      return `[${commaText(e.items)}]`;
    case 'lambda':
      return `(${e.parameters.map(({ name }) => nameText(name)).join(', ')}) -> ${textOf(e.body, 0)}`;
    case 'parameter':
      return nameText(e.name);
    case 'if-else':
      return `if(${[e.condition, e.then, e.otherwise].map((part) => textOf(part, 0)).join(', ')})`;
    case 'function':
      return `${e.name}(${commaText(e.arguments)})`;
  }
}

const commaText = (list: readonly TypedExpression[]): string => list.map((e) => textOf(e, 0)).join(', ');

const nullTest = (input: TypedExpression, test: string, around: number): string =>
  inside(precedenceOf('is null'), around, `${textOf(input, ALONE)} ${test}`);

const inside = (own: number, around: number, text: string): string => (own < around ? `(${text})` : text);
