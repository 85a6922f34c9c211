/** Parts of structs and maps, and structs and maps made of parts. */

import {
  bool,
  type DataType,
  int64,
  list,
  map,
  storageType,
  struct,
  typeName,
  utf8,
} from '../../columnar/data-type.ts';
import { field } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import { commonType } from '../common-type.ts';
import type { Expression } from '../expression.ts';
import { quoted } from '../problems.ts';
import { didYouMean } from '../suggestion.ts';
import { orderWithNulls } from '../value-order.ts';
import { type Call, define, type FunctionDefinition, itemOf, parameter, repeated } from './function-definition.ts';
import { ANY, itemType, LIST, MAP, STRUCT, TEXT } from './parameter-kinds.ts';

const PERSON: Expression = {
  kind: 'literal',
  type: struct(field('name', utf8), field('born', { kind: 'int32' })),
  value: { name: 'Ada', born: 1815 },
};
const AGES: Expression = {
  kind: 'literal',
  type: map(utf8, { kind: 'int32' }),
  value: [
    ['Ada', 36],
    ['Alan', 41],
  ],
};
const words = (...items: readonly string[]): Expression => ({ kind: 'literal', type: list(utf8), value: items });

/** The position of the field that the second argument names, or what is wrong with it. */
function fieldOf({ types: [type], literals: [, name] }: Call): number | string {
  const stored = storageType(type as DataType);
  if (stored.kind !== 'struct') return 'struct_get takes a struct.';
  if (typeof name !== 'string') return 'The field of struct_get is named by a literal.';
  const at = stored.fields.findIndex((f) => f.name === name);
  if (at >= 0) return at;
  const names = stored.fields.map((f) => f.name);
  return `The struct has no field ${quoted(name)}.${didYouMean(name, names) || ` Its fields are ${names.map(quoted).join(', ')}.`}`;
}

type MapType = Extract<DataType, { kind: 'map' }>;

const mapType = (type: DataType | undefined): MapType =>
  type?.kind === 'map' ? type : { kind: 'map', key: utf8, value: utf8 };

type Entries = readonly (readonly Value[])[];

export const STRUCT_AND_MAP_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'struct_get',
    aliases: ['struct_extract'],
    family: 'structs and maps',
    doc: 'The field of a struct that a literal names.',
    mayBeNull: true,
    parameters: [parameter('struct', STRUCT), parameter('field', TEXT)],
    result: (call) => {
      const at = fieldOf(call);
      if (typeof at === 'string') return at;
      const stored = storageType(call.types[0] as DataType);
      return stored.kind === 'struct' ? (stored.fields[at]?.type as DataType) : utf8;
    },
    prepare: (call) => {
      const at = Number(fieldOf(call));
      return (parts) => parts[at] ?? null;
    },
    examples: [[[PERSON, 'name'], 'Ada']],
  }),
  define({
    name: 'to_struct',
    aliases: ['named_struct'],
    family: 'structs and maps',
    doc: 'A struct of fields, each a name, which is a literal, and behind it its value.',
    nulls: 'own',
    parameters: [repeated('name_and_value', ANY)],
    result: structType,
    evaluate: (...given: readonly Value[]) => given.filter((_, index) => index % 2 === 1),
    examples: [[['a', 1n, 'b', 'x'], { a: '1', b: 'x' }]],
  }),
  define({
    name: 'map_get',
    aliases: ['map_extract_value'],
    family: 'structs and maps',
    doc: 'The value of a key in a map; null where it has no such key. Of a key that it has twice the first.',
    mayBeNull: true,
    parameters: [parameter('map', MAP), itemOf(parameter('key', ANY))],
    result: withKey('map_get', ({ value }) => value),
    evaluate: (entries, key) => entryOf(entries, key)?.[1] ?? null,
    examples: [
      [[AGES, 'Alan'], 41],
      [[AGES, 'Grace'], null],
    ],
  }),
  define({
    name: 'map_contains',
    aliases: ['map_contains_key'],
    family: 'structs and maps',
    doc: 'Whether a map has the key.',
    parameters: [parameter('map', MAP), itemOf(parameter('key', ANY))],
    result: withKey('map_contains', () => bool),
    evaluate: (entries, key) => entryOf(entries, key) !== undefined,
    examples: [
      [[AGES, 'Alan'], true],
      [[AGES, 'Grace'], false],
    ],
  }),
  define({
    name: 'map_size',
    aliases: ['cardinality'],
    family: 'structs and maps',
    doc: 'How many entries a map has.',
    parameters: [parameter('map', MAP)],
    result: int64,
    evaluate: (entries) => BigInt(entries.length),
    examples: [[[AGES], '2']],
  }),
  define({
    name: 'map_keys',
    family: 'structs and maps',
    doc: 'The keys of a map, as a list.',
    parameters: [parameter('map', MAP)],
    result: ({ types: [type] }) => list(mapType(type).key),
    evaluate: (entries) => entries.map(([key = null]) => key),
    examples: [[[AGES], ['Ada', 'Alan']]],
  }),
  define({
    name: 'map_values',
    family: 'structs and maps',
    doc: 'The values of a map, as a list.',
    parameters: [parameter('map', MAP)],
    result: ({ types: [type] }) => list(mapType(type).value),
    evaluate: (entries) => entries.map(([, value = null]) => value),
    examples: [[[AGES], [36, 41]]],
  }),
  define({
    name: 'map_entries',
    family: 'structs and maps',
    doc: 'The entries of a map, as a list of structs of key and value.',
    parameters: [parameter('map', MAP)],
    result: ({ types: [type] }) => {
      const { key, value } = mapType(type);
      return list(struct(field('key', key), field('value', value)));
    },
    evaluate: (entries) => entries,
    examples: [
      [
        [AGES],
        [
          { key: 'Ada', value: 36 },
          { key: 'Alan', value: 41 },
        ],
      ],
    ],
  }),
  define({
    name: 'map_from_lists',
    aliases: ['map'],
    family: 'structs and maps',
    doc: 'A map of keys to the values at the same places of another list.',
    canFail: true,
    parameters: [parameter('keys', LIST), parameter('values', LIST)],
    result: ({ types: [keys, values] }) => map(itemType(keys), itemType(values)),
    evaluate: mapOf,
    examples: [
      [
        [words('a', 'b'), words('x', 'y')],
        [
          ['a', 'x'],
          ['b', 'y'],
        ],
      ],
    ],
  }),
  define({
    name: 'map_from_entries',
    family: 'structs and maps',
    doc: 'A map of the entries of a list, which are structs of a key and a value.',
    canFail: true,
    parameters: [parameter('entries', LIST)],
    result: ({ types: [type] }) => {
      const entry = itemType(type);
      const [key, value] = entry.kind === 'struct' && entry.fields.length === 2 ? entry.fields : [];
      if (key === undefined || value === undefined) return 'map_from_entries takes a list of structs of two fields.';
      return map(key.type, value.type);
    },
    evaluate: (entries) => {
      if (entries.includes(null)) throw new InvalidValue('An entry of a map is not null.');
      const parts = entries as Entries;
      return mapOf(
        parts.map(([key = null]) => key),
        parts.map(([, value = null]) => value),
      );
    },
    examples: [
      [
        [
          {
            kind: 'literal',
            type: list(struct(field('key', utf8), field('value', utf8))),
            value: [{ key: 'a', value: 'x' }],
          },
        ],
        [['a', 'x']],
      ],
    ],
  }),
];

/** `result` of the type of a map, where the second argument is a key of it; else what is wrong. */
function withKey(name: string, result: (type: MapType) => DataType): (call: Call) => DataType | string {
  return ({ types: [type, key] }) => {
    const of = mapType(type);
    if (key !== undefined && commonType(of.key, key) !== undefined) return result(of);
    return `${name} needs a key of the type of the keys, ${typeName(of.key)}. Cast it.`;
  };
}

const entryOf = (entries: Entries, key: Value): readonly Value[] | undefined =>
  entries.find(([k = null]) => orderWithNulls(k, key) === 0);

function structType({ types, literals }: Call): DataType | string {
  if (types.length % 2 === 1) return 'to_struct takes names and values in turn, and the last name has no value.';
  const names = literals.filter((_, index) => index % 2 === 0);
  if (!names.every((name) => typeof name === 'string' && name !== '' && name !== '__proto__')) {
    return 'Every second argument of to_struct, from the first on, names a field: a literal text that is not empty.';
  }
  if (new Set(names).size < names.length) return 'The fields of a struct have different names.';
  return struct(...names.map((name, n) => field(String(name), types[2 * n + 1] as DataType)));
}

function mapOf(keys: readonly Value[], values: readonly Value[]): Entries {
  if (keys.length !== values.length) {
    throw new InvalidValue(`A map of ${keys.length} keys has as many values, not ${values.length}.`);
  }
  const sorted = keys.toSorted(orderWithNulls);
  if (sorted.includes(null)) throw new InvalidValue('A key of a map is not null.');
  const again = sorted.find((key, n) => n > 0 && orderWithNulls(key, sorted[n - 1] ?? null) === 0);
  if (again !== undefined) throw new InvalidValue('A map has each key once.');
  return keys.map((key, n) => [key, values[n] ?? null]);
}
