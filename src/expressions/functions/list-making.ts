/** Lists made of others: joined, cut, put in order; and lists made of values. */

import { type DataType, int64, list, utf8 } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import { order } from '../value-order.ts';
import {
  common,
  define,
  type FunctionDefinition,
  itemOf,
  optional,
  parameter,
  repeated,
} from './function-definition.ts';
import { clampedIndex, type Items, numbers, placeIn, sameList, sortedSet, texts, withItem } from './list-items.ts';
import { ANY, BOOL, INTEGER, itemType, LIST, TEXT } from './parameter-kinds.ts';

/** Items of a list that a function makes: more would be memory for nothing. */
const MAX_RESULT_ITEMS = 1 << 20;

/** Each value once, at the place where it is first met; without nulls. */
function distinct(items: Items): Value[] {
  const set = sortedSet(items);
  const met = new Uint8Array(set.length);
  return items.filter((item) => {
    const place = item === null ? -1 : placeIn(set, item);
    if (place < 0 || met[place] === 1) return false;
    met[place] = 1;
    return true;
  });
}

function limited(items: Value[]): Value[] {
  counted(BigInt(items.length));
  return items;
}

/** The number of items of a result. @throws InvalidValue where it is too large */
function counted(count: bigint): number {
  if (count > BigInt(MAX_RESULT_ITEMS)) {
    throw new InvalidValue(`A list of ${count} items is too long: at most ${MAX_RESULT_ITEMS} are made.`);
  }
  return count < 0n ? 0 : Number(count);
}

function sequence(start: bigint, end: bigint, step: bigint): Value[] {
  if (step === 0n) throw new InvalidValue('The step of a sequence is not 0.');
  const span = step > 0n ? end - start : start - end;
  const stride = step > 0n ? step : -step;
  const count = span <= 0n ? 0n : (span + stride - 1n) / stride;
  return Array.from({ length: counted(count) }, (_, n) => start + BigInt(n) * step);
}

function sorted(items: Items, descending: boolean, nullsFirst: boolean | null): Value[] {
  const values = items.filter((item) => item !== null);
  values.sort(descending ? (a, b) => order(b, a) : order);
  const nulls = new Array<Value>(items.length - values.length).fill(null);
  return (nullsFirst ?? descending) ? [...nulls, ...values] : [...values, ...nulls];
}

export const LIST_MAKING_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'to_list',
    aliases: ['list_value', 'list_pack', 'make_array'],
    family: 'lists',
    doc: 'A list of the values, nulls too.',
    nulls: 'own',
    parameters: [common(repeated('value', ANY))],
    result: ({ types: [type] }) => list(type as DataType),
    evaluate: (...values: readonly Value[]) => values,
    examples: [
      [
        [1n, null, 3n],
        ['1', null, '3'],
      ],
    ],
  }),
  define({
    name: 'list_append',
    aliases: ['array_append', 'list_push_back'],
    family: 'lists',
    doc: 'The list with one more item at its end, which may be null.',
    nulls: 'own',
    mayBeNull: true,
    parameters: [parameter('list', LIST), itemOf(parameter('value', ANY))],
    result: withItem('list_append', sameList),
    evaluate: (items, value) => items && [...items, value],
    examples: [
      [
        [numbers(1, 2), 3n],
        ['1', '2', '3'],
      ],
    ],
  }),
  define({
    name: 'list_prepend',
    aliases: ['array_prepend', 'list_push_front'],
    family: 'lists',
    doc: 'The list with one more item before its first, which may be null.',
    nulls: 'own',
    mayBeNull: true,
    parameters: [parameter('list', LIST), itemOf(parameter('value', ANY))],
    result: withItem('list_prepend', sameList),
    evaluate: (items, value) => items && [value, ...items],
    examples: [
      [
        [numbers(2, 3), 1n],
        ['1', '2', '3'],
      ],
    ],
  }),
  define({
    name: 'list_concat',
    aliases: ['list_cat', 'array_concat', 'array_cat'],
    family: 'lists',
    doc: 'One list behind the other; a list that is null counts as empty.',
    nulls: 'own',
    canFail: true,
    parameters: [common(parameter('first', LIST)), common(repeated('more', LIST))],
    result: sameList,
    evaluate: (...lists: readonly (Items | null)[]) => limited(lists.flatMap((items) => items ?? [])),
    examples: [
      [
        [numbers(1), numbers(2, 3)],
        ['1', '2', '3'],
      ],
    ],
  }),
  define({
    name: 'list_reverse',
    aliases: ['array_reverse'],
    family: 'lists',
    doc: 'The items from the last to the first.',
    parameters: [parameter('list', LIST)],
    result: sameList,
    evaluate: (items) => items.toReversed(),
    examples: [[[numbers(1, 2)], ['2', '1']]],
  }),
  define({
    name: 'list_sort',
    aliases: ['array_sort'],
    family: 'lists',
    doc: 'The items in order. Nulls come last, and first where the order is descending, unless it is said.',
    nulls: 'own',
    mayBeNull: true,
    parameters: [parameter('list', LIST), optional('descending', BOOL, false), optional('nulls_first', BOOL, null)],
    result: sameList,
    evaluate: (items, descending, nullsFirst) => items && sorted(items, descending === true, nullsFirst),
    examples: [
      [[numbers(2, null, 1)], ['1', '2', null]],
      [
        [numbers(2, null, 1), true],
        [null, '2', '1'],
      ],
    ],
  }),
  define({
    name: 'list_distinct',
    aliases: ['array_distinct'],
    family: 'lists',
    doc: 'Each value once, in the order in which they are first met; without nulls.',
    parameters: [parameter('list', LIST)],
    result: sameList,
    evaluate: distinct,
    examples: [[[numbers(2, 1, null, 2)], ['2', '1']]],
  }),
  define({
    name: 'list_intersect',
    aliases: ['array_intersect'],
    family: 'lists',
    doc: 'Each value once that both lists have, in the order of the first; without nulls.',
    parameters: [common(parameter('list', LIST)), common(parameter('other', LIST))],
    result: sameList,
    evaluate: (first, second) => {
      const set = sortedSet(second);
      return distinct(first).filter((item) => placeIn(set, item) >= 0);
    },
    examples: [
      [
        [numbers(3, 1, 2, 3), numbers(2, 3, 4)],
        ['3', '2'],
      ],
    ],
  }),
  define({
    name: 'list_flatten',
    aliases: ['flatten'],
    family: 'lists',
    doc: 'The items of the lists in a list, one level down; lists that are null have none.',
    canFail: true,
    parameters: [parameter('lists', LIST)],
    result: ({ types: [type] }) => {
      const inner = itemType(type);
      return LIST.accept(inner) === undefined ? 'list_flatten takes a list of lists.' : list(itemType(inner));
    },
    evaluate: (lists) => limited(lists.flatMap((items) => (Array.isArray(items) ? (items as Value[]) : []))),
    examples: [[[{ kind: 'literal', type: list(list(int64)), value: [[1, 2], null, [3]] }], ['1', '2', '3']]],
  }),
  define({
    name: 'list_chunk',
    family: 'lists',
    doc: 'The list cut into lists of so many items each; what is left over at the end is dropped.',
    canFail: true,
    parameters: [parameter('list', LIST), parameter('size', INTEGER)],
    result: ({ types: [type] }) => list(list(itemType(type))),
    evaluate: (items, size) => {
      if (size < 1n) throw new InvalidValue(`Chunks have at least one item, not ${size}.`);
      const length = clampedIndex(size);
      return Array.from({ length: Math.floor(items.length / length) }, (_, n) =>
        items.slice(n * length, (n + 1) * length),
      );
    },
    examples: [
      [
        [numbers(1, 2, 3, 4, 5), 2n],
        [
          ['1', '2'],
          ['3', '4'],
        ],
      ],
    ],
  }),
  define({
    name: 'list_fill',
    aliases: ['list_repeat'],
    family: 'lists',
    doc: 'A list of so many times the value.',
    nulls: 'own',
    mayBeNull: true,
    canFail: true,
    parameters: [parameter('count', INTEGER), parameter('value', ANY)],
    result: ({ types: [, value] }) => list(value as DataType),
    evaluate: (count, value) => (count === null ? null : new Array<Value>(counted(count)).fill(value)),
    examples: [
      [
        [2n, 'a'],
        ['a', 'a'],
      ],
    ],
  }),
  define({
    name: 'list_seq',
    aliases: ['range'],
    family: 'lists',
    doc: 'The whole numbers from 0 to below the count; with two or three arguments from a start to below an end, by a step.',
    canFail: true,
    nulls: 'own',
    mayBeNull: true,
    parameters: [parameter('count_or_start', INTEGER), optional('end', INTEGER, null), optional('step', INTEGER, 1)],
    result: list(int64),
    prepare: ({ literals: [, given] }) => {
      const isCount = given === null;
      return (first, end, step) => {
        if (first === null || step === null || (end === null && !isCount)) return null;
        return sequence(isCount ? 0n : first, end ?? first, step);
      };
    },
    examples: [
      [[3n], ['0', '1', '2']],
      [
        [1n, 6n, 2n],
        ['1', '3', '5'],
      ],
    ],
  }),
  define({
    name: 'list_join',
    aliases: ['array_to_string'],
    family: 'lists',
    doc: 'The texts of a list, one behind the other, with a delimiter between; null counts as empty.',
    parameters: [parameter('list', LIST), parameter('delimiter', TEXT)],
    result: ({ types: [type] }) => (itemType(type).kind === 'utf8' ? utf8 : 'list_join takes a list of utf8. Cast it.'),
    evaluate: (items, delimiter) => items.map((item) => item ?? '').join(delimiter),
    examples: [[[texts('a', null, 'b'), '-'], 'a--b']],
  }),
];
