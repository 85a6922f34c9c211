/**
 * Which casts there are, and what they make of single values: exactly, as the interpreter does it everywhere, and compiled
 * code where it finds a value that may not fit. Each family is a file in `casts/`.
 *
 *     text-casts     text ↔ whatever can be written down
 *     number-casts   numbers, bools, ticks of times; units of times
 *     time-casts     dates, times of day, clocks of zones, intervals
 *     bytes-casts    binary, fixed-size binary, uuid
 *     nested-casts   lists, structs, maps, tensors, files: part by part
 */

import assert from 'node:assert/strict';
import { type DataType, sameType, typeName } from '../columnar/data-type.ts';
import { bytesCast } from './casts/bytes-casts.ts';
import { type Cast, type Convert, KEEP } from './casts/cast.ts';
import { nestedCast } from './casts/nested-casts.ts';
import { numberCast } from './casts/number-casts.ts';
import { castFromText, castToText } from './casts/text-casts.ts';
import { timeCast } from './casts/time-casts.ts';

/** Undefined where a plan may not ask for it. With `isTry` parts of nested values that do not fit become null. */
export function castBetween(from: DataType, to: DataType, isTry: boolean = false): Cast | undefined {
  // A column of nulls has no values to cast.
  if (from.kind === 'null' || sameType(from, to)) return KEEP;
  if (to.kind === 'utf8') return castToText(from);
  if (from.kind === 'utf8') return castFromText(to);
  const between = (a: DataType, b: DataType): Cast | undefined => castBetween(a, b, isTry);
  return numberCast(from, to) ?? timeCast(from, to) ?? bytesCast(from, to) ?? nestedCast(from, to, { between, isTry });
}

/** What a cast that is offered makes of a value: undefined where the type cannot hold it. Chosen once, not per value. */
export function caster(from: DataType, to: DataType, isTry: boolean = false): Convert {
  const cast = castBetween(from, to, isTry);
  assert.ok(cast !== undefined, `there is no cast from ${typeName(from)} to ${typeName(to)}`);
  return cast.convert;
}
