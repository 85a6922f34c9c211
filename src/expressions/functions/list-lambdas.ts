/** Functions of lists that are given functions of their items. A lambda may leave out its last parameters. */

import { type DataType, int64, sameType, typeName } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import type { Expression } from '../expression.ts';
import { define, type FunctionDefinition, parameter } from './function-definition.ts';
import { numbers, sameList } from './list-items.ts';
import { ANY, itemType, LIST, lambda } from './parameter-kinds.ts';

const element: Expression = { kind: 'parameter', name: 'x' };
const whole = (value: number): Expression => ({ kind: 'literal', type: int64, value });

/** `(x) -> x operator right`, for examples. */
const ofElement = (operator: '*' | '>', right: Expression): Expression => ({
  kind: 'lambda',
  parameters: ['x'],
  body: { kind: 'binary', operator, left: element, right },
});

const SUM: Expression = {
  kind: 'lambda',
  parameters: ['sum', 'x'],
  body: { kind: 'binary', operator: '+', left: { kind: 'parameter', name: 'sum' }, right: element },
};

export const LIST_LAMBDA_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'list_map',
    aliases: ['list_transform', 'list_apply', 'array_transform', 'array_apply'],
    family: 'lists',
    doc: 'What a lambda gives for each item; its second parameter is the index of the item, from 0.',
    parameters: [parameter('list', LIST), lambda('function', ([type]) => [itemType(type), int64])],
    result: ({ types: [, result] }) => ({ kind: 'list', item: result as DataType }),
    evaluate: (items, apply) => items.map((item, index) => apply(item, BigInt(index))),
    examples: [
      [
        [numbers(1, 2), ofElement('*', whole(2))],
        ['2', '4'],
      ],
    ],
  }),
  define({
    name: 'list_filter',
    aliases: ['array_filter'],
    family: 'lists',
    doc: 'The items for which a lambda is true; its second parameter is the index of the item, from 0.',
    parameters: [parameter('list', LIST), lambda('predicate', ([type]) => [itemType(type), int64])],
    result: (call) => (call.types[1]?.kind === 'bool' ? sameList(call) : 'The lambda of list_filter must give a bool.'),
    evaluate: (items, test) => items.filter((item, index) => test(item, BigInt(index)) === true),
    examples: [
      [
        [numbers(1, 2, 3), ofElement('>', whole(1))],
        ['2', '3'],
      ],
    ],
  }),
  define({
    name: 'list_reduce',
    aliases: ['array_reduce'],
    family: 'lists',
    doc: 'What a lambda makes of the start and the first item, then of that and the next, and so on; of no items the start. Its third parameter is the index of the item, from 0.',
    nulls: 'own',
    mayBeNull: true,
    parameters: [
      parameter('list', LIST),
      parameter('start', ANY),
      lambda('function', ([type, start]) => [start as DataType, itemType(type), int64]),
    ],
    result: ({ types: [, start, result] }) => {
      const [from, to] = [start as DataType, result as DataType];
      if (sameType(from, to)) return from;
      return `list_reduce starts with ${typeName(from)}, and its lambda gives ${typeName(to)}. Cast one of them.`;
    },
    evaluate: (items, start, apply) => {
      if (items === null || apply === null) return null;
      return items.reduce<Value>((value, item, index) => apply(value, item, BigInt(index)), start);
    },
    examples: [[[numbers(1, 2, 3), 0n, SUM], '6']],
  }),
];
