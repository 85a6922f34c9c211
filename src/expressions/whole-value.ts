/** Types whose values are whole numbers, and what they can hold. */

import assert from 'node:assert/strict';
import { type DataType, integerBits, isUnsigned } from '../columnar/data-type.ts';
import type { Value } from '../columnar/value.ts';
import { integerRange } from './literal.ts';
import { ticksPerDay } from './temporal-text.ts';

/** Both inclusive. */
export interface WholeRange {
  readonly least: bigint;
  readonly greatest: bigint;
}

const INT32: WholeRange = { least: -(2n ** 31n), greatest: 2n ** 31n - 1n };
const INT64: WholeRange = { least: -(2n ** 63n), greatest: 2n ** 63n - 1n };

/** The whole numbers that the type can hold, a bool counting as 0 and 1; undefined where its values are none. */
export function wholeRange(type: DataType): WholeRange | undefined {
  switch (type.kind) {
    case 'bool':
      return { least: 0n, greatest: 1n };
    case 'decimal': {
      const greatest = 10n ** BigInt(type.precision) - 1n;
      return { least: -greatest, greatest };
    }
    case 'date':
      return INT32;
    case 'time':
      return { least: 0n, greatest: ticksPerDay(type.unit) - 1n };
    case 'timestamp':
    case 'duration':
      return INT64;
    default:
      return integerRange(type);
  }
}

/** What makes a whole number a value of the type, or undefined where that type cannot hold it. Not of bool. */
export function wholeHolder(type: DataType): (exact: bigint) => NonNullable<Value> | undefined {
  const range = wholeRange(type);
  assert.ok(range !== undefined && type.kind !== 'bool', `${type.kind} is not a type of whole numbers`);
  const { least, greatest } = range;
  const isNumber = type.kind === 'date' || (integerBits(type) ?? 64) < 64;
  return (exact) => (exact < least || exact > greatest ? undefined : isNumber ? Number(exact) : exact);
}

/** A whole number as an integer of the type, wrapped around where that cannot hold it. */
export function wrappedValue(exact: bigint, type: DataType): NonNullable<Value> {
  const bits = integerBits(type);
  assert.ok(bits !== undefined, `${type.kind} does not wrap around`);
  const held = isUnsigned(type) ? BigInt.asUintN(bits, exact) : BigInt.asIntN(bits, exact);
  return bits < 64 ? Number(held) : held;
}

const holders = new WeakMap<DataType, ReturnType<typeof wholeHolder>>();

/** A whole number as a value of the type, or undefined where that type cannot hold it. */
export function wholeValue(exact: bigint, type: DataType): NonNullable<Value> | undefined {
  let holder = holders.get(type);
  if (holder === undefined) {
    holder = wholeHolder(type);
    holders.set(type, holder);
  }
  return holder(exact);
}
