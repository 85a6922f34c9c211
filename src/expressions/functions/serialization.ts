/** Values of every type as texts, and back. */

import { type DataType, list, struct, typeName, utf8 } from '../../columnar/data-type.ts';
import { field } from '../../columnar/schema.ts';
import { InvalidValue } from '../../errors.ts';
import type { Expression } from '../expression.ts';
import { jsonTreeBytes } from '../json/json-memory.ts';
import { jsonText, parseJson } from '../json/json-text.ts';
import { jsonOf, valueFrom } from '../json/typed-json.ts';
import {
  type Call,
  define,
  type Example,
  type FunctionDefinition,
  optional,
  parameter,
} from './function-definition.ts';
import { ANY, TEXT } from './parameter-kinds.ts';

const isJson = ({ literals: [, format] }: Call): boolean => format === 'json';
const WRONG_FORMAT = 'The format is a literal: json.';

const PERSON: DataType = struct(field('name', utf8), field('born', list({ kind: 'int32' })));
const ADA: Expression = { kind: 'literal', type: PERSON, value: { name: 'Ada', born: [1815, 12, 10] } };
const AS_PERSON: Expression = { kind: 'literal', type: PERSON, value: null };

const deserializing = (name: string, doc: string, isTry: boolean, examples: readonly Example[]): FunctionDefinition =>
  define({
    name,
    family: 'JSON',
    heapBytes: jsonTreeBytes,
    doc,
    nulls: 'own',
    mayBeNull: true,
    canFail: !isTry,
    parameters: [parameter('text', TEXT), parameter('format', TEXT), parameter('type', ANY)],
    result: (call) => {
      if (!isJson(call)) return WRONG_FORMAT;
      const type = call.types[2] as DataType;
      if (call.literals[2] === null && type.kind !== 'null') return type;
      return `The type of ${name} is said by a literal of that type that is null, and this is ${typeName(type)}.`;
    },
    prepare:
      ({ result }) =>
      (text) => {
        if (text === null) return null;
        try {
          return valueFrom(parseJson(text), result);
        } catch (error) {
          if (isTry && error instanceof InvalidValue) return null;
          throw error;
        }
      },
    examples,
  });

export const SERIALIZATION_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'serialize',
    aliases: ['to_json'],
    family: 'JSON',
    doc: 'A value of any type as JSON, to the last digit: `deserialize` gives it back. Maps of utf8 are objects, other maps arrays of [key, value].',
    canFail: true,
    parameters: [parameter('value', ANY), optional('format', TEXT, 'json')],
    result: (call) => (isJson(call) ? utf8 : WRONG_FORMAT),
    prepare:
      ({ types: [type] }) =>
      (value) =>
        jsonText(jsonOf(value, type as DataType)),
    examples: [[[ADA, 'json'], '{"name":"Ada","born":[1815,12,10]}']],
  }),
  deserializing(
    'deserialize',
    'The value that a JSON text stands for, of the type of the last argument, a literal that is null. Fields that a struct does not have are passed over, those that are not there are null. What is no JSON, or no value of the type, is an error.',
    false,
    [[['{"name":"Ada","born":[1815,12,10],"died":1852}', 'json', AS_PERSON], { name: 'Ada', born: [1815, 12, 10] }]],
  ),
  deserializing('try_deserialize', 'As `deserialize`; null where the text is no JSON, or no value of the type.', true, [
    [['{"name":', 'json', AS_PERSON], null],
  ]),
];
