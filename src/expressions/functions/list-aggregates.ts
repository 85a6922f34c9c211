/** Aggregates over the items of each list, as those over rows: nulls do not take part, and of none the result is null. */

import {
  bool,
  type DataType,
  decimal,
  float64,
  int64,
  isFloat,
  isInteger,
  isNumeric,
  isUnsigned,
  map,
  uint64,
} from '../../columnar/data-type.ts';
import { type Value, wholeOf } from '../../columnar/value.ts';
import { order, orderWithNulls } from '../value-order.ts';
import { type Call, define, type FunctionDefinition, parameter } from './function-definition.ts';
import { numbers } from './list-items.ts';
import { itemType, LIST } from './parameter-kinds.ts';

const present = (items: readonly Value[]): NonNullable<Value>[] => items.filter((item) => item !== null);

function sumType({ types: [type] }: Call): DataType | string {
  const item = itemType(type);
  if (item.kind === 'decimal') return decimal(38, item.scale);
  if (isInteger(item)) return isUnsigned(item) ? uint64 : int64;
  return isFloat(item) ? float64 : 'list_sum takes a list of numbers.';
}

function total(items: readonly NonNullable<Value>[], type: DataType): number | bigint {
  if (isFloat(type)) return items.reduce((sum: number, item) => sum + Number(item), 0);
  return items.reduce((sum: bigint, item) => sum + wholeOf(item), 0n);
}

const extreme = (name: string, doc: string, sign: number, result: string): FunctionDefinition =>
  define({
    name,
    family: 'lists',
    doc,
    mayBeNull: true,
    parameters: [parameter('list', LIST)],
    result: ({ types: [type] }) => itemType(type),
    evaluate: (items) => {
      const [first, ...rest] = present(items);
      if (first === undefined) return null;
      return rest.reduce((best, item) => (sign * order(item, best) > 0 ? item : best), first);
    },
    examples: [
      [[numbers(2, null, 3)], result],
      [[numbers()], null],
    ],
  });

const quantified = (name: string, doc: string, decisive: boolean): FunctionDefinition =>
  define({
    name,
    family: 'lists',
    doc,
    mayBeNull: true,
    parameters: [parameter('list', LIST)],
    result: ({ types: [type] }) => (itemType(type).kind === 'bool' ? bool : `${name} takes a list of bools.`),
    evaluate: (items) => {
      const given = present(items);
      if (given.length === 0) return null;
      return given.includes(decisive) ? decisive : !decisive;
    },
    examples: [[[{ kind: 'literal', type: { kind: 'list', item: bool }, value: [true, null, false] }], decisive]],
  });

export const LIST_AGGREGATE_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'list_sum',
    family: 'lists',
    doc: 'The sum of the items: an int64 of signed integers, a uint64 of unsigned ones, a float64 of floats, a decimal(38, s) of decimals.',
    mayBeNull: true,
    canFail: true,
    parameters: [parameter('list', LIST)],
    result: sumType,
    prepare:
      ({ types: [type] }) =>
      (items) => {
        const given = present(items);
        return given.length === 0 ? null : total(given, itemType(type));
      },
    examples: [
      [[numbers(1, null, 2)], '3'],
      [[numbers()], null],
    ],
  }),
  define({
    name: 'list_mean',
    aliases: ['list_avg'],
    family: 'lists',
    doc: 'The mean of the items, as a float64.',
    mayBeNull: true,
    parameters: [parameter('list', LIST)],
    result: ({ types: [type] }) => (isNumeric(itemType(type)) ? float64 : 'list_mean takes a list of numbers.'),
    prepare: ({ types: [type] }) => {
      const item = itemType(type);
      const unit = item.kind === 'decimal' ? Number(`1e${item.scale}`) : 1;
      return (items) => {
        const given = present(items);
        return given.length === 0 ? null : Number(total(given, item)) / (unit * given.length);
      };
    },
    examples: [[[numbers(1, null, 2)], 1.5]],
  }),
  extreme('list_min', 'The least item.', -1, '2'),
  extreme('list_max', 'The greatest item.', 1, '3'),
  quantified('list_bool_and', 'Whether all bools of the list are true.', false),
  quantified('list_bool_or', 'Whether a bool of the list is true.', true),
  define({
    name: 'list_value_counts',
    family: 'lists',
    doc: 'A map of each value to how often the list has it, in the order in which they are first met; without nulls.',
    parameters: [parameter('list', LIST)],
    result: ({ types: [type] }) => map(itemType(type), uint64),
    evaluate: counts,
    examples: [
      [
        [numbers(2, 1, 2, null)],
        [
          ['2', '2'],
          ['1', '1'],
        ],
      ],
    ],
  }),
];

function counts(items: readonly Value[]): Value[] {
  const sorted = present(items).map((value, at) => ({ value, at }));
  sorted.sort((a, b) => order(a.value, b.value) || a.at - b.at);
  const runs: { value: Value; at: number; count: bigint }[] = [];
  for (const { value, at } of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && orderWithNulls(last.value, value) === 0) last.count += 1n;
    else runs.push({ value, at, count: 1n });
  }
  return runs.sort((a, b) => a.at - b.at).map(({ value, count }) => [value, count]);
}
