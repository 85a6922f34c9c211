/**
 * A part of jq's language that has no loops and no definitions, so that a filter takes at most as long as what it is
 * given is large, times its own length:
 *
 *     .   .a   ."a b"   .["a"]   .[0]   .[-1]   .[1:3]   .[]   each with ? behind it
 *     a | b    (a)    length  keys  values  type  first  last  reverse  sort  unique  add  min  max  not  tostring  tonumber
 *     map(f)   select(f)   select(f == 1), != < <= > >=   has("a")   join(",")
 *
 *     .items[] | select(.price > 10) | .name     ──parse──▶     a function from a value to values
 */

import { InvalidValue } from '../../errors.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JqFilter = (value: Json) => readonly Json[];

/** Characters of a filter, and parentheses inside each other. */
const MAX_LENGTH = 1_000;
const MAX_DEPTH = 20;
/** Values that a filter gives at most. */
const MAX_OUTPUTS = 1 << 16;

/** @throws InvalidValue where the text is no filter of this part of jq */
export function parseJq(text: string): JqFilter {
  if (text.length > MAX_LENGTH) throw new InvalidValue(`A filter has at most ${MAX_LENGTH} characters.`);
  const parser = new Parser(text);
  const filter = parser.pipe(0);
  parser.end();
  return filter;
}

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);
const isObject = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !isArray(value);

const refuse = (what: string, value: Json): never => {
  throw new InvalidValue(`jq: ${what} of ${typeOf(value)}`);
};

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (isArray(value)) return 'array';
  return typeof value === 'object' ? 'object' : typeof value;
}

/** Null, false, true, numbers, texts, arrays, objects. */
const RANKS = ['null', 'boolean', 'number', 'string', 'array', 'object'];

function order(a: Json, b: Json): number {
  const rank = RANKS.indexOf(typeOf(a)) - RANKS.indexOf(typeOf(b));
  if (rank !== 0 || a === b) return rank;
  if (isArray(a) && isArray(b)) {
    for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
      const difference = order(a[at] ?? null, b[at] ?? null);
      if (difference !== 0) return difference;
    }
    return a.length - b.length;
  }
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
  if (isObject(a) && isObject(b)) {
    const keys = order(Object.keys(a).sort(), Object.keys(b).sort());
    if (keys !== 0) return keys;
    const names = Object.keys(a).sort();
    return order(
      names.map((name) => a[name] ?? null),
      names.map((name) => b[name] ?? null),
    );
  }
  return Number(a) - Number(b);
}

const items = (value: Json, what: string): readonly Json[] => (isArray(value) ? value : refuse(what, value));

const sorted = (value: Json): readonly Json[] => items(value, 'sort').toSorted(order);

function added(value: Json): Json {
  const given = items(value, 'add').filter((item) => item !== null);
  const [first] = given;
  if (first === undefined) return null;
  const kind = typeOf(first);
  for (const item of given) if (typeOf(item) !== kind) refuse(`adding to ${kind}`, item);
  if (typeof first === 'number') return given.reduce<number>((sum, item) => sum + Number(item), 0);
  if (typeof first === 'string') return given.join('');
  if (isArray(first)) return given.flat() as readonly Json[];
  return isObject(first)
    ? Object.fromEntries(given.flatMap((item) => Object.entries(item as object)))
    : refuse('add', first);
}

function lengthOf(value: Json): number {
  if (value === null) return 0;
  if (typeof value === 'string') return [...value].length;
  if (typeof value === 'number') return Math.abs(value);
  return typeof value === 'object' ? Object.keys(value).length : refuse('length', value);
}

function keysOf(value: Json): readonly Json[] {
  if (isArray(value)) return value.map((_, index) => index);
  return isObject(value) ? Object.keys(value).sort() : refuse('keys', value);
}

const valuesOf = (value: Json): readonly Json[] =>
  isArray(value) ? value : isObject(value) ? Object.values(value) : refuse('values', value);

const BUILT_IN: Readonly<Record<string, (value: Json) => Json>> = {
  length: lengthOf,
  keys: keysOf,
  values: valuesOf,
  type: typeOf,
  first: (value) => items(value, 'first')[0] ?? null,
  last: (value) => items(value, 'last').at(-1) ?? null,
  reverse: (value) => items(value, 'reverse').toReversed(),
  sort: sorted,
  unique: (value) => sorted(value).filter((item, n, all) => n === 0 || order(item, all[n - 1] ?? null) !== 0),
  add: added,
  min: (value) => sorted(value)[0] ?? null,
  max: (value) => sorted(value).at(-1) ?? null,
  not: (value) => value === null || value === false,
  tostring: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
  tonumber: (value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && !Number.isNaN(number) ? number : refuse('tonumber', value);
  },
};

const TESTS: Readonly<Record<string, (difference: number) => boolean>> = {
  '==': (d) => d === 0,
  '!=': (d) => d !== 0,
  '<': (d) => d < 0,
  '<=': (d) => d <= 0,
  '>': (d) => d > 0,
  '>=': (d) => d >= 0,
};

function bounded(values: readonly Json[]): readonly Json[] {
  if (values.length > MAX_OUTPUTS) throw new InvalidValue(`jq: more than ${MAX_OUTPUTS} values`);
  return values;
}

const then =
  (first: JqFilter, next: JqFilter): JqFilter =>
  (value) =>
    bounded(first(value).flatMap(next));

/** A filter of one value that gives one; with `tries` nothing where it refuses. */
function single(compute: (value: Json) => readonly Json[], tries: boolean): JqFilter {
  if (!tries) return compute;
  return (value) => {
    try {
      return compute(value);
    } catch (error) {
      if (error instanceof InvalidValue) return [];
      throw error;
    }
  };
}

function fieldOf(value: Json, name: string): Json {
  if (value === null) return null;
  if (!isObject(value)) return refuse(`the field ${JSON.stringify(name)}`, value);
  return Object.hasOwn(value, name) ? (value[name] ?? null) : null;
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  pipe(depth: number): JqFilter {
    if (depth > MAX_DEPTH) throw new InvalidValue(`Parentheses of a filter stand at most ${MAX_DEPTH} deep.`);
    let filter = this.#comparison(depth);
    while (this.#take('|')) filter = then(filter, this.#comparison(depth));
    return filter;
  }

  end(): void {
    this.#spaces();
    if (this.#at < this.#text.length) this.#fail();
  }

  #comparison(depth: number): JqFilter {
    const left = this.#term(depth);
    const operator = this.#match(/(==|!=|<=|>=|<|>)/y);
    if (operator === undefined) return left;
    const right = this.#term(depth);
    const test = TESTS[operator] ?? (() => false);
    return (value) => right(value).flatMap((b) => left(value).map((a) => test(order(a, b))));
  }

  #term(depth: number): JqFilter {
    if (this.#take('(')) {
      const inner = this.pipe(depth + 1);
      this.#expect(')');
      return this.#suffixes(inner);
    }
    const literal = this.#match(/(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|"(?:[^"\\]|\\.)*"|true\b|false\b|null\b)/y);
    if (literal !== undefined) {
      const value = this.#literal(literal);
      return () => [value];
    }
    if (this.#match(/(\.)/y) !== undefined) return this.#suffixes(this.#afterDot((value) => [value]));
    return this.#suffixes(this.#call(depth));
  }

  #call(depth: number): JqFilter {
    const name = this.#match(/([a-z_]+)/y) ?? this.#fail();
    if (Object.hasOwn(BUILT_IN, name)) {
      const compute = BUILT_IN[name] ?? this.#fail();
      return (value) => [compute(value)];
    }
    this.#expect('(');
    const argument = this.pipe(depth + 1);
    this.#expect(')');
    switch (name) {
      case 'map':
        return (value) => [bounded(items(value, 'map').flatMap(argument))];
      case 'select':
        return (value) => argument(value).flatMap((chosen) => (chosen === null || chosen === false ? [] : [value]));
      case 'has':
        return (value) => argument(value).map((key) => keysOf(value).some((known) => order(known, key) === 0));
      case 'join':
        return (value) => argument(value).map((between) => joined(items(value, 'join'), String(between)));
      default:
        throw new InvalidValue(`jq: there is no ${name} in the part of jq that is offered`);
    }
  }

  /** What follows a dot: a name, a bracket or nothing. */
  #afterDot(before: JqFilter): JqFilter {
    const name = this.#match(/([A-Za-z_][A-Za-z0-9_]*)/y);
    if (name !== undefined)
      return then(
        before,
        single((value) => [fieldOf(value, name)], this.#take('?')),
      );
    const text = this.#match(/("(?:[^"\\]|\\.)*")/y);
    if (text === undefined) return before;
    const key = String(this.#literal(text));
    return then(
      before,
      single((value) => [fieldOf(value, key)], this.#take('?')),
    );
  }

  #suffixes(before: JqFilter): JqFilter {
    let filter = before;
    for (;;) {
      if (this.#peek('[')) filter = then(filter, this.#bracket());
      else if (this.#peek('.')) {
        this.#at += 1;
        filter = this.#afterDot(filter);
      } else return filter;
    }
  }

  #bracket(): JqFilter {
    this.#expect('[');
    if (this.#take(']')) return single(valuesOf, this.#take('?'));
    const text = this.#match(/("(?:[^"\\]|\\.)*")/y);
    if (text !== undefined) {
      this.#expect(']');
      const key = String(this.#literal(text));
      return single((value) => [fieldOf(value, key)], this.#take('?'));
    }
    const start = this.#match(/(-?\d+)/y);
    if (this.#take(':')) {
      const end = this.#match(/(-?\d+)/y);
      this.#expect(']');
      return single((value) => [sliced(value, start, end)], this.#take('?'));
    }
    if (start === undefined) this.#fail();
    this.#expect(']');
    const index = Number(start);
    return single((value) => [value === null ? null : (items(value, 'an index').at(index) ?? null)], this.#take('?'));
  }

  #literal(text: string): Json {
    try {
      return JSON.parse(text) as Json;
    } catch {
      return this.#fail();
    }
  }

  #spaces(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at += 1;
  }

  #peek(sign: string): boolean {
    return this.#text.startsWith(sign, this.#at);
  }

  #take(sign: string): boolean {
    this.#spaces();
    const found = this.#peek(sign);
    if (found) this.#at += sign.length;
    return found;
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) this.#fail();
  }

  /** The first group of a sticky pattern, if it matches here. */
  #match(pattern: RegExp): string | undefined {
    this.#spaces();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[1];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #fail(): never {
    throw new InvalidValue(`jq: the filter is not understood at character ${this.#at + 1}`);
  }
}

function sliced(value: Json, start: string | undefined, end: string | undefined): Json {
  if (value === null) return null;
  const [from, to] = [start === undefined ? 0 : Number(start), end === undefined ? undefined : Number(end)];
  if (typeof value === 'string') return [...value].slice(from, to).join('');
  return items(value, 'a slice').slice(from, to);
}

const joined = (values: readonly Json[], between: string): string =>
  values
    .map((value) => (value === null ? '' : typeof value === 'object' ? refuse('join', value) : String(value)))
    .join(between);
