/**
 * Division and remainder. Of whole numbers both truncate towards zero and are null where the divisor is zero, which the
 * word domain sees to; here only no trap may happen. Of floats `//` floors and `%` has the sign of the dividend.
 */

import type { ArithmeticOperator } from '../expressions/expression.ts';
import { type Code, callImport, get, type Local, select } from './emit.ts';
import { f32, f64, i32, i64 } from './instructions.ts';
import type { LaneCode } from './lane-code.ts';
import type { Machine } from './machine.ts';
import { flagOutside } from './overflow.ts';

export function divideWhole(
  lanes: LaneCode,
  operator: '//' | '%',
  machine: Machine,
  a: Local,
  b: Local,
  safe: boolean,
): Code {
  const table = machine.type === 'i32' ? i32 : i64;
  type Word = 'i32' | 'i64';
  const { eq, sub, div, divU, rem, remU } = table as unknown as Record<
    'eq' | 'sub' | 'div' | 'divU' | 'rem' | 'remU',
    (a: Code<Word>, b: Code<Word>) => Code<Word>
  >;
  const constant = (value: number): Code<Word> => lanes.constant(machine.type, value) as Code<Word>;
  const [x, y] = [get(a) as Code<Word>, get(b) as Code<Word>];
  const isValue = (value: number): Code<'i32'> => eq(y, constant(value)) as Code<'i32'>;
  if (operator === '%') {
    const divisor = select(constant(1), y, isValue(0));
    return (machine.signed ? rem : remU)(x, divisor);
  }
  if (!machine.signed) return divU(x, select(constant(1), y, isValue(0)));
  // The least number divided by -1 would trap: instead of dividing, it is taken from zero, and seen to be itself.
  const divisor = select(constant(1), y, i32.or(isValue(0), isValue(-1)));
  const [quotient] = lanes.keep([div(x, divisor)], machine.type) as [Local<Word>];
  const negated = sub(constant(0), get(quotient));
  const result = lanes.keep([select(negated, get(quotient), isValue(-1))], machine.type) as [Local<Word>];
  if (!safe) {
    if (machine.bits < 32) flagOutside(lanes, machine, result);
    else {
      const isLeast = i32.and(
        eq(x, lanes.constant(machine.type, -(2n ** BigInt(machine.bits - 1))) as Code<Word>) as Code<'i32'>,
        isValue(-1),
      );
      lanes.flagNonZero([isLeast], 'i32');
    }
  }
  return get(result[0]);
}

/** Any operator over floats. */
export function floatArithmetic(
  lanes: LaneCode,
  operator: ArithmeticOperator,
  { type }: Machine,
  a: readonly Local[],
  b: readonly Local[],
): Code[] {
  const table = lanes.operations(type);
  switch (operator) {
    case '+':
      return lanes.zip(table.add, a, b);
    case '-':
      return lanes.zip(table.sub, a, b);
    case '*':
      return lanes.zip(table.mul, a, b);
    case '/':
      return lanes.zip(table.div, a, b);
    case '//':
      return lanes.zip(table.div, a, b).map(table.floor);
    case '%': {
      const remainder = lanes.frame.importFunction('float_remainder', ['f64', 'f64'], 'f64');
      const [x, y] = [a[0]!, b[0]!];
      if (type === 'f64') return [callImport(remainder, get(x), get(y))];
      // The remainder of two float32 is one itself, so that this rounds nothing.
      const wide = (side: Local): Code<'f64'> => f64.promote(get(side as Local<'f32'>));
      return [f32.demote(callImport(remainder, wide(x), wide(y)))];
    }
  }
}
