/**
 * JSON in texts. Numbers keep their digits and objects the order of their keys; of a key that stands there twice the last
 * value counts. For `jq` a text that is no JSON is an error, for all others it is null.
 */

import { bool, type DataType, int64, list, struct, utf8 } from '../../columnar/data-type.ts';
import { field } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import { type JqFilter, parseJq } from '../json/jq-parser.ts';
import { jsonTreeBytes } from '../json/json-memory.ts';
import { type JsonPath, parsePath, valueAt } from '../json/json-path.ts';
import { jsonText, parseJson, plainText, tryParseJson } from '../json/json-text.ts';
import { isArray, isObject, type Json, typeOf } from '../json/json-value.ts';
import {
  type Call,
  define,
  type Example,
  type FunctionDefinition,
  optional,
  parameter,
  repeated,
} from './function-definition.ts';
import { TEXT } from './parameter-kinds.ts';
import { recentlyMade } from './recently-made.ts';

const REMEMBERED = 64;

/** One value as it is, several as an array; null where there is none. */
function run(filter: JqFilter, text: string): string | null {
  const outputs = filter(parseJson(text));
  const [first = null] = outputs;
  if (outputs.length === 0) return null;
  return jsonText(outputs.length === 1 ? first : outputs);
}

/** What the literal at `at` is read as, or of a column what each of its texts is. */
function readFrom<T>(call: Call, at: number, read: (text: string) => T): (text: string) => T {
  const given = call.literals[at];
  if (typeof given !== 'string') return recentlyMade(REMEMBERED, read);
  const made = read(given);
  return () => made;
}

/** What is wrong with a literal at `at`; undefined where nothing is. */
function problemAt(call: Call, at: number, read: (text: string) => unknown): string | undefined {
  const given = call.literals[at];
  try {
    if (typeof given === 'string') read(given);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidValue) return error.message;
    throw error;
  }
}

const PATHS =
  'The path is as `$.a[0]."b c"` or as `/a/0/b c`, the index [-1] is that of the last, and a path without a sign at its beginning is a key.';

interface AtPath {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly doc: string;
  readonly result: DataType;
  readonly compute: (value: Json) => Value;
  readonly examples: readonly Example[];
}

/** A function of the value at a path of a JSON text, which is null where there is none. */
const atPath = ({ name, aliases, doc, result, compute, examples }: AtPath): FunctionDefinition =>
  define({
    name,
    aliases,
    family: 'JSON',
    heapBytes: jsonTreeBytes,
    doc: `${doc}; null where there is no such value. ${PATHS}`,
    mayBeNull: true,
    canFail: true,
    parameters: [parameter('json', TEXT), optional('path', TEXT, '$')],
    result: (call) => problemAt(call, 1, parsePath) ?? result,
    prepare: (call) => {
      const read = readFrom<JsonPath>(call, 1, parsePath);
      return (text, given) => {
        const path = read(given);
        const value = tryParseJson(text);
        const found = value === undefined ? undefined : valueAt(value, path);
        return found === undefined ? null : compute(found);
      };
    },
    examples,
  });

const ANSWER = '{"a":[1,2,{"b":"x"}],"n":null}';

export const JSON_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'jq',
    aliases: ['json_query'],
    family: 'JSON',
    heapBytes: jsonTreeBytes,
    doc: 'What a filter gives for a JSON text, as JSON: one value, of several an array, of none null. The part of jq without definitions, variables, loops, assignments, formats and regular expressions is offered.',
    mayBeNull: true,
    canFail: true,
    parameters: [parameter('json', TEXT), parameter('filter', TEXT)],
    result: (call) => problemAt(call, 1, parseJq) ?? utf8,
    prepare: (call) => {
      const read = readFrom(call, 1, parseJq);
      return (text, filter) => run(read(filter), text);
    },
    examples: [
      [[ANSWER, '.a[2].b'], '"x"'],
      [[ANSWER, '.a[:2] | add'], '3'],
      [[ANSWER, '.a[] | select(type == "number")'], '[1,2]'],
      [[ANSWER, '{last: .a[-1].b, count: .a | length}'], '{"last":"x","count":3}'],
    ],
  }),
  atPath({
    name: 'json_extract',
    aliases: ['json_extract_path'],
    doc: 'The value at a path, as JSON',
    result: utf8,
    compute: jsonText,
    examples: [
      [[ANSWER, '$.a[2].b'], '"x"'],
      [[ANSWER, '$.a[0]'], '1'],
      [[ANSWER, '$.z'], null],
    ],
  }),
  atPath({
    name: 'json_extract_string',
    aliases: ['json_extract_path_text', 'get_json_object'],
    doc: 'The value at a path, as text: JSON where it is none, and null where it is null',
    result: utf8,
    compute: textOf,
    examples: [
      [[ANSWER, '$.a[2].b'], 'x'],
      [[ANSWER, '$.a[2]'], '{"b":"x"}'],
      [[ANSWER, '$.n'], null],
    ],
  }),
  atPath({
    name: 'json_type',
    aliases: ['json_typeof'],
    doc: 'null, boolean, number, string, array or object',
    result: utf8,
    compute: typeOf,
    examples: [
      [[ANSWER], 'object'],
      [[ANSWER, '$.n'], 'null'],
    ],
  }),
  atPath({
    name: 'json_array_length',
    aliases: [],
    doc: 'How many values a JSON array has, null of anything else',
    result: int64,
    compute: (value) => (isArray(value) ? BigInt(value.length) : null),
    examples: [
      [['[1, [2], null]'], '3'],
      [[ANSWER, '$.a'], '3'],
      [['{}'], null],
    ],
  }),
  atPath({
    name: 'json_object_keys',
    aliases: ['json_keys'],
    doc: 'The keys of a JSON object, in its order, null of anything else',
    result: list(utf8),
    compute: (value) => (isObject(value) ? [...value.keys()] : null),
    examples: [[[ANSWER], ['a', 'n']]],
  }),
  define({
    name: 'json_valid',
    aliases: ['is_json'],
    family: 'JSON',
    heapBytes: jsonTreeBytes,
    doc: 'Whether the text is JSON.',
    canFail: true,
    parameters: [parameter('text', TEXT)],
    result: bool,
    evaluate: (text) => tryParseJson(text) !== undefined,
    examples: [
      [['[1.50]'], true],
      [['[1,]'], false],
    ],
  }),
  define({
    name: 'json_tuple',
    family: 'JSON',
    heapBytes: jsonTreeBytes,
    doc: 'A struct of the values of keys of a JSON object, which are literals, as texts: JSON where they are no texts, null where there are none. Null of anything but an object.',
    mayBeNull: true,
    canFail: true,
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
        const value = tryParseJson(text);
        if (value === undefined || !isObject(value)) return null;
        return names.map((name) => textOf(value.get(name) ?? null));
      };
    },
    examples: [[[ANSWER, 'a', 'n', 'z'], { a: '[1,2,{"b":"x"}]', n: null, z: null }]],
  }),
];

function textOf(value: Json): string | null {
  return value === null ? null : plainText(value);
}
