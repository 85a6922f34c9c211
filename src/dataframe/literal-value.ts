/**
 * Values of JavaScript as literals of expressions.
 *
 *     5, 5n        int32 where it fits, int64, uint64        'text'          utf8, and what stands beside it where text can be read so
 *     1.5          float64                                   new Date(…)     timestamp(ms), of the clock in UTC
 *     true         bool                                      Uint8Array      binary
 *     null         null, of any type                         [1, 2]          a list
 */

import {
  binary,
  bool,
  type DataType,
  float64,
  int32,
  int64,
  nullType,
  timestamp,
  uint64,
  utf8,
} from '../columnar/data-type.ts';
import { InvalidArgument } from '../errors.ts';
import type { Expression } from '../expressions/expression.ts';
import type { JsonValue } from '../expressions/literal.ts';

/** What may stand in place of an expression. */
export type LiteralValue = null | boolean | number | bigint | string | Date | Uint8Array | readonly LiteralValue[];

/** @throws InvalidArgument for what is no value of any type */
export function literalOf(value: LiteralValue): Expression {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(literalOf) };
  const [type, json] = typed(value as Exclude<LiteralValue, readonly LiteralValue[]>);
  return { kind: 'literal', type, value: json };
}

function typed(value: Exclude<LiteralValue, readonly LiteralValue[]>): readonly [DataType, JsonValue] {
  switch (typeof value) {
    case 'boolean':
      return [bool, value];
    case 'string':
      if (!value.isWellFormed()) throw new InvalidArgument(`${JSON.stringify(value)} is no Unicode text.`);
      return [utf8, value];
    case 'bigint':
      return whole(value);
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) return whole(BigInt(value));
      return [float64, Number.isFinite(value) ? value : String(value)];
    default:
      return typedObject(value);
  }
}

function whole(value: bigint): readonly [DataType, JsonValue] {
  if (BigInt.asIntN(32, value) === value) return [int32, Number(value)];
  if (BigInt.asIntN(64, value) === value) return [int64, String(value)];
  if (BigInt.asUintN(64, value) === value) return [uint64, String(value)];
  throw new InvalidArgument(`${value} does not fit 64 bits: give its type, lit('${value}', decimal(38, 0)).`);
}

function typedObject(value: null | Date | Uint8Array): readonly [DataType, JsonValue] {
  if (value === null) return [nullType, null];
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new InvalidArgument('An invalid Date is no value.');
    return [timestamp('ms'), value.toISOString().slice(0, -1)];
  }
  if (value instanceof Uint8Array) return [binary, Buffer.from(value).toString('base64')];
  throw new InvalidArgument(
    `${Object.prototype.toString.call(value)} is no value: give an expression, null, a boolean, a number, a bigint, a text, a Date, bytes or an array of these.`,
  );
}
