/** Comparisons of values in loops, as masks of their parts. Those of long decimals are in `long-numbers.ts`. */

import type { ComparisonOperator } from '../expressions/expression.ts';
import { type Code, get, type Local } from './emit.ts';
import { i32, v128 } from './instructions.ts';
import type { LaneCode } from './lane-code.ts';
import type { Machine } from './machine.ts';

/** Of whole numbers in one word. */
export function compareWhole(
  lanes: LaneCode,
  operator: ComparisonOperator,
  machine: Machine,
  a: readonly Local[],
  b: readonly Local[],
): Code[] {
  const table = lanes.operations(machine.type);
  const signed = { '=': table.eq, '!=': table.ne, '<': table.lt, '<=': table.le, '>': table.gt, '>=': table.ge };
  if (machine.signed || operator === '=' || operator === '!=') return lanes.zip(signed[operator], a, b);
  if (lanes.wide && machine.type === 'i64') {
    // There is no unsigned comparison of 64-bit lanes: with the sign bits turned over the signed one says the same.
    const turned = (side: readonly Local[]): readonly Local[] =>
      lanes.keep(
        side.map((v) => table.xor(get(v), lanes.constant('i64', -(2n ** 63n)))),
        'i64',
      );
    return lanes.zip(signed[operator], turned(a), turned(b));
  }
  const unsigned = { '<': table.ltU, '<=': table.leU, '>': table.gtU, '>=': table.geU };
  return lanes.zip(unsigned[operator], a, b);
}

/** NaN equals itself and is greater than every number; -0 equals 0. */
export function compareFloats(
  lanes: LaneCode,
  operator: ComparisonOperator,
  machine: Machine,
  a: readonly Local[],
  b: readonly Local[],
  rightIsNumber: boolean,
): Code[] {
  const table = lanes.operations(machine.type);
  const { and, or } = lanes.operations(lanes.wide ? machine.type : 'i32');
  const not = (x: Code): Code => (lanes.wide ? v128.not(x as Code<'v128'>) : i32.eqz(x as Code<'i32'>));
  const isNotNumber = (x: Local): Code => table.ne(get(x), get(x));
  const each = (test: (x: Local, y: Local) => Code): Code[] => a.map((x, n) => test(x, b[n]!));
  const inverse = (of: ComparisonOperator): Code[] => compareFloats(lanes, of, machine, a, b, rightIsNumber).map(not);
  switch (operator) {
    case '=':
      if (rightIsNumber) return lanes.zip(table.eq, a, b);
      return each((x, y) => or(table.eq(get(x), get(y)), and(isNotNumber(x), isNotNumber(y))));
    case '<':
      if (rightIsNumber) return lanes.zip(table.lt, a, b);
      return each((x, y) => not(or(table.le(get(y), get(x)), isNotNumber(x))));
    case '<=':
      if (rightIsNumber) return lanes.zip(table.le, a, b);
      return each((x, y) => or(table.le(get(x), get(y)), isNotNumber(y)));
    case '>':
      return inverse('<=');
    case '>=':
      return inverse('<');
    default:
      return inverse('=');
  }
}
