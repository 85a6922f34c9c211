/**
 * The meaning of expressions, over JavaScript values, one row at a time: slow, obvious and exact. Compiled code gives
 * the same results, and leaves to this what it cannot do: batches in which something may overflow, decimals of 16 bytes.
 *
 * A value is worked out only where it is demanded. Not demanded are the branch of an if-else that is not taken, the
 * right side of `and` and `or` where the left one decides, and the value of what is only asked whether it is null.
 * What is not demanded never fails.
 *
 * Where types leave it open: NaN equals itself and is greater than every number; -0 equals 0; text is compared by its
 * UTF-8 bytes; float32 rounds after every operation; a division of integers or decimals by zero is null.
 */

import assert from 'node:assert/strict';
import { typeName } from '../columnar/data-type.ts';
import { ArithmeticOverflow, InvalidCast } from '../errors.ts';
import { castValue, wholeValue } from './cast-value.ts';
import { datePartOf } from './date-parts.ts';
import { exactResult, isNullByZero } from './exact-arithmetic.ts';
import type { ComparisonOperator, TypedExpression, Value } from './expression.ts';
import { expressionText, literalText } from './expression-text.ts';

/** Gives the values of a row, and says in errors where it is. */
export interface Row {
  /** The value of a column, by its position. */
  value(column: number): Value;
  /** `Filter, row 17`: the beginning of an error message. */
  where(): string;
}

type Evaluate = (row: Row) => Value;
type Ask = (row: Row) => boolean;
type Kind<K extends TypedExpression['kind']> = TypedExpression & { readonly kind: K };

/**
 * Evaluates `e` for a row.
 * @throws ArithmeticOverflow, InvalidCast where a demanded value does not fit its type.
 */
export function interpreter(e: TypedExpression): Evaluate {
  switch (e.kind) {
    case 'column':
      return (row) => row.value(e.index);
    case 'literal':
      return () => e.value;
    case 'arithmetic':
      return arithmetic(e);
    case 'compare': {
      const test = TESTS[e.operator];
      return strict([e.left, e.right], (_, a, b) => test(order(a, b)));
    }
    case 'logic':
      return logic(e);
    case 'not':
      return strict([e.input], (_, value) => value !== true);
    case 'is-null':
      return isNull(e.input);
    case 'cast':
      return cast(e);
    case 'if-else':
      return ifElse(e);
    case 'function':
      return strict(e.arguments, (row, first, second) => callFunction(e, row, first, second));
  }
}

/** Null where an operand is. */
function strict(
  operands: readonly TypedExpression[],
  compute: (row: Row, first: NonNullable<Value>, second: NonNullable<Value>) => Value,
): Evaluate {
  const [first, second] = operands.map(interpreter);
  assert.ok(first !== undefined && operands.length <= 2);
  return (row) => {
    const a = first(row);
    if (a === null) return null;
    const b = second === undefined ? a : second(row);
    return b === null ? null : compute(row, a, b);
  };
}

function logic({ operator, left, right }: Kind<'logic'>): Evaluate {
  const [first, second] = [interpreter(left), interpreter(right)];
  const decisive = operator === 'or';
  return (row) => {
    const a = first(row);
    if (a === decisive) return a;
    const b = second(row);
    if (b === decisive) return b;
    return a === null || b === null ? null : !decisive;
  };
}

function ifElse({ condition, then, otherwise }: Kind<'if-else'>): Evaluate {
  const [test, yes, no] = [interpreter(condition), interpreter(then), interpreter(otherwise)];
  return (row) => {
    const chosen = test(row);
    return chosen === null ? null : chosen === true ? yes(row) : no(row);
  };
}

function cast(e: Kind<'cast'>): Evaluate {
  return strict([e.input], (row, value) => {
    const result = castValue(value, e.input.type, e.type);
    if (result !== undefined) return result;
    const shown = literalText(value, e.input.type);
    throw new InvalidCast(
      `${row.where()}: ${expressionText(e)}: ${shown} cannot be represented as ${typeName(e.type)}.`,
    );
  });
}

function arithmetic(e: Kind<'arithmetic'>): Evaluate {
  if (e.type.kind === 'float64' || e.type.kind === 'float32') {
    const round = e.type.kind === 'float32' ? Math.fround : (value: number): number => value;
    return strict([e.left, e.right], (_, a, b) => floatResult(e.operator, Number(a), Number(b), round));
  }
  return strict([e.left, e.right], (row, a, b) => {
    const exact = exactResult(e, BigInt(a), BigInt(b));
    if (exact === undefined) return null;
    const result = wholeValue(exact, e.type);
    if (result !== undefined) return result;
    const shown = `${literalText(a, e.left.type)} ${e.operator} ${literalText(b, e.right.type)}`;
    throw new ArithmeticOverflow(
      `${row.where()}: ${expressionText(e)}: ${shown} does not fit ${typeName(e.type)}. Cast an operand to a larger type.`,
    );
  });
}

function floatResult(operator: string, a: number, b: number, round: (value: number) => number): number {
  switch (operator) {
    case '+':
      return round(a + b);
    case '-':
      return round(a - b);
    case '*':
      return round(a * b);
    case '/':
      return round(a / b);
    case '//':
      return Math.floor(round(a / b));
    default:
      return a % b;
  }
}

const TESTS: Readonly<Record<ComparisonOperator, (order: number) => boolean>> = {
  '=': (o) => o === 0,
  '!=': (o) => o !== 0,
  '<': (o) => o < 0,
  '<=': (o) => o <= 0,
  '>': (o) => o > 0,
  '>=': (o) => o >= 0,
};

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`, a value of the same type. */
export function order(a: NonNullable<Value>, b: NonNullable<Value>): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
  const [aIsNaN, bIsNaN] = [Number.isNaN(a), Number.isNaN(b)];
  if (aIsNaN || bIsNaN) return Number(aIsNaN) - Number(bIsNaN);
  return a < b ? -1 : a > b ? 1 : 0;
}

function callFunction(
  e: Kind<'function'>,
  row: Row,
  first: NonNullable<Value>,
  second: NonNullable<Value>,
): NonNullable<Value> {
  switch (e.name) {
    case 'starts_with':
      return String(first).startsWith(String(second));
    case 'ends_with':
      return String(first).endsWith(String(second));
    case 'contains':
      return String(first).includes(String(second));
    default: {
      const [argument] = e.arguments;
      assert.ok(argument !== undefined);
      const part = wholeValue(datePartOf(e.name, first, argument.type), e.type);
      if (part !== undefined) return part;
      const shown = literalText(first, argument.type);
      throw new ArithmeticOverflow(
        `${row.where()}: ${expressionText(e)}: the ${e.name} of ${shown} does not fit ${typeName(e.type)}.`,
      );
    }
  }
}

/** Whether `e` is null, without demanding its value. */
function isNull(e: TypedExpression): Ask {
  switch (e.kind) {
    case 'column':
    case 'literal':
    case 'logic': {
      const value = interpreter(e);
      return (row) => value(row) === null;
    }
    case 'is-null':
      return () => false;
    case 'if-else': {
      const [test, yes, no] = [interpreter(e.condition), isNull(e.then), isNull(e.otherwise)];
      return (row) => {
        const chosen = test(row);
        return chosen === null || (chosen === true ? yes(row) : no(row));
      };
    }
    case 'arithmetic': {
      const operands = [isNull(e.left), isNull(e.right)];
      const divides = isNullByZero(e);
      const divisor = interpreter(e.right);
      return (row) => operands.some((ask) => ask(row)) || (divides && Number(divisor(row)) === 0);
    }
    case 'not':
    case 'cast':
      return isNull(e.input);
    case 'compare': {
      const operands = [isNull(e.left), isNull(e.right)];
      return (row) => operands.some((ask) => ask(row));
    }
    case 'function': {
      const operands = e.arguments.map(isNull);
      return (row) => operands.some((ask) => ask(row));
    }
  }
}
