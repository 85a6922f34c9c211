/**
 * What TypeScript can know of the functions of the registry: their definitions are asked about arguments of sample types, and
 * what they say of all of them is told.
 *
 *     sqrt      int32 → float64, int64 → float64, decimal(10, 2) → float64 …      number
 *     abs       int32 → int32, int64 → int64, decimal(10, 2) → decimal(10, 2) …   what it is of
 *     list_get  list(int32) → int32, list(utf8) → utf8 …                          an item of what it is of
 */

import {
  binary,
  bool,
  type DataType,
  date,
  decimal,
  duration,
  embedding,
  float32,
  float64,
  int8,
  int32,
  int64,
  interval,
  list,
  map,
  sameType,
  storageType,
  struct,
  type TypeOf,
  time,
  timestamp,
  uint64,
  utf8,
  uuid,
} from '../../src/columnar/data-type.ts';
import { type Field, field } from '../../src/columnar/schema.ts';
import { bindExpression } from '../../src/expressions/bind.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import type {
  ExampleArgument,
  FunctionDefinition,
  Parameter,
} from '../../src/expressions/functions/function-definition.ts';
import { Problems } from '../../src/expressions/problems.ts';

/** What values of a type are in JavaScript, but for null. */
type Kind =
  | 'boolean'
  | 'number'
  | 'bigint'
  | 'Decimal'
  | 'string'
  | 'Uint8Array'
  | 'Temporal'
  | 'list'
  | 'struct'
  | 'map';

/** But for intervals: what is told of times is not so of them, whose parts are int64. */
const SCALARS: readonly DataType[] = [
  ...[bool, int8, int32, int64, uint64, float32, float64, decimal(10, 2), decimal(38, 0), utf8, uuid, binary],
  ...[date, timestamp('us'), timestamp('ns', 'UTC'), time('us'), duration('us')],
];
const SAMPLES: readonly DataType[] = [
  ...SCALARS,
  ...SCALARS.map((item) => list(item)),
  ...[int64, utf8, bool].map((item) => list(list(item))),
  embedding(float32, 3),
  ...[int64, utf8, bool].map((type) => struct(field('a', type))),
  ...[map(utf8, int64), map(int64, utf8), map(utf8, bool)],
];
const ALL_KINDS: ReadonlySet<Kind> = new Set(SAMPLES.map(kindOf));

function kindOf(type: DataType): Kind {
  const stored = storageType(type);
  switch (stored.kind) {
    case 'bool':
      return 'boolean';
    case 'int64':
    case 'uint64':
      return 'bigint';
    case 'decimal':
      return 'Decimal';
    case 'binary':
    case 'fixed-size-binary':
      return type.kind === 'uuid' ? 'string' : 'Uint8Array';
    case 'utf8':
    case 'uuid':
      return 'string';
    case 'date':
    case 'time':
    case 'timestamp':
    case 'duration':
    case 'interval':
      return 'Temporal';
    case 'list':
    case 'fixed-size-list':
      return 'list';
    case 'struct':
    case 'map':
      return stored.kind;
    default:
      return 'number';
  }
}

const typesOf = ({ accept }: Parameter, samples: readonly DataType[] = SAMPLES): readonly DataType[] =>
  samples.filter((type) => accept(type) !== undefined);

const TEXTS: Readonly<Record<Kind, string>> = {
  boolean: 'boolean',
  number: 'number',
  bigint: 'bigint',
  Decimal: 'Decimal',
  string: 'string',
  Uint8Array: 'Uint8Array',
  Temporal: 'Temporal',
  list: 'readonly unknown[]',
  struct: 'Struct',
  map: 'MapOf<unknown, unknown>',
};

/** What arguments for the parameter are: `any` where they may be everything. */
export function argumentText(parameter: Parameter): string {
  const kinds = new Set(typesOf(parameter, [...SAMPLES, interval]).map(kindOf));
  if (kinds.size === 0 || kinds.size === ALL_KINDS.size) return 'any';
  return [...kinds, null].map((kind) => (kind === null ? 'null' : TEXTS[kind])).join(' | ');
}

/** What the result is where the argument at `self`, which may be the expression of a method, has values of `T`. */
export function resultText(definition: FunctionDefinition, self: number): string {
  // What is made of a lambda is no matter of the types beside it.
  if (definition.parameters.some(({ lambda }) => lambda !== undefined)) return 'any';
  const calls = callsOf(definition, self);
  const results = new Set(calls.map(({ result }) => kindOf(result)));
  if (calls.length === 0) return 'any';
  const [made] =
    MADE_OF_PARTS.find(([, resultOf]) => calls.every(({ of, result }) => isSame(of && resultOf(of), result))) ?? [];
  if (made !== undefined) return made;
  if (calls.every(({ of, result }) => of !== undefined && isAlike(of, result))) {
    return results.size === 1 && !results.has('list') ? constantText(results) : 'T | null';
  }
  if (
    calls.every(({ of, result }) => of !== undefined && isItem(of, result)) &&
    (results.size > 1 || results.has('list'))
  )
    return 'Item<T>';
  // What arguments of other calls say may be fields of the result.
  if (results.has('map') || results.has('struct')) {
    return definition.parameters.length === 1 ? alwaysText(calls.map(({ result }) => result)) : 'any';
  }
  if (!results.has('list')) {
    const isNumeric = [...results].every((kind) => ['number', 'bigint', 'Decimal'].includes(kind));
    return results.size === 1 || isNumeric ? constantText(results) : 'any';
  }
  const items = new Set(
    calls.map(({ result }) => (itemOf(result) === undefined ? undefined : kindOf(itemOf(result) as DataType))),
  );
  const [item] = items;
  return items.size === 1 && item !== undefined && !['list', 'struct', 'map'].includes(item)
    ? `readonly (${TEXTS[item]} | null)[] | null`
    : 'any';
}

/** What is made of the parts of a list or a map, or of lists. */
const MADE_OF_PARTS: readonly (readonly [text: string, resultOf: (of: DataType) => DataType | undefined])[] = [
  ['readonly NonNullable<T>[] | null', (of) => optional(itemOf(of), (item) => list(list(item)))],
  ['MapOf<NonNullable<Item<T>>, bigint> | null', (of) => optional(itemOf(of), (item) => map(item, uint64))],
  ['MapValue<T> | null', (of) => optional(mapOf(of), ({ value }) => value)],
  ['readonly MapKey<T>[] | null', (of) => optional(mapOf(of), ({ key }) => list(key))],
  ['readonly MapValue<T>[] | null', (of) => optional(mapOf(of), ({ value }) => list(value))],
  [
    'readonly { readonly key: MapKey<T>; readonly value: MapValue<T> }[] | null',
    (of) => optional(mapOf(of), ({ key, value }) => list(struct(field('key', key), field('value', value)))),
  ],
];

const optional = <A, B>(given: A | undefined, change: (given: A) => B): B | undefined =>
  given === undefined ? undefined : change(given);

const isSame = (a: DataType | undefined, b: DataType): boolean => a !== undefined && sameType(a, b);

const mapOf = (type: DataType): TypeOf<'map'> | undefined => (type.kind === 'map' ? type : undefined);

/** What a struct that has the same fields of whatever it is made has. */
function alwaysText([first, ...others]: readonly DataType[]): string {
  if (first?.kind !== 'struct' || !others.every((other) => sameType(first, other))) return 'any';
  const fields = first.fields.map(({ name, type }) => `readonly ${name}: ${constantText(new Set([kindOf(type)]))}`);
  return `{ ${fields.join('; ')} } | null`;
}

const constantText = (kinds: ReadonlySet<Kind>): string =>
  [...[...kinds].map((kind) => TEXTS[kind]), 'null'].join(' | ');

function itemOf(type: DataType): DataType | undefined {
  const stored = storageType(type);
  return stored.kind === 'list' || stored.kind === 'fixed-size-list' ? stored.item : undefined;
}

/** Whether values of both are of one kind in JavaScript, and so are items of lists. */
function isAlike(a: DataType, b: DataType): boolean {
  const [itemA, itemB] = [itemOf(a), itemOf(b)];
  if (itemA !== undefined && itemB !== undefined) return isAlike(itemA, itemB);
  return ['struct', 'map'].includes(kindOf(a)) ? sameType(a, b) : kindOf(a) === kindOf(b);
}

function isItem(of: DataType, result: DataType): boolean {
  const item = itemOf(of);
  return item !== undefined && isAlike(item, result);
}

interface SampleCall {
  /** The type of the argument; undefined where there are none. */
  readonly of: DataType | undefined;
  readonly result: DataType;
}

/** Calls that binding takes: over columns, and with the literals of the examples in place of some, for they may have to be such. */
function callsOf({ name, parameters, examples }: FunctionDefinition, self: number): readonly SampleCall[] {
  const given = [[], ...examples.map(([written]) => written.map(literalOf))];
  const found: SampleCall[] = [];
  for (const types of combinations(parameters, self)) {
    const columns = types.map((type, at): Field => field(`c${at}`, type));
    for (const literals of given) {
      const inputs = columns.map((column, at) =>
        argumentOf(column, at === self ? undefined : literals[at], parameters[at]),
      );
      const call: Expression = { kind: 'function', name, arguments: inputs };
      const bound = bindExpression(call, { fields: columns }, new Problems(), '');
      const of = types[self];
      if (bound !== undefined && bound.type.kind !== 'null') found.push({ of, result: bound.type });
    }
  }
  return found;
}

/** Lambdas give a value of the type that is asked for, whatever they are given. */
function argumentOf(
  { name, type }: Field,
  literal: Expression | undefined,
  parameter: Parameter | undefined,
): Expression {
  if (parameter?.lambda === undefined) {
    const mayBeLiteral = parameter?.item !== true && itemOf(type) === undefined;
    return (mayBeLiteral ? literal : undefined) ?? { kind: 'column', name };
  }
  return { kind: 'lambda', parameters: ['p'], body: { kind: 'literal', type, value: null } };
}

function literalOf(given: ExampleArgument): Expression | undefined {
  if (given !== null && typeof given === 'object') return given.kind === 'literal' ? given : undefined;
  if (typeof given === 'bigint') return { kind: 'literal', type: int64, value: Number(given) };
  const type = typeof given === 'string' ? utf8 : typeof given === 'boolean' ? bool : float64;
  return given === null ? undefined : { kind: 'literal', type, value: given };
}

/** Types for all parameters: every pair of types of the expression and of another parameter; of lists, and their items, those of the expression. */
function combinations(parameters: readonly Parameter[], self: number): readonly (readonly DataType[])[] {
  const types = parameters.map((parameter) => {
    const all = typesOf(parameter);
    return all.length === 0 ? [parameter.preferred] : all;
  });
  if (types.length === 0) return [[]];
  return (types[self] ?? []).flatMap((of) => {
    const follows = parameters.map((parameter, at): DataType | undefined => {
      if (at === self) return of;
      if (parameter.item === true) return mapOf(of)?.key ?? itemOf(of);
      return itemOf(of) !== undefined && parameter.accept(of) !== undefined && parameter.lambda === undefined
        ? of
        : undefined;
    });
    const base = types.map((all, at) => follows[at] ?? (all.includes(of) ? of : (all[0] as DataType)));
    return [
      base,
      ...types.flatMap((all, at) => (follows[at] === undefined ? all.map((type) => base.with(at, type)) : [])),
    ];
  });
}
