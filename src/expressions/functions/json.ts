/** JSON in texts. A text that is no JSON is null, as are parts that are not there. */

import { int64, list, struct, utf8 } from '../../columnar/data-type.ts';
import { field } from '../../columnar/schema.ts';
import { InvalidValue } from '../../errors.ts';
import { define, type FunctionDefinition, optional, parameter, repeated } from './function-definition.ts';
import { type JqFilter, type Json, parseJq } from './jq-filter.ts';
import { TEXT } from './parameter-kinds.ts';
import { problemOf, recentlyMade } from './recently-made.ts';

/** Undefined where the text is no JSON. */
function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

const REMEMBERED = 64;

/** Lines of JSON, as jq prints them; null where there is none. */
function run(filter: JqFilter, text: string): string | null {
  const value = parsed(text);
  if (value === undefined) return null;
  return guarded(() => {
    const outputs = filter(value);
    return outputs.length === 0 ? null : outputs.map((output) => JSON.stringify(output)).join('\n');
  });
}

/** What is nested too deeply for the stack is refused, wherever it is met. */
function guarded<T>(compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidValue('The JSON is nested too deeply.');
    throw error;
  }
}

/** The value at a path of object keys and array indexes: `$.a[0].b` or `a`. */
function atPath(value: Json | undefined, path: string): Json | undefined {
  if (value === undefined || path === '' || path === '$') return value;
  const filter = parseJq(
    path.startsWith('$') ? `${path.slice(1).replace(/^(?=[^.[])/, '.')}` : `.[${JSON.stringify(path)}]`,
  );
  try {
    return filter(value)[0];
  } catch (error) {
    // A field of what is no object, an index of what is no array: there is nothing.
    if (error instanceof InvalidValue) return undefined;
    throw error;
  }
}

const ANSWER = '{"a":[1,2,{"b":"x"}],"n":null}';

export const JSON_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'jq',
    aliases: ['json_query'],
    family: 'JSON',
    doc: "What a filter gives for a JSON text, as JSON; several values a line each. A part of jq's language is offered: fields, indexes, slices, `.[]`, `?`, pipes, comparisons, select, map, has, join, length, keys, values, type, first, last, reverse, sort, unique, add, min, max, not, tostring, tonumber.",
    mayBeNull: true,
    canFail: true,
    parameters: [parameter('json', TEXT), parameter('filter', TEXT)],
    result: ({ literals: [, filter] }) =>
      (typeof filter === 'string' ? problemOf('jq', () => parseJq(filter)) : undefined) ?? utf8,
    prepare: ({ literals: [, filter] }) => {
      if (typeof filter === 'string') {
        const prepared = parseJq(filter);
        return (text) => run(prepared, text);
      }
      const recent = recentlyMade(REMEMBERED, parseJq);
      return (text, given) => run(recent(given), text);
    },
    examples: [
      [[ANSWER, '.a[2].b'], '"x"'],
      [[ANSWER, '.a[:2] | add'], '3'],
      [[ANSWER, '.a[] | select(type == "number")'], '1\n2'],
      [['no JSON', '.'], null],
    ],
  }),
  define({
    name: 'json_array_length',
    family: 'JSON',
    doc: 'How many values a JSON array has; null of anything else.',
    mayBeNull: true,
    parameters: [parameter('json', TEXT)],
    result: int64,
    evaluate: (text) => {
      const value = parsed(text);
      return Array.isArray(value) ? BigInt(value.length) : null;
    },
    examples: [
      [['[1, [2], null]'], '3'],
      [['{}'], null],
    ],
  }),
  define({
    name: 'json_object_keys',
    family: 'JSON',
    doc: 'The keys of a JSON object, in its order; null of anything else.',
    mayBeNull: true,
    parameters: [parameter('json', TEXT)],
    result: list(utf8),
    evaluate: (text) => {
      const value = parsed(text);
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : null;
    },
    examples: [[[ANSWER], ['a', 'n']]],
  }),
  define({
    name: 'json_tuple',
    canFail: true,
    family: 'JSON',
    doc: 'A struct of the values of keys of a JSON object, which are literals, as texts: JSON where they are no texts, null where there are none.',
    mayBeNull: true,
    parameters: [parameter('json', TEXT), repeated('key', TEXT)],
    result: ({ literals: [, ...keys] }) => {
      if (!keys.every((key) => typeof key === 'string' && key !== '' && key !== '__proto__')) {
        return 'The keys of json_tuple are literal texts that are not empty.';
      }
      if (new Set(keys).size < keys.length) return 'The keys of json_tuple differ.';
      return struct(...keys.map((key) => field(String(key), utf8)));
    },
    prepare: ({ literals: [, ...keys] }) => {
      const names = keys.map(String);
      return (text: string) => {
        const value = parsed(text);
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
        const object = value as { readonly [name: string]: Json };
        return guarded(() => names.map((name) => textOf(Object.hasOwn(object, name) ? object[name] : undefined)));
      };
    },
    examples: [[[ANSWER, 'a', 'n', 'z'], { a: '[1,2,{"b":"x"}]', n: null, z: null }]],
  }),
  define({
    name: 'json_extract',
    aliases: ['get_json_object'],
    family: 'JSON',
    doc: 'The value at a path such as `$.a[0].b`, as text: JSON where it is no text; null where there is none.',
    mayBeNull: true,
    canFail: true,
    parameters: [parameter('json', TEXT), optional('path', TEXT, '$')],
    result: utf8,
    evaluate: (text, path) => guarded(() => textOf(atPath(parsed(text), path))),
    examples: [
      [[ANSWER, '$.a[2].b'], 'x'],
      [[ANSWER, '$.a[0]'], '1'],
      [[ANSWER, '$.z'], null],
    ],
  }),
];

const textOf = (value: Json | undefined): string | null =>
  value === undefined || value === null ? null : typeof value === 'string' ? value : JSON.stringify(value);
