/** Items of lists: which there are, how many, and lists made of others. A list of fixed size is a list. */

import { bool, type DataType, int64, list, utf8 } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
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
  repeated,
} from './function-definition.ts';
import { ANY, BOOL, INTEGER, itemType, LIST, lambda, TEXT } from './parameter-kinds.ts';

/** A list literal for examples. */
export const numbers = (...items: readonly (number | null)[]): Expression => ({
  kind: 'literal',
  type: list(int64),
  value: items,
});
const texts = (...items: readonly (string | null)[]): Expression => ({
  kind: 'literal',
  type: list(utf8),
  value: items,
});

/** Items of a list that a function makes: more would be memory for nothing. */
const MAX_RESULT_ITEMS = 1 << 20;

const element: Expression = { kind: 'parameter', name: 'x' };
const whole = (value: number): Expression => ({ kind: 'literal', type: int64, value });

function twice(): Expression {
  return { kind: 'lambda', parameters: ['x'], body: { kind: 'binary', operator: '*', left: element, right: whole(2) } };
}

function isAboveOne(): Expression {
  return { kind: 'lambda', parameters: ['x'], body: { kind: 'binary', operator: '>', left: element, right: whole(1) } };
}

const sameList = ({ types: [type] }: Call): DataType => list(itemType(type));
const ofItem = ({ types: [type] }: Call): DataType => itemType(type);
type Items = readonly Value[];

/** A function of a list, and of one of its values. */
const meets = ({ types: [of, value] }: Call, what: string): string | undefined =>
  value === undefined || commonType(itemType(of), value) !== undefined ? undefined : what;

const withItem =
  (name: string, result: (call: Call) => DataType) =>
  (call: Call): DataType | string =>
    meets(call, `${name} needs a value of the type of the items. Cast it.`) ?? result(call);

/** Values are equal as `=` has it, nulls to each other. */
const isSame = (a: Value, b: Value): boolean => orderWithNulls(a, b) === 0;

/** Distinct values by a key that is equal where they are. */
function distinct(items: Items): Value[] {
  const sorted = items.map((value, at) => ({ value, at })).filter(({ value }) => value !== null);
  sorted.sort((a, b) => orderWithNulls(a.value, b.value) || a.at - b.at);
  const firsts = sorted.filter((item, n) => n === 0 || !isSame(item.value, sorted[n - 1]?.value ?? null));
  return firsts.sort((a, b) => a.at - b.at).map(({ value }) => value);
}

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
    doc: 'How many items of the list are not null.',
    parameters: [parameter('list', LIST)],
    result: int64,
    evaluate: (items) => BigInt(items.filter((item) => item !== null).length),
    examples: [[[numbers(1, null)], '1']],
  }),
  define({
    name: 'list_count_distinct',
    family: 'lists',
    doc: 'How many different values the list has, nulls not counted.',
    parameters: [parameter('list', LIST)],
    result: int64,
    evaluate: (items) => BigInt(distinct(items).length),
    examples: [[[numbers(1, 1, null, 2)], '2']],
  }),
  define({
    name: 'list_get',
    aliases: ['list_extract', 'list_element'],
    family: 'lists',
    doc: 'The item at an index, which counts from 0, and from -1 backwards from the end; null where there is none.',
    mayBeNull: true,
    parameters: [parameter('list', LIST), parameter('index', INTEGER)],
    result: ofItem,
    evaluate: (items, index) => items.at(Number(index)) ?? null,
    examples: [
      [[numbers(1, 2, 3), 0n], '1'],
      [[numbers(1, 2, 3), -1n], '3'],
      [[numbers(1, 2, 3), 3n], null],
    ],
  }),
  define({
    name: 'list_slice',
    family: 'lists',
    doc: 'The items from one index to before another; both count from 0, negative ones from the end.',
    parameters: [parameter('list', LIST), parameter('start', INTEGER), optional('end', INTEGER, '9223372036854775807')],
    result: sameList,
    evaluate: (items, start, end) => items.slice(clamped(start), clamped(end)),
    examples: [
      [
        [numbers(1, 2, 3), 1n],
        ['2', '3'],
      ],
      [
        [numbers(1, 2, 3), 0n, -1n],
        ['1', '2'],
      ],
    ],
  }),
  define({
    name: 'list_contains',
    aliases: ['list_has', 'array_contains'],
    family: 'lists',
    doc: 'Whether an item equals the value.',
    parameters: [parameter('list', LIST), itemOf(parameter('value', ANY))],
    result: withItem('list_contains', () => bool),
    evaluate: (items, value) => items.some((item) => item !== null && order(item, value) === 0),
    examples: [
      [[numbers(1, 2), 2n], true],
      [[numbers(1, null), 2n], false],
    ],
  }),
  define({
    name: 'list_position',
    family: 'lists',
    doc: 'The index of the first item that equals the value, counted from 0; -1 where there is none.',
    parameters: [parameter('list', LIST), itemOf(parameter('value', ANY))],
    result: withItem('list_position', () => int64),
    evaluate: (items, value) => BigInt(items.findIndex((item) => item !== null && order(item, value) === 0)),
    examples: [[[texts('a', 'b'), 'b'], '1']],
  }),
  define({
    name: 'list_append',
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
    name: 'list_concat',
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
    family: 'lists',
    doc: 'The items from the last to the first.',
    parameters: [parameter('list', LIST)],
    result: sameList,
    evaluate: (items) => items.toReversed(),
    examples: [[[numbers(1, 2)], ['2', '1']]],
  }),
  define({
    name: 'list_sort',
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
    aliases: ['list_unique'],
    family: 'lists',
    doc: 'Each value once, in the order in which they are first met; without nulls.',
    parameters: [parameter('list', LIST)],
    result: sameList,
    evaluate: distinct,
    examples: [[[numbers(2, 1, null, 2)], ['2', '1']]],
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
      const length = clamped(size);
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
    family: 'lists',
    doc: 'The whole numbers from 0 to below the count; with two or three arguments from a start to below an end, by a step.',
    canFail: true,
    nulls: 'own',
    mayBeNull: true,
    parameters: [parameter('count_or_start', INTEGER), optional('end', INTEGER, null), optional('step', INTEGER, 1)],
    result: list(int64),
    evaluate: (first, end, step) => {
      if (first === null || step === null) return null;
      return sequence(end === null ? 0n : first, end ?? first, step);
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
  define({
    name: 'list_map',
    aliases: ['list_transform'],
    family: 'lists',
    doc: 'What a lambda gives for each item, and for its index where it has a second parameter.',
    canFail: true,
    parameters: [parameter('list', LIST), lambda('function', ([type]) => [itemType(type), int64])],
    result: ({ types: [, result] }) => list(result as DataType),
    evaluate: (items, apply) => items.map((item, index) => apply(item, BigInt(index))),
    examples: [
      [
        [numbers(1, 2), twice()],
        ['2', '4'],
      ],
    ],
  }),
  define({
    name: 'list_filter',
    family: 'lists',
    doc: 'The items for which a lambda is true.',
    canFail: true,
    parameters: [parameter('list', LIST), lambda('predicate', ([type]) => [itemType(type), int64])],
    result: (call) => (call.types[1]?.kind === 'bool' ? sameList(call) : 'The lambda of list_filter must give a bool.'),
    evaluate: (items, test) => items.filter((item, index) => test(item, BigInt(index)) === true),
    examples: [
      [
        [numbers(1, 2, 3), isAboveOne()],
        ['2', '3'],
      ],
    ],
  }),
];

/** As an index that JavaScript's arrays take. */
function clamped(index: bigint): number {
  return Number(index > 2n ** 31n ? 2n ** 31n : index < -(2n ** 31n) ? -(2n ** 31n) : index);
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
  values.sort(order);
  if (descending) values.reverse();
  const nulls = new Array<Value>(items.length - values.length).fill(null);
  return (nullsFirst ?? descending) ? [...nulls, ...values] : [...values, ...nulls];
}
