/**
 * The meaning of expressions, over JavaScript values, one row at a time: slow, obvious and exact. Compiled code gives
 * the same results, and leaves to this what it cannot do: batches in which something may overflow.
 *
 * A value is worked out only where it is demanded. Not demanded are the branch of an if-else that is not taken, the
 * right side of `and` and `or` where the left one decides, and the value of what is only asked whether it is null.
 * What is not demanded never fails.
 *
 * Where types leave it open: NaN equals itself and is greater than every number; -0 equals 0; text is compared by its
 * UTF-8 bytes; float32 rounds after every operation; a division of integers or decimals by zero is null.
 */

import assert from 'node:assert/strict';
import { isFloat, typeName } from '../columnar/data-type.ts';
import { type Value, wholeOf } from '../columnar/value.ts';
import { ArithmeticOverflow, InvalidCast, InvalidValue } from '../errors.ts';
import { caster } from './cast-value.ts';
import { exactResult, isNullByZero } from './exact-arithmetic.ts';
import type { ComparisonOperator, TypedExpression } from './expression.ts';
import { expressionText, literalText } from './expression-text.ts';
import { callOf } from './functions/call-node.ts';
import type { LambdaValue } from './functions/function-definition.ts';
import { functionNamed } from './functions/registry.ts';
import { roundedTo } from './literal.ts';
import { order } from './value-order.ts';
import { wholeValue, wrappedValue } from './whole-value.ts';

/** Gives the values of a row, and says in errors where it is. */
export interface Row {
  /** The value of a column, by its position. */
  value(column: number): Value;
  /** Its number among those that the operator has been given; 0 where it is not said. */
  readonly number?: number;
  /** `Filter, row 17`: the beginning of an error message. */
  where(): string;
}

type Evaluate = (row: Row) => Value;
type Ask = (row: Row) => boolean;
/** Values of the parameters of lambdas, by slot. */
type Slots = Value[];
type Kind<K extends TypedExpression['kind']> = TypedExpression & { readonly kind: K };

/**
 * Evaluates `e` for a row.
 * @throws ArithmeticOverflow, InvalidCast, InvalidValue where a demanded value does not fit its type, or a function.
 */
export const interpreter = (e: TypedExpression): Evaluate => evaluator(e, []);

function evaluator(e: TypedExpression, slots: Slots): Evaluate {
  switch (e.kind) {
    case 'column':
      return (row) => row.value(e.index);
    case 'literal':
      return () => e.value;
    case 'parameter':
      return () => slots[e.slot] ?? null;
    case 'arithmetic':
      return arithmetic(e, slots);
    case 'compare': {
      const test = TESTS[e.operator];
      return strict([e.left, e.right], slots, (_, a, b) => test(order(a, b)));
    }
    case 'logic':
      return logic(e, slots);
    case 'not':
      return strict([e.input], slots, (_, value) => value !== true);
    case 'is-null':
      return isNull(e.input, slots);
    case 'cast':
      return cast(e, slots);
    case 'if-else':
      return ifElse(e, slots);
    case 'coalesce':
      return coalesce(e, slots);
    case 'is-in':
      return isIn(e, slots);
    case 'list': {
      const items = e.items.map((item) => evaluator(item, slots));
      return (row) => items.map((item) => item(row));
    }
    case 'function':
      return call(e, slots);
    case 'lambda':
      throw new TypeError('a lambda has no value');
  }
}

/** Null where an operand is. */
function strict(
  operands: readonly TypedExpression[],
  slots: Slots,
  compute: (row: Row, first: NonNullable<Value>, second: NonNullable<Value>) => Value,
): Evaluate {
  const [first, second] = operands.map((operand) => evaluator(operand, slots));
  assert.ok(first !== undefined && operands.length <= 2);
  return (row) => {
    const a = first(row);
    if (a === null) return null;
    const b = second === undefined ? a : second(row);
    return b === null ? null : compute(row, a, b);
  };
}

function logic({ operator, left, right }: Kind<'logic'>, slots: Slots): Evaluate {
  const [first, second] = [evaluator(left, slots), evaluator(right, slots)];
  const decisive = operator === 'or';
  return (row) => {
    const a = first(row);
    if (a === decisive) return a;
    const b = second(row);
    if (b === decisive) return b;
    return a === null || b === null ? null : !decisive;
  };
}

function ifElse({ condition, then, otherwise }: Kind<'if-else'>, slots: Slots): Evaluate {
  const [test, yes, no] = [evaluator(condition, slots), evaluator(then, slots), evaluator(otherwise, slots)];
  return (row) => {
    const chosen = test(row);
    return chosen === null ? null : chosen === true ? yes(row) : no(row);
  };
}

function coalesce({ inputs }: Kind<'coalesce'>, slots: Slots): Evaluate {
  const all = inputs.map((input) => evaluator(input, slots));
  return (row) => {
    for (const input of all) {
      const value = input(row);
      if (value !== null) return value;
    }
    return null;
  };
}

/** Demands the list's values one by one, until one is equal. */
function isIn({ input, list }: Kind<'is-in'>, slots: Slots): Evaluate {
  const needle = evaluator(input, slots);
  const values = list.map((item) => evaluator(item, slots));
  return (row) => {
    const wanted = needle(row);
    if (wanted === null) return null;
    let result: boolean | null = false;
    for (const item of values) {
      const value = item(row);
      if (value === null) result = null;
      else if (order(wanted, value) === 0) return true;
    }
    return result;
  };
}

function cast(e: Kind<'cast'>, slots: Slots): Evaluate {
  const convert = caster(e.input.type, e.type, e.try === true);
  return strict([e.input], slots, (row, value) => {
    const result = convert(value);
    if (result !== undefined) return result;
    if (e.try === true) return null;
    const shown = literalText(value, e.input.type);
    throw new InvalidCast(
      `${row.where()}: ${expressionText(e)}: ${shown} cannot be represented as ${typeName(e.type)}.`,
    );
  });
}

function call(e: Kind<'function'>, slots: Slots): Evaluate {
  const definition = functionNamed(e.name);
  const compute = definition.prepare({ ...callOf(e.arguments), result: e.type });
  const isStrict = definition.nulls === 'strict';
  const { isVolatile } = definition;
  const given = e.arguments.map((argument) =>
    argument.kind === 'lambda' ? lambda(argument, slots) : evaluator(argument, slots),
  );
  return (row) => {
    const values: Value[] = [];
    for (const argument of given) {
      const value = argument(row);
      if (value === null && isStrict) return null;
      values.push(value);
    }
    if (isVolatile) values.push(row.number ?? 0);
    try {
      return checked(compute(...values), e, row);
    } catch (error) {
      if (!(error instanceof InvalidValue) || error.message.startsWith(row.where())) throw error;
      throw new InvalidValue(`${row.where()}: ${expressionText(e)}: ${error.message}`);
    }
  };
}

/** A function's number as a value of its type, floats rounded to it. @throws ArithmeticOverflow where that cannot hold it */
function checked(value: Value, e: Kind<'function'>, row: Row): Value {
  if (typeof value !== 'number' && typeof value !== 'bigint') return value;
  if (isFloat(e.type)) return roundedTo(e.type, Number(value));
  const result = e.wraps === true ? wrappedValue(BigInt(value), e.type) : wholeValue(BigInt(value), e.type);
  if (result !== undefined) return result;
  throw new ArithmeticOverflow(`${row.where()}: ${expressionText(e)}: ${value} does not fit ${typeName(e.type)}.`);
}

/** What a function gets for a lambda: a JavaScript function, which looks like a value to whoever only passes it on. */
function lambda({ parameters, body }: Kind<'lambda'>, slots: Slots): Evaluate {
  const evaluate = evaluator(body, slots);
  return (row) => {
    const apply: LambdaValue = (...values) => {
      for (const [index, { slot }] of parameters.entries()) slots[slot] = values[index] ?? null;
      return evaluate(row);
    };
    return apply as unknown as Value;
  };
}

function arithmetic(e: Kind<'arithmetic'>, slots: Slots): Evaluate {
  if (e.type.kind === 'float64' || e.type.kind === 'float32') {
    const round = e.type.kind === 'float32' ? Math.fround : (value: number): number => value;
    return strict([e.left, e.right], slots, (_, a, b) => floatResult(e.operator, Number(a), Number(b), round));
  }
  return strict([e.left, e.right], slots, (row, a, b) => {
    const exact = exactResult(e, wholeOf(a), wholeOf(b));
    if (exact === undefined) return null;
    const result = e.wraps === true ? wrappedValue(exact, e.type) : wholeValue(exact, e.type);
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

/** Whether `e` is null, without demanding its value. */
function isNull(e: TypedExpression, slots: Slots): Ask {
  switch (e.kind) {
    case 'column':
    case 'literal':
    case 'parameter':
    case 'is-in':
    case 'logic': {
      const value = evaluator(e, slots);
      return (row) => value(row) === null;
    }
    case 'is-null':
    case 'list':
    case 'lambda':
      return () => false;
    case 'coalesce': {
      const inputs = e.inputs.map((input) => isNull(input, slots));
      return (row) => inputs.every((ask) => ask(row));
    }
    case 'if-else': {
      const [test, yes, no] = [evaluator(e.condition, slots), isNull(e.then, slots), isNull(e.otherwise, slots)];
      return (row) => {
        const chosen = test(row);
        return chosen === null || (chosen === true ? yes(row) : no(row));
      };
    }
    case 'arithmetic': {
      const operands = [isNull(e.left, slots), isNull(e.right, slots)];
      const divides = isNullByZero(e);
      const divisor = evaluator(e.right, slots);
      return (row) => operands.some((ask) => ask(row)) || (divides && Number(divisor(row)) === 0);
    }
    case 'not':
      return isNull(e.input, slots);
    case 'cast': {
      if (e.try !== true) return isNull(e.input, slots);
      const value = evaluator(e, slots);
      return (row) => value(row) === null;
    }
    case 'compare': {
      const operands = [isNull(e.left, slots), isNull(e.right, slots)];
      return (row) => operands.some((ask) => ask(row));
    }
    case 'function':
      return isCallNull(e, slots);
  }
}

function isCallNull(e: Kind<'function'>, slots: Slots): Ask {
  const rule = functionNamed(e.name).nullWhere(e.arguments.map(({ type }) => type));
  if (rule === 'value') {
    const value = evaluator(e, slots);
    return (row) => value(row) === null;
  }
  const asked = rule === 'first' ? e.arguments.slice(0, 1) : e.arguments;
  const operands = asked.map((argument) => isNull(argument, slots));
  if (rule === 'all') return (row) => operands.every((ask) => ask(row));
  const [, second] = e.arguments;
  const divisor = rule === 'divisor' && second !== undefined ? evaluator(second, slots) : () => 1;
  return (row) => operands.some((ask) => ask(row)) || Number(divisor(row)) === 0;
}
