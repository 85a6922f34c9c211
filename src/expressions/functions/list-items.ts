/**
 * Items of lists: how many there are, which, and where. A list of fixed size is a list. Indexes count from 0, and from -1
 * backwards from the end.
 */

import { bool, type DataType, int64, list, utf8 } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import { commonType } from '../common-type.ts';
import type { Expression } from '../expression.ts';
import { order, orderWithNulls } from '../value-order.ts';
import {
  type Call,
  common,
  define,
  type FunctionDefinition,
  itemOf,
  optional,
  parameter,
} from './function-definition.ts';
import { ANY, INTEGER, itemType, LIST, TEXT } from './parameter-kinds.ts';

export type Items = readonly Value[];

/** A list literal for examples. */
export const numbers = (...items: readonly (number | null)[]): Expression => ({
  kind: 'literal',
  type: list(int64),
  value: items,
});
/** As `numbers`. */
export const texts = (...items: readonly (string | null)[]): Expression => ({
  kind: 'literal',
  type: list(utf8),
  value: items,
});

/** The type of lists made of the items of the first argument. */
export const sameList = ({ types: [type] }: Call): DataType => list(itemType(type));
const ofItem = ({ types: [type] }: Call): DataType => itemType(type);

/** `result`, for a function whose argument at `at` is an item of the list that is its first; else what is wrong. */
export const withItem =
  (name: string, result: (call: Call) => DataType, at: number = 1) =>
  (call: Call): DataType | string => {
    const value = call.types[at];
    if (value === undefined || commonType(itemType(call.types[0]), value) !== undefined) return result(call);
    return `${name} needs a value of the type of the items. Cast it.`;
  };

/** The values in order, each once; without nulls. */
export function sortedSet(items: Items): Value[] {
  const sorted = items.filter((item) => item !== null).sort(order);
  return sorted.filter((item, n) => n === 0 || orderWithNulls(item, sorted[n - 1] ?? null) !== 0);
}

/** The place of a value in a sorted set, or -1. */
export function placeIn(set: Items, value: Value): number {
  let [low, high] = [0, set.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (orderWithNulls(set[middle] ?? null, value) < 0) low = middle + 1;
    else high = middle;
  }
  return low < set.length && orderWithNulls(set[low] ?? null, value) === 0 ? low : -1;
}

/** As an index that JavaScript's arrays take. */
export const clampedIndex = (index: bigint): number =>
  Number(index > 2n ** 31n ? 2n ** 31n : index < -(2n ** 31n) ? -(2n ** 31n) : index);

const places = (items: Items, value: Value & {}): number =>
  items.findIndex((item) => item !== null && order(item, value) === 0);

const COUNTED: Readonly<Record<string, (item: Value) => boolean>> = {
  valid: (item) => item !== null,
  null: (item) => item === null,
  all: () => true,
};

/** Which items the second argument, a literal, has counted. */
const countedBy = ({ literals: [, mode] }: Call): ((item: Value) => boolean) | undefined =>
  typeof mode === 'string' && Object.hasOwn(COUNTED, mode) ? COUNTED[mode] : undefined;

/** Whether a value is one of those. */
const isAmong = (items: Items): ((value: Value) => boolean) => {
  const set = sortedSet(items);
  return (value) => value !== null && placeIn(set, value) >= 0;
};

const ofTwo = (
  name: string,
  alias: string,
  doc: string,
  evaluate: (first: Items, second: Items) => boolean,
): FunctionDefinition =>
  define({
    name,
    aliases: [alias],
    family: 'lists',
    doc,
    parameters: [common(parameter('list', LIST)), common(parameter('other', LIST))],
    result: bool,
    evaluate,
    examples: [[[numbers(1, 2, 3), numbers(2, 3)], true]],
  });

export const LIST_ITEM_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'list_length',
    aliases: ['array_length'],
    family: 'lists',
    doc: 'How many items the list has, nulls counted.',
    parameters: [parameter('list', LIST)],
    result: int64,
    evaluate: (items) => BigInt(items.length),
    examples: [[[numbers(1, null)], '2']],
  }),
  define({
    name: 'list_count',
    family: 'lists',
    doc: 'How many items of the list are not null; with the mode `null` those that are, with `all` both.',
    parameters: [parameter('list', LIST), optional('mode', TEXT, 'valid')],
    result: (call) => (countedBy(call) === undefined ? 'The mode of list_count is valid, null or all.' : int64),
    prepare: (call) => {
      const isCounted = countedBy(call) ?? (() => true);
      return (items) => BigInt(items.filter(isCounted).length);
    },
    examples: [
      [[numbers(1, null)], '1'],
      [[numbers(1, null, 2), 'all'], '3'],
    ],
  }),
  define({
    name: 'list_count_distinct',
    family: 'lists',
    doc: 'How many different values the list has, nulls not counted.',
    parameters: [parameter('list', LIST)],
    result: int64,
    evaluate: (items) => BigInt(sortedSet(items).length),
    examples: [[[numbers(1, 1, null, 2)], '2']],
  }),
  define({
    name: 'list_get',
    aliases: ['list_extract', 'list_element'],
    family: 'lists',
    doc: 'The item at an index; where there is none the default, which is null unless it is given.',
    nulls: 'own',
    mayBeNull: true,
    parameters: [parameter('list', LIST), parameter('index', INTEGER), itemOf(optional('default', ANY, null))],
    result: withItem('list_get', ofItem, 2),
    evaluate: (items, index, fallback) => {
      if (items === null || index === null) return null;
      const item = items.at(clampedIndex(index));
      return item === undefined ? fallback : item;
    },
    examples: [
      [[numbers(1, 2, 3), 0n], '1'],
      [[numbers(1, 2, 3), -1n], '3'],
      [[numbers(1, 2, 3), 3n], null],
      [[numbers(1, 2, 3), 3n, 0n], '0'],
    ],
  }),
  define({
    name: 'list_contains',
    aliases: ['list_has', 'array_contains'],
    family: 'lists',
    doc: 'Whether an item equals the value.',
    parameters: [parameter('list', LIST), itemOf(parameter('value', ANY))],
    result: withItem('list_contains', () => bool),
    evaluate: (items, value) => places(items, value) >= 0,
    examples: [
      [[numbers(1, 2), 2n], true],
      [[numbers(1, null), 2n], false],
    ],
  }),
  define({
    name: 'list_position',
    aliases: ['list_indexof'],
    family: 'lists',
    doc: 'The index of the first item that equals the value; -1 where there is none.',
    parameters: [parameter('list', LIST), itemOf(parameter('value', ANY))],
    result: withItem('list_position', () => int64),
    evaluate: (items, value) => BigInt(places(items, value)),
    examples: [[[texts('a', 'b'), 'b'], '1']],
  }),
  ofTwo('list_has_any', 'array_has_any', 'Whether the lists have a value in common; nulls are none.', (first, second) =>
    first.some(isAmong(second)),
  ),
  ofTwo(
    'list_has_all',
    'array_has_all',
    'Whether the list has every value of the other; nulls are none.',
    (first, second) => second.filter((item) => item !== null).every(isAmong(first)),
  ),
];
