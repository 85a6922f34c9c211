/** Random calls of functions over numbers, as binding makes them. */

import fc from 'fast-check';
import {
  type DataType,
  float64,
  int32,
  int64,
  isFloat,
  isInteger,
  isUnsigned,
  sameType,
  uint64,
} from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { castBetween } from '../../src/expressions/cast-value.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { callNode } from '../../src/expressions/functions/call-node.ts';
import { functionNamed } from '../../src/expressions/functions/registry.ts';

type Made = fc.Arbitrary<TypedExpression>;
type Deeper = (of: DataType) => Made;

const OF_ONE = ['abs', 'negate', 'sign', 'ceil', 'floor', 'trunc'];
const OF_FLOAT = ['sqrt', 'radians', 'degrees'];
const BITS = ['bitwise_and', 'bitwise_or', 'bitwise_xor'];
const SHIFTS = ['shift_left', 'shift_right'];

const literal =
  (type: DataType) =>
  (value: Value): TypedExpression => ({
    kind: 'literal',
    value,
    type,
    nullable: value === null,
  });

/** What gives values of the type, over values of `types`. */
export function numberCalls(type: DataType, types: readonly DataType[], deeper: Deeper): Made[] {
  const choices: Made[] = [];
  /** A call, cast to the type where its own is another. */
  const call = (names: readonly string[], ...given: readonly Made[]): void => {
    choices.push(
      fc.tuple(fc.constantFrom(...names), fc.tuple(...given)).map(([name, list]) => bound(name, list, type)),
    );
  };
  const any = (test: (type: DataType) => boolean): Made => fc.constantFrom(...types.filter(test)).chain(deeper);
  const some = (of: DataType): Made => fc.oneof(deeper(of), fc.constant(literal(of)(null)));

  if (type.kind === 'bool') call(['is_nan', 'is_inf', 'not_nan'], any(isFloat));
  if (type.kind === 'duration') call(['negate'], deeper(type));
  if (isFloat(type)) {
    call(OF_FLOAT, deeper(type));
    call(['round'], deeper(type), fc.bigInt(-4n, 6n).map(literal(int64)));
    call(['fill_nan', 'pmod'], deeper(type), deeper(type));
  }
  if (sameType(type, float64)) {
    const number = any((one) => isInteger(one) || isFloat(one));
    call(['try_divide'], number, number);
    call(['columns_sum'], deeper(float64), any(isFloat));
  }
  if (isInteger(type)) {
    call(BITS, deeper(type), deeper(type));
    call(SHIFTS, deeper(type), fc.oneof(fc.bigInt(0n, 66n).map(literal(int64)), deeper(int64)));
    call(['round'], deeper(type), fc.bigInt(-3n, 2n).map(literal(int64)));
    call(['pmod'], deeper(type), deeper(type));
  }
  if (sameType(type, int32)) {
    call(['bit_count'], any(isInteger));
    choices.push(
      fc
        .constantFrom(...types.filter(isInteger))
        .chain((of) => fc.tuple(deeper(of), deeper(of)))
        .map((list) => bound('bit_hamming_distance', list, type)),
    );
  }
  if (sameType(type, int64) || sameType(type, uint64)) {
    call(
      ['columns_sum'],
      deeper(type),
      any((one) => isInteger(one) && isUnsigned(one) === isUnsigned(type)),
    );
  }
  if (type.kind === 'decimal') {
    const decimals = types.filter(({ kind }) => kind === 'decimal');
    for (const from of decimals) {
      call(OF_ONE, deeper(from));
      call(['round'], deeper(from), fc.bigInt(-3n, 6n).map(literal(int64)));
    }
    call(['columns_sum'], some(type), deeper(type), some(type));
  } else if (isInteger(type) || isFloat(type)) call(OF_ONE, deeper(type));
  if (type.kind === 'decimal' || isInteger(type) || isFloat(type)) {
    call(['clip'], deeper(type), some(type), some(type));
    call(['columns_min', 'columns_max'], deeper(type), some(type));
    call(['columns_min', 'columns_max'], some(type), deeper(type), some(type));
  }
  return choices;
}

function bound(name: string, given: readonly TypedExpression[], type: DataType): TypedExpression {
  const made = callNode(functionNamed(name), given);
  if (typeof made === 'string') throw new Error(`${name}: ${made}`);
  if (sameType(made.type, type)) return made;
  if (castBetween(made.type, type) === undefined) throw new Error(`${name} gives no ${type.kind}`);
  return { kind: 'cast', input: made, type, nullable: made.nullable };
}
